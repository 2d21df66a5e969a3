"""What is said of a calendar, and of a school's days."""

import enum
from datetime import date, timedelta

from homeroom.domain import conditions, errors, schoolclosures, schoolyears

AHEAD = timedelta(days=60)
"""So long before a calendar ends somebody should add the next year: calendars are decided terms ahead."""


class Reason(enum.StrEnum):
    """Why a condition of a calendar, or ``SchoolTime`` of a school, is what it is."""

    SOUND = "Sound"
    """Nothing is wrong."""
    CONTRADICTS_ITSELF = "ContradictsItself"
    """Its dates contradict each other."""
    HAS_GAPS = "HasGaps"
    """Something is missing or empty."""
    UNREADABLE = "Unreadable"
    """It cannot be read here."""
    KNOWN = "Known"
    """Days are known."""
    RUNS_OUT = "RunsOut"
    """The last known year ends soon."""
    RAN_OUT = "RanOut"
    """Today is in no known year."""
    UNKNOWN = "Unknown"
    """Nobody can tell before it is valid."""
    CALENDAR_MISSING = "CalendarMissing"
    """A school names a calendar that does not exist."""
    CALENDAR_UNUSABLE = "CalendarUnusable"
    """A school's calendar cannot be used."""
    NOTHING_REPORTED = "NothingReported"
    """The school has reported no closure."""
    COUNTED = "Counted"
    """Every closure that the school has reported counts."""


_NAMED = 5
_REMEDY = (
    "these days do not count as closed: ask the school whether the dates are right, then say it for the school with "
    "homeroom calendar close, or change spec.closureReports"
)
Decided = tuple[conditions.Condition, conditions.Condition]


def decide_calendar(years: schoolyears.SchoolYears | errors.SpecError, today: date) -> Decided:
    """Valid and Current; not merged with the old ones yet.

    Args:
        years: the calendar, or why it could not be read.
        today: the date on its own wall.
    """
    if isinstance(years, errors.SpecError):
        return _condition("Valid", Reason.UNREADABLE, str(years)), _condition("Current", Reason.UNKNOWN, "")
    gaps = years.gaps()
    message = "; ".join(gap.sentence for gap in gaps[:5])
    if any(gap.forbids for gap in gaps):
        return _condition("Valid", Reason.CONTRADICTS_ITSELF, message), _condition("Current", Reason.UNKNOWN, "")
    valid = _condition("Valid", Reason.HAS_GAPS, message) if gaps else _condition("Valid", Reason.SOUND, "", holds=True)
    return valid, _current(years, today)


def decide_school_time(reason: Reason, message: str) -> conditions.Condition:
    """SchoolTime of one school; not merged with the old one yet."""
    return _condition("SchoolTime", reason, message, holds=reason is Reason.KNOWN)


def decide_closures_counted(
    closures: tuple[schoolclosures.Closure, ...], limits: schoolclosures.Limits
) -> conditions.Condition:
    """ClosuresCounted of one school; not merged with the old one yet. Notes of the office are left out."""
    refused = [closure for closure in closures if closure.refusal is not None]
    if not refused:
        reason = Reason.COUNTED if closures else Reason.NOTHING_REPORTED
        return _condition("ClosuresCounted", reason, "", holds=True)
    said = [f"{_days(closure)} {_why_not(closure.refusal, limits)}" for closure in refused[-_NAMED:]]
    more = f"; and {len(refused) - _NAMED} more" if len(refused) > _NAMED else ""
    message = f"the school reported that it is closed {'; '.join(said)}{more}; {_REMEDY}"
    return conditions.Condition(
        "ClosuresCounted", conditions.Status.FALSE, (refused[-1].refusal or schoolclosures.Refusal.TOO_MANY), message
    )


def _days(closure: schoolclosures.Closure) -> str:
    days = closure.days
    return f"on {days.start}" if days.length == 1 else f"from {days.start} to {days.end}"


def _why_not(refusal: schoolclosures.Refusal | None, limits: schoolclosures.Limits) -> str:
    return {
        schoolclosures.Refusal.NOT_TAKEN: "(spec.closureReports.taken is false)",
        schoolclosures.Refusal.OPEN_BY_DISTRICT: "(spec.closureReports.openDays says otherwise)",
        schoolclosures.Refusal.TOO_LONG: f"(more than {limits.longest_days} days)",
        schoolclosures.Refusal.TOO_FAR_AHEAD: f"(more than {limits.days_ahead} days ahead)",
        schoolclosures.Refusal.TOO_LONG_AGO: f"(more than {schoolclosures.LATEST.days} days ago)",
    }.get(refusal or schoolclosures.Refusal.TOO_MANY, "(too many closures count already)")


def _current(years: schoolyears.SchoolYears, today: date) -> conditions.Condition:
    if not years.covers(today):
        message = f"today lies in no known school year (known until {years.last_day}): add the year that is missing"
        return _condition("Current", Reason.RAN_OUT, message)
    if today + AHEAD > years.last_day:
        return _condition("Current", Reason.RUNS_OUT, f"it ends on {years.last_day}: add the next school year")
    return _condition("Current", Reason.KNOWN, "", holds=True)


def _condition(type_: str, reason: Reason, message: str, *, holds: bool = False) -> conditions.Condition:
    return conditions.Condition(type_, conditions.Status.TRUE if holds else conditions.Status.FALSE, reason, message)
