"""The school days of each SchoolSite, from its own dates or from the AcademicCalendar that it names."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from homeroom.domain import calendarconditions, dayspans, errors, schoolclosures, schooldays, schooltoday, schoolyears
from homeroom.resources import academiccalendars, schoolsites

Closed = tuple[dayspans.Span, ...]


@dataclass(frozen=True, slots=True)
class Resolved:
    """What is known of a school's days.

    Attributes:
        days: its school days; none at all where they are not known.
        reason: of the condition ``SchoolTime``.
        message: what to change; empty when nothing is wrong.
    """

    days: schooldays.SchoolDays
    reason: calendarconditions.Reason = calendarconditions.Reason.KNOWN
    message: str = ""


_Key = tuple[str, str, Closed]
"""Name and resource version of an AcademicCalendar, and what closes a school beside it."""


@dataclass(frozen=True, slots=True)
class Worked:
    """What was worked out of AcademicCalendars; a day of one takes milliseconds, and a district has many schools."""

    days: dict[_Key, Resolved] = field(default_factory=dict)
    today: dict[tuple[_Key, date], schooltoday.Today] = field(default_factory=dict)


class Calendars:
    """AcademicCalendars of one moment, each worked out once for all schools with the same closures.

    Args:
        bodies: AcademicCalendar objects by name.
        earlier: ``worked`` of an earlier moment, of which what has not changed is taken over.

    Attributes:
        worked: what was asked for at this moment.
    """

    def __init__(self, bodies: Mapping[str, Mapping[str, Any]], earlier: Worked | None = None) -> None:
        self._bodies = bodies
        self._earlier = earlier or Worked()
        self.worked = Worked()

    def of(self, site: schoolsites.SchoolSite, reported: Closed | None = None) -> Resolved:
        """The school days of that school, days on which it alone is closed left out.

        Args:
            site: the school.
            reported: what counts of the closures that it reported itself; None for what its status says.
        """
        spec, closed = site.spec, _closed(site, reported)
        if spec.calendar_ref is not None:
            return self._named(self._key(spec.calendar_ref.name, closed))
        if spec.calendar is None:
            return _unusable("the school has neither calendar nor calendarRef: give one of the two")
        try:
            return Resolved(_inline(spec.calendar, closed))
        except errors.SpecError as exc:
            return _unusable(str(exc))

    def today(
        self, site: schoolsites.SchoolSite, reported: Closed, now: datetime
    ) -> tuple[Resolved, schooltoday.Today | None]:
        """Its school days, and what today is there; None when its days are not known."""
        found = self.of(site, reported)
        if found.reason is not calendarconditions.Reason.KNOWN:
            return found, None
        day = found.days.local_date(now)
        if site.spec.calendar_ref is None:
            return found, schooltoday.look(found.days, day)
        key = (self._key(site.spec.calendar_ref.name, _closed(site, reported)), day)
        if key not in self.worked.today:
            self.worked.today[key] = self._earlier.today.get(key) or schooltoday.look(found.days, day)
        return found, self.worked.today[key]

    def _key(self, name: str, closed: Closed) -> _Key:
        metadata = self._bodies.get(name, {}).get("metadata", {})
        return name, str(metadata.get("resourceVersion", "")), closed

    def _named(self, key: _Key) -> Resolved:
        if key not in self.worked.days:
            self.worked.days[key] = self._earlier.days.get(key) or self._resolve(key)
        return self.worked.days[key]

    def _resolve(self, key: _Key) -> Resolved:
        name, version, closed = key
        if not closed:
            return _read(name, self._bodies.get(name))
        plain = self._named((name, version, ()))
        if not isinstance(plain.days, schoolyears.SchoolYears):
            return plain
        years = replace(plain.days, closures=(*plain.days.closures, *closed))
        return _checked(years, f"closures of the school do not fit AcademicCalendar {name}")


def _read(name: str, body: Mapping[str, Any] | None) -> Resolved:
    if body is None:
        return Resolved(
            schooldays.NEVER,
            calendarconditions.Reason.CALENDAR_MISSING,
            f"there is no AcademicCalendar {name}: create it, or correct calendarRef; until then no day counts",
        )
    try:
        years = academiccalendars.parse(body).to_domain()
    except errors.SpecError as exc:
        return _unusable(f"AcademicCalendar {name} cannot be read: {exc}")
    return _checked(years, f"AcademicCalendar {name} contradicts itself")


def _checked(years: schoolyears.SchoolYears, otherwise: str) -> Resolved:
    """``years`` if every day of them can be told, so that no later question fails."""
    forbidding = [gap.sentence for gap in years.gaps() if gap.forbids]
    return _unusable(f"{otherwise}: {forbidding[0]}") if forbidding else Resolved(years)


def _unusable(message: str) -> Resolved:
    return Resolved(schooldays.NEVER, calendarconditions.Reason.CALENDAR_UNUSABLE, message)


def span(closure: schoolclosures.Closure) -> dayspans.Span:
    """The days of a reported closure, as ``Calendars`` takes them."""
    return dayspans.Span(closure.days.start, closure.days.end, closure.cause.value)


def _closed(site: schoolsites.SchoolSite, reported: Closed | None) -> Closed:
    """Days on which this school alone is closed, by the district's word and by its own."""
    by_district = (dayspans.Span(c.start, c.end, c.name) for c in site.spec.closures)
    if reported is None:
        told = (c for c in site.status.closures if c.refused is None)
        reported = tuple(dayspans.Span(c.start, c.end, c.cause.value) for c in told)
    return (*by_district, *reported)


def _inline(calendar: schoolsites.Calendar, closed: Closed) -> schooldays.Calendar:
    planned = (dayspans.Span(c.start, c.end, c.name) for c in calendar.closures)
    return schooldays.Calendar(
        zone=schoolyears.zone_named(calendar.time_zone),
        weekdays=frozenset(academiccalendars.WEEKDAYS.index(day) for day in calendar.school_days),
        closures=tuple(schooldays.Closure(c.start, c.end, c.name) for c in (*planned, *closed)),
    )
