"""Which of the closures that schools reported count, and what today is at each school."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from homeroom.district.database import closures
from homeroom.district.operator import calendars, statuses
from homeroom.domain import calendarconditions, conditions, schoolclosures, schooltoday
from homeroom.resources import schoolsites


@dataclass(frozen=True, slots=True)
class SchoolTime:
    """School time of one school at one moment.

    Attributes:
        resolved: its school days.
        today: what today is there; None when its days are not known.
        closures: what its office reported, with what of it counts.
        limits: what it may report.
    """

    resolved: calendars.Resolved
    today: schooltoday.Today | None
    closures: tuple[schoolclosures.Closure, ...]
    limits: schoolclosures.Limits

    def conditions(self) -> tuple[conditions.Condition, ...]:
        """SchoolTime and ClosuresCounted; not merged with the old ones yet."""
        return (
            calendarconditions.decide_school_time(self.resolved.reason, self.resolved.message),
            calendarconditions.decide_closures_counted(self.closures, self.limits),
        )

    def fields(self) -> dict[str, Any]:
        """``closures`` and ``schoolTime`` of the status; None for what is left out."""
        listed = [_shown(closure) for closure in self.closures]
        return {"closures": listed or None, "schoolTime": None if self.today is None else _today(self.today)}


def decide(
    site: schoolsites.SchoolSite,
    said: Iterable[closures.StatementRow],
    found: calendars.Calendars,
    now: datetime,
) -> SchoolTime:
    """School time of ``site``, whose office said that; in the school's own zone where it is known."""
    zone = found.of(site, ()).days
    received = (
        schoolclosures.Received((row.epoch, row.seq), row.statement, zone.local_date(row.received_at)) for row in said
    )
    limits = site.spec.closure_reports.to_domain()
    decided = schoolclosures.decide(received, limits)
    counted = tuple(calendars.span(c) for c in decided if c.refusal is None)
    resolved, today = found.today(site, counted, now)
    return SchoolTime(resolved, today, decided, limits)


def _shown(closure: schoolclosures.Closure) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "start": closure.days.start.isoformat(),
        "end": closure.days.end.isoformat(),
        "cause": closure.cause.value,
    }
    more: Mapping[str, Any] = {"note": closure.note or None, "refused": closure.refusal and closure.refusal.value}
    return {**shown, **{key: value for key, value in more.items() if value is not None}}


def _today(today: schooltoday.Today) -> dict[str, Any]:
    stamp = today.stamp
    values: Mapping[str, Any] = {
        "schoolDay": today.school_day,
        "nextSchoolDay": None if today.next_school_day is None else today.next_school_day.isoformat(),
        "academicYear": None if stamp is None else stamp.academic_year,
        "term": None if stamp is None else stamp.term,
        "teachingWeek": None if stamp is None else stamp.teaching_week,
        "phase": None if stamp is None else stamp.phase.value,
        "openFrom": None if today.open_from is None else statuses.moment(today.open_from),
        "openUntil": None if today.open_until is None else statuses.moment(today.open_until),
    }
    return {key: value for key, value in values.items() if value is not None}
