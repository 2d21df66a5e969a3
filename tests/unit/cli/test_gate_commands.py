"""`homeroom gate run` and `verify` on a small district written to a directory."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result
from tests.unit.gates import cases
from typer.testing import CliRunner

from homeroom import cli
from homeroom.domain import digests, errors
from homeroom.domain.verdicts import Outcome
from homeroom.gates import attaching, bundles, documents, engine, inputs, run
from homeroom.packaging import artifacts

FILES = {"fallback": "fallback.json", "core": "core.onnx", "full": "full.onnx"}


def write_release(directory: Path, table: cases.Columns | None = None) -> Path:
    """The case's release as training writes it, its table, and its policy."""
    directory.mkdir(parents=True, exist_ok=True)
    release = cases.a_release()
    for stage, content in cases.STAGES.items():
        (directory / FILES[stage.value]).write_bytes(content)
    stages = {
        file.stage.value: {"file": FILES[file.stage.value], "format": file.format.value} for file in release.stages
    }
    described = release.to_json() | {"stages": stages, "trainingReference": {"file": "reference.json"}}
    (directory / "release.json").write_text(json.dumps(described))
    (directory / "reference.json").write_bytes(cases.a_reference(cases.columns()))
    (directory / "evaluation.csv.gz").write_bytes(cases.to_bytes(cases.columns() if table is None else table))
    policy = cases.a_policy().to_json()
    policy["fairness"] |= {"resamples": 100, "permutations": 99}
    (directory / "policy.yaml").write_text(yaml.safe_dump(policy))
    return directory


def _gate(*arguments: Any) -> Result:
    return CliRunner().invoke(cli.app, ["gate", *map(str, arguments)])


def _run(directory: Path, *more: Any) -> Result:
    return _gate("run", directory, "--policy", directory / "policy.yaml", "--on", "2026-11-02", "--no-page", *more)


async def _here(
    directory: Path, _deadline: timedelta, say: Callable[[str], None], *, pages: bool
) -> documents.GateReport:
    """What ``run.start`` does, without a process of its own: `make heavy` runs the real one."""
    given, policy = inputs.read(directory)
    # In a thread, because the engine starts an event loop of its own.
    report = await asyncio.to_thread(engine.run_gates, given, policy, directory, page=pages, say=say)
    run.write(directory, report)
    return run.read(directory)


@pytest.fixture(scope="module", autouse=True)
def _in_this_process() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "start", _here)
        yield


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Result]:
    """One run: release directory, output directory, and what was printed."""
    directory = write_release(tmp_path_factory.mktemp("release"))
    out = tmp_path_factory.mktemp("out")
    forms = [part for form in ("junit", "sarif", "markdown", "json") for part in (f"--{form}", out / form)]
    result = _run(directory, "--hardware", "pi4:2048:4", "--evidence", out / "evidence", *forms)
    return directory, out, result


def test_run_writes_every_form_and_ends_with_the_code_of_its_outcome(judged: tuple[Path, Path, Result]) -> None:
    """The case has a group of four, so it lacks evidence: 3, which no crash and no failure has."""
    _, out, result = judged

    assert result.exit_code == 3, result.output
    assert b"<testsuites" in (out / "junit").read_bytes()
    assert json.loads((out / "sarif").read_bytes())["version"] == "2.1.0"
    assert "Not enough evidence" in (out / "markdown").read_text()
    value = json.loads((out / "json").read_bytes())
    assert digests.of_bytes((out / "evidence" / "report.json").read_bytes()) == value["digest"]
    assert result.stdout.splitlines()[-1] == f"NotEnoughEvidence\treport\t{value['digest']}"


def test_progress_goes_to_standard_error_in_plain_lines(judged: tuple[Path, Path, Result]) -> None:
    _, _, result = judged

    assert "judging 2880 rows of 24 schools" in result.stderr
    assert "judging 2880" not in result.stdout


