"""School days: which dates count at one school, by its own calendar and time zone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Protocol


class SchoolDays(Protocol):
    """What counting needs of a calendar; ``Calendar`` and ``schoolyears.SchoolYears`` have it."""

    def local_date(self, moment: datetime) -> date:
        """The date on the school's wall at ``moment`` (which is aware)."""

    def is_school_day(self, day: date) -> bool:
        """Whether lessons are held on ``day``."""


@dataclass(frozen=True, slots=True)
class Closure:
    """Dates on which the school is closed, both ends included."""

    start: date
    end: date
    name: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a school is open.

    Attributes:
        zone: the school's own time zone; dates are read in it.
        weekdays: days of the week with lessons, Monday is 0; empty means that no day is a school day.
        closures: holidays and other closed days.
    """

    zone: tzinfo
    weekdays: frozenset[int] = frozenset(range(5))
    closures: tuple[Closure, ...] = ()

    def local_date(self, moment: datetime) -> date:
        """The date on the school's wall at ``moment`` (which is aware)."""
        return moment.astimezone(self.zone).date()

    def is_school_day(self, day: date) -> bool:
        """Whether lessons are held on ``day``."""
        return day.weekday() in self.weekdays and not any(c.start <= day <= c.end for c in self.closures)


NEVER = Calendar(zone=UTC, weekdays=frozenset())
"""Of a school whose calendar is not known: no day is a school day, because none can be shown to be one."""


def soaked(calendar: SchoolDays, *, since: datetime, evidence: Iterable[date], now: datetime) -> int:
    """Whole school days after ``since`` that are over and on which evidence came from the school.

    The day of ``since`` does not count, because the school had not the new release for all of it; today does not,
    because it is not over.

    Example: healthy since Friday noon, reports on Friday, Saturday, Monday and Tuesday, asked on Tuesday: 1 (Monday).
    """
    first, today = calendar.local_date(since), calendar.local_date(now)
    return sum(1 for day in set(evidence) if first < day < today and calendar.is_school_day(day))
