"""The Kubernetes edge of a school on a real API server: the operator as a process, and the pair that it keeps running."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests import polling, schoolyard
from tests.integration.school import conftest

from homeroom.embedded import kubernetes
from homeroom.kube import client as kube
from homeroom.kube import conditions as kube_conditions
from homeroom.packaging import artifacts
from homeroom.resources import siteassignments

pytestmark = pytest.mark.real

NAME = "school-1"
LONG = timedelta(seconds=60)


class Edge:
    """The operator of one school as a process; whatever it starts is ended with the test."""

    def __init__(self, kubeconfig: Path, place: Path) -> None:
        self._kubeconfig = kubeconfig
        self._place = place
        self._serve_port = conftest.free_port()
        self.url = f"http://127.0.0.1:{self._serve_port}/v2/models/support-offer/infer"
        self._ports = {"SERVE_PORT": self._serve_port, "AGENT_PORT": conftest.free_port(), "METRICS_PORT": 0}
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        settings = {
            "KUBECONFIG": self._kubeconfig,
            "ENROLMENT": self._place / "schools" / NAME / "enrolment",
            "HOME": self._place / "home",
            "POLL_SECONDS": 0.3,
            "STATUS_SECONDS": 0.3,
            "SWEEP_SECONDS": 0.2,
            **self._ports,
        }
        inherited = {key: os.environ[key] for key in ("PATH", "PYTHONPATH") if key in os.environ}
        variables = {f"HOMEROOM_OPERATOR_{key}": str(value) for key, value in settings.items()}
        command = [str(Path(sys.executable).with_name("homeroom")), "operator", "--tier", "school"]
        with (self._place / "operator.log").open("ab") as log:
            self._running = subprocess.Popen(command, env=inherited | variables, stdout=log, stderr=log)

    def pids(self) -> dict[str, int]:
        """Of the programs that the operator says it keeps running."""
        found = {}
        for name in ("serve", "agent"):
            path = self._place / "home" / "run" / f"{name}.process.json"
            if path.exists():
                found[name] = int(json.loads(path.read_text())["pid"])
        return found

    def workload(self) -> list[int]:
        """Every living process of this school, found by its environment and not by what the operator says."""
        mark = str(self._place / "home").encode()
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            try:
                environment = path.read_bytes()
            except OSError:
                continue
            if mark in environment and b"HOMEROOM_OPERATOR_HOME=" not in environment:
                found.append(int(path.parent.name))
        return sorted(found)

    def kill_operator(self) -> None:
        assert self._running is not None
        self._running.kill()
        self._running.wait(10)

    def terminate_operator(self) -> tuple[int, float]:
        """Exit status after SIGTERM, and the seconds that it took."""
        assert self._running is not None
        started = time.monotonic()
        self._running.terminate()
        return self._running.wait(10), time.monotonic() - started

    def end(self) -> None:
        if self._running is not None and self._running.poll() is None:
            self._running.kill()
            self._running.wait(10)
        for pid in self.workload():
            os.kill(pid, signal.SIGKILL)

    def log(self) -> str:
        return (self._place / "operator.log").read_text()[-4000:]


@pytest.fixture(scope="module")
def plane(start_plane: Callable[[str], kubernetes.ControlPlane]) -> kubernetes.ControlPlane:
    return start_plane("school")


@pytest.fixture
def edge(plane: kubernetes.ControlPlane, site: conftest.Site, tmp_path: Path) -> Iterator[Edge]:
    made = Edge(plane.kubeconfig("school-operator", ("homeroom:operators",)), tmp_path)
    yield made
    made.end()


@pytest.fixture
async def cluster(plane: kubernetes.ControlPlane) -> AsyncIterator[kube.Kubernetes]:
    """With all rights, as somebody who edits what nobody should edit."""
    async with kube.connect(plane.kubeconfig("admin", ("system:masters",)), field_manager="test") as connected:
        yield connected
        await connected.delete(siteassignments.KIND, NAME)


@pytest.fixture
def release(site: conftest.Site) -> artifacts.Artifact:
    """Assigned to the school in version 2."""
    made = schoolyard.a_release()
    site.world.publish(made)
    assign(site, made, version=2)
    return made


def assign(site: conftest.Site, release: artifacts.Artifact, version: int) -> None:
    entry = schoolyard.an_entry(release)
    expires = datetime.now(UTC) + timedelta(days=30)
    site.world.assign(entry, version=version, endpoints=(site.endpoint,), expires=expires)


async def shown(cluster: kube.Kubernetes) -> tuple[dict[str, Any], dict[str, tuple[str, str]]]:
    """The spec, and status and reason of each condition."""
    body = await cluster.get(siteassignments.KIND, NAME)
    if body is None:
        return {}, {}
    found = kube_conditions.parse(body)
    current = [one for one in found if one.observed_generation == body["metadata"]["generation"]]
    return body["spec"], {one.type: (one.status.value, one.reason) for one in current}


async def until_served(cluster: kube.Kubernetes, edge: Edge, version: int = 2) -> dict[str, Any]:
    """The spec, once the object says that this version was verified and answers in full."""

    async def as_assigned() -> dict[str, Any] | None:
        spec, found = await shown(cluster)
        wanted = {"Verified": ("True", "Verified"), "Serving": ("True", "AsAssigned")}
        return spec if spec.get("version") == version and found == wanted else None

    try:
        return await polling.until(as_assigned, LONG)
    except AssertionError as exc:
        raise AssertionError(f"{exc}\n{await shown(cluster)}\n{edge.log()}") from exc


async def until_answered(edge: Edge, release: artifacts.Artifact) -> None:
    async def answered() -> bool:
        answer = await asyncio.to_thread(conftest.ask, edge.url)
        return answer.get("model_version") == release.digest and conftest.level(answer) == "full"

    await polling.until(answered, LONG)


async def test_the_operator_starts_the_pair_and_shows_what_was_verified(
    edge: Edge, cluster: kube.Kubernetes, release: artifacts.Artifact
) -> None:
    edge.start()
    spec = await until_served(cluster, edge)
    assert [(entry["purpose"], entry["band"], entry["release"]) for entry in spec["entries"]] == [
        (schoolyard.PURPOSE, schoolyard.BAND, release.digest)
    ]
    await until_answered(edge, release)
    assert sorted(edge.pids().values()) == edge.workload()
    status = (await cluster.get(siteassignments.KIND, NAME) or {})["status"]
    assert [(entry["level"], entry["releaseDigest"]) for entry in status["entries"]] == [("full", release.digest)]


async def test_an_edited_object_is_put_back_from_the_verified_bytes(
    edge: Edge, cluster: kube.Kubernetes, release: artifacts.Artifact
) -> None:
    """Even with all rights: the object is for looking at, and the school follows the signed bytes only.

    No update may take a higher version back, so that object is made anew.
    """
    edge.start()
    before = await until_served(cluster, edge)
    pids = edge.pids()
    changes: tuple[dict[str, Any], ...] = ({"entries": []}, {"version": 99})
    for change in changes:
        await cluster.patch_spec(siteassignments.KIND, NAME, change)
        assert await until_served(cluster, edge) == before
    await cluster.delete(siteassignments.KIND, NAME)
    assert await until_served(cluster, edge) == before
    assert edge.pids() == pids
    await until_answered(edge, release)


async def test_a_newer_assignment_is_shown(
    edge: Edge, cluster: kube.Kubernetes, site: conftest.Site, release: artifacts.Artifact
) -> None:
    edge.start()
    await until_served(cluster, edge)
    second = schoolyard.a_release(2.0)
    site.world.publish(second)
    assign(site, second, version=3)
    spec = await until_served(cluster, edge, version=3)
    assert spec["entries"][0]["release"] == second.digest


async def test_a_killed_serving_process_is_started_again(
    edge: Edge, cluster: kube.Kubernetes, release: artifacts.Artifact
) -> None:
    edge.start()
    await until_served(cluster, edge)
    before = edge.pids()
    os.kill(before["serve"], signal.SIGKILL)

    async def another() -> bool:
        return edge.pids()["serve"] != before["serve"]

    await polling.until(another, LONG)
    await until_answered(edge, release)
    assert edge.pids()["agent"] == before["agent"]
    assert sorted(edge.pids().values()) == edge.workload()
    await until_served(cluster, edge)


async def test_the_next_operator_takes_over_what_the_killed_one_left(
    edge: Edge, cluster: kube.Kubernetes, release: artifacts.Artifact
) -> None:
    """The school answers all the time, and there is never a second pair on its store."""
    edge.start()
    await until_served(cluster, edge)
    before = edge.pids()
    edge.kill_operator()
    assert edge.workload() == sorted(before.values())
    await until_answered(edge, release)
    await cluster.delete(siteassignments.KIND, NAME)
    edge.start()
    await until_served(cluster, edge)
    assert edge.pids() == before
    assert edge.workload() == sorted(before.values())
    os.kill(before["agent"], signal.SIGKILL)

    async def another() -> bool:
        return edge.pids()["agent"] != before["agent"]

    await polling.until(another, LONG)
    await until_served(cluster, edge)
    assert edge.terminate_operator()[0] == 0
    assert edge.workload() == []


async def test_sigterm_ends_all(edge: Edge, cluster: kube.Kubernetes, release: artifacts.Artifact) -> None:
    edge.start()
    await until_served(cluster, edge)
    status, seconds = edge.terminate_operator()
    assert (status, edge.workload(), edge.pids()) == (0, [], {})
    assert seconds < 5, edge.log()


async def test_the_pair_does_not_need_the_api_server(
    edge: Edge, cluster: kube.Kubernetes, plane: kubernetes.ControlPlane, release: artifacts.Artifact, tmp_path: Path
) -> None:
    """An operator that finds no API server starts the pair all the same, and starts it again when it is killed."""
    lost = tmp_path / "lost.yaml"
    config = json.loads(plane.kubeconfig("school-operator", ("homeroom:operators",)).read_text())
    config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{conftest.free_port()}"
    lost.write_text(json.dumps(config))
    alone = Edge(lost, tmp_path)
    try:
        alone.start()
        await until_answered(alone, release)
        os.kill(alone.pids()["serve"], signal.SIGKILL)

        async def is_down() -> bool:
            return bool((await asyncio.to_thread(conftest.ask, alone.url))["status"] == 0)

        await polling.until(is_down)
        await until_answered(alone, release)
        status, seconds = alone.terminate_operator()
        assert (status, alone.workload()) == (0, [])
        assert seconds < 5, alone.log()
    finally:
        alone.end()