def test_release_digest_is_that_of_the_artifact_that_would_be_packaged(judged: tuple[Path, Path, Result]) -> None:
    """The operator judges the same digest, when the ModelRelease says the same as release.json."""
    _, out, _ = judged
    report = json.loads((out / "evidence" / "report.json").read_bytes())

    assert report["release"] == artifacts.build(cases.a_release(), cases.STAGES, {}).digest


def test_verify_with_the_rows_judges_again_and_finds_the_same(judged: tuple[Path, Path, Result]) -> None:
    directory, out, _ = judged
    digest = digests.of_bytes((out / "evidence" / "report.json").read_bytes())
    rows = ("--evaluation", directory / "evaluation.csv.gz", "--release-files", directory)

    result = _gate("verify", "--files", out / "evidence", "--digest", digest, *rows)

    assert result.exit_code == 0, result.output
    assert "judging again said the same" in result.stdout


def test_earlier_reports_are_read_recorded_and_needed_to_judge_again(
    judged: tuple[Path, Path, Result], tmp_path: Path
) -> None:
    directory, out, _ = judged
    earlier = out / "evidence" / "report.json"
    known = digests.of_bytes(earlier.read_bytes())

    result = _run(directory, "--earlier", earlier, "--evidence", tmp_path / "evidence")

    assert result.exit_code == 3, result.output
    read = json.loads((tmp_path / "evidence" / "evidence.json").read_bytes())["inputs"]["earlier"]
    assert list(read) == [f"{known.removeprefix('sha256:')}.json"]
    digest = digests.of_bytes((tmp_path / "evidence" / "report.json").read_bytes())
    rows = ("--evaluation", directory / "evaluation.csv.gz", "--release-files", directory)
    verify = ("verify", "--files", tmp_path / "evidence", "--digest", digest, *rows)
    without = _gate(*verify)
    assert (without.exit_code, "the earlier reports are not those" in without.stdout) == (1, True), without.output
    again = _gate(*verify, "--earlier", out / "evidence")
    assert (again.exit_code, "judging again said the same" in again.stdout) == (0, True), again.output


def test_more_earlier_reports_than_are_compared_are_code_2(judged: tuple[Path, Path, Result]) -> None:
    directory, out, _ = judged

    result = _run(directory, *["--earlier", out / "evidence"] * (bundles.MOST + 1))

    assert (result.exit_code, "give the newest" in result.stderr) == (2, True), result.output


def test_verify_with_other_rows_says_so_and_judges_nothing(judged: tuple[Path, Path, Result], tmp_path: Path) -> None:
    directory, out, _ = judged
    other = tmp_path / "other.csv.gz"
    other.write_bytes(cases.to_bytes(cases.columns(seed=9)))

    result = _gate("verify", "--files", out / "evidence", "--evaluation", other, "--release-files", directory)

    assert result.exit_code == 1
    assert "the evaluation table is not the one that was judged" in result.stdout


def test_verify_without_a_digest_from_elsewhere_ends_with_3(judged: tuple[Path, Path, Result]) -> None:
    _, out, _ = judged

    result = _gate("verify", "--files", out / "evidence")

    assert result.exit_code == 3
    assert "nothing vouches for the report itself" in result.stdout


def test_verify_finds_a_changed_file(judged: tuple[Path, Path, Result], tmp_path: Path) -> None:
    _, out, _ = judged
    for path in (out / "evidence").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    policy = (tmp_path / "policy.json").read_text()
    (tmp_path / "policy.json").write_text(policy.replace('"excessLimit":0.1', '"excessLimit":0.9'))

    result = _gate("verify", "--files", tmp_path)

    assert result.exit_code == 1
    assert "the policy is not the one that the report names" in result.stdout


def test_verify_reads_the_artifact_from_an_oci_layout(judged: tuple[Path, Path, Result], tmp_path: Path) -> None:
    _, out, _ = judged
    report = run.read(out / "evidence")
    attachment = attaching.build(artifacts.build(cases.a_release(), cases.STAGES, {}).manifest, report)
    blobs = tmp_path / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    for content in (attachment.manifest, *attachment.blobs):
        (blobs / digests.of_bytes(content).removeprefix("sha256:")).write_bytes(content)
    (tmp_path / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [attachment.entry]}))

    assert _gate("verify", "--layout", tmp_path, "--digest", report.digest).exit_code == 0
    (blobs / report.digest.removeprefix("sha256:")).write_bytes(b"{}")
    altered = _gate("verify", "--layout", tmp_path, "--digest", report.digest)
    assert (altered.exit_code, "other bytes than its digest says" in altered.stderr) == (2, True)


