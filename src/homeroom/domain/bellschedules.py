"""When lessons are held on a school day, by the clock on the school's wall."""

from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo

from homeroom.domain import windows

EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class Period:
    """One lesson of the school day.

    Attributes:
        name: such as ``1`` or ``Reading``.
        start: when it begins, on the school's wall.
        end: when it is over, on the same day; that moment is no longer part of it.
        weekdays: days of the week that have it, Monday is 0; a short Friday has fewer periods.
    """

    name: str
    start: time
    end: time
    weekdays: frozenset[int] = EVERY_DAY


@dataclass(frozen=True, slots=True)
class Bells:
    """The bell schedule of a school: its periods, in any order."""

    periods: tuple[Period, ...]

    def rings_in(self, weekday: int, clock: time) -> bool:
        """Whether a period is under way on that day of the week at that time on the wall."""
        return any(weekday in period.weekdays and period.start <= clock < period.end for period in self.periods)

    def on(self, day: date, zone: tzinfo) -> tuple[windows.Window, ...]:
        """The periods of ``day`` as moments, in order; ``windows.moment`` says what daylight saving does to them."""
        held = [period for period in self.periods if day.weekday() in period.weekdays]
        return tuple(
            sorted(
                windows.Window(windows.moment(day, period.start, zone), windows.moment(day, period.end, zone))
                for period in held
            )
        )


def wall(moment: datetime, zone: tzinfo) -> tuple[date, time]:
    """Date and time on the school's wall at ``moment``, which is aware."""
    local = moment.astimezone(zone)
    return local.date(), local.time()
