"""Stand-ins for what the operator talks to."""

import pathlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests import builders

from homeroom.district.operator import world
from homeroom.domain import errors, releases
from homeroom.kube import answers
from homeroom.packaging import intake, refusals
from homeroom.resources import kinds, modelreleases, rolloutwaves, schoolsites
from homeroom.versions import client as versions

NOW = builders.NOW


class Clock:
    """Time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, **span: float) -> None:
        self.now += timedelta(**span)


class Cluster:
    """Objects in memory, with resource versions that must match on writing a status."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, dict[str, Any]]] = {}
        self.writes = 0

    def put(
        self, kind: kinds.Kind, name: str, spec: Mapping[str, Any], status: Mapping[str, Any] | None = None
    ) -> None:
        metadata = {"name": name, "resourceVersion": "1", "generation": 1, "creationTimestamp": NOW.isoformat()}
        body = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata, "spec": dict(spec)}
        self.objects.setdefault(kind.plural, {})[name] = {**body, "status": dict(status or {})}

    async def write_status(
        self, kind: kinds.Kind, name: str, status: Mapping[str, Any], resource_version: str
    ) -> dict[str, Any]:
        body = self.objects[kind.plural][name]
        if body["metadata"]["resourceVersion"] != resource_version:
            raise answers.Conflict(f"{name} was changed")
        self.writes += 1
        body["metadata"]["resourceVersion"] = str(int(resource_version) + 1)
        body["status"] = dict(status)
        return body

    def status(self, kind: kinds.Kind, name: str) -> dict[str, Any]:
        status: dict[str, Any] = self.objects[kind.plural][name]["status"]
        return status

    def world(self) -> world.World:
        return world.World(*(dict(self.objects.get(kind.plural, {})) for kind in world.Caches.KINDS))


class Mlflow(versions.VersionsClient):
    """Model versions in memory."""

    def __init__(self, files: Mapping[str, bytes], tags: Mapping[str, str] | None = None) -> None:
        self.held = dict(files)
        self.tags = dict(tags or {})
        self.downloads: list[str] = []
        self.away = False

    async def model_version(self, name: str, version: str) -> versions.ModelVersion:
        if self.away:
            raise errors.Unavailable("MLflow does not answer")
        if name != "reading":
            raise versions.ModelNotFound(f"model {name!r} has no version {version!r}")
        return versions.ModelVersion(name, version, "run", "mia", self.tags, "", "root")

    async def files(self, version: versions.ModelVersion) -> Mapping[str, int]:  # noqa: ARG002 - the real one's signature
        return {name: len(content) for name, content in self.held.items()}

    async def download(
        self, version: versions.ModelVersion, name: str, destination: pathlib.Path, *, max_bytes: int
    ) -> pathlib.Path:
        self.downloads.append(name)
        if name not in self.held:
            raise versions.FileNotFound(f"{version.name} has no file {name}")
        if len(self.held[name]) > max_bytes:
            raise versions.FileTooLarge(f"{name} is larger than {max_bytes} bytes")
        destination.write_bytes(self.held[name])  # noqa: ASYNC240 - a few bytes
        return destination


class Intake:
    """Takes everything but what it was told to refuse."""

    def __init__(self, **refused: refusals.Reason) -> None:
        self.refused = refused

    async def __call__(
        self,
        path: pathlib.Path,
        limits: intake.IntakeLimits | None = None,  # noqa: ARG002 - the real one's signature
        *,
        file_format: releases.Format,  # noqa: ARG002 - the real one's signature
        columns: int | None,  # noqa: ARG002 - the real one's signature
        output: str,  # noqa: ARG002 - the real one's signature
    ) -> intake.IntakeResult:
        reason = self.refused.get(path.stem)
        if reason is None:
            return intake.IntakeResult(accepted=True, reason=refusals.Reason.ACCEPTED, message="")
        return intake.IntakeResult(accepted=False, reason=reason, message="export it again")


def a_site_spec(name: str, **overrides: Any) -> dict[str, Any]:
    """Spec of a SchoolSite."""
    return {
        "siteId": builders.a_site_id(name),
        "displayName": name,
        "region": "north",
        "bands": ["K-2"],
        "pupils": 300,
        "publicKey": "A" * 43 + "=",
        "epoch": 1,
        "calendar": {"timeZone": "UTC", "schoolDays": ["Mon", "Tue", "Wed", "Thu", "Fri"], "closures": []},
        "hardware": {"profile": "pi5", "memoryMiB": 4096, "cores": 4},
        "link": {"kind": "dsl", "kilobitsPerSecond": 8000},
        **overrides,
    }


def put_sites(cluster: Cluster, *names: str, **overrides: Any) -> None:
    for name in names:
        cluster.put(schoolsites.KIND, name, a_site_spec(name, **overrides))


def a_release_spec(**overrides: Any) -> dict[str, Any]:
    """Spec of a ModelRelease."""
    return {
        "model": {"name": "reading", "version": "1"},
        "purpose": "support-offer",
        "bands": ["K-2"],
        "policyRef": {"name": "reading"},
        "author": "ada",
        "evaluation": {"digest": builders.a_digest("table")},
        "offerDays": 90,
        "parameters": [{"name": "threshold", "default": 0.5, "minimum": 0.4, "maximum": 0.6}],
        **overrides,
    }


def put_ready_release(cluster: Cluster, name: str, text: str = "release-1", *, ready: bool = True) -> None:
    """A release that is packaged and, if so wished, Ready."""
    when = NOW.astimezone(UTC).isoformat()
    condition = {
        "type": "Ready",
        "status": "True" if ready else "False",
        "reason": "Ready" if ready else "NotApproved",
        "message": "",
        "observedGeneration": 1,
        "lastTransitionTime": when,
    }
    status = {
        "conditions": [condition],
        "message": "ready for a wave" if ready else "1 more approval needed",
        "releaseDigest": builders.a_digest(text),
        "repository": "releases/reading",
    }
    cluster.put(modelreleases.KIND, name, a_release_spec(), status)


def put_wave(cluster: Cluster, name: str, release: str, schools: Mapping[str, Any], **overrides: Any) -> None:
    spec = {
        "releaseRef": {"name": release},
        "schools": dict(schools),
        "maxConcurrency": 2,
        "maxFailures": 0,
        "requiredSoak": {"duration": "0s"},
        "startWithin": "1h",
        "progressDeadline": "10m",
        **overrides,
    }
    cluster.put(rolloutwaves.KIND, name, spec)