@pytest.mark.parametrize("content", [b"no JSON", b"[]", b"[" * 100_000], ids=["no JSON", "a list", "endless nesting"])
def test_layout_that_lists_something_else_has_no_gate_artifact(tmp_path: Path, content: bytes) -> None:
    digest = digests.of_bytes(content)
    blob = tmp_path / "blobs" / "sha256" / digest.removeprefix("sha256:")
    blob.parent.mkdir(parents=True)
    blob.write_bytes(content)
    (tmp_path / "index.json").write_text(json.dumps({"manifests": [{"digest": digest}]}))

    result = _gate("verify", "--layout", tmp_path)

    assert (result.exit_code, "no such gate artifact" in result.stderr) == (2, True), result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param((), "name one place to read from", id="nowhere"),
        pytest.param(("release", "--files", "x"), "name one place to read from", id="two places"),
        pytest.param(("--files", "x", "--evaluation", "y"), "give both", id="half of the rows"),
        pytest.param(("--files", "x", "--calendar", "y"), "are for judging again", id="a calendar and no rows"),
        pytest.param(("--files", "x", "--digest", "abc"), "is no digest", id="no digest"),
        pytest.param(("--files", "nowhere"), "cannot read", id="no such directory"),
        pytest.param(("--registry", "http://127.0.0.1:1"), "--repository", id="half of a registry"),
    ],
)
def test_verify_says_what_to_give(arguments: tuple[str, ...], said: str) -> None:
    result = _gate("verify", *arguments)

    assert (result.exit_code, said in result.stderr) == (2, True), result.output


def _no_json(directory: Path) -> None:
    (directory / "release.json").write_text("{")


def _no_stage(directory: Path) -> None:
    (directory / "full.onnx").unlink()


def _not_onnx(directory: Path) -> None:
    (directory / "full.onnx").write_bytes(b"\x80\x04pickle")


def _escaping_path(directory: Path) -> None:
    text = (directory / "release.json").read_text()
    (directory / "release.json").write_text(text.replace("full.onnx", "../full.onnx"))


def _nameless_byte(directory: Path) -> None:
    described = json.loads((directory / "release.json").read_text())
    described["trainingReference"]["file"] = "a\0"
    (directory / "release.json").write_text(json.dumps(described))


def _long_number(directory: Path) -> None:
    (directory / "policy.yaml").write_text("spec: " + "9" * 5000)


def _no_fallback(directory: Path) -> None:
    described = json.loads((directory / "release.json").read_text())
    del described["stages"]["fallback"]
    (directory / "release.json").write_text(json.dumps(described))


def _bad_policy(directory: Path) -> None:
    (directory / "policy.yaml").write_text("harm: Missed\nfairness: [1]\n")


def _no_yaml(directory: Path) -> None:
    (directory / "policy.yaml").write_text("a: [")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        pytest.param(_no_json, "release.json is no JSON", id="no JSON"),
        pytest.param(_no_stage, "cannot read full.onnx", id="a stage is missing"),
        pytest.param(_not_onnx, "'full' is refused (NotOnnx)", id="a stage is no ONNX"),
        pytest.param(_escaping_path, "no plain file name", id="a path out of the directory"),
        pytest.param(_nameless_byte, "no plain file name", id="a byte that no name has"),
        pytest.param(_long_number, "policy.yaml is no YAML", id="a number without end"),
        pytest.param(_no_fallback, "release.json lacks fallback", id="no fallback, as the operator says too"),
        pytest.param(_bad_policy, "GatePolicy policy: spec.fairness", id="a policy that does not fit"),
        pytest.param(_no_yaml, "policy.yaml is no YAML", id="no YAML"),
    ],
)
def test_bad_input_is_one_sentence_and_code_2(tmp_path: Path, spoil: Callable[[Path], None], said: str) -> None:
    directory = write_release(tmp_path)
    spoil(directory)

    result = _run(directory)

    assert (result.exit_code, said in result.stderr) == (2, True), result.output
    assert "Traceback" not in result.output


