"""What people get wrong when they bring a model: each slip has its reason, says what to change, and disturbs nothing.

One operator, one MLflow and one good release for all cases; a wave of that release serves two schools all the while.
"""

import asyncio
import contextlib
import itertools
import json
import pathlib
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import onnx
import pytest
import yaml
from onnx import helper
from tests import polling
from tests.integration.district import operating

from homeroom.domain import digests
from homeroom.embedded import kubernetes, mlflow, registry
from homeroom.kube import admission
from homeroom.kube import client as kube
from homeroom.resources import gatepolicies, modelreleases, releaseapprovals, rolloutwaves, schoolsites

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

RELEASE, WAVE = modelreleases.KIND, rolloutwaves.KIND
GOOD, GOOD_WAVE = "good", "good"
SCHOOLS = operating.site_names(2)
THRESHOLD = {"parameters": [{"name": "threshold", "default": 0.25, "minimum": 0.25, "maximum": 0.25}]}
MAX_FILE_MIB = 1
NAMELESS_DIGEST = "sha256:" + "0" * 64
_number = itertools.count(1)


class StrictRig(operating.Rig):
    """An operator that reads small files only."""

    def _environment(self) -> dict[str, str]:
        return {**super()._environment(), "HOMEROOM_OPERATOR_MAX_FILE_MIB": str(MAX_FILE_MIB)}


@dataclass(frozen=True)
class Shelf:
    """Files of a good model version, and the registry where changed copies of them are registered."""

    url: str
    files: Mapping[str, bytes]
    evaluation: digests.Digest

    def register(self, model: str, **changed: bytes | None) -> dict[str, str]:
        """A version with these files changed, by name without its ending; None leaves the file out."""
        files = {name: changed.get(name.partition(".")[0], content) for name, content in self.files.items()}
        with httpx.Client(base_url=self.url, timeout=30) as http:
            run = _post(http, "runs/create", {"experiment_id": "0"})["run"]["info"]
            root = run["artifact_uri"].removeprefix("mlflow-artifacts:/")
            for name, content in files.items():
                if content is not None:
                    path = f"/api/2.0/mlflow-artifacts/artifacts/{root}/release/{name}"
                    http.put(path, content=content).raise_for_status()
            _post(http, "registered-models/create", {"name": model})
            body = {"name": model, "source": f"{run['artifact_uri']}/release", "run_id": run["run_id"]}
            tags = [{"key": "evaluation_digest", "value": self.evaluation}, {"key": "homeroom.creator", "value": "mia"}]
            version = _post(http, "model-versions/create", {**body, "tags": tags})["model_version"]
        return {"model": model, "version": str(version["version"]), "evaluation": self.evaluation}

    @property
    def full(self) -> bytes:
        return self.files["full.onnx"]


