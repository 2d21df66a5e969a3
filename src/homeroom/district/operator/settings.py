"""What the operator reads from its environment, once, at start."""

import enum
import pathlib
from datetime import timedelta

import pydantic
import pydantic_settings

from homeroom.resources import kinds


class GateRunner(enum.StrEnum):
    """Where the gates run."""

    PROCESS = "process"
    JOB = "job"


class Settings(pydantic_settings.BaseSettings):
    """Environment variables with the prefix ``HOMEROOM_OPERATOR_``; secrets are paths of files."""

    model_config = pydantic_settings.SettingsConfigDict(
        env_prefix="HOMEROOM_OPERATOR_", frozen=True, use_attribute_docstrings=True
    )

    kubeconfig: pathlib.Path
    """How to reach the district's Kubernetes API."""
    namespace: str = kinds.NAMESPACE
    """Where the district keeps its objects."""
    database_url: str
    """SQLAlchemy URL of the district database, shared with the API."""
    trust_directory: pathlib.Path
    """Where the district keeps its keys; the operator signs assignments with those of the director."""
    private_directory: pathlib.Path
    """Checked model files and outputs of finished steps; made with mode 0700. Losing it costs only time."""
    evaluations_directory: pathlib.Path
    """Private store of evaluation rows, shared with the API."""
    mlflow_url: str
    """Base URL of the MLflow server on loopback."""
    registry_url: str
    """Base URL of the district's OCI registry, as this process reaches it."""
    registry_tls_ca: pathlib.Path | None = None
    """Authority of the registry's certificate, PEM; left out together with the next two, the registry is plain HTTP."""
    registry_tls_certificate: pathlib.Path | None = None
    """Certificate to show to the registry, PEM."""
    registry_tls_key: pathlib.Path | None = None
    """Its private key, PEM."""
    control_endpoint: str
    """Base URL of the district's control channel, as schools reach it; written into every assignment."""
    bulk_endpoint: str
    """Base URL of the district's OCI registry, as schools reach it; written into every assignment."""
    min_agent: str = "0.1.0"
    """Oldest agent that understands the assignments made here."""
    assignment_lifetime_days: int = pydantic.Field(default=365, ge=1, le=3650)
    """Signed metadata is taken for so long: a school that was away for a summer must still take what it finds."""
    metrics_host: str = "127.0.0.1"
    """Address of /metrics and /healthz."""
    metrics_port: int = pydantic.Field(default=8081, ge=0, le=65535)
    """Port of /metrics and /healthz; 0 takes a free one."""
    resync_seconds: float = pydantic.Field(default=10.0, gt=0)
    """How often each release and wave is looked at when nothing is heard of it; reports of schools arrive unheard."""
    sweep_seconds: float = pydantic.Field(default=10.0, gt=0)
    """How often the SchoolSites are compared with the database."""
    status_interval_seconds: float = pydantic.Field(default=60.0, gt=0)
    """How often schools report when nothing happens."""
    offline_after_seconds: float | None = pydantic.Field(default=None, gt=0)
    """A school that was silent for longer counts as out of reach; by default three status intervals."""
    step_deadline_seconds: float = pydantic.Field(default=900.0, gt=0)
    """Longest time for one step of a release; a full gate run takes about a minute on two cores."""
    retry_seconds: float = pydantic.Field(default=2.0, gt=0)
    """First pause before a failed step is tried again; it doubles up to five minutes."""
    gate_runner: GateRunner = GateRunner.PROCESS
    """Where the gates run: process, on this machine, or job, as a Kubernetes Job in the same namespace."""
    gate_image: str | None = None
    """For job: image with homeroom[gates]; usually this process's own."""
    gate_claim: str | None = None
    """For job: PersistentVolumeClaim on which rows and reports cross. This process must have it mounted too."""
    gate_directory: pathlib.Path | None = None
    """For job: where this process has the claim mounted."""
    gate_user: int = pydantic.Field(default=10001, ge=1)
    """For job: number of the user that runs the gates; the one that this process runs as, or they cannot read each other."""
    gate_memory_mib: int = pydantic.Field(default=2048, ge=512)
    """For job: memory of a run. The demo's 13,000 rows take under 700 MiB."""
    gate_cpus: int = pydantic.Field(default=2, ge=1, le=64)
    """For job: processors of a run."""
    max_file_mib: int = pydantic.Field(default=256, ge=1, le=10_240)
    """Largest file of a model version."""
    lease_seconds: float = pydantic.Field(default=10.0, ge=1)
    """After a crash the next operator waits so long before it writes."""

    @pydantic.model_validator(mode="after")
    def _registry_identity_is_whole(self) -> "Settings":
        given = [self.registry_tls_ca, self.registry_tls_certificate, self.registry_tls_key]
        if any(given) and not all(given):
            raise ValueError("give REGISTRY_TLS_CA, REGISTRY_TLS_CERTIFICATE and REGISTRY_TLS_KEY together, or none")
        return self

    @pydantic.model_validator(mode="after")
    def _gate_job_is_whole(self) -> "Settings":
        needed = (self.gate_image, self.gate_claim, self.gate_directory)
        if self.gate_runner is GateRunner.JOB and not all(needed):
            raise ValueError("with GATE_RUNNER=job give GATE_IMAGE, GATE_CLAIM and GATE_DIRECTORY too")
        return self

    @property
    def offline_after(self) -> timedelta:
        """See ``offline_after_seconds``; three intervals let one report get lost without a false alarm."""
        return timedelta(seconds=self.offline_after_seconds or 3 * self.status_interval_seconds)
