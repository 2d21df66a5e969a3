"""Stretches of time between two moments, for deciding when something may happen."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo

from homeroom.domain import dayspans


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """From ``start`` until just before ``end``, both aware and in UTC."""

    start: datetime
    end: datetime

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end


def moment(day: date, clock: time, zone: tzinfo) -> datetime:
    """The moment in UTC at which the clock on the wall in ``zone`` shows that.

    A time that comes twice, as clocks go back, is the first of the two. One that is skipped, as they go forward, is
    what a clock that nobody has put forward shows: where midnight is skipped, the day begins with the change.

    Example: 8:00 on 2 November 2026 in Chicago is 14:00 in UTC; three days earlier it was 13:00.
    """
    return datetime.combine(day, clock, zone).astimezone(UTC)


def of_days(days: Iterable[date], zone: tzinfo) -> tuple[Window, ...]:
    """The days, from midnight to midnight in ``zone``; days in a row become one window.

    Example: 7 to 9 March 2026 in Chicago last 71 hours, because on the 8th clocks go forward.
    """
    spans = dayspans.joined(dayspans.Span(day, day) for day in days)
    return tuple(
        Window(moment(span.start, time(), zone), moment(span.end + dayspans.ONE_DAY, time(), zone)) for span in spans
    )


def outside(windows: Iterable[Window], frame: Window) -> tuple[Window, ...]:
    """What is left of ``frame`` without ``windows``, in order."""
    found, free_from = [], frame.start
    for window in sorted(windows):
        if window.start > free_from:
            found.append(Window(free_from, min(window.start, frame.end)))
        free_from = max(free_from, window.end)
        if free_from >= frame.end:
            break
    if free_from < frame.end:
        found.append(Window(free_from, frame.end))
    return tuple(window for window in found if window.start < window.end)


def inside(windows: Iterable[Window], frame: Window) -> tuple[Window, ...]:
    """The parts of ``windows`` that lie in ``frame``, in order."""
    cut = (Window(max(window.start, frame.start), min(window.end, frame.end)) for window in windows)
    return tuple(sorted(window for window in cut if window.start < window.end))