def test_table_that_cannot_be_judged_is_code_2(tmp_path: Path) -> None:
    directory = write_release(tmp_path)
    (directory / "evaluation.csv.gz").write_bytes(b"not a table")

    result = _run(directory)

    assert (result.exit_code, "gzip" in result.stderr) == (2, True), result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(("--hardware", "pi4"), "is no box", id="half a box"),
        pytest.param(("--hardware", f"pi4:{'9' * 5300}:4"), "is no box", id="a box without end"),
        pytest.param(("--on", "yesterday"), "is no day", id="no day"),
        pytest.param(("--html", "page.html"), "--no-page", id="a page that is not drawn"),
        pytest.param(("--earlier", "nowhere"), "cannot read", id="an earlier report that is not there"),
    ],
)
def test_bad_option_is_code_2(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    result = _run(write_release(tmp_path), *arguments)

    assert (result.exit_code, said in result.stderr) == (2, True), result.output


def test_sums_that_cannot_be_written_are_code_2(tmp_path: Path) -> None:
    """Code 4 would say that Homeroom has a defect."""
    directory = write_release(tmp_path)
    result = _gate("cells", directory, "--policy", directory / "policy.yaml", "--to", directory / "policy.yaml")

    assert (result.exit_code, "cannot write" in result.stderr) == (2, True), result.output


@pytest.mark.parametrize(
    ("outcome", "code"), [(Outcome.PASS, 0), (Outcome.FAIL, 1), (Outcome.NOT_ENOUGH_EVIDENCE, 3)], ids=str
)
def test_each_outcome_has_its_code(
    judged: tuple[Path, Path, Result], monkeypatch: pytest.MonkeyPatch, outcome: Outcome, code: int
) -> None:
    directory, out, _ = judged
    found = run.read(out / "evidence")
    told = replace(found, verdicts=(replace(found.verdicts[0], outcome=outcome),))

    async def start(*_: Any, **__: Any) -> Any:
        return told

    monkeypatch.setattr(run, "start", start)
    assert _run(directory).exit_code == code


@pytest.mark.parametrize(
    "error", [errors.Unavailable("was killed"), errors.Defect("oops"), RuntimeError("oops")], ids=repr
)
def test_crash_is_code_4_and_no_failed_gate(
    judged: tuple[Path, Path, Result], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """A CI that takes 1 for "failed" must not hear it when nothing was judged."""

    async def start(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(run, "start", start)
    result = _run(judged[0])
    assert (result.exit_code, "Traceback" in result.output) == (4, False)


@pytest.mark.heavy
def test_the_limited_process_says_what_the_command_says(judged: tuple[Path, Path, Result], tmp_path: Path) -> None:
    """As a CI has it: the installed command, its process without network, all pages; then verified in another one."""
    directory, out, _ = judged
    page, evidence = tmp_path / "page.html", tmp_path / "evidence"
    judge = ["run", directory, "--policy", directory / "policy.yaml", "--on", "2026-11-02", "--hardware", "pi4:2048:4"]
    ran = _installed(*judge, "--html", page, "--evidence", evidence)
    assert ran.returncode == 3, ran.stderr
    assert page.read_bytes().startswith(b"<!doctype html>")
    assert (evidence / "report.json").read_bytes() == (out / "evidence" / "report.json").read_bytes()
    digest = digests.of_bytes((evidence / "report.json").read_bytes())
    rows = ["--evaluation", directory / "evaluation.csv.gz", "--release-files", directory]
    verified = _installed("verify", "--files", evidence, "--digest", digest, *rows)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def _installed(*arguments: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "homeroom", "gate", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
