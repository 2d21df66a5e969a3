"""Calendars out of OneRoster 1.2: the file academicSessions.csv that student information systems export."""

from collections.abc import Mapping
from dataclasses import dataclass

from homeroom.calendars import calendarentries, frames, tables
from homeroom.domain import dayspans, errors, schoolyears

COLUMNS = ("sourcedId", "title", "type", "startDate", "endDate", "parentSourcedId")
PARTS = ("term", "semester", "gradingPeriod")
"""Types that part a school year; the first of them that a year has is taken for its terms."""


@dataclass(frozen=True, slots=True)
class Session:
    """One academic session."""

    line: int
    type: str
    span: dayspans.Span
    parent: str


def read(content: bytes, frame: frames.Frame) -> schoolyears.SchoolYears:
    """The school years of academicSessions.csv; sessions marked ``tobedeleted`` are left out.

    OneRoster knows no breaks: days between terms are without lessons, others have to be added.

    Raises:
        SpecError: something does not fit; the text names the line.
    """
    sessions: dict[str, Session] = {}
    for line, row in tables.rows(content, COLUMNS):
        if row.get("status", "active").lower() != "tobedeleted":
            _add(sessions, line, row)
    years = {key: session for key, session in sessions.items() if session.type == "schoolYear"}
    if not years:
        raise errors.SpecError("no session has the type schoolYear: export school years with their terms")
    entries = []
    for key, year in years.items():
        entries.append(calendarentries.Entry(calendarentries.Kind.YEAR, year.span))
        entries += [calendarentries.Entry(calendarentries.Kind.TERM, part.span) for part in _parts(key, sessions)]
    return calendarentries.school_years(entries, frame)


def _add(sessions: dict[str, Session], line: int, row: Mapping[str, str]) -> None:
    key, kind = row["sourcedId"], row["type"]
    if not key or key in sessions:
        raise errors.SpecError(f"line {line}: sourcedId is empty or repeats an earlier one: give each session its own")
    if kind not in ("schoolYear", *PARTS):
        raise errors.SpecError(f"line {line}: the type is none of schoolYear, {', '.join(PARTS)}")
    start, end = (tables.day_in(line, row, column) for column in ("startDate", "endDate"))
    # The specification has endDate as the first day after the session.
    span = dayspans.Span(start, end - dayspans.ONE_DAY, row["title"][:253])
    if span.length < 1:
        raise errors.SpecError(f"line {line}: endDate {end} is not after startDate {start}: correct them")
    sessions[key] = Session(line, kind, span, row["parentSourcedId"])


def _parts(year: str, sessions: dict[str, Session]) -> list[Session]:
    below = [session for key, session in sessions.items() if key != year and _root(key, sessions) == year]
    for part in PARTS:
        found = [session for session in below if session.type == part]
        if found:
            return found
    return []


def _root(key: str, sessions: dict[str, Session]) -> str:
    """The session at the top of the parents of that one.

    Raises:
        SpecError: a parent is missing, or parents go round in a circle.
    """
    seen: list[str] = []
    while sessions[key].parent and sessions[key].type != "schoolYear":
        if key in seen:
            raise errors.SpecError(f"line {sessions[key].line}: its parents go round in a circle: correct them")
        seen.append(key)
        if sessions[key].parent not in sessions:
            raise errors.SpecError(f"line {sessions[key].line}: parentSourcedId names no session of this file")
        key = sessions[key].parent
    return key
