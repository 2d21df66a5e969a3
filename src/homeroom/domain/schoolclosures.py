"""Days on which a school's own office says that it is closed: and which of them count.

A statement is about whole days, and the latest statement about a day is the one that holds. So it does not matter how
often or in which order statements arrive, and a box that was replaced can still take back what the old one said.

Example:
    >>> snow = closurestatements.read("2027-02-03", "2027-02-05", "snow")
    >>> back = closurestatements.read("2027-02-05", "2027-02-05", None)
    >>> said = [Received((1, 8), back, date(2027, 2, 4)), Received((1, 7), snow, date(2027, 2, 3))]
    >>> [(str(closure.days.start), str(closure.days.end)) for closure in decide(said, Limits())]
    [('2027-02-03', '2027-02-04')]
"""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from homeroom.domain import closurestatements, dayspans

LATEST = timedelta(days=60)
"""So long after a closed day a statement may reach the district: schools with no line for weeks are usual."""
MOST_COUNTED = 20
"""Closures of one school that count at a time, those of the latest days; bad winters have ten."""
MOST_DAYS = 120
"""Days of one school that count as closed at a time: with more it is another calendar, which the district writes."""
MOST_REFUSED = 20
"""Refused closures that are shown, the newest."""
REMEMBERED = timedelta(days=400)
"""Closures are looked at until this long after they ended: a school year and its summer."""


class Refusal(enum.StrEnum):
    """Why a closure that a school reported does not count."""

    NOT_TAKEN = "NotTaken"
    """The district does not take closures from this school."""
    OPEN_BY_DISTRICT = "OpenByDistrict"
    """The district says that the school was open on that day."""
    TOO_LONG = "TooLong"
    """It lasts longer than the district allows."""
    TOO_FAR_AHEAD = "TooFarAhead"
    """It begins later than the district allows."""
    TOO_LONG_AGO = "TooLongAgo"
    """It was over long before the district heard of it."""
    TOO_MANY = "TooMany"
    """As many closures or days as may count do so already."""


@dataclass(frozen=True, slots=True)
class Received:
    """A statement as it reached the district.

    Attributes:
        number: epoch and number of its report; the later one holds.
        statement: what was said.
        on: the date at the school when it reached the district, by the district's clock: a box's own may be wrong.
    """

    number: tuple[int, int]
    statement: closurestatements.Statement
    on: date


@dataclass(frozen=True, slots=True)
class Limits:
    """What one school may report.

    Attributes:
        taken: False: nothing that it reports counts.
        days_ahead: a closure begins at most this many days after it was reported.
        longest_days: days of one closure.
        open_days: days on which the school was open, whatever it says.
    """

    taken: bool = True
    days_ahead: int = 14
    longest_days: int = 14
    open_days: tuple[dayspans.Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Closure:
    """Days in a row on which a school said that it is closed.

    Attributes:
        days: first and last day.
        cause: why.
        note: in the office's own words.
        refusal: why it does not count; None when it does.
    """

    days: dayspans.Span
    cause: closurestatements.Cause
    note: str = ""
    refusal: Refusal | None = None


def decide(received: Iterable[Received], limits: Limits) -> tuple[Closure, ...]:
    """What follows from everything that a school said: closures that count by date, then those refused, newest last.

    The order of ``received`` does not matter. What does not count stays known: it counts once the limits allow it.
    """
    counted: dict[date, _Why] = {}
    refused: list[Closure] = []
    for one in sorted(received, key=lambda each: each.number):
        days, cause = one.statement.days, one.statement.cause
        refused = [closure for closure in refused if not _covers(days, closure.days)]
        others = {day: why for day, why in counted.items() if day not in days}
        if cause is None:
            counted = others
            continue
        why = _Why(cause, one.statement.note)
        refusal = _refusal(one, limits)
        if refusal is None:
            wider = {**others, **dict.fromkeys(days.days(), why)}
            if len(wider) <= MOST_DAYS:
                counted = wider
                continue
            refusal = Refusal.TOO_MANY
        refused.append(Closure(dayspans.Span(days.start, days.end), cause, why.note, refusal))
    known_open = {day: why for day, why in counted.items() if any(day in span for span in limits.open_days)}
    overruled = [replace(closure, refusal=Refusal.OPEN_BY_DISTRICT) for closure in _closures(known_open)]
    left = _closures({day: why for day, why in counted.items() if day not in known_open})
    # Counted last: taking single days back makes several closures of one.
    too_many = [replace(closure, refusal=Refusal.TOO_MANY) for closure in left[:-MOST_COUNTED]]
    return (*left[-MOST_COUNTED:], *[*too_many, *overruled, *refused][-MOST_REFUSED:])


@dataclass(frozen=True, slots=True)
class _Why:
    cause: closurestatements.Cause
    note: str


def _refusal(one: Received, limits: Limits) -> Refusal | None:
    days = one.statement.days
    cases = (
        (not limits.taken, Refusal.NOT_TAKEN),
        (days.length > limits.longest_days, Refusal.TOO_LONG),
        (days.start - one.on > timedelta(days=limits.days_ahead), Refusal.TOO_FAR_AHEAD),
        (one.on - days.end > LATEST, Refusal.TOO_LONG_AGO),
    )
    return next((refusal for holds, refusal in cases if holds), None)


def _closures(by_day: Mapping[date, _Why]) -> tuple[Closure, ...]:
    """The days as the fewest closures, in order; days in a row are one where cause and note are the same."""
    found: list[Closure] = []
    for day, why in sorted(by_day.items(), key=lambda item: item[0]):
        last = found[-1] if found else None
        if last is not None and last.days.end + dayspans.ONE_DAY == day and _Why(last.cause, last.note) == why:
            found[-1] = Closure(dayspans.Span(last.days.start, day), why.cause, why.note)
        else:
            found.append(Closure(dayspans.Span(day, day), why.cause, why.note))
    return tuple(found)


def _covers(days: dayspans.Span, others: dayspans.Span) -> bool:
    return days.start <= others.start and others.end <= days.end
