"""The school days of each SchoolSite, from its own dates or from the AcademicCalendar that it names."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from homeroom.domain import calendarconditions, dayspans, errors, schooldays, schoolyears
from homeroom.resources import academiccalendars, schoolsites


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


class Calendars:
    """AcademicCalendars of one moment, each read once.

    Args:
        bodies: AcademicCalendar objects by name.
    """

    def __init__(self, bodies: Mapping[str, Mapping[str, Any]]) -> None:
        self._bodies = bodies
        self._read: dict[str, Resolved | schoolyears.SchoolYears] = {}

    def of(self, site: schoolsites.SchoolSite) -> Resolved:
        """The school days of that school, its own closures left out."""
        spec = site.spec
        if spec.calendar_ref is not None:
            found = self._named(spec.calendar_ref.name)
            return found if isinstance(found, Resolved) else Resolved(_closed(found, spec.closures))
        if spec.calendar is None:
            return _unusable("the school has neither calendar nor calendarRef: give one of the two")
        try:
            return Resolved(_inline(spec.calendar, spec.closures))
        except errors.SpecError as exc:
            return _unusable(str(exc))

    def _named(self, name: str) -> Resolved | schoolyears.SchoolYears:
        if name not in self._read:
            self._read[name] = self._resolve(name)
        return self._read[name]

    def _resolve(self, name: str) -> Resolved | schoolyears.SchoolYears:
        body = self._bodies.get(name)
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
        forbidding = [gap.sentence for gap in years.gaps() if gap.forbids]
        if forbidding:
            return _unusable(f"AcademicCalendar {name} contradicts itself: {forbidding[0]}")
        return years


def _unusable(message: str) -> Resolved:
    return Resolved(schooldays.NEVER, calendarconditions.Reason.CALENDAR_UNUSABLE, message)


def _closed(years: schoolyears.SchoolYears, closures: tuple[schoolsites.Closure, ...]) -> schoolyears.SchoolYears:
    if not closures:
        return years
    own = tuple(dayspans.Span(c.start, c.end, c.name) for c in closures)
    return replace(years, closures=(*years.closures, *own))


def _inline(calendar: schoolsites.Calendar, closures: tuple[schoolsites.Closure, ...]) -> schooldays.Calendar:
    return schooldays.Calendar(
        zone=schoolyears.zone_named(calendar.time_zone),
        weekdays=frozenset(academiccalendars.WEEKDAYS.index(day) for day in calendar.school_days),
        closures=tuple(schooldays.Closure(c.start, c.end, c.name) for c in (*calendar.closures, *closures)),
    )
