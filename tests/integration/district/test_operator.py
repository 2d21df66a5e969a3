"""The operator as a process, on a real API server, registry and MLflow; only the schools are simulated."""

import itertools
import pathlib
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import yaml
from tests import polling
from tests.integration.district import operating

from homeroom.district.database import evidence
from homeroom.domain import digests, errors
from homeroom.embedded import kubernetes, mlflow, registry
from homeroom.gates import attaching
from homeroom.kube import admission
from homeroom.kube import client as kube
from homeroom.resources import gatepolicies, modelreleases, regionalhubs, releaseapprovals, rolloutwaves, schoolsites
from homeroom.transport.oci import client as oci
from homeroom.transport.oci import referrers

pytestmark = [pytest.mark.real, pytest.mark.timeout(540)]

RELEASE, WAVE, SITE = modelreleases.KIND, rolloutwaves.KIND, schoolsites.KIND
NAMES = operating.site_names(4)
_number = itertools.count(1)


@pytest.fixture(scope="module")
def plane(start_plane: Callable[[str], kubernetes.ControlPlane]) -> kubernetes.ControlPlane:
    """An API server of its own, because roles are bound in one namespace only."""
    return start_plane("district-operator")


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return tmp_path_factory.mktemp("evaluations")


@pytest.fixture(scope="module")
def trained(mlflow_server: mlflow.MlflowServer, tables: pathlib.Path) -> dict[str, str]:
    """The example, registered in MLflow by ``mia``."""
    found = operating.register(mlflow_server.url, tables)
    operating.tag(mlflow_server.url, found, "homeroom.creator", "mia")
    return found


@pytest.fixture
def rig(
    plane: kubernetes.ControlPlane,
    registry: registry.Registry,
    mlflow_server: mlflow.MlflowServer,
    tables: pathlib.Path,
    tmp_path: pathlib.Path,
) -> Iterator[operating.Rig]:
    made = operating.Rig(
        directory=tmp_path / "rig",
        plane=plane,
        registry_part=registry,
        registry_files=registry.client_files("operator"),
        mlflow_url=mlflow_server.url,
        tables=tables,
    )
    yield made
    made.close()


@pytest.fixture
async def cluster(plane: kubernetes.ControlPlane) -> AsyncIterator[kube.Kubernetes]:
    """The district's objects as ``ada`` sees them, who may do everything; empty at the start of each test."""
    async with kube.connect(plane.kubeconfig("ada", ["system:masters"]), field_manager="ada") as connected:
        for kind in (WAVE, RELEASE, releaseapprovals.KIND, SITE, regionalhubs.KIND):
            for body in await connected.list(kind):
                await connected.delete(kind, body["metadata"]["name"])
        policy = yaml.safe_load((operating.EXAMPLE / "policy.yaml").read_text())
        await connected.apply(gatepolicies.KIND, policy)
        for name in NAMES:
            await connected.create(SITE, operating.a_site(name))
        yield connected


def _named(prefix: str) -> str:
    return f"{prefix}-{next(_number)}"


def _as(cluster: kube.Kubernetes, user: str) -> kube.Kubernetes:
    return cluster.as_user(kube.Impersonation(user, ("system:masters",)))


async def _judged(cluster: kube.Kubernetes, name: str, seconds: float = 240) -> dict[str, Any]:
    """The release once its gates were run."""

    async def look() -> dict[str, Any] | None:
        body = await cluster.get(RELEASE, name)
        done = operating.condition(body, "GatesPassed")[1] in ("Passed", "NotEnoughEvidence", "Waived", "GateFailed")
        return body if done else None

    return await polling.until(look, timedelta(seconds=seconds))


async def _approved(cluster: kube.Kubernetes, name: str) -> dict[str, Any]:
    """The release once it is judged, approved by ``paula`` and Ready for all schools: dora waives, rosa overrides."""
    body = await _judged(cluster, name)
    if operating.condition(body, "GatesPassed")[1] == "NotEnoughEvidence":
        await admission.create(_as(cluster, "dora"), releaseapprovals.KIND, operating.a_waiver(body, "dora"))
        await admission.create(_as(cluster, "rosa"), releaseapprovals.KIND, operating.an_override(body, "rosa"))
    await _as(cluster, "paula").create(releaseapprovals.KIND, operating.a_decision(body, "paula"))
    return await operating.until_condition(cluster, RELEASE, name, "Ready", ("True", "Ready"))


