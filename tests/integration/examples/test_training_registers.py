"""The example's ``train.py`` as its author runs it: through the district's API, with a token and the ordinary client."""

import csv
import gzip
import json
import pathlib
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx
import numpy as np
import onnxruntime
import pytest

from homeroom.district.app import users
from homeroom.domain import digests
from homeroom.embedded import kubernetes, mlflow, ports, probes, supervisor
from homeroom.trust import district
from homeroom.versions import client as versions

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

EXAMPLE = pathlib.Path(__file__).parents[3] / "examples" / "reading-support"
PEOPLE = {"ada": (["author"], "token-of-ada"), "grace": (["approver"], "token-of-grace")}
FILES = {"full.onnx", "core.onnx", "fallback.json", "release.json", "reference.json", "model_card.md"}


@dataclass(frozen=True)
class Place:
    """A running API, and the MLflow behind it."""

    url: str
    directory: pathlib.Path
    mlflow_url: str

    def train(self, who: str, *more: str) -> "subprocess.CompletedProcess[str]":
        """Runs ``train.py`` with that person's token."""
        token = self.directory / f"{who}.token"
        token.write_text(PEOPLE[who][1] + "\n")
        token.chmod(0o600)
        addresses = ["--tracking-uri", f"{self.url}/mlflow", "--api", self.url, "--token-file", str(token)]
        command = [sys.executable, str(EXAMPLE / "train.py"), *addresses, *more]
        return subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)


@dataclass(frozen=True)
class Registered:
    """One registration: what the script printed, and what the district has now."""

    said: dict[str, str]
    version: versions.ModelVersion
    files: dict[str, bytes]
    table: bytes


@pytest.fixture(scope="module")
def place(
    control_plane: kubernetes.ControlPlane,
    mlflow_server: mlflow.MlflowServer,
    runner: supervisor.Supervisor,
    port_book: ports.PortBook,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Place]:
    """The API as its own process."""
    directory = tmp_path_factory.mktemp("training")
    trust = district.DistrictTrust.create(directory / "trust")
    issued = trust.authority.issue("api", ips=("127.0.0.1",), uris=("homeroom://district/api",), server=True)
    certificate, key = trust.authority.write(issued, directory, "api")
    (directory / "users.json").write_text(json.dumps(users.build_document(PEOPLE)))
    rest, channel = port_book.claim("train-api"), port_book.claim("train-control")
    settings = {
        "LISTEN_PORT": rest,
        "CONTROL_PORT": channel,
        "CONTROL_TLS_CA": directory / "trust" / "ca.crt",
        "CONTROL_TLS_CERTIFICATE": certificate,
        "CONTROL_TLS_KEY": key,
        "TRUST_DIRECTORY": directory / "trust",
        "DATABASE_URL": f"sqlite:///{directory / 'district.db'}",
        "KUBECONFIG": control_plane.kubeconfig("homeroom:api", ["homeroom:api"]),
        "USERS_FILE": directory / "users.json",
        "EVALUATIONS_DIRECTORY": directory / "rows",
        "MLFLOW_URL": mlflow_server.url,
    }
    program = supervisor.Program(
        name="train-api",
        argv=(sys.executable, "-c", "from homeroom.district.app import main; main.run()"),
        environment={f"HOMEROOM_API_{name}": str(value) for name, value in settings.items()},
        log=directory / "api.log",
        ready=probes.http_ok(rest, "/healthz"),
    )
    runner.start(program)
    yield Place(f"http://127.0.0.1:{rest}", directory, mlflow_server.url)
    runner.stop("train-api")


@pytest.fixture(scope="module")
def own_file(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A person's own ONNX file."""
    file = tmp_path_factory.mktemp("own") / "own.onnx"
    subprocess.run([sys.executable, str(EXAMPLE / "my_model.py"), str(file)], check=True, capture_output=True)
    return file


@pytest.fixture(scope="module")
def both(place: Place, own_file: pathlib.Path) -> tuple["subprocess.CompletedProcess[str]", ...]:
    """Both trainings at once, as people would who do not know of each other."""
    with ThreadPoolExecutor(2) as pool:
        runs = [
            pool.submit(place.train, "ada", *more) for more in ([], ["--onnx", str(own_file), "--name", "my-model"])
        ]
        return tuple(run.result() for run in runs)


@pytest.fixture
async def honest(
    place: Place, both: tuple["subprocess.CompletedProcess[str]", ...], tmp_path: pathlib.Path
) -> Registered:
    return await _registered(place, both[0], tmp_path)


@pytest.fixture
async def given(
    place: Place, both: tuple["subprocess.CompletedProcess[str]", ...], tmp_path: pathlib.Path
) -> Registered:
    return await _registered(place, both[1], tmp_path)


async def _registered(place: Place, done: "subprocess.CompletedProcess[str]", directory: pathlib.Path) -> Registered:
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout.splitlines()[-1])
    async with versions.VersionsClient(place.mlflow_url) as registry:
        version = await registry.model_version(said["model"], said["version"])
        files = {}
        for name in await registry.files(version):
            path = await registry.download(version, name, directory / name, max_bytes=1 << 20)
            files[name] = path.read_bytes()
    table = place.directory / "rows" / f"{said['evaluation'].removeprefix('sha256:')}.csv.gz"
    return Registered(said, version, files, table.read_bytes())


