"""Reads what a school told, and refuses what does not add up."""

import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from homeroom.domain import digests, errors, schooltime
from homeroom.gates.monitoring import bins
from homeroom.gates.monitoring.windows import (
    SCHEMA_VERSION,
    UNIT,
    Confidence,
    OffTime,
    Outcomes,
    Report,
    Scores,
    Window,
)

MAX_BYTES = 16 << 20
MAX_WINDOWS = 4000
"""Four school years of forty weeks with twenty-five year groups."""

_SITE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _+./-]{0,62}")
_MOST = 10**9
T = TypeVar("T")


def parse(content: bytes, known: bins.Bins) -> Report:
    """What ``Report.to_bytes`` wrote.

    Args:
        content: of a file.
        known: bins of the reference that is watched against.

    Raises:
        SpecError: it is too large, of another form, or its numbers contradict each other.
    """
    if len(content) > MAX_BYTES:
        raise errors.SpecError(f"a window file has {len(content)} bytes; at most {MAX_BYTES} are read")
    try:
        value = json.loads(content)
        return _report(value, known)
    except errors.SpecError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as exc:
        raise errors.SpecError(f"this is no window file of a school: {exc!s:.200}") from exc


def _report(value: dict[str, Any], known: bins.Bins) -> Report:
    if value["kind"] != "SchoolWindows" or value["schemaVersion"] != SCHEMA_VERSION:
        raise ValueError(f"it is of version {value['schemaVersion']!s:.20}; version {SCHEMA_VERSION} is read")
    site = _matched(value["site"], _SITE, "site")
    cell = _whole(value["minimumCell"])
    if len(value["windows"]) > MAX_WINDOWS:
        raise ValueError(f"it has {len(value['windows'])} windows; at most {MAX_WINDOWS} are read")
    windows = tuple(_window(window, known, cell) for window in value["windows"])
    keys = [(window.year_group, window.week) for window in windows]
    if len(set(keys)) != len(keys):
        raise ValueError("a year group has two windows in one week")
    return Report(
        site=site,
        region=_matched(value["region"], _WORD, "region"),
        cluster=_matched(value["cluster"], _WORD, "cluster"),
        device=_matched(value["device"], _WORD, "device"),
        release=digests.parse(value["release"]),
        reference=digests.parse(value["reference"]),
        minimum_cell=cell,
        windows=windows,
        off_time=tuple(_off_time(use) for use in value["offTime"]),
        hidden=_whole(value["hidden"]),
    )


def _window(value: dict[str, Any], known: bins.Bins, minimum_cell: int) -> Window:
    window = Window(
        year_group=_matched(value["yearGroup"], _WORD, "yearGroup"),
        week=date.fromisoformat(value["week"]),
        stamp=_stamp(value["stamp"]),
        pupils=_whole(value["pupils"]),
        classes=_whole(value["classes"]),
        class_squares=_whole(value["classSquares"]),
        counts=tuple(tuple(_whole(count) for count in row) for row in value["counts"]),
        between=tuple(_whole(total, most=_MOST * UNIT) for total in value["between"]),
        scores=_scores(value["scores"]),
        confidence=Confidence(_whole(value["confidence"]["first"]), _whole(value["confidence"]["unsure"])),
        outcomes=_outcomes(value["outcomes"]),
    )
    for holds, complaint in _contradictions(window, known, minimum_cell):
        if not holds:
            raise ValueError(f"the window of {window.week}: {complaint}")
    return window


def _contradictions(window: Window, known: bins.Bins, minimum_cell: int) -> list[tuple[bool, str]]:
    """What must hold, each with what is wrong where it does not."""
    pupils, outcomes, scores = window.pupils, window.outcomes, window.scores
    return [
        (pupils >= max(minimum_cell, 1), "it has fewer pupils than may be told"),
        (tuple(len(row) for row in window.counts) == known.sizes, "its bins are not those of the reference"),
        (all(sum(row) == pupils for row in window.counts), "the counts of a feature are not its pupils"),
        (len(window.between) == len(known.sizes), "it has not one sum between classes for each feature"),
        (1 <= window.classes <= pupils <= window.class_squares <= pupils**2, "its classes cannot hold its pupils"),
        (sum(scores.counts) == pupils, "the counts of its scores are not its pupils"),
        (scores.squares <= scores.total + pupils <= pupils * (UNIT + 1), "its scores are not between 0 and 1"),
        (scores.offered <= pupils and scores.offered_total <= scores.total, "it has more offers than pupils"),
        (window.confidence.unsure <= window.confidence.first, "it has more unsure pupils than pupils"),
        (max(outcomes.needed, outcomes.errors) <= outcomes.known, "it has more outcomes than known ones"),
        (outcomes.known == 0 or outcomes.known >= minimum_cell, "it tells fewer outcomes than may be told"),
        (outcomes.total <= outcomes.known * UNIT, "the scores of its outcomes are not between 0 and 1"),
        (-1 <= outcomes.brier <= outcomes.known + 1, "the sums of its outcomes contradict each other"),
    ]


def _stamp(value: dict[str, Any]) -> schooltime.Stamp:
    return schooltime.Stamp(
        academic_year=_matched(value["academicYear"], _WORD, "academicYear"),
        term=_optional(value["term"], lambda term: _matched(term, _WORD, "term")),
        term_index=_optional(value["termIndex"], _whole),
        teaching_week=_optional(value["teachingWeek"], _whole),
        phase=schooltime.Phase(value["phase"]),
        days_since_break=_optional(value["daysSinceBreak"], _whole),
    )


def _scores(value: dict[str, Any]) -> Scores:
    counts = tuple(_whole(count) for count in value["counts"])
    if len(counts) != len(bins.SCORE_EDGES) + 1:
        raise ValueError(f"scores have {len(counts)} bins; {len(bins.SCORE_EDGES) + 1} are needed")
    sums = (_whole(value[name], most=_MOST * UNIT) for name in ("total", "squares", "offered", "offeredTotal"))
    return Scores(counts, *sums)


def _outcomes(value: dict[str, Any]) -> Outcomes:
    names = ("known", "needed", "errors", "total", "squares", "neededTotal")
    return Outcomes(*(_whole(value[name], most=_MOST * UNIT) for name in names))


def _off_time(value: dict[str, Any]) -> OffTime:
    phase = schooltime.Phase(value["phase"])
    if phase not in schooltime.NOT_ALARMING:
        raise ValueError(f"offTime holds a week of {phase.value}, which is school time")
    return OffTime(date.fromisoformat(value["week"]), phase, _optional(value["pupils"], _whole))


def _matched(value: Any, pattern: re.Pattern[str], name: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(f"{name} is not of the expected form")
    return value


def _optional(value: Any, read: Callable[[Any], T]) -> T | None:
    return None if value is None else read(value)


def _whole(value: Any, most: int = _MOST) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise ValueError(f"{value!s:.40} is not a whole number from 0 to {most}")
    return value
