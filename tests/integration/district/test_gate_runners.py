"""What the operator may rely on from whatever runs its gates: one suite on a process and on a Kubernetes Job.

The API server is real and takes or refuses the Job and each status; no kubelet runs here, so the test runs the very command of
the manifest on the very directory of the claim, and then writes the status that the Job controller writes.
"""

import asyncio
import contextlib
import pathlib
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.unit.gates import cases

from homeroom.district.operator import gatejobs, judgements
from homeroom.domain import errors
from homeroom.embedded import kubernetes
from homeroom.gates import documents, inputs, jobs, run
from homeroom.kube import client as kube
from homeroom.resources import kinds

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

PLAN = jobs.Plan("registry.example/homeroom:0.1.0", "gates", 10001, 2048, 2)
QUICK = timedelta(seconds=0.05)
PATIENT = timedelta(minutes=4)


class Node:
    """Plays kubelet and Job controller for the Jobs of one namespace, as told."""

    def __init__(self, cluster: kube.Kubernetes, mount: pathlib.Path) -> None:
        self.cluster, self.mount = cluster, mount
        self.made: list[dict[str, Any]] = []
        self.play: Callable[[dict[str, Any]], Any] = self.run_command
        self._seen: set[str] = set()

    async def follow(self) -> None:
        while True:
            for body in await self.cluster.list(jobs.KIND):
                if body["metadata"]["uid"] not in self._seen:
                    self._seen.add(body["metadata"]["uid"])
                    self.made.append(body)
                    await self.play(body)
            await asyncio.sleep(QUICK.total_seconds())

    async def run_command(self, body: dict[str, Any]) -> None:
        """The container's command on what it would have mounted, then the status of how it ended."""
        pod = body["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        mount = next(m for m in container["volumeMounts"] if m["name"] == "work")
        place = str(self.mount / mount["subPath"])
        command = [place if part == mount["mountPath"] else part for part in container["command"]]
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command[1:], "--no-pages", stderr=asyncio.subprocess.DEVNULL
        )
        await (self.complete(body) if await process.wait() == 0 else self.fail(body, "BackoffLimitExceeded"))

    async def complete(self, body: dict[str, Any]) -> None:
        now = _now()
        done = [_condition("SuccessCriteriaMet", "CompletionsReached"), _condition("Complete", "CompletionsReached")]
        status = {"startTime": now, "completionTime": now, "succeeded": 1, "conditions": done}
        await self._write(body, status | {"uncountedTerminatedPods": {}})

    async def fail(self, body: dict[str, Any], reason: str) -> None:
        failed = [_condition("FailureTarget", reason), _condition("Failed", reason)]
        await self._write(body, {"startTime": _now(), "failed": 1, "conditions": failed, "uncountedTerminatedPods": {}})

    async def _write(self, body: dict[str, Any], status: dict[str, Any]) -> None:
        name = body["metadata"]["name"]
        current = await self.cluster.get(jobs.KIND, name)
        assert current is not None
        await self.cluster.write_status(jobs.KIND, name, status, current["metadata"]["resourceVersion"])


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _condition(type_: str, reason: str) -> dict[str, str]:
    now = _now()
    moments = {"lastProbeTime": now, "lastTransitionTime": now}
    return {"type": type_, "status": "True", "reason": reason, "message": "as the controller says", **moments}


@pytest.fixture
def mount(tmp_path: pathlib.Path) -> pathlib.Path:
    """Root of the claim."""
    (tmp_path / "gates").mkdir()
    return tmp_path


@pytest.fixture
async def node(
    control_plane: kubernetes.ControlPlane, fresh_namespace: str, mount: pathlib.Path
) -> AsyncIterator[Node]:
    """With the operator's own rights in the API, and an administrator's for the node."""
    kubeconfig = control_plane.kubeconfig("ada", ["system:masters"])
    async with kube.connect(kubeconfig, fresh_namespace, field_manager="node") as cluster:
        made = Node(cluster, mount)
        following = asyncio.create_task(made.follow())
        yield made
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following


@pytest.fixture(params=["process", "job"])
def either(request: pytest.FixtureRequest, mount: pathlib.Path) -> judgements.Runner:
    if request.param == "process":
        return _process
    made: Node = request.getfixturevalue("node")
    return gatejobs.JobRunner(made.cluster, PLAN, mount, poll=QUICK, grace=timedelta(0))


async def _process(
    directory: pathlib.Path, deadline: timedelta, say: Callable[[str], None] | None = None
) -> documents.GateReport:
    return await run.start(directory, deadline, say, pages=False)


@pytest.fixture
def job_runner(node: Node, mount: pathlib.Path) -> gatejobs.JobRunner:
    return gatejobs.JobRunner(node.cluster, PLAN, mount, poll=QUICK, grace=timedelta(0))


def _laid_out(mount: pathlib.Path, name: str = "0a1b2c3d4e5f-deadbeef") -> pathlib.Path:
    policy = cases.a_policy().to_json()
    policy["fairness"] |= {"resamples": 100, "permutations": 99}
    work = mount / "gates" / name
    inputs.write(work, cases.some_inputs(), type(cases.a_policy()).model_validate(policy))
    return work