async def test_release_goes_from_mlflow_to_ready(
    rig: operating.Rig, cluster: kube.Kubernetes, trained: dict[str, str]
) -> None:
    """Every condition turns True in order, the registry holds the artifact, and the evidence is kept by its digest."""
    name = _named("reading")
    rig.start()
    await cluster.create(RELEASE, operating.a_release(name, trained))
    body = await _approved(cluster, name)
    assert [c["type"] for c in body["status"]["conditions"]] == [
        "Imported",
        "Packaged",
        "GatesPassed",
        "Approved",
        "Ready",
    ]
    assert body["status"]["authors"] == ["ada", "mia"]
    assert body["status"]["approvedBy"] == ["paula"]
    release, report = operating.digest_of(body)
    async with oci.OciClient(rig.registry_part.url, rig.registry_files) as client:
        repository = body["status"]["repository"]
        manifest = await client.pull_manifest(repository, release)
        (attached,) = await referrers.find(client, repository, release, attaching.ARTIFACT_TYPE)
        about, _, files = await referrers.pull_parts(client, repository, attached)
    assert digests.of_bytes(manifest) == about == release
    assert (files["report.json"].digest, "page.html" in files) == (report, True)
    with rig.rows.read() as connection:
        content = evidence.get(connection, report)
    assert content is not None
    assert digests.of_bytes(content) == report


async def test_unchanged_world_is_left_alone(
    rig: operating.Rig, cluster: kube.Kubernetes, trained: dict[str, str]
) -> None:
    """After a restart in the middle of nothing, not one status is written: resource versions stay."""
    name = _named("reading")
    rig.start()
    await cluster.create(RELEASE, operating.a_release(name, trained))
    before = await _approved(cluster, name)
    assert rig.stop() == 0
    assert rig.seconds_to_stop < 5
    before = await cluster.get(RELEASE, name) or before
    rig.start()

    async def passed() -> bool:
        return sum(line["event"] == "operator_starting" for line in rig.log()) == 2 and any(
            line["event"] == "lease_taken" and line["epoch"] > 1 for line in rig.log()
        )

    await polling.until(passed)
    other = _named("second")
    await cluster.create(RELEASE, operating.a_release(other, trained))
    await _judged(cluster, other)
    after = await cluster.get(RELEASE, name)
    assert after is not None
    assert after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


@pytest.mark.parametrize(
    ("change", "type_", "reason", "said"),
    [
        pytest.param(
            {"model": {"name": "nobody", "version": "1"}}, "Imported", "ModelNotFound", "nobody", id="no model"
        ),
        pytest.param({"policyRef": {"name": "nowhere"}}, "GatesPassed", "PolicyNotFound", "nowhere", id="no policy"),
        pytest.param(
            {"evaluation": {"digest": "sha256:" + "0" * 64}},
            "Imported",
            "EvaluationDiffers",
            "tagged",
            id="other table",
        ),
    ],
)
async def test_what_is_missing_is_named(
    rig: operating.Rig,
    cluster: kube.Kubernetes,
    trained: dict[str, str],
    change: dict[str, Any],
    type_: str,
    reason: str,
    said: str,
) -> None:
    """A condition says what to change."""
    name = _named("wrong")
    rig.start()
    await cluster.create(RELEASE, operating.a_release(name, trained, **change))
    body = await operating.until_condition(cluster, RELEASE, name, type_, ("False", reason))
    assert said in body["status"]["message"]
    assert operating.condition(body, "Ready")[0] == "False"


async def test_approval_by_an_author_is_ignored(
    rig: operating.Rig, cluster: kube.Kubernetes, trained: dict[str, str], plane: kubernetes.ControlPlane
) -> None:
    """Even when admission is switched off and an administrator writes it: neither ada nor mia can approve."""
    name = _named("reading")
    bindings = ["validatingadmissionpolicybinding"]
    rig.start()
    await cluster.create(RELEASE, operating.a_release(name, trained))
    body = await _judged(cluster, name)
    await admission.create(_as(cluster, "dora"), releaseapprovals.KIND, operating.a_waiver(body, "dora"))
    with pytest.raises(errors.HomeroomError, match="author"):
        await cluster.create(releaseapprovals.KIND, operating.a_decision(body, "ada"))
    plane.admin.run("delete", *bindings, "--all")
    try:
        await _until_created(cluster, operating.a_decision(body, "ada"))
        await _until_created(cluster, operating.a_decision(body, "mia"))
        await operating.until_condition(cluster, RELEASE, name, "Approved", ("False", "SelfApprovalIgnored"))
    finally:
        plane.apply(_manifests())
    await _as(cluster, "paula").create(releaseapprovals.KIND, operating.a_decision(body, "paula"))
    ready = await operating.until_condition(cluster, RELEASE, name, "Ready", ("True", "ReadyForPilots"))
    assert ready["status"]["approvedBy"] == ["paula"]