def _post(http: httpx.Client, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    answer = http.post(f"/api/2.0/mlflow/{path}", json=body)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture(scope="module")
def plane(start_plane: Callable[[str], kubernetes.ControlPlane]) -> kubernetes.ControlPlane:
    """Of its own, because roles are bound in one namespace only."""
    return start_plane("district-bad-input")


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return tmp_path_factory.mktemp("evaluations")


@pytest.fixture(scope="module")
def shelf(mlflow_server: mlflow.MlflowServer, tables: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """The example's release of a finished ONNX file: what a person has who brings one."""
    directory = tmp_path_factory.mktemp("trained")
    file = directory / "own.onnx"
    _run("my_model.py", str(file))
    _run("train.py", "--onnx", str(file), "--name", "own", "--output", str(directory))
    table = (directory / "evaluation.csv.gz").read_bytes()
    digest = digests.of_bytes(table)
    (tables / f"{digest.removeprefix('sha256:')}.csv.gz").write_bytes(table)
    names = ("full.onnx", "core.onnx", "fallback.json", "release.json", "reference.json", "model_card.md")
    return Shelf(mlflow_server.url, {name: (directory / name).read_bytes() for name in names}, digest)


def _run(script: str, *arguments: str) -> None:
    command = [sys.executable, str(operating.EXAMPLE / script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture(scope="module")
def rig(
    plane: kubernetes.ControlPlane,
    registry: registry.Registry,
    shelf: Shelf,
    tables: pathlib.Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[StrictRig]:
    """A district in which two schools serve a good release."""
    made = StrictRig(
        directory=tmp_path_factory.mktemp("bad-input") / "rig",
        plane=plane,
        registry_part=registry,
        registry_files=registry.client_files("operator"),
        mlflow_url=shelf.url,
        tables=tables,
    )
    with contextlib.closing(made):
        made.start()
        asyncio.run(_serve_good_release(made, shelf.register("good")))
        yield made


async def _serve_good_release(rig: StrictRig, trained: Mapping[str, str]) -> None:
    async with _connected(rig.plane) as cluster:
        await cluster.create(gatepolicies.KIND, _quick_policy())
        for name in SCHOOLS:
            await cluster.create(schoolsites.KIND, operating.a_site(name))
        await cluster.create(RELEASE, operating.a_release(GOOD, trained, **THRESHOLD))
        # A model that is evaluated as it is, not cross-fitted: nobody can tell who was in its training.
        judged = await operating.until_condition(
            cluster, RELEASE, GOOD, "GatesPassed", ("False", "NotEnoughEvidence"), 180
        )
        dora = cluster.as_user(kube.Impersonation("dora", ("system:masters",)))
        await admission.create(dora, releaseapprovals.KIND, operating.a_waiver(judged, "dora"))
        paula = cluster.as_user(kube.Impersonation("paula", ("system:masters",)))
        await paula.create(releaseapprovals.KIND, operating.a_decision(judged, "paula"))
        await operating.until_condition(cluster, RELEASE, GOOD, "Ready", ("True", "ReadyForPilots"))
        await cluster.create(WAVE, operating.a_wave(GOOD_WAVE, GOOD, {"names": SCHOOLS}))

        async def complete() -> bool:
            _report(rig)
            body = await cluster.get(WAVE, GOOD_WAVE)
            return operating.condition(body, "Complete")[0] == "True"

        await polling.until(complete, timedelta(seconds=60))


def _quick_policy() -> dict[str, Any]:
    """The example's, with few resamples and only groups that there are enough of: this is not about the gates."""
    policy: dict[str, Any] = yaml.safe_load((operating.EXAMPLE / "policy.yaml").read_text())
    fairness = policy["spec"]["fairness"]
    fairness["protect"] = [group for group in fairness["protect"] if group["name"] in ("free-lunch", "black")]
    del fairness["intersections"]
    fairness["resamples"] = 100
    return policy


def _report(rig: StrictRig) -> None:
    """Each school serves what its newest assignment says."""
    for name in SCHOOLS:
        latest = rig.told(name)
        entry = None if latest is None else latest[1].entry("support-offer", "K-2")
        version = 0 if latest is None else latest[0]
        rig.report(name, None if entry is None else entry.release, version=version)


@pytest.fixture
async def cluster(rig: StrictRig) -> AsyncIterator[kube.Kubernetes]:
    async with _connected(rig.plane) as connected:
        yield connected


def _connected(plane: kubernetes.ControlPlane) -> contextlib.AbstractAsyncContextManager[kube.Kubernetes]:
    return kube.connect(plane.kubeconfig("ada", ["system:masters"]), field_manager="ada")


def _changed(content: bytes, change: Callable[[onnx.ModelProto], object]) -> bytes:
    model = onnx.load_model_from_string(content)
    change(model)
    return bytes(model.SerializeToString())


def _outside(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="weights.bin")


def _renamed(model: onnx.ModelProto) -> None:
    model.graph.node[-1].output[0] = model.graph.output[0].name = "probability"


def _padded(model: onnx.ModelProto) -> None:
    model.doc_string = "x" * (MAX_FILE_MIB << 20)


def _looping(model: onnx.ModelProto) -> None:
    model.graph.node.append(helper.make_node("Loop", ["", ""], ["x"], body=helper.make_graph([], "body", [], [])))


def _without_output(content: bytes) -> bytes:
    described = json.loads(content)
    del described["output"]
    return json.dumps(described).encode()


@dataclass(frozen=True)
class Slip:
    """One thing that is wrong: the files of the version, or the release that names it; and what must be said."""

    type_: str
    reason: str
    said: tuple[str, ...]
    files: Callable[[Shelf], dict[str, bytes | None]] = lambda _: {}
    release: Mapping[str, Any] | None = None


SLIPS = {
    "full is no ONNX file": Slip(
        "Imported",
        "NotOnnx",
        ("full.onnx", "export the model to ONNX"),
        lambda _: {"full": b"\x80\x04\x95 a pickle, not a graph"},
    ),
    "full ends too early": Slip(
        "Imported",
        "Truncated",
        ("full.onnx", "ends too early", "upload it again"),
        lambda shelf: {"full": shelf.full[:-40]},
    ),
    "weights lie in another file": Slip(
        "Imported",
        "ExternalData",
        ("full.onnx", "'weights'", "save all data inside the model"),
        lambda shelf: {"full": _changed(shelf.full, _outside)},
    ),
    "full is too large": Slip(
        "Imported",
        "TooLarge",
        ("full.onnx", f"{MAX_FILE_MIB << 20} bytes", "register a smaller one"),
        lambda shelf: {"full": _changed(shelf.full, _padded)},
    ),
    "an operator that schools do not run": Slip(
        "Imported",
        "OperatorRefused",
        ("full.onnx", "'Loop'"),
        lambda shelf: {"full": _changed(shelf.full, _looping)},
    ),
    "output has another name": Slip(
        "Imported",
        "IntakeFailed",
        ("full.onnx", "an output named 'score'; it has 'probability'"),
        lambda shelf: {"full": _changed(shelf.full, _renamed)},
    ),
    "full was not logged": Slip(
        "Imported",
        "ModelNotFound",
        ("full.onnx", "log it and register again"),
        lambda _: {"full": None},
    ),
    "release.json says too little": Slip(
        "Imported",
        "ReleaseFileInvalid",
        ("release.json", "'output'", "it needs features, output, stages"),
        lambda shelf: {"release": _without_output(shelf.files["release.json"])},
    ),
    "no such model": Slip(
        "Imported",
        "ModelNotFound",
        ("'nobody'", "register it, or correct spec.model"),
        release={"model": {"name": "nobody", "version": "1"}},
    ),
    "no such table": Slip(
        "Imported",
        "EvaluationDiffers",
        (NAMELESS_DIGEST, "make a release that names the table"),
        release={"evaluation": {"digest": NAMELESS_DIGEST}},
    ),
    "no such policy": Slip(
        "GatesPassed",
        "PolicyNotFound",
        ("'nowhere'", "create it, or make a release that names one that exists"),
        release={"policyRef": {"name": "nowhere"}},
    ),
}


@pytest.mark.parametrize("slip", [pytest.param(slip, id=name) for name, slip in SLIPS.items()])
async def test_slip_is_named_and_what_serves_goes_on(
    rig: StrictRig, cluster: kube.Kubernetes, shelf: Shelf, slip: Slip
) -> None:
    """The release says what to change; a wave of it to schools that serve another one waits and tells them nothing."""
    before = await _standing(rig, cluster)
    name = f"slip-{next(_number)}"
    trained = shelf.register(name, **slip.files(shelf))
    await cluster.create(RELEASE, operating.a_release(name, trained, **THRESHOLD, **(slip.release or {})))
    body = await operating.until_condition(cluster, RELEASE, name, slip.type_, ("False", slip.reason))
    await cluster.create(WAVE, operating.a_wave(name, name, {"names": SCHOOLS}))
    await operating.until_condition(cluster, WAVE, name, "Valid", ("False", "ReleaseNotReady"))

    assert [part for part in slip.said if part not in body["status"]["message"]] == []
    assert body["status"]["phase"] == "Blocked"
    assert operating.condition(body, "Ready")[0] == "False"
    assert await _standing(rig, cluster) == before


async def _standing(rig: StrictRig, cluster: kube.Kubernetes) -> tuple[Any, ...]:
    """What must not move: the good wave as it is stored, and what each school is told."""
    _report(rig)
    wave = await cluster.get(WAVE, GOOD_WAVE)
    assert operating.condition(wave, "Complete") == ("True", "Finished")
    release = await cluster.get(RELEASE, GOOD)
    assert release is not None
    served = operating.digest_of(release)[0]
    told = [rig.told(name) for name in SCHOOLS]
    assert [entry.release for latest in told if latest for entry in latest[1].entries] == [served] * len(SCHOOLS)
    return (wave or {})["metadata"]["resourceVersion"], told


async def test_the_right_file_under_the_next_version_is_taken(
    rig: StrictRig, cluster: kube.Kubernetes, shelf: Shelf
) -> None:
    """Following the message is enough: the same model, registered again with its file, passes intake."""
    trained = shelf.register("mended")
    await cluster.create(RELEASE, operating.a_release("mended", trained, **THRESHOLD))
    await operating.until_condition(cluster, RELEASE, "mended", "Packaged", ("True", "Packaged"))
