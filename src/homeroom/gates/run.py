"""Starts the gate process and reads its report; light enough for an operator to import."""

import json
import os
import pathlib
from dataclasses import replace
from datetime import timedelta

from homeroom.domain import digests, errors
from homeroom.gates import documents
from homeroom.packaging import sandbox

DEADLINE = timedelta(minutes=5)
"""A run takes about fifteen seconds on two cores; a loaded machine gets twenty times that."""

_BAD_INPUT = 2
_REPORT, _EVIDENCE, _POLICY, _MEASUREMENTS = "report.json", "evidence.json", "policy.json", "measurements.json"
_PAGE, _EVIDENTLY = "page.html", "evidently.html"


async def start(directory: pathlib.Path, deadline: timedelta = DEADLINE) -> documents.GateReport:
    """Runs the gates on a directory that ``inputs.write`` laid out.

    Starting again in the same directory is fine: the report is written in one step at the end.

    Raises:
        SpecError: what was given cannot be judged; the text says what to change.
        Unavailable: the process did not end in time, or was killed.
        Defect: the process failed by itself; the text has its last line.
    """
    place = pathlib.Path(os.path.abspath(directory))  # noqa: PTH100, ASYNC240 - touches no disk, unlike resolve
    ended = await sandbox.run("homeroom.gates.job", [str(place)], directory=place, deadline=deadline)
    if ended.code == _BAD_INPUT:
        raise errors.SpecError(json.loads((directory / "error.json").read_bytes())["message"])
    if ended.code < 0:
        raise errors.Unavailable(f"the gate process was ended by signal {-ended.code}; it is tried again")
    if ended.code != 0:
        last = ended.progress.strip().splitlines()[-1:] or ["no message"]
        raise errors.Defect(f"the gate process failed: {last[0]:.300}")
    return read(directory)


def write(directory: pathlib.Path, report: documents.GateReport) -> None:
    """Lays a finished run down, the report last and in one step: where it exists, the run is complete."""
    for name, content in ((_PAGE, report.page), (_EVIDENTLY, report.evidently)):
        if content is not None:
            (directory / name).write_bytes(content)
    for name, value in ((_EVIDENCE, report.evidence), (_POLICY, report.policy), (_MEASUREMENTS, report.measurements)):
        (directory / name).write_bytes(digests.canonical_json(value))
    partial = directory / f"{_REPORT}.part"
    partial.write_bytes(digests.canonical_json(report.document))
    partial.rename(directory / _REPORT)


def read(directory: pathlib.Path) -> documents.GateReport:
    """The report that a finished run left behind, with its pages and measurements.

    Raises:
        SpecError: there is none, or it is no report of ours.
    """
    try:
        report = documents.parse(
            *(json.loads((directory / name).read_bytes()) for name in (_REPORT, _EVIDENCE, _POLICY))
        )
        return replace(
            report,
            page=_bytes(directory / _PAGE),
            evidently=_bytes(directory / _EVIDENTLY),
            measurements=json.loads(_bytes(directory / _MEASUREMENTS) or b"null"),
        )
    except (OSError, KeyError, TypeError, ValueError) as exc:
        raise errors.SpecError(f"there is no gate report in this directory: {exc!s:.200}") from exc


def _bytes(path: pathlib.Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None
