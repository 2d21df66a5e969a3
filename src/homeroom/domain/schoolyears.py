"""A school's time as plain values: its years and terms, and every day's place in them.

Example:
    >>> autumn = terms.Term("Autumn", 1, date(2026, 9, 1), date(2026, 12, 18))
    >>> spring = terms.Term("Spring", 2, date(2027, 1, 5), date(2027, 6, 25))
    >>> years = SchoolYears(
    ...     zone=zoneinfo.ZoneInfo("America/Chicago"), years=(terms.SchoolYear("2026-27", (autumn, spring)),)
    ... )
    >>> stamp = years.stamp(date(2026, 9, 23))
    >>> (stamp.academic_year, stamp.term, stamp.teaching_week, stamp.phase.value, stamp.days_since_break)
    ('2026-27', 'Autumn', 4, 'teaching', 16)
    >>> years.stamp(date(2026, 12, 25)).phase.value
    'holiday'
    >>> years.stamp(date(2031, 9, 1))
    Traceback (most recent call last):
    homeroom.domain.schoolyears.OutsideCalendar: this calendar knows no school year on 2031-09-01: ...
"""

import functools
import zoneinfo
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from homeroom.domain import bellschedules, calendarfaults, dayspans, errors, schoolplans, schooltime, stamping, terms

_WEEK = timedelta(days=7)


class OutsideCalendar(errors.SpecError):
    """A day lies in no school year that is known.

    It is never read as a holiday: nothing alarms in a holiday, so a calendar that has run out would end all watching
    without a word.
    """


