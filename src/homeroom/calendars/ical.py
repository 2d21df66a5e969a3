"""Calendars in iCal (RFC 5545), as districts and ministries publish them."""

import itertools
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import icalendar
from dateutil import rrule  # type: ignore[import-untyped] # no stubs in the lock file

from homeroom.calendars import calendarentries, frames
from homeroom.domain import dayspans, errors, schoolyears

Kind = calendarentries.Kind
WORDS = (
    (Kind.MAKEUP, r"make-?\s?up"),
    (Kind.STAFF, r"staff|inset|professional (development|learning)|teacher (work)?day|pupil[- ]free|student[- ]free"),
    (Kind.EXAM, r"exam|finals|assessment week"),
    (Kind.BREAK, r"break|holiday|vacation|recess|no school|ferien|vacances"),
    (Kind.CLOSURE, r"clos(ed|ure)|snow day"),
    (Kind.YEAR, r"school year|academic year"),
    (Kind.TERM, r"term|semester|trimester|quarter"),
)
"""By which words an event is known, the first that fits; a category of one of our own kinds goes before them."""
_FREQUENCIES = frozenset({"YEARLY", "MONTHLY", "WEEKLY", "DAILY"})


def read(
    content: bytes, frame: frames.Frame, note_left_out: Callable[[str], object] = lambda _name: None
) -> schoolyears.SchoolYears:
    """The school years of an iCal file.

    An event counts by its CATEGORIES (year, term, break, exam, staff, closure, makeup), or by words of its SUMMARY.

    Args:
        content: the file.
        frame: what the file does not say.
        note_left_out: told the name of each event that is neither; also before an error.

    Raises:
        SpecError: it is no iCal, or an event does not fit; the text says which.
    """
    entries = list(_entries(_events(content), frame, note_left_out))
    return calendarentries.school_years(entries, frame)


def _events(content: bytes) -> list[Any]:
    text = frames.text_of(content)
    if text.count("BEGIN:VEVENT") > frames.MAX_ENTRIES:
        raise errors.SpecError(f"the file has more than {frames.MAX_ENTRIES} events: give fewer school years")
    try:
        parsed = icalendar.Calendar.from_ical(text)
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as exc:
        raise errors.SpecError(f"this is no iCal file: {str(exc)[:200] or type(exc).__name__}") from exc
    return list(parsed.walk("VEVENT"))


def _entries(
    events: list[Any], frame: frames.Frame, note_left_out: Callable[[str], object]
) -> Iterator[calendarentries.Entry]:
    for number, event in enumerate(events, start=1):
        name = str(event.get("SUMMARY", ""))[:253]
        kind = _kind(event, name)
        if kind is None:
            note_left_out(name)
            continue
        try:
            # "School year" names none of several; one with its years in it does.
            called = "" if kind is Kind.YEAR and not any(letter.isdigit() for letter in name) else name
            spans = list(_spans(event, called, frame))
        except (ValueError, TypeError, AttributeError, KeyError, OverflowError) as exc:
            raise errors.SpecError(
                f"event {number}: its dates cannot be read: correct DTSTART, DTEND or RRULE"
            ) from exc
        yield from (calendarentries.Entry(kind, span) for span in spans)


def _kind(event: Any, name: str) -> calendarentries.Kind | None:
    categories = event.get("CATEGORIES", [])
    for each in categories if isinstance(categories, list) else [categories]:
        for word in getattr(each, "cats", [each]):
            if str(word).strip().lower() in set(Kind):
                return Kind(str(word).strip().lower())
    return next((kind for kind, words in WORDS if re.search(words, name, re.IGNORECASE)), None)


def _spans(event: Any, name: str, frame: frames.Frame) -> Iterator[dayspans.Span]:
    start = _local(event.decoded("DTSTART"), frame)
    length = _last_day(event, frame) - _day(start)
    for begin in _starts(event, start):
        yield dayspans.Span(begin, begin + length, name)


def _local(value: date | datetime, frame: frames.Frame) -> date | datetime:
    """A moment as on the school's wall; a time without zone is one already."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(frame.zone).replace(tzinfo=None)
    return value


def _day(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value


def _last_day(event: Any, frame: frames.Frame) -> date:
    """The last day of an event: its end is the first moment after it, so an all-day event ends a day before."""
    start = event.decoded("DTSTART")
    if "DTEND" in event:
        end = event.decoded("DTEND")
    elif "DURATION" in event:
        end = start + event.decoded("DURATION")
    else:
        return _day(_local(start, frame))
    local = _local(end, frame)
    whole = not isinstance(local, datetime) or local.time() == time()
    return _day(local) - dayspans.ONE_DAY if whole and _day(local) > _day(_local(start, frame)) else _day(local)


def _starts(event: Any, start: date | datetime) -> list[date]:
    """The first day of every repetition; on the school's wall, so that daylight saving moves none."""
    if "RRULE" not in event:
        return [_day(start)]
    rule = event["RRULE"]
    if isinstance(rule, list) or not set(rule.get("FREQ", [])) <= _FREQUENCIES:
        raise errors.SpecError("an event repeats by several rules, or more than once a day: list its days instead")
    begin = datetime.combine(_day(start), time())
    # UNTIL may be a moment in UTC; whole days are compared, so its date is what counts.
    until = [_day(value) for value in rule.get("UNTIL", [])]
    last = min([*until, _day(start) + timedelta(days=366 * 12)])
    most = min([*rule.get("COUNT", []), frames.MAX_ENTRIES + 1])
    kept = [part for part in rule.to_ical().decode().split(";") if not part.startswith(("UNTIL=", "COUNT="))]
    text = ";".join([*kept, f"UNTIL={last:%Y%m%d}"])
    found = [moment.date() for moment in itertools.islice(rrule.rrulestr(text, dtstart=begin), most)]
    if not found:
        # Looking for 30 February to the year 9999 takes seconds: no file may ask for it twice.
        raise ValueError("the rule fits no day")
    left_out = set(_exceptions(event))
    return [day for day in found if day not in left_out]


def _exceptions(event: Any) -> Iterator[date]:
    listed = event.get("EXDATE", [])
    for each in listed if isinstance(listed, list) else [listed]:
        yield from (_day(value.dt) for value in each.dts)