def _check_is_tied_together(found: Registered) -> None:
    """Table, tag, release.json and what was printed name the same rows; nobody but ada made it."""
    digest = digests.of_bytes(found.table)
    assert found.said["evaluation"] == found.version.tags["evaluation_digest"] == digest
    release = json.loads(found.files["release.json"])
    assert (release["name"], release["evaluation"]["digest"]) == (found.said["model"], digest)
    assert found.version.tags["training_reference_digest"] == digests.of_bytes(found.files["reference.json"])
    assert found.version.tags["shipped_model"] == release["shippedModel"]
    assert found.version.creator == "ada"
    assert set(found.files) == FILES, "the rows stay out of MLflow"


def test_honest_training_is_registered_with_its_evidence(honest: Registered) -> None:
    _check_is_tied_together(honest)
    assert honest.said["model"] == "reading-support"
    assert "cross-fitted over schools" in honest.version.tags["shipped_model"]
    assert "cross_fitted" not in honest.version.tags
    assert "Not cross-fitted" not in honest.files["model_card.md"].decode()


def test_given_file_is_registered_as_it_is_and_says_that_it_was_not_cross_fitted(
    given: Registered, own_file: pathlib.Path
) -> None:
    """Its bytes are not touched, and whoever reads card, tag or release.json learns what the numbers are worth."""
    _check_is_tied_together(given)
    assert given.said["model"] == "my-model"
    assert given.files["full.onnx"] == own_file.read_bytes()
    assert given.version.tags["cross_fitted"] == "core, fallback"
    assert given.version.tags["given_file"] == own_file.name
    warning = f"own.onnx ({digests.of_bytes(own_file.read_bytes())}), evaluated as it was given and not cross-fitted"
    for text in (given.version.tags["shipped_model"], given.files["model_card.md"].decode()):
        assert warning in text
        assert "its numbers are too good" in text


def test_given_file_scored_the_rows_and_the_other_stages_are_those_of_the_example(
    given: Registered, honest: Registered
) -> None:
    """The table's column is what the file answers; core and fallback were cross-fitted as ever."""
    own, example = _columns(given.table), _columns(honest.table)
    names = json.loads(given.files["release.json"])["features"]
    features = np.column_stack([own[name] for name in names]).astype(np.float32)
    session = onnxruntime.InferenceSession(given.files["full.onnx"], providers=["CPUExecutionProvider"])
    answers = session.run(["score"], {"features": features})[0]
    # Features have four digits in the table.
    np.testing.assert_allclose(own["score_full"], answers, atol=1e-4)
    assert np.abs(own["score_full"] - example["score_full"]).max() > 0.01
    for stage in ("score_core", "score_fallback", "outcome"):
        np.testing.assert_array_equal(own[stage], example[stage])
    for file in ("core.onnx", "fallback.json", "reference.json"):
        assert given.files[file] == honest.files[file]


def _columns(table: bytes) -> dict[str, "np.typing.NDArray[np.float64]"]:
    rows = list(csv.DictReader(gzip.decompress(table).decode().splitlines()))
    skipped = {"site_id", "year_group", "band", "free_lunch", "ethnicity", "sex"}
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0] if name not in skipped}


def test_who_is_no_author_registers_nothing(place: Place, own_file: pathlib.Path) -> None:
    """The table is refused first, so that no version is left behind whose rows the district does not have."""
    done = place.train("grace", "--onnx", str(own_file), "--name", "of-grace")
    assert done.returncode == 1
    assert "the district refused the evaluation table: 403" in done.stderr
    asked = httpx.get(
        f"{place.mlflow_url}/api/2.0/mlflow/registered-models/get", params={"name": "of-grace"}, timeout=30
    )
    assert asked.status_code == 404


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(
            ["--onnx", "none.onnx", "--name", "mine"], "none.onnx: cannot be read: No such file", id="no file"
        ),
        pytest.param(["--onnx", "own.onnx", "--name", "My_Model"], "lower-case letters", id="bad name"),
    ],
)
def test_what_cannot_be_a_stage_is_said_before_anything_is_registered(
    place: Place, arguments: list[str], said: str
) -> None:
    done = place.train("ada", *arguments)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_trainings_that_begin_at_once_share_one_experiment(mlflow_server: mlflow.MlflowServer) -> None:
    """Whoever comes second uses what the first has created in the same moment."""
    code = (
        "import concurrent.futures as f, sys, registry\n"
        "client = registry.mlflow.MlflowClient(tracking_uri=sys.argv[1])\n"
        "with f.ThreadPoolExecutor(8) as pool:\n"
        "    for name in ('once', 'twice', 'thrice'):\n"
        "        found = set(pool.map(lambda _: registry.ensure_experiment(client, name), range(8)))\n"
        "        print(name, len(found))\n"
    )
    command = [sys.executable, "-c", code, mlflow_server.url]
    done = subprocess.run(command, cwd=EXAMPLE, capture_output=True, text=True, timeout=200, check=False)
    assert done.stdout.splitlines() == ["once 1", "twice 1", "thrice 1"], done.stderr[-2000:]