@dataclass(frozen=True)
class SchoolYears(schoolplans.Plan):
    """A plan that answers for every day of it; ``schoolplans.Plan`` says what it holds.

    A day after a school year belongs to it until the next one begins.
    """

    def gaps(self) -> tuple[calendarfaults.Gap, ...]:
        """What contradicts itself or is missing; empty for a calendar that can be relied on."""
        return calendarfaults.find(self)

    def stamp(self, day: date) -> schooltime.Stamp:
        """Where ``day`` lies in the school year.

        Raises:
            OutsideCalendar: it lies in no known school year.
            SpecError: the calendar contradicts itself; the text says where.
        """
        found = self._stamps.get(day)
        if found is None:
            raise OutsideCalendar(
                f"this calendar knows no school year on {day}: it holds {self._held()}; add the year that is missing"
            )
        return found

    def stamp_window(self, days: dayspans.Span) -> schooltime.Stamp:
        """Where a window of days lies: as its first school day of the kind of time that most of its school days have.

        Of kinds with equally many days the one that comes first; without a school day, as its first day.

        Raises:
            OutsideCalendar, SpecError: as ``stamp``.
        """
        every = [self.stamp(day) for day in days.days()]
        lessons = [stamp for stamp in every if stamp.days_since_break is not None]
        if not lessons:
            return self.stamp(days.start)
        commonest = Counter(stamp.phase for stamp in lessons).most_common(1)[0][0]
        return next(stamp for stamp in lessons if stamp.phase is commonest)

    def covers(self, day: date) -> bool:
        """Whether ``day`` lies in a known school year, so that ``stamp`` answers.

        Raises:
            SpecError: the calendar contradicts itself.
        """
        return day in self._stamps

    @property
    def first_day(self) -> date:
        """The first day that has a stamp.

        Raises:
            SpecError: the calendar contradicts itself, or holds no year.
        """
        return min(self._stamps)

    @property
    def last_day(self) -> date:
        """The last day that has a stamp.

        Raises:
            SpecError: the calendar contradicts itself, or holds no year.
        """
        return max(self._stamps)

    def local_date(self, moment: datetime) -> date:
        """The date on the school's wall at ``moment``, which is aware."""
        return moment.astimezone(self.zone).date()

    def is_school_day(self, day: date) -> bool:
        """Whether lessons are held on ``day``; False outside every known school year.

        Raises:
            SpecError: the calendar contradicts itself.
        """
        return day in self._since_break

    def is_lesson(self, moment: datetime) -> bool | None:
        """Whether a lesson is under way at ``moment``, which is aware; None without a bell schedule.

        The clock on the wall decides, so it holds before and after a change to or from daylight saving.

        Raises:
            SpecError: the calendar contradicts itself.
        """
        if self.bells is None:
            return None
        day, clock = bellschedules.wall(moment, self.zone)
        return self.is_school_day(day) and self.bells.rings_in(day.weekday(), clock)

    def school_days(self, name: str) -> tuple[date, ...]:
        """The school days of the year of that name, in order; empty when there is no such year.

        Raises:
            SpecError: the calendar contradicts itself.
        """
        return tuple(day for day in self._since_break if self._stamps[day].academic_year == name)

    @functools.cached_property
    def _since_break(self) -> Mapping[date, int]:
        """Every school day in order, with its distance from the last long break."""
        calendarfaults.refuse(self)
        days = {day for first, last, year in self._known() for day in self._lessons(first, last, year)}
        return stamping.count_since_break(sorted(days))

    @functools.cached_property
    def _stamps(self) -> Mapping[date, schooltime.Stamp]:
        return dict(pair for first, last, year in self._known() for pair in self._stamped(first, last, year))

    def _stamped(self, first: date, last: date, year: terms.SchoolYear) -> "Iterable[tuple[date, schooltime.Stamp]]":
        since_break = self._since_break
        days = tuple(day for day in since_break if first <= day <= last)
        planned = self._planned(first, last, year)
        return stamping.stamps(
            stamping.Year(
                year=year,
                first=first,
                last=last,
                school_days=days,
                exams=self.exams,
                staff_days=_days(self.staff_days),
                closed=frozenset(planned - set(days)),
                since_break=dict(since_break),
                week_start=stamping.week_start(self.weekdays),
                settling_weeks=self.settling_weeks,
            )
        )

    def _lessons(self, first: date, last: date, year: terms.SchoolYear) -> set[date]:
        return self._planned(first, last, year) - _days(self.closures)

    def _planned(self, first: date, last: date, year: terms.SchoolYear) -> set[date]:
        """Days that would have lessons if nothing unforeseen had closed the school."""
        in_terms = (dayspans.Span(term.start, term.end).days() for term in year.terms)
        usual = {day for days in in_terms for day in days if day.weekday() in self.weekdays}
        made_up = {day for day in _days(self.makeup_days) if first <= day <= last}
        return ((usual - _days(self.breaks)) | made_up) - _days(self.staff_days)

    def _known(self) -> tuple[tuple[date, date, terms.SchoolYear], ...]:
        """Every school year with the first and the last day that count to it."""
        calendarfaults.refuse(self)
        found: list[tuple[date, date, terms.SchoolYear]] = []
        for position, year in enumerate(self.years):
            after = self.years[position + 1].start if position + 1 < len(self.years) else None
            first = self._reached_back(year.start)
            if found:
                first = max(first, found[-1][1] + dayspans.ONE_DAY)
            found.append((first, self._last(year, after), year))
        return tuple(found)

    def _last(self, year: terms.SchoolYear, after: date | None) -> date:
        if after is not None and after - year.end <= calendarfaults.LONGEST_SUMMER:
            return after - dayspans.ONE_DAY
        return self._reached(year.end)

    def _reached(self, end: date) -> date:
        """The end of the week until which breaks, staff days and made-up days that follow a year say what days are."""
        day = end
        for span in sorted(self._listed()):
            if span.start <= day + _WEEK:
                day = max(day, span.end)
        day = min(day, end + calendarfaults.LONGEST_SUMMER)
        return day + timedelta(days=(stamping.week_start(self.weekdays) - 1 - day.weekday()) % 7)

    def _reached_back(self, start: date) -> date:
        day = start
        for span in sorted(self._listed(), key=lambda span: span.end, reverse=True):
            if span.end >= day - _WEEK:
                day = min(day, span.start)
        day = max(day, start - calendarfaults.LONGEST_SUMMER)
        return day - timedelta(days=(day.weekday() - stamping.week_start(self.weekdays)) % 7)

    def _listed(self) -> tuple[dayspans.Span, ...]:
        return (*self.breaks, *self.staff_days, *self.makeup_days)

    def _held(self) -> str:
        return ", ".join(f"{year.name} ({first} to {last})" for first, last, year in self._known()) or "none"


def _days(spans: Iterable[dayspans.Span]) -> frozenset[date]:
    return frozenset(day for span in spans for day in span.days())


def zone_named(name: str) -> zoneinfo.ZoneInfo:
    """The time zone of that IANA name.

    Raises:
        SpecError: this machine knows no such zone.
    """
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise errors.SpecError(f"this machine knows no time zone {name!r}: install tzdata or correct it") from exc
