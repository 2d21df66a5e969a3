"""School years as stretches of time, for deciding when something may be changed at a school."""

from collections.abc import Iterable
from datetime import date, timedelta

from homeroom.domain import dayspans, schooltime, schoolyears, windows

LAST_SCHOOL_DAYS = 10
"""School days at the end of a school year in which nothing new should begin (education.md I)."""
QUIET = frozenset({schooltime.Phase.SETTLING, schooltime.Phase.EXAM})
"""Kinds of time in which nothing new should begin, nights and weekends between their days included."""


def of_phases(
    years: schoolyears.SchoolYears, phases: Iterable[schooltime.Phase], frame: windows.Window
) -> tuple[windows.Window, ...]:
    """The parts of ``frame`` whose days are of one of ``phases``; days in no known school year are of none.

    Raises:
        SpecError: the calendar contradicts itself.
    """
    wanted = frozenset(phases)
    days = (day for day in _days(years, frame) if years.covers(day) and years.stamp(day).phase in wanted)
    return windows.inside(windows.of_days(days, years.zone), frame)


def last_school_days(
    years: schoolyears.SchoolYears, frame: windows.Window, count: int = LAST_SCHOOL_DAYS
) -> tuple[windows.Window, ...]:
    """The parts of ``frame`` from the ``count``-th last school day of a school year until that year is over.

    Raises:
        SpecError: the calendar contradicts itself.
    """
    ends = [days[-count:] for days in (years.school_days(year.name) for year in years.years) if days and count > 0]
    spans = (dayspans.Span(end[0], end[-1]) for end in ends)
    return windows.inside(windows.of_days((day for span in spans for day in span.days()), years.zone), frame)


def quiet(years: schoolyears.SchoolYears, frame: windows.Window) -> tuple[windows.Window, ...]:
    """The parts of ``frame`` in which nothing new should begin: settling, examinations, and the end of a school year.

    A weekend or holiday between two quiet school days is quiet as well. Days in no known school year are quiet too:
    nobody can say that they are not.

    Raises:
        SpecError: the calendar contradicts itself.
    """
    unknown = [day for day in _days(years, frame) if not years.covers(day)]
    found = [*_joined_over_free_days(years, frame), *unknown]
    ends = last_school_days(years, frame)
    both = windows.outside([*windows.of_days(found, years.zone), *ends], frame)
    return windows.outside(both, frame)


def open_(years: schoolyears.SchoolYears, frame: windows.Window) -> tuple[windows.Window, ...]:
    """The parts of ``frame`` in which something new may begin: what ``quiet`` leaves.

    Raises:
        SpecError: the calendar contradicts itself.
    """
    return windows.outside(quiet(years, frame), frame)


def _joined_over_free_days(years: schoolyears.SchoolYears, frame: windows.Window) -> list[date]:
    # From a month before, so that a frame that begins on a free day knows what came before it.
    month = timedelta(days=31)
    wide = windows.Window(frame.start - month, frame.end + month)
    found: list[date] = []
    pending: list[date] = []
    was_quiet = False
    for day in _days(years, wide):
        phase = years.stamp(day).phase if years.covers(day) else None
        if phase in QUIET:
            found += [*(pending if was_quiet else []), day]
        if phase in schooltime.NOT_ALARMING:
            pending.append(day)
        else:
            pending, was_quiet = [], phase in QUIET
    return found


def _days(years: schoolyears.SchoolYears, frame: windows.Window) -> Iterable[date]:
    return dayspans.Span(years.local_date(frame.start), years.local_date(frame.end)).days()
