"""The service over a real database and real keys, with a Kubernetes API that only remembers."""

import asyncio
import pathlib
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
from tests.unit.district.app import worlds

from homeroom.district import evaluations
from homeroom.district.app import ports, service, sessions, users
from homeroom.district.database import Database
from homeroom.domain import errors
from homeroom.kube import answers
from homeroom.resources import kinds
from homeroom.trust import keys

PEOPLE = {
    "ada": (["author"], "token-of-ada"),
    "grace": (["approver"], "token-of-grace"),
    "ivan": (["it"], "token-of-ivan"),
    "vera": (["viewer"], "token-of-vera"),
}


@dataclass(slots=True)
class FakeCluster:
    """Objects by plural and name, who wrote last, and an error to answer writes with."""

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    writers: list[str] = field(default_factory=list)
    refusal: errors.HomeroomError | None = None
    user: str | None = None

    async def get(self, kind: kinds.Kind, name: str) -> dict[str, Any] | None:
        return self.objects.get(f"{kind.plural}/{name}")

    async def list(
        self,
        kind: kinds.Kind,
        labels: Mapping[str, str] | None = None,  # noqa: ARG002 - the fake has no labels
    ) -> list[dict[str, Any]]:
        return [body for key, body in self.objects.items() if key.startswith(kind.plural + "/")]

    async def create(self, kind: kinds.Kind, body: Mapping[str, Any]) -> dict[str, Any]:
        key = f"{kind.plural}/{body['metadata']['name']}"
        if key in self.objects:
            raise answers.AlreadyExists(f"{key} already exists")
        return self._write(key, body)

    async def apply(self, kind: kinds.Kind, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._write(f"{kind.plural}/{body['metadata']['name']}", body)

    async def patch_spec(
        self, kind: kinds.Kind, name: str, merge_patch: Mapping[str, Any], resource_version: str | None = None
    ) -> dict[str, Any]:
        body = self.objects[f"{kind.plural}/{name}"]
        if resource_version not in (None, body["metadata"].get("resourceVersion")):
            raise answers.Conflict(f"{name} was changed")
        return self._write(f"{kind.plural}/{name}", {**body, "spec": {**body["spec"], **merge_patch}})

    def put(self, *bodies: dict[str, Any]) -> None:
        """What somebody else has made."""
        for body in bodies:
            self.objects[f"{body['kind'].lower()}s/{body['metadata']['name']}"] = body

    def _write(self, key: str, body: Mapping[str, Any]) -> dict[str, Any]:
        if self.refusal is not None:
            raise self.refusal
        self.writers.append(self.user or "the service itself")
        self.objects[key] = dict(body)
        return self.objects[key]


@dataclass(frozen=True, slots=True)
class FakeClusters:
    cluster: FakeCluster

    def own(self) -> ports.Cluster:
        self.cluster.user = None
        return self.cluster

    def of(self, user: users.User) -> ports.Cluster:
        self.cluster.user = user.name
        return self.cluster


@dataclass(slots=True)
class Mlflow:
    """Answers like MLflow and remembers what it was asked."""

    requests: list[httpx.Request] = field(default_factory=list)
    answer: tuple[int, bytes] = (200, b'{"ok": true}')

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.requests.append(request)
        code, content = self.answer
        return httpx.Response(code, headers={"content-type": "application/json"}, content=_pieces([content]))


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster()


@pytest.fixture
def mlflow() -> Mlflow:
    return Mlflow()


@pytest.fixture
def everybody() -> users.Users:
    found = users.build_document(PEOPLE)["users"]
    return users.Users(
        tuple(users.User(u["name"], frozenset(map(users.Role, u["roles"])), u["tokenSha256"]) for u in found)
    )


@pytest.fixture
def found(
    tmp_path: pathlib.Path, cluster: FakeCluster, mlflow: Mlflow, everybody: users.Users
) -> Iterator[ports.Ports]:
    database = Database.open(f"sqlite:///{tmp_path / 'district.db'}")
    yield ports.Ports(
        database=database,
        clusters=FakeClusters(cluster),
        evaluations=evaluations.EvaluationStore(tmp_path / "rows", max_bytes=4096, max_plain_bytes=100_000),
        everybody=everybody,
        sessions=sessions.Sessions.create(b"k" * 32, everybody),
        mlflow=httpx.AsyncClient(base_url="http://mlflow.test", transport=httpx.MockTransport(mlflow)),
        seal_key=keys.SealKey.create(tmp_path / "seal.key"),
        ack_key=keys.SigningKey.create(tmp_path / "ack.key"),
        clock=lambda: worlds.NOW,
        options=ports.Options(timedelta(minutes=3), refresh_seconds=10, mlflow_max_artifact_bytes=10_000),
    )
    database.close()


class Http:
    """A browser or program: asks the app in this process and keeps cookies."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.cookies = httpx.Cookies()

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        return asyncio.run(self._request(method, path, more))

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.request("POST", path, **more)

    async def _request(self, method: str, path: str, more: dict[str, Any]) -> httpx.Response:
        if not isinstance(more.get("content", b""), bytes):
            more["content"] = _pieces(more["content"])
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://district.test") as client:
            client.cookies = self.cookies
            answer = await client.request(method, path, **more)
            self.cookies = client.cookies
            return answer


async def _pieces(content: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in content:
        yield piece


@pytest.fixture
def http(found: ports.Ports) -> Http:
    return Http(service.create_app(found))


def as_(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer token-of-{name}"}
