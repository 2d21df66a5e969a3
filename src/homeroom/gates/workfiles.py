"""The directory of a gate run, for both sides of the process: names of what lies there, and why there is no report.

Loads no tool, because the gate process uses it before its limits hold.
"""

import json
import pathlib

from homeroom.domain import errors

REPORT = "report.json"
PROGRESS = "progress.txt"
NO_PAGES = "--no-pages"
"""Argument of the gate process after the directory."""

_ERROR = "error.json"


def clear(directory: pathlib.Path) -> None:
    """Removes what an earlier try left behind: it would be taken for the answer of the next one."""
    for left in (_ERROR, REPORT, PROGRESS):
        (directory / left).unlink(missing_ok=True)


def write_refusal(directory: pathlib.Path, message: str) -> None:
    """Says what to change before the input can be judged."""
    (directory / _ERROR).write_text(json.dumps({"error": "SpecError", "message": message}), encoding="utf-8")


def refuse(directory: pathlib.Path) -> None:
    """Says why a run that ended without a report could not judge its input; returns when that was not why.

    Raises:
        SpecError: what was given cannot be judged; the text says what to change.
    """
    path = directory / _ERROR
    if path.exists():
        raise errors.SpecError(str(json.loads(path.read_bytes())["message"]))
