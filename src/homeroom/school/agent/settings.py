"""Settings of ``homeroom agent``, and the ones that hosted agents share."""

from datetime import timedelta
from pathlib import Path

import pydantic
import pydantic_settings

from homeroom.school.agent import agents


class PaceSettings(pydantic_settings.BaseSettings):
    """How often an agent does things, in seconds."""

    model_config = pydantic_settings.SettingsConfigDict(use_attribute_docstrings=True)

    poll_seconds: float = pydantic.Field(default=30, gt=0)
    """Between two questions for an assignment; a change reaches a school within this and the hub's own poll."""
    status_seconds: float = pydantic.Field(default=300, gt=0)
    """Between two status reports; a transition is reported at once."""
    usage_seconds: float = pydantic.Field(default=60, gt=0)
    """Window of usage counts."""
    link_kbit: float | None = pydantic.Field(default=None, gt=0)
    """What models may take of the line, in kbit/s; all of it when unset."""

    @property
    def pace(self) -> agents.Pace:
        """As the agent takes it."""
        return agents.Pace(
            poll=timedelta(seconds=self.poll_seconds),
            status=timedelta(seconds=self.status_seconds),
            usage=timedelta(seconds=self.usage_seconds),
        )


class Settings(PaceSettings):
    """Environment of one agent."""

    model_config = pydantic_settings.SettingsConfigDict(env_prefix="HOMEROOM_AGENT_", use_attribute_docstrings=True)

    enrolment: Path
    """Directory that the school got when it joined."""
    state: Path
    """Directory of the store; on a disk that keeps what was synced."""
    spool: Path
    """Directory of usage counts, the one that the serving process writes."""
    serve_socket: Path
    """Unix socket of the serving process."""
    socket: Path
    """Unix socket on which the agent shows the verified assignment to this user."""
    host: str = "127.0.0.1"
    """Address of `/metrics` and `/healthz`."""
    port: int = pydantic.Field(ge=0, le=65535)
    """Port of `/metrics` and `/healthz`."""
