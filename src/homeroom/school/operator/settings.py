"""Settings of ``homeroom operator --tier school``."""

from pathlib import Path

import pydantic
import pydantic_settings


class Settings(pydantic_settings.BaseSettings):
    """Environment of one school's operator."""

    model_config = pydantic_settings.SettingsConfigDict(env_prefix="HOMEROOM_OPERATOR_", use_attribute_docstrings=True)

    kubeconfig: Path
    """How to reach the school's own API server; no context is picked up silently."""
    namespace: str = "homeroom"
    """Where the SiteAssignment is shown."""
    enrolment: Path
    """Directory that the school got when it joined."""
    home: Path
    """Directory of the workload: store, spool, sockets and logs."""
    serve_port: int = pydantic.Field(ge=0, le=65535)
    """Port of the Open Inference Protocol."""
    agent_port: int = pydantic.Field(ge=0, le=65535)
    """Port of the agent's `/metrics` and `/healthz`."""
    metrics_host: str = "127.0.0.1"
    """Address of `/metrics` and `/healthz` of the operator."""
    metrics_port: int = pydantic.Field(default=9466, ge=0, le=65535)
    """Port of `/metrics` and `/healthz` of the operator."""
    poll_seconds: float = pydantic.Field(default=30, gt=0)
    """Handed to the agent."""
    status_seconds: float = pydantic.Field(default=300, gt=0)
    """Handed to the agent."""
    usage_seconds: float = pydantic.Field(default=60, gt=0)
    """Handed to the agent."""
    sweep_seconds: float = pydantic.Field(default=1, gt=0)
    """Between two looks at workload and object; a change of the object is looked at when it happens."""