async def _until_created(cluster: kube.Kubernetes, body: dict[str, Any]) -> None:
    """Creates it; admission takes a moment to notice that its bindings are gone."""

    async def attempt() -> bool:
        try:
            await cluster.create(releaseapprovals.KIND, body)
        except errors.HomeroomError:
            return False
        return True

    await polling.until(attempt)


def _manifests() -> list[dict[str, Any]]:
    directory = pathlib.Path(modelreleases.__file__).parent / "manifests" / "district"
    return [d for path in sorted(directory.glob("*.yaml")) for d in yaml.safe_load_all(path.read_text()) if d]


async def _serve_as_told(rig: operating.Rig, names: list[str]) -> None:
    """One round of healthy reports: each school serves what its newest assignment says."""
    for name in names:
        latest = rig.told(name)
        entry = None if latest is None else latest[1].entry("support-offer", "K-2")
        version = 0 if latest is None else latest[0]
        rig.report(name, None if entry is None else entry.release, version=version)


async def _until_phase(
    rig: operating.Rig, cluster: kube.Kubernetes, wave: str, phase: str, serving: list[str]
) -> dict[str, Any]:
    """The wave once it has that phase, while ``serving`` schools do as they are told."""

    async def look() -> dict[str, Any] | None:
        await _serve_as_told(rig, serving)
        body = await cluster.get(WAVE, wave)
        return body if ((body or {}).get("status") or {}).get("phase") == phase else None

    return await polling.until(look, timedelta(seconds=60))


async def _mirrored(rig: operating.Rig) -> None:
    """Returns when the sweep has told the database which schools there are: reports of others change nothing."""

    async def look() -> bool:
        return any(line["event"] == "schools_mirrored" for line in rig.log())

    await polling.until(look)


async def _imported(rig: operating.Rig) -> None:
    """Returns when the import is recorded."""

    async def look() -> bool:
        return bool(list((rig.directory / "private" / "records").glob("import-*")))

    await polling.until(look, timedelta(seconds=60))


async def _judging(rig: operating.Rig) -> None:
    """Returns when the gates have begun; they have not ended."""

    async def look() -> bool:
        return bool(list((rig.directory / "private" / "gates").glob("*/inputs.json")))

    await polling.until(look, timedelta(seconds=60))
    assert not list((rig.directory / "private" / "records").glob("gates-*"))


@pytest.mark.parametrize("moment", ["never", "after import", "during gates", "during the wave"])
async def test_killed_operator_comes_to_the_same_end(
    rig: operating.Rig, cluster: kube.Kubernetes, trained: dict[str, str], moment: str, ends: dict[str, Any]
) -> None:
    """Whenever it is killed: the same release and gate-report digest, each school told once, in versions without a hole."""
    name, wave = _named("reading"), _named("wave")
    rig.start()
    await _mirrored(rig)
    await cluster.create(RELEASE, operating.a_release(name, trained))
    if moment == "after import":
        await _imported(rig)
    if moment == "during gates":
        await _judging(rig)
    if moment in ("after import", "during gates"):
        rig.kill()
        rig.start()
    ready = await _approved(cluster, name)
    await _serve_as_told(rig, NAMES)
    await cluster.create(WAVE, operating.a_wave(wave, name, {"names": NAMES}))
    if moment == "during the wave":

        async def some_told() -> bool:
            return bool(operating.schools_told(rig, NAMES))

        await polling.until(some_told)
        rig.kill()
        assert len(operating.schools_told(rig, NAMES)) <= 2
        rig.start()
    done = await _until_phase(rig, cluster, wave, "Complete", NAMES)
    assert done["status"]["counts"] == {**dict.fromkeys(done["status"]["counts"], 0), "total": 4, "done": 4}
    assert operating.schools_told(rig, NAMES) == dict.fromkeys(NAMES, 1)
    entries = {name: [e.release for a in operating.every_version(rig, name) for e in a.entries] for name in NAMES}
    ends[moment] = (operating.digest_of(ready), entries)
    assert ends[moment] == next(iter(ends.values()))


