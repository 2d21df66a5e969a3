"""What a school's office says about days on which it is closed, and how a report carries it."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from homeroom.domain import dayspans, errors

NOTE_LENGTH = 80
"""Characters of the office's own words: a half sentence, too short for a story about somebody."""
LONGEST = 60
"""Days in one statement; a school that is closed for longer has another calendar, which the district writes."""
CLOSED_EVENT, OPEN_EVENT = "school-closed", "school-open-after-all"


class Cause(enum.StrEnum):
    """Why a school is closed."""

    SNOW = "snow"
    """Snow or ice."""
    STORM = "storm"
    """Storm, hail or lightning."""
    FLOOD = "flood"
    """Water where it should not be."""
    HEAT = "heat"
    """Too hot, or smoke in the air."""
    POWER = "power"
    """No electricity."""
    BUILDING = "building"
    """No heating, no water, a burst pipe, damage."""
    ILLNESS = "illness"
    """Too many are ill."""
    TRANSPORT = "transport"
    """No buses, roads closed."""
    STRIKE = "strike"
    """Too few staff because of a strike."""
    SAFETY = "safety"
    """The authorities advise it."""
    OTHER = "other"
    """Anything else."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a school's office said about whole days.

    Attributes:
        days: first and last day; its name is not used.
        cause: why the school is closed on them; None: it is open after all.
        note: the office's own words, may be empty. It is shown to the district's staff, and put into no log.
    """

    days: dayspans.Span
    cause: Cause | None
    note: str = ""


def read(start: str, end: str, cause: str | None, note: str = "") -> Statement:
    """What the office typed, if it can be sent; no date is compared with a clock, which may be wrong on a box.

    Args:
        start: first day, such as 2027-02-03.
        end: last day, the same for a single one.
        cause: one of ``Cause``; None: open after all.
        note: a few words.

    Raises:
        SpecError: something does not fit; the text says what to change.
    """
    if cause is not None and cause not in set(Cause):
        raise errors.SpecError(f"{cause[:40]!r} is no cause: choose one of {', '.join(Cause)}")
    known = None if cause is None else Cause(cause)
    return check(Statement(dayspans.Span(_day(start), _day(end)), known, note))


def check(statement: Statement) -> Statement:
    """``statement`` if it can be sent.

    Raises:
        SpecError: its form does not fit; the text says what to change.
    """
    days = statement.days
    if days.length < 1:
        raise errors.SpecError(f"it ends on {days.end}, before it starts on {days.start}: swap them")
    if days.length > LONGEST:
        raise errors.SpecError(
            f"{days.start} to {days.end} are {days.length} days, and {LONGEST} can be reported at once: "
            "for longer ask the district to change your calendar"
        )
    _check_note(statement.note)
    return statement


def to_payload(statement: Statement) -> dict[str, Any]:
    """``statement`` as a report carries it."""
    days = {"from": statement.days.start.isoformat(), "to": statement.days.end.isoformat()}
    if statement.cause is None:
        return {"event": OPEN_EVENT, **days}
    return {"event": CLOSED_EVENT, **days, "cause": statement.cause.value, "note": statement.note}


def from_payload(payload: Mapping[str, Any]) -> Statement | None:
    """The statement that a report carries; None when it is about something else or cannot be read.

    A cause that only a newer school knows reads as ``other``, and a note that does not fit as an empty one: that the
    school is closed matters more.
    """
    event = payload.get("event")
    if event not in (CLOSED_EVENT, OPEN_EVENT):
        return None
    try:
        days = dayspans.Span(date.fromisoformat(str(payload["from"])), date.fromisoformat(str(payload["to"])))
    except (KeyError, ValueError):
        return None
    # No box sends more days; one with stolen keys could write closures that no office can take back whole.
    if not 1 <= days.length <= LONGEST:
        return None
    if event == OPEN_EVENT:
        return Statement(days, None)
    return Statement(days, cause_named(str(payload.get("cause"))), _fitting(str(payload.get("note", ""))))


def cause_named(text: str) -> Cause:
    """That cause; ``other`` for one that is not known here."""
    return Cause(text) if text in set(Cause) else Cause.OTHER


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:  # Python reads 2027-W05-3 and 20270203 too, which people mistype
        raise errors.SpecError(f"{text[:40]!r} is no date: write it as 2027-02-03")
    return day


def _check_note(note: str) -> None:
    if len(note) > NOTE_LENGTH:
        raise errors.SpecError(f"the note has {len(note)} characters: write at most {NOTE_LENGTH}")
    if not note.isprintable():
        raise errors.SpecError("the note holds a line break or another sign that cannot be printed: write one line")
    # No rule finds a name; this finds telephone numbers, pupil numbers, dates of birth and addresses of mails.
    if any(sign.isdigit() or sign == "@" for sign in note):
        raise errors.SpecError("the note holds a digit or @: write no numbers, no addresses and no names of people")


def _fitting(note: str) -> str:
    try:
        _check_note(note)
    except errors.SpecError:
        return ""
    return note
