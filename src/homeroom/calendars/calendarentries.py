"""Entries of a calendar file, and how they become school years."""

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from homeroom.calendars import frames
from homeroom.domain import calendarfaults, dayspans, errors, schoolyears, terms

LONG_BREAK = 7
"""Days in a row without lessons that part two terms: a week off with its weekends is nine."""
SHORTEST_SUMMER = 21
"""Days of the shortest break between two school years."""
HALF_A_YEAR = timedelta(days=180)
YEARS = range(1900, 2200)
"""Other years are slips of the pen, and near the first and last year of dates a day more or less is none."""


class Kind(enum.StrEnum):
    """What an entry is."""

    YEAR = "year"
    TERM = "term"
    BREAK = "break"
    EXAM = "exam"
    STAFF = "staff"
    CLOSURE = "closure"
    MAKEUP = "makeup"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a calendar."""

    kind: Kind
    span: dayspans.Span


def school_years(entries: Iterable[Entry], frame: frames.Frame) -> schoolyears.SchoolYears:
    """The school years that the entries give.

    Years as listed, or parted where the longest pause between terms is; terms as listed, or parted by long breaks.

    Raises:
        SpecError: there are too many entries, or the years contradict themselves; the text says what to change.
    """
    by_kind: dict[Kind, list[dayspans.Span]] = {kind: [] for kind in Kind}
    for number, entry in enumerate(entries, start=1):
        if number > frames.MAX_ENTRIES:
            raise errors.SpecError(f"there are more than {frames.MAX_ENTRIES} entries: give fewer school years")
        _refuse_impossible(entry)
        by_kind[entry.kind].append(entry.span)
    years = schoolyears.SchoolYears(
        zone=frame.zone,
        years=_years(by_kind, frame.weekdays),
        weekdays=frame.weekdays,
        breaks=tuple(sorted(by_kind[Kind.BREAK])),
        exams=tuple(sorted(by_kind[Kind.EXAM])),
        staff_days=tuple(sorted(by_kind[Kind.STAFF])),
        closures=tuple(sorted(by_kind[Kind.CLOSURE])),
        makeup_days=tuple(sorted(by_kind[Kind.MAKEUP])),
        settling_weeks=frame.settling_weeks,
    )
    calendarfaults.refuse(years)
    return years


def parse_day(text: str) -> date:
    """The date that ``text`` writes as 2026-12-21.

    Raises:
        ValueError: it writes none, or one out of ``YEARS``.
    """
    day = date.fromisoformat(text)
    if day.year not in YEARS:
        raise ValueError(f"the year is not from {YEARS.start} to {YEARS.stop - 1}")
    return day


def years_between(
    off: frozenset[date], named: Sequence[dayspans.Span], weekdays: frozenset[int]
) -> list[terms.SchoolYear]:
    """Whole school years between the longest breaks; what lies before the first and after the last is left out.

    Args:
        off: days without lessons, weekends left out.
        named: breaks; a run of days off parts terms only where one of them lies in it.
        weekdays: days of the week with lessons.
    """
    if not off:
        return []
    runs = [run for run in _runs(min(off), max(off), off, weekdays) if _is_long(run) and _meets(run, named)]
    summers = [run for run in runs if _is_summer(run, runs)]
    return [_year_between(before, after, runs) for before, after in pairwise(summers)]


def _years(by_kind: dict[Kind, list[dayspans.Span]], weekdays: frozenset[int]) -> tuple[terms.SchoolYear, ...]:
    listed, breaks = sorted(by_kind[Kind.TERM]), by_kind[Kind.BREAK]
    if by_kind[Kind.YEAR]:
        return tuple(_listed_year(year, listed, breaks, weekdays) for year in sorted(by_kind[Kind.YEAR]))
    if listed:
        return tuple(terms.year_of(group) for group in _grouped(listed))
    off = frozenset(day for span in breaks for day in span.days())
    found = tuple(years_between(off, breaks, weekdays))
    if not found:
        raise errors.SpecError("there is no term and no school year: add a line of kind term or year")
    return found


def _listed_year(
    year: dayspans.Span, listed: list[dayspans.Span], breaks: list[dayspans.Span], weekdays: frozenset[int]
) -> terms.SchoolYear:
    inside = [term for term in listed if year.start <= term.start <= year.end]
    if not inside:
        off = frozenset(day for span in breaks for day in span.days())
        runs = [run for run in _runs(year.start, year.end, off, weekdays) if _is_long(run) and _meets(run, breaks)]
        inside = _between(year.start, year.end, runs)
    return terms.year_of(inside, year.name)


def _grouped(listed: list[dayspans.Span]) -> list[list[dayspans.Span]]:
    pauses = [
        dayspans.Span(before.end + dayspans.ONE_DAY, after.start - dayspans.ONE_DAY)
        for before, after in pairwise(listed)
    ]
    groups = [[listed[0]]]
    for pause, term in zip(pauses, listed[1:], strict=True):
        if _is_summer(pause, pauses):
            groups.append([])
        groups[-1].append(term)
    return groups


def _runs(first: date, last: date, off: frozenset[date], weekdays: frozenset[int]) -> list[dayspans.Span]:
    days = dayspans.Span(first - timedelta(days=6), last + timedelta(days=6)).days()
    free = (day for day in days if day in off or day.weekday() not in weekdays)
    return list(dayspans.joined(dayspans.Span(day, day) for day in free))


def _is_long(run: dayspans.Span) -> bool:
    return run.length >= LONG_BREAK


def _meets(run: dayspans.Span, named: Sequence[dayspans.Span]) -> bool:
    return any(span.start <= run.end and run.start <= span.end for span in named)


def _is_summer(run: dayspans.Span, runs: Sequence[dayspans.Span]) -> bool:
    """Whether a break parts two school years: it lasts three weeks, and every other within half a year is shorter.

    Where all breaks of a year-round school are as long, nothing but a listed year can tell.
    """
    near = [other for other in runs if other != run and abs(other.start - run.start) < HALF_A_YEAR]
    return run.length >= SHORTEST_SUMMER and all(other.length < run.length for other in near)


def _year_between(before: dayspans.Span, after: dayspans.Span, runs: Sequence[dayspans.Span]) -> terms.SchoolYear:
    inner = [run for run in runs if before.end < run.start and run.end < after.start]
    return terms.year_of(_between(before.end + dayspans.ONE_DAY, after.start - dayspans.ONE_DAY, inner))


def _between(first: date, last: date, runs: Sequence[dayspans.Span]) -> list[dayspans.Span]:
    """The terms from ``first`` to ``last`` that breaks leave."""
    found, start = [], first
    for run in sorted(runs):
        if run.start > start:
            found.append(dayspans.Span(start, min(run.start - dayspans.ONE_DAY, last)))
        start = max(start, run.end + dayspans.ONE_DAY)
    if start <= last:
        found.append(dayspans.Span(start, last))
    return found


def _refuse_impossible(entry: Entry) -> None:
    span = entry.span
    if span.start.year not in YEARS or span.end.year not in YEARS:
        raise errors.SpecError(
            f"{entry.kind} {span.name} is in year {span.start.year} or {span.end.year}: correct its dates"
        )
    if span.length < 1:
        raise errors.SpecError(
            f"{entry.kind} {span.name} ends on {span.end}, before it starts on {span.start}: swap or correct them"
        )
    if span.length > calendarfaults.LONGEST_YEAR.days:
        raise errors.SpecError(f"{entry.kind} {span.name} lasts from {span.start} to {span.end}: correct these dates")
