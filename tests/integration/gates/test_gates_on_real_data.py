"""The example's two releases through the real gate process: the honest one passes, the planted one stays blocked."""

import asyncio
import json
import os
import pathlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import yaml

from homeroom.domain import digests, errors, releases, verdicts
from homeroom.gates import documents, inputs, run, verification
from homeroom.packaging import intake
from homeroom.resources import gatepolicies

pytestmark = pytest.mark.real

EXAMPLE = pathlib.Path(__file__).parents[3] / "examples" / "reading-support"
Outcome = verdicts.Outcome


def _train(directory: pathlib.Path, *more: str) -> pathlib.Path:
    command = [sys.executable, str(EXAMPLE / "train.py"), "--output", str(directory), *more]
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    return directory


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return _train(tmp_path_factory.mktemp("honest"))


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return _train(tmp_path_factory.mktemp("planted"), "--plant")


@pytest.fixture(scope="module")
def honest_report(honest: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> documents.GateReport:
    return asyncio.run(run.start(_lay_out(honest, tmp_path_factory.mktemp("work"))))


def _policy() -> gatepolicies.Spec:
    return gatepolicies.parse(yaml.safe_load((EXAMPLE / "policy.yaml").read_text())).spec


def _inputs(trained: pathlib.Path) -> inputs.GateInputs:
    described: dict[str, Any] = json.loads((trained / "release.json").read_text())
    stages = {stage: (trained / described["stages"][stage.value]["file"]).read_bytes() for stage in releases.Stage}
    files = tuple(
        releases.StageFile(
            stage,
            releases.Format(described["stages"][stage.value]["format"]),
            digests.of_bytes(stages[stage]),
            len(stages[stage]),
        )
        for stage in releases.Stage
    )
    config = releases.parse_config({**described, "stages": []})
    return inputs.GateInputs(
        release=releases.ReleaseConfig(**{**_fields(config), "stages": files}),
        release_digest=digests.of_bytes(b"manifest"),
        stages=stages,
        evaluation=(trained / "evaluation.csv.gz").read_bytes(),
        reference=(trained / "reference.json").read_bytes(),
        on=date(2026, 11, 2),
        hardware=(inputs.Hardware("pi4", 2048, 4), inputs.Hardware("nuc-i5", 16384, 8)),
    )


def _fields(config: releases.ReleaseConfig) -> dict[str, Any]:
    return {name: getattr(config, name) for name in config.__slots__}


def _lay_out(trained: pathlib.Path, work: pathlib.Path) -> pathlib.Path:
    inputs.write(work, _inputs(trained), _policy())
    return work


def test_honest_release_lacks_evidence_only_about_groups_that_are_hardly_there(
    honest_report: documents.GateReport,
) -> None:
    lacking = {verdict.subject for verdict in honest_report.verdicts if verdict.outcome is Outcome.NOT_ENOUGH_EVIDENCE}

    assert honest_report.outcome is Outcome.NOT_ENOUGH_EVIDENCE
    assert lacking == {
        "every stage: Asian pupils against all other pupils",
        "every stage: Hispanic pupils against all other pupils",
        "every stage: pupils of other ethnicity against all other pupils",
        "every stage: who was in training, among pupils of small groups",
    }


def test_honest_gaps_are_those_that_were_measured_independently(honest_report: documents.GateReport) -> None:
    """By cross-fitting over schools needless offers to Black pupils are about 0.44, to others 0.17, at 0.25."""
    rates = {row[:5]: row[5:] for row in _rates(honest_report)}
    missed, needless, _ = rates["black", "Black pupils", "group", "core", 0.25]
    missed_rest, needless_rest, _ = rates["black", "all other pupils", "rest", "core", 0.25]

    assert needless == pytest.approx(0.44, abs=0.03)
    assert needless_rest == pytest.approx(0.17, abs=0.03)
    assert missed < missed_rest


def _rates(report: documents.GateReport) -> list[tuple[Any, ...]]:
    table = next(table for table in report.evidence["tables"] if table["key"] == "fairness.rates")
    return [tuple(row) for row in table["rows"]]


def test_report_holds_no_row_and_no_count_of_a_small_group(honest_report: documents.GateReport) -> None:
    table = _read_sites()
    documents_ = (honest_report.document, honest_report.evidence, honest_report.policy)
    text = "".join(digests.canonical_json(document).decode() for document in documents_)
    page = ((honest_report.page or b"") + (honest_report.evidently or b"")).decode()

    assert not any(site in text or site in page for site in table)
    assert all(v.rows == 0 or v.rows >= 10 for v in honest_report.verdicts)
    assert "asian" not in {row[0] for row in _rates(honest_report)}


def _read_sites() -> set[str]:
    lines = (EXAMPLE / "schools.csv").read_text().splitlines()[2:]
    return {line.split(",")[1] for line in lines}


def test_page_of_evidently_is_attached(honest_report: documents.GateReport) -> None:
    assert honest_report.evidently is not None
    assert b"read_z" in honest_report.evidently


async def test_same_input_gives_the_same_digest_in_another_process(
    honest: pathlib.Path, honest_report: documents.GateReport, tmp_path: pathlib.Path
) -> None:
    again = await run.start(_lay_out(honest, tmp_path))

    assert again.digest == honest_report.digest
    assert again.measurements is not None


@pytest.mark.parametrize("which", ["honest", "planted"])
async def test_what_the_gates_say_of_real_data_can_be_verified(
    which: str, request: pytest.FixtureRequest, tmp_path: pathlib.Path
) -> None:
    """Rule: verification knows every check by which real releases are judged."""
    report = await run.start(_lay_out(request.getfixturevalue(which), tmp_path), pages=False)
    given = (report.document, report.evidence, report.policy)
    files = verification.Files(*(digests.canonical_json(part) for part in given))

    assert verification.verify(files, expected=report.digest).problems == ()


async def test_planted_release_fails_for_every_stage_and_says_why(
    planted: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    report = await run.start(_lay_out(planted, tmp_path))
    failed = {verdict.subject: verdict for verdict in report.verdicts if verdict.outcome is Outcome.FAIL}

    assert report.outcome is Outcome.FAIL
    for stage in ("full", "core", "fallback"):
        verdict = failed[f"{stage}: Black pupils against all other pupils"]
        assert verdict.low is not None
        assert verdict.low > 0.10
        assert verdict.sentence.startswith(
            "Black pupils who need support would be missed too often: of every 100 about"
        )
    assert {verdict.gate for verdict in failed.values()} == {"fairness"}


async def test_evaluation_of_the_honest_model_does_not_carry_the_planted_one(
    honest: pathlib.Path, planted: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    """Rule: a fair table proves nothing about another model, so exchanging the table does not get it through."""
    given = _inputs(planted)
    swapped = inputs.GateInputs(
        release=given.release,
        release_digest=given.release_digest,
        stages=given.stages,
        evaluation=(honest / "evaluation.csv.gz").read_bytes(),
        reference=given.reference,
        on=given.on,
        hardware=given.hardware,
    )
    inputs.write(tmp_path, swapped, _policy())

    report = await run.start(tmp_path)

    failed = {verdict.subject for verdict in report.verdicts if verdict.outcome is Outcome.FAIL}
    assert "full: agrees with its evaluation" in failed


async def test_input_that_cannot_be_judged_is_the_authors_to_change(
    honest: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    work = _lay_out(honest, tmp_path)
    (work / "evaluation.csv.gz").write_bytes(b"not a table")

    with pytest.raises(errors.SpecError, match="not a gzip file"):
        await run.start(work)
    assert not (work / "report.json").exists()


async def test_deadline_ends_the_process_and_leaves_no_report(honest: pathlib.Path, tmp_path: pathlib.Path) -> None:
    work = _lay_out(honest, tmp_path)

    with pytest.raises(errors.Unavailable, match=r"did not end within 0\.5 s"):
        await run.start(work, timedelta(seconds=0.5))
    assert not (work / "report.json").exists()
    assert not list(_processes_in(work))


async def test_killed_process_is_tried_again_and_converges(
    honest: pathlib.Path, honest_report: documents.GateReport, tmp_path: pathlib.Path
) -> None:
    work = _lay_out(honest, tmp_path)
    running = asyncio.create_task(run.start(work))
    async with asyncio.timeout(60):
        # Another process has no event to wait for.
        while not (found := list(_processes_in(work))):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    os.kill(found[0], signal.SIGKILL)

    with pytest.raises(errors.Unavailable, match="signal 9"):
        await running
    assert (await run.start(work)).digest == honest_report.digest


def _processes_in(work: pathlib.Path) -> Iterator[int]:
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").readlink() == work:
                yield int(entry.name)
        except OSError:
            continue


async def test_intake_takes_every_stage_of_the_example(honest: pathlib.Path) -> None:
    for name in ("full.onnx", "core.onnx"):
        result = await intake.check(honest / name, columns=12)
        assert result.accepted, result.message
    fallback = await intake.check(honest / "fallback.json", file_format=releases.Format.GROUP_RATES)
    assert fallback.accepted, fallback.message


def test_training_twice_gives_the_same_bytes(honest: pathlib.Path, tmp_path: pathlib.Path) -> None:
    again = _train(tmp_path)

    assert {file.name: file.read_bytes() for file in again.iterdir()} == {
        file.name: file.read_bytes() for file in honest.iterdir()
    }


def test_training_shows_no_pupil_and_no_protected_feature(honest: pathlib.Path) -> None:
    described = json.loads((honest / "release.json").read_text())

    assert not {"free_lunch", "ethnicity", "sex"} & set(described["features"])
    header = subprocess.run(
        ["/bin/sh", "-c", "gzip -dc evaluation.csv.gz | head -1"],
        cwd=honest,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert "student" not in header
    assert "pupil" not in header


def test_schools_file_is_what_its_script_writes(tmp_path: pathlib.Path) -> None:
    """The synthetic part is reproducible: the committed file is the script's output."""
    code = (
        "import sys, pathlib; sys.path.insert(0, sys.argv[1]); import make_schools as m; "
        "import shutil; shutil.copytree(m.HERE / 'data', pathlib.Path(sys.argv[2]) / 'data'); "
        "m.HERE = pathlib.Path(sys.argv[2]); m.main()"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(EXAMPLE), str(tmp_path)], check=True, capture_output=True, timeout=60
    )

    assert (tmp_path / "schools.csv").read_bytes() == (EXAMPLE / "schools.csv").read_bytes()