@pytest.fixture(scope="module")
def ends() -> dict[str, Any]:
    """Where each way ended."""
    return {}


async def test_wave_pauses_goes_on_and_goes_back(
    rig: operating.Rig, cluster: kube.Kubernetes, trained: dict[str, str]
) -> None:
    """Slots, an offline school, pause, and rollback to nothing: the entry is gone under a higher version."""
    name, wave = _named("reading"), _named("wave")
    rig.start()
    await _mirrored(rig)
    await cluster.create(RELEASE, operating.a_release(name, trained))
    await _approved(cluster, name)
    online, offline = NAMES[:3], NAMES[3]
    await _serve_as_told(rig, online)
    await cluster.create(WAVE, operating.a_wave(wave, name, {"names": NAMES}, maxConcurrency=1, paused=True))
    await _until_phase(rig, cluster, wave, "Paused", online)
    assert operating.schools_told(rig, NAMES) == {}
    await cluster.patch_spec(WAVE, wave, {"paused": False})
    waiting = await _until_phase(rig, cluster, wave, "Waiting", online)
    assert operating.condition(waiting, "Progressing") == ("False", "WaitingForSchools")
    assert (waiting["status"]["counts"]["done"], waiting["status"]["counts"]["pending"]) == (3, 1)
    assert operating.schools_told(rig, NAMES) == dict.fromkeys(online, 1)
    await _until_phase(rig, cluster, wave, "Complete", NAMES)
    await cluster.patch_spec(WAVE, wave, {"rollback": True})
    back = await _until_phase(rig, cluster, wave, "RolledBack", NAMES)
    assert back["status"]["counts"]["rolledBack"] == 4
    assert {name: (rig.told(name) or (0, None))[0] for name in NAMES} == dict.fromkeys(NAMES, 2)
    latest = rig.told(offline)
    assert latest is not None
    assert latest[1].entries == ()


async def test_missing_hub_and_second_wave_are_named(
    rig: operating.Rig, cluster: kube.Kubernetes, trained: dict[str, str]
) -> None:
    """A wave says which hub is missing; creating it lets the wave go on; another wave on the same school waits."""
    name, wave = _named("reading"), _named("wave")
    rig.start()
    await _mirrored(rig)
    await cluster.create(RELEASE, operating.a_release(name, trained))
    await _approved(cluster, name)
    await cluster.patch_spec(SITE, NAMES[0], {"hub": "west"})
    await _serve_as_told(rig, NAMES)
    await cluster.create(WAVE, operating.a_wave(wave, name, {"names": NAMES[:1]}))
    body = await operating.until_condition(cluster, WAVE, wave, "Valid", ("False", "HubNotFound"))
    assert "west" in body["status"]["message"]
    await cluster.create(WAVE, operating.a_wave(f"{wave}-b", name, {"names": NAMES[:2]}))
    second = await operating.until_condition(cluster, WAVE, f"{wave}-b", "Valid", ("False", "ConflictingWave"), 30)
    assert wave in second["status"]["message"]
    await cluster.create(regionalhubs.KIND, operating.a_hub("west"))
    await _until_phase(rig, cluster, wave, "Complete", NAMES)
    latest = rig.told(NAMES[0])
    assert latest is not None
    assert [endpoint.name for endpoint in latest[1].endpoints] == ["hub", "district"]
    await _until_phase(rig, cluster, f"{wave}-b", "Complete", NAMES)
    assert operating.schools_told(rig, NAMES[:2]) == dict.fromkeys(NAMES[:2], 1)


async def test_schools_are_shown_on_transitions_only(rig: operating.Rig, cluster: kube.Kubernetes) -> None:
    """The first report is a transition; a hundred more like it write nothing."""
    rig.start()
    await _mirrored(rig)
    await _serve_as_told(rig, NAMES[:1])
    seen = await operating.until_condition(cluster, SITE, NAMES[0], "Reachable", ("True", "Reporting"))
    for _ in range(5):
        await _serve_as_told(rig, NAMES[:1])
    await _serve_as_told(rig, NAMES[1:2])
    await operating.until_condition(cluster, SITE, NAMES[1], "Reachable", ("True", "Reporting"))
    after = await cluster.get(SITE, NAMES[0])
    assert after is not None
    assert after["metadata"]["resourceVersion"] == seen["metadata"]["resourceVersion"]
