"""Six questions that give a calendar where nobody publishes one."""

import re
from dataclasses import dataclass
from datetime import date

from homeroom.calendars import calendarentries, frames
from homeroom.domain import dayspans, errors, schoolyears

QUESTIONS = {
    "first_day": "First day with pupils, such as 2026-06-12",
    "last_day": "Last day with pupils",
    "breaks": "Breaks and holidays, such as 2026-10-10..2026-10-21 Dasara; 2027-01-26 Republic Day",
    "exams": "Exam weeks, in the same way (empty for none)",
    "staff_days": "Days on which only staff are in (empty for none)",
    "make_up": "Days lost to snow or flood: none, extend N (N days after the last day), or the dates made up on",
}
"""What is asked, in order."""
_RANGE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\s*(?:\.\.|to)\s*(\d{4}-\d{2}-\d{2}))?(?:\s+(.*))?")
_EXTEND = re.compile(r"extend\s+(\d{1,2})")


@dataclass(frozen=True, slots=True)
class Answers:
    """The six answers, as people type them."""

    first_day: str
    last_day: str
    breaks: str = ""
    exams: str = ""
    staff_days: str = ""
    make_up: str = "none"


def check(question: str, answer: str) -> str:
    """``answer`` if it can be read as one to that key of ``QUESTIONS``.

    Raises:
        SpecError: it cannot; the text says how to write it.
    """
    match question:
        case "first_day" | "last_day":
            _day(question, answer)
        case "make_up" if _is_counted(answer):
            pass
        case _:
            _spans(question, answer)
    return answer


def read(answers: Answers, frame: frames.Frame) -> schoolyears.SchoolYears:
    """The school year that the answers give.

    Raises:
        SpecError: an answer does not fit; the text says which.
    """
    first, last = _day("first_day", answers.first_day), _day("last_day", answers.last_day)
    entries = [calendarentries.Entry(calendarentries.Kind.YEAR, dayspans.Span(first, last))]
    lists = {
        calendarentries.Kind.BREAK: ("breaks", answers.breaks),
        calendarentries.Kind.EXAM: ("exams", answers.exams),
        calendarentries.Kind.STAFF: ("staff_days", answers.staff_days),
    }
    for kind, (question, answer) in lists.items():
        entries += [calendarentries.Entry(kind, span) for span in _spans(question, answer)]
    made_up = _made_up(answers.make_up, last, frame)
    entries += [calendarentries.Entry(calendarentries.Kind.MAKEUP, span) for span in made_up]
    return calendarentries.school_years(entries, frame)


def _made_up(answer: str, last: date, frame: frames.Frame) -> list[dayspans.Span]:
    if not _is_counted(answer):
        return _spans("make_up", answer)
    extend = _EXTEND.fullmatch(answer.strip().lower())
    if extend is None:
        return []
    found: list[dayspans.Span] = []
    day = last
    while len(found) < int(extend.group(1)):
        day += dayspans.ONE_DAY
        if day.weekday() in frame.weekdays:
            found.append(dayspans.Span(day, day, "Make-up day"))
    return found


def _is_counted(answer: str) -> bool:
    """Whether lost days are said to be made up by number, none included, rather than by dates."""
    words = answer.strip().lower()
    return words in ("", "none") or _EXTEND.fullmatch(words) is not None


def _spans(question: str, answer: str) -> list[dayspans.Span]:
    return [_span(question, part.strip()) for part in answer.split(";") if part.strip()]


def _span(question: str, part: str) -> dayspans.Span:
    match = _RANGE.fullmatch(part)
    if match is None:
        raise errors.SpecError(f"{question}: write dates such as 2026-10-10..2026-10-21 Dasara, parted by ;")
    start = _day(question, match.group(1))
    return dayspans.Span(start, _day(question, match.group(2)) if match.group(2) else start, match.group(3) or "")


def _day(question: str, text: str) -> date:
    try:
        return calendarentries.parse_day(text.strip())
    except ValueError as exc:
        raise errors.SpecError(f"{question}: write a date such as 2026-12-21") from exc
