"""What the service needs from outside: joined in ``main``, replaced by fakes in tests."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, Protocol

import fastapi
import httpx

from homeroom.district import evaluations
from homeroom.district.app import metrics, sessions, users
from homeroom.district.database import Database
from homeroom.resources import kinds
from homeroom.trust import keys


class Cluster(Protocol):
    """The district's Kubernetes API as one user sees it."""

    async def get(self, kind: kinds.Kind, name: str) -> dict[str, Any] | None:
        """That object; None when there is none."""

    async def list(self, kind: kinds.Kind, labels: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        """Every object of the kind."""

    async def create(self, kind: kinds.Kind, body: Mapping[str, Any]) -> dict[str, Any]:
        """The object as created."""

    async def apply(self, kind: kinds.Kind, body: Mapping[str, Any]) -> dict[str, Any]:
        """The object as applied."""

    async def patch_spec(
        self, kind: kinds.Kind, name: str, merge_patch: Mapping[str, Any], resource_version: str | None = None
    ) -> dict[str, Any]:
        """The object as changed; raises Conflict when it is no longer at ``resource_version``, if one is given."""


class Clusters(Protocol):
    """Gives a connection for each identity."""

    def own(self) -> Cluster:
        """The service itself: for reading what every role may see."""

    def of(self, user: users.User) -> Cluster:
        """That person: for every write, so that admission sees who it is."""


@dataclass(slots=True)
class HubContacts:
    """When each hub last spoke to this process; hubs poll every few seconds, so a restart soon knows again."""

    last: dict[str, datetime] = field(default_factory=dict)

    def note(self, hub: str, now: datetime) -> None:
        """``hub`` has just spoken."""
        self.last[hub] = now


@dataclass(frozen=True, slots=True)
class Options:
    """Numbers from the settings.

    Attributes:
        offline_after: a school that was silent for longer is offline.
        refresh_seconds: how often the status page reloads when asked to.
        mlflow_max_artifact_bytes: largest upload through ``/mlflow``.
    """

    offline_after: timedelta
    refresh_seconds: int
    mlflow_max_artifact_bytes: int


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything that routes work on.

    Attributes:
        mlflow: client with the base URL of the MLflow server; None when there is none.
        seal_key: opens reports.
        ack_key: signs acknowledgements.
        clock: aware UTC now.
    """

    database: Database
    clusters: Clusters
    evaluations: evaluations.EvaluationStore
    everybody: users.Users
    sessions: sessions.Sessions
    mlflow: httpx.AsyncClient | None
    seal_key: keys.SealKey
    ack_key: keys.SigningKey
    clock: Callable[[], datetime]
    options: Options
    counters: metrics.Counters = field(default_factory=metrics.Counters)
    hubs: HubContacts = field(default_factory=HubContacts)


def of(request: fastapi.Request) -> Ports:
    """The ports of the app that serves ``request``."""
    found: Ports = request.app.state.ports
    return found


PortsOf = Annotated[Ports, fastapi.Depends(of)]
