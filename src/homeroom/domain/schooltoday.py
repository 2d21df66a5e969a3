"""School time at a glance: what today is at one school, and what comes next."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from homeroom.domain import calendarfaults, dayspans, schooldays, schooltime, schoolwindows, schoolyears, windows

AHEAD = calendarfaults.LONGEST_SUMMER + timedelta(days=30)
"""How far ahead is looked: past the longest summer, and past the first weeks, in which nothing new should begin."""


@dataclass(frozen=True, slots=True)
class Today:
    """One day at one school; the same from midnight to midnight.

    Attributes:
        school_day: whether lessons are held.
        next_school_day: the first one after today; None when none is known within ``AHEAD``.
        stamp: where the day lies in the school year; None when no calendar says so.
        open_from: when something new may begin next; None when it may today, or never within ``AHEAD``.
        open_until: until when something new may begin; None when it may not today, or without an end within ``AHEAD``.
    """

    school_day: bool
    next_school_day: date | None
    stamp: schooltime.Stamp | None = None
    open_from: datetime | None = None
    open_until: datetime | None = None


def look(days: schooldays.SchoolDays, today: date) -> Today:
    """What ``today``, a date on the school's wall, is there.

    Raises:
        SpecError: the calendar contradicts itself.
    """
    coming = dayspans.Span(today + dayspans.ONE_DAY, today + AHEAD).days()
    plain = Today(days.is_school_day(today), next((day for day in coming if days.is_school_day(day)), None))
    if not isinstance(days, schoolyears.SchoolYears) or not days.covers(today):
        return plain
    open_from, open_until = _open(days, today)
    return Today(plain.school_day, plain.next_school_day, days.stamp(today), open_from, open_until)


def _open(years: schoolyears.SchoolYears, today: date) -> tuple[datetime | None, datetime | None]:
    frame = windows.Window(windows.moment(today, time(), years.zone), windows.moment(today + AHEAD, time(), years.zone))
    first = next(iter(schoolwindows.open_(years, frame)), None)
    if first is None:
        return None, None
    if first.start > frame.start:
        return first.start, None
    return None, first.end if first.end < frame.end else None
