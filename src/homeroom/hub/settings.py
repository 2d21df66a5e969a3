"""What the hub's processes are told at start, read once from the environment."""

from datetime import timedelta
from pathlib import Path

import pydantic
import pydantic_settings

from homeroom.trust import authority


class RelaySettings(pydantic_settings.BaseSettings):
    """Of the relay; ``HOMEROOM_RELAY_<NAME>``."""

    model_config = pydantic_settings.SettingsConfigDict(
        env_prefix="HOMEROOM_RELAY_", frozen=True, use_attribute_docstrings=True
    )

    hub: str
    """Name of this hub, as in its certificate's ``homeroom://hub/<name>`` and in RegionalHub."""
    database: Path
    """SQLite file shared with the hub's operator."""
    district_url: str
    """Base URL of the district's control channel."""
    ca: Path
    """Authority of all tiers, PEM."""
    certificate: Path
    """This hub's certificate, good for server and client, PEM."""
    key: Path
    """Its private key, PEM."""
    host: str = "127.0.0.1"
    """Address for schools; loopback until somebody decides otherwise."""
    port: int = pydantic.Field(default=8443, ge=0, le=65535)
    """Port for schools; 0 picks a free one."""
    metrics_host: str = "127.0.0.1"
    """Address of /metrics and /healthz, plain HTTP."""
    metrics_port: int = pydantic.Field(default=9464, ge=0, le=65535)
    """Port of /metrics and /healthz; 9464 is what OpenTelemetry gives to Prometheus exporters."""
    queue_mib: int = pydantic.Field(default=1024, ge=1)
    """How much may wait for the district: about a million records, weeks of a thousand schools."""
    site_queue_mib: int = pydantic.Field(default=64, ge=1)
    """How much of it one school may take."""
    batch_records: int = pydantic.Field(default=500, ge=1, le=1000)
    """Records in one message to the district."""
    retry_longest_seconds: float = pydantic.Field(default=60.0, gt=0)
    """Longest wait between attempts while the district is away."""

    @property
    def tls(self) -> authority.TlsFiles:
        """This hub's identity."""
        return authority.TlsFiles(self.ca, self.certificate, self.key)

    @property
    def retry_longest(self) -> timedelta:
        """``retry_longest_seconds``."""
        return timedelta(seconds=self.retry_longest_seconds)


class OperatorSettings(pydantic_settings.BaseSettings):
    """Of the hub's operator; ``HOMEROOM_OPERATOR_<NAME>``."""

    model_config = pydantic_settings.SettingsConfigDict(
        env_prefix="HOMEROOM_OPERATOR_", frozen=True, use_attribute_docstrings=True
    )

    hub: str
    """Name of this hub, and of the RegionalHub object in its own API."""
    kubeconfig: Path
    """How to reach the hub's own API server; no context is picked up silently."""
    namespace: str = "homeroom"
    """Where its RegionalHub lies."""
    database: Path
    """SQLite file shared with the relay."""
    cache_directory: Path
    """Where blobs lie while they are on their way; parts in it are resumed after a restart."""
    district_url: str
    """Base URL of the district's control channel."""
    district_registry_url: str
    """Base URL of the district's OCI registry."""
    registry_url: str
    """Base URL of the hub's own OCI registry."""
    ca: Path
    """Authority of all tiers, PEM."""
    certificate: Path
    """This hub's certificate, PEM."""
    key: Path
    """Its private key, PEM."""
    metrics_host: str = "127.0.0.1"
    """Address of /metrics and /healthz, plain HTTP."""
    metrics_port: int = pydantic.Field(default=9465, ge=0, le=65535)
    """Port of /metrics and /healthz."""
    poll_seconds: float = pydantic.Field(default=5.0, gt=0)
    """How often the district is asked for new assignments, give or take a fifth."""
    offline_after_seconds: float = pydantic.Field(default=30.0, gt=0)
    """The district counts as unreachable after so long without an answer; one lost packet is no transition."""
    recheck_seconds: float = pydantic.Field(default=60.0, gt=0)
    """How often the registry is asked whether it still holds everything."""
    download_kbit: float | None = pydantic.Field(default=None, gt=0)
    """Budget of the line to the district for releases, kbit/s; none by default."""

    @property
    def tls(self) -> authority.TlsFiles:
        """This hub's identity."""
        return authority.TlsFiles(self.ca, self.certificate, self.key)
