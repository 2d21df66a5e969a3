"""Settings of ``homeroom serve``."""

from pathlib import Path

import pydantic
import pydantic_settings


class Settings(pydantic_settings.BaseSettings):
    """Environment of one serving process."""

    model_config = pydantic_settings.SettingsConfigDict(env_prefix="HOMEROOM_SERVE_", use_attribute_docstrings=True)

    school: str = "school"
    """Name in metrics and logs."""
    host: str = "127.0.0.1"
    """Address to answer on; loopback, because the first clients run on the same box."""
    port: int = pydantic.Field(ge=0, le=65535)
    """Port of the Open Inference Protocol, `/metrics` and `/healthz`."""
    socket: Path
    """Unix socket on which the agent brings models; its directory is made for this user only."""
    spool: Path
    """Directory of usage counts that the agent takes in."""
    latency_budget_ms: float = pydantic.Field(default=500, gt=0)
    """A rung that takes longer three times in a row rests; half a second is what a person does not notice."""
    reserve_mib: float = pydantic.Field(default=64, ge=0)
    """Memory that loading a model must leave to the rest of the box, in MiB."""
