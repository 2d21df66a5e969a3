"""What the service reads from its environment, once, at start."""

import pathlib
from datetime import timedelta

import pydantic
import pydantic_settings

from homeroom.resources import kinds


class Settings(pydantic_settings.BaseSettings):
    """Environment variables with the prefix ``HOMEROOM_API_``; secrets are paths of files."""

    model_config = pydantic_settings.SettingsConfigDict(
        env_prefix="HOMEROOM_API_", frozen=True, use_attribute_docstrings=True
    )

    listen_host: str = "127.0.0.1"
    """Address of REST and console, plain HTTP: another one than loopback needs TLS in front."""
    listen_port: int = pydantic.Field(default=8080, ge=1, le=65535)
    """Port of REST and console."""
    control_host: str = "127.0.0.1"
    """Address of the control channel, TLS with client certificates."""
    control_port: int = pydantic.Field(default=8443, ge=1, le=65535)
    """Port of the control channel."""
    control_tls_ca: pathlib.Path
    """Certificate of the authority that schools and hubs come from, PEM."""
    control_tls_certificate: pathlib.Path
    """Certificate of the control channel, PEM."""
    control_tls_key: pathlib.Path
    """Its private key, PEM."""
    trust_directory: pathlib.Path
    """Where the district keeps the keys that open reports and sign acknowledgements."""
    database_url: str
    """SQLAlchemy URL of the district database, shared with the operator."""
    kubeconfig: pathlib.Path
    """How to reach the district's Kubernetes API; its user must be allowed to impersonate."""
    namespace: str = kinds.NAMESPACE
    """Where the district keeps its objects."""
    users_file: pathlib.Path
    """YAML or JSON list of users; see the reference page of ``users``."""
    session_key_file: pathlib.Path | None = None
    """At least 32 random bytes that sign console sessions; left out, a restart ends all sessions."""
    evaluations_directory: pathlib.Path
    """Private store of evaluation rows; made with mode 0700."""
    mlflow_url: str | None = None
    """Base URL of the MLflow server on loopback; left out, ``/mlflow`` answers that there is none."""
    mlflow_max_artifact_mib: int = pydantic.Field(default=512, ge=1, le=10_240)
    """Largest file that may be uploaded through ``/mlflow``; twice the largest model that intake reads."""
    status_interval_seconds: float = pydantic.Field(default=60.0, gt=0)
    """How often schools report when nothing happens."""
    offline_after_seconds: float | None = pydantic.Field(default=None, gt=0)
    """A school that was silent for longer is shown as offline; by default three status intervals."""
    refresh_seconds: int = pydantic.Field(default=10, ge=5, le=3600)
    """How often the status page reloads for who asked it to."""

    @property
    def offline_after(self) -> timedelta:
        """See ``offline_after_seconds``; three intervals let one report get lost without a false alarm."""
        return timedelta(seconds=self.offline_after_seconds or 3 * self.status_interval_seconds)
