"""Starts the gate process and reads its report; light enough for an operator to import."""

import json
import os
import pathlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from homeroom.domain import digests, errors
from homeroom.gates import documents, workfiles
from homeroom.packaging import sandbox

DEADLINE = timedelta(minutes=5)
"""A run takes about fifteen seconds on two cores; a loaded machine gets twenty times that."""

_EVIDENCE, _POLICY, _MEASUREMENTS = "evidence.json", "policy.json", "measurements.json"
_PAGE, _EVIDENTLY = "page.html", "evidently.html"


async def start(
    directory: pathlib.Path,
    deadline: timedelta = DEADLINE,
    say: Callable[[str], None] | None = None,
    *,
    pages: bool = True,
) -> documents.GateReport:
    """Runs the gates on a directory that ``inputs.write`` laid out, in a process on this machine.

    Starting again in the same directory is fine: the report is written in one step at the end.

    Args:
        directory: where input lies and output goes.
        deadline: longest run.
        say: takes each line of progress as it comes.
        pages: whether to draw pages too.

    Raises:
        SpecError: what was given cannot be judged; the text says what to change.
        Unavailable: the process did not end in time, or was killed.
        Defect: the process failed by itself; the text has its last line.
    """
    place = pathlib.Path(os.path.abspath(directory))  # noqa: PTH100, ASYNC240 - touches no disk, unlike resolve
    arguments = [str(place), *([] if pages else [workfiles.NO_PAGES])]
    ended = await sandbox.run("homeroom.gates.job", arguments, directory=place, deadline=deadline, say=say)
    if ended.code == 0:
        return read(directory)
    workfiles.refuse(directory)
    if ended.code < 0:
        raise errors.Unavailable(f"the gate process was ended by signal {-ended.code}; it is tried again")
    last = ended.progress.strip().splitlines()[-1:] or ["no message"]
    raise errors.Defect(f"the gate process failed: {last[0]:.300}")


def write(directory: pathlib.Path, report: documents.GateReport) -> None:
    """Lays a finished run down, the report last and in one step: where it exists, the run is complete."""
    for name, content in ((_PAGE, report.page), (_EVIDENTLY, report.evidently)):
        if content is not None:
            (directory / name).write_bytes(content)
    for name, value in ((_EVIDENCE, report.evidence), (_POLICY, report.policy), (_MEASUREMENTS, report.measurements)):
        (directory / name).write_bytes(digests.canonical_json(value))
    partial = directory / f"{workfiles.REPORT}.part"
    partial.write_bytes(digests.canonical_json(report.document))
    partial.rename(directory / workfiles.REPORT)


def read(directory: pathlib.Path) -> documents.GateReport:
    """The report that a finished run left behind, with its pages and measurements.

    Raises:
        Defect: there is none, or it is no report of ours.
    """
    try:
        report = documents.parse(
            *(json.loads((directory / name).read_bytes()) for name in (workfiles.REPORT, _EVIDENCE, _POLICY))
        )
        return replace(
            report,
            page=_bytes(directory / _PAGE),
            evidently=_bytes(directory / _EVIDENTLY),
            measurements=json.loads(_bytes(directory / _MEASUREMENTS) or b"null"),
        )
    except (OSError, KeyError, TypeError, ValueError) as exc:
        raise errors.Defect(f"the gates ended well and left no gate report: {exc!s:.200}") from exc


def _bytes(path: pathlib.Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None