async def test_report_comes_back_and_progress_is_told(either: judgements.Runner, mount: pathlib.Path) -> None:
    told: list[str] = []
    report = await either(_laid_out(mount), PATIENT, told.append)

    assert report.digest == documents.parse(report.document, report.evidence, report.policy).digest
    assert any(line.startswith("judging 2880 rows") for line in told)
    assert told[-1].startswith("done: ")


async def test_input_that_cannot_be_judged_is_a_spec_error(either: judgements.Runner, mount: pathlib.Path) -> None:
    work = _laid_out(mount)
    (work / "evaluation.csv.gz").write_bytes(b"not a table")

    with pytest.raises(errors.SpecError, match="gzip"):
        await either(work, PATIENT)


async def test_deadline_ends_it(either: judgements.Runner, mount: pathlib.Path, request: pytest.FixtureRequest) -> None:
    """The process is killed; a Job that no controller ends is deleted."""
    if not isinstance(either, gatejobs.JobRunner):
        with pytest.raises(errors.Unavailable, match="did not end within"):
            await either(_laid_out(mount), timedelta(seconds=0.3))
        return
    node: Node = request.getfixturevalue("node")
    node.play = _ignored
    with pytest.raises(errors.Unavailable, match="is one running"):
        await either(_laid_out(mount), timedelta(seconds=1))
    assert await node.cluster.list(jobs.KIND) == []


async def _ignored(_body: dict[str, Any]) -> None:
    """A node that never starts anything."""


async def test_finished_job_is_deleted(job_runner: gatejobs.JobRunner, node: Node, mount: pathlib.Path) -> None:
    work = _laid_out(mount)

    async def play(body: dict[str, Any]) -> None:
        run.write(work, documents.build(cases.some_evidence(), ()))
        await node.complete(body)

    node.play = play
    await job_runner(work, PATIENT)
    assert await node.cluster.list(jobs.KIND) == []


@pytest.mark.parametrize("reason", ["BackoffLimitExceeded", "DeadlineExceeded"])
async def test_failure_is_named_and_the_job_stays_for_a_look(
    job_runner: gatejobs.JobRunner, node: Node, mount: pathlib.Path, reason: str
) -> None:
    async def play(body: dict[str, Any]) -> None:
        await node.fail(body, reason)

    node.play = play
    with pytest.raises(errors.Unavailable, match=f"{reason}: as the controller says.*kubectl describe job"):
        await job_runner(_laid_out(mount), PATIENT)
    assert len(await node.cluster.list(jobs.KIND)) == 1


async def test_job_that_somebody_deletes_is_tried_again_later(
    job_runner: gatejobs.JobRunner, node: Node, mount: pathlib.Path
) -> None:
    async def play(body: dict[str, Any]) -> None:
        await node.cluster.delete(jobs.KIND, body["metadata"]["name"], propagation="Background")

    node.play = play
    with pytest.raises(errors.Unavailable, match="somebody deleted the Job"):
        await job_runner(_laid_out(mount), PATIENT)


async def test_complete_without_a_report_is_no_report(
    job_runner: gatejobs.JobRunner, node: Node, mount: pathlib.Path
) -> None:
    """Rule: only what lies on the claim counts; a status that somebody wrote passes nothing."""
    node.play = node.complete
    with pytest.raises(errors.Defect, match="no gate report"):
        await job_runner(_laid_out(mount), PATIENT)


async def test_operator_that_stops_takes_its_job_with_it(
    job_runner: gatejobs.JobRunner, node: Node, mount: pathlib.Path
) -> None:
    started = asyncio.Event()

    async def play(_body: dict[str, Any]) -> None:
        started.set()

    node.play = play
    running = asyncio.create_task(job_runner(_laid_out(mount), PATIENT))
    await started.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await node.cluster.list(jobs.KIND) == []


async def test_pod_can_do_little(job_runner: gatejobs.JobRunner, node: Node, mount: pathlib.Path) -> None:
    """As the API server took it, defaults filled in."""
    node.play = lambda body: node.fail(body, "BackoffLimitExceeded")
    with pytest.raises(errors.Unavailable):
        await job_runner(_laid_out(mount), PATIENT)
    (body,) = node.made
    pod = body["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert (body["spec"]["backoffLimit"], body["spec"]["activeDeadlineSeconds"]) == (0, 240)
    assert (pod["automountServiceAccountToken"], pod["securityContext"]["runAsUser"]) == (False, 10001)
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["resources"]["limits"]["memory"] == "2Gi"
    assert [m.get("subPath") for m in container["volumeMounts"]] == ["gates/0a1b2c3d4e5f-deadbeef", None]
    assert "evaluation" not in str(body)


async def test_operator_may_make_jobs_and_look_into_no_pod(control_plane: kubernetes.ControlPlane) -> None:
    """With the roles as shipped, in the district's own namespace."""
    pods = kinds.Kind(group="", version="v1", kind="Pod", plural="pods")
    operator = control_plane.kubeconfig("homeroom-operator", ["homeroom:operators"])
    async with kube.connect(operator, field_manager="operator") as cluster:
        body = await cluster.create(jobs.KIND, jobs.build("gates/rights", PLAN, PATIENT))
        await cluster.delete(jobs.KIND, body["metadata"]["name"], propagation="Background")
        with pytest.raises(errors.Refused):
            await cluster.list(pods)
