"""Calendars in CSV: one row for each term, break, exam period, staff day, closure or make-up day."""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date

from homeroom.calendars import calendarentries, frames
from homeroom.domain import dayspans, errors, schoolyears

COLUMNS = ("start", "end", "kind", "name")


def read(content: bytes, frame: frames.Frame) -> schoolyears.SchoolYears:
    """The school years of a file with the columns start, end, kind and name; dates as 2026-12-21.

    Raises:
        SpecError: something does not fit; the text names the line.
    """
    return calendarentries.school_years((_entry(line, row) for line, row in rows(content, COLUMNS)), frame)


def rows(content: bytes, columns: tuple[str, ...]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Every row with its line number, by the names in the heading; empty rows are left out.

    Raises:
        SpecError: a column is missing, a row has other columns, there are too many rows, or it is no CSV.
    """
    reader = csv.reader(io.StringIO(frames.text_of(content), newline=""), strict=True)
    try:
        heading = [cell.strip() for cell in next(reader, [])]
        missing = [name for name in columns if name not in heading]
        if missing:
            raise errors.SpecError(f"line 1: the heading lacks {', '.join(missing)}: it needs {','.join(columns)}")
        for number, cells in enumerate(reader):
            if number >= frames.MAX_ENTRIES:
                raise errors.SpecError(f"line {reader.line_num}: there are more than {frames.MAX_ENTRIES} rows")
            if any(cell.strip() for cell in cells):
                yield reader.line_num, _row(reader.line_num, heading, cells)
    except csv.Error as exc:
        raise errors.SpecError(f"line {reader.line_num}: this is no CSV: {exc}") from exc


def day_in(line: int, row: Mapping[str, str], column: str) -> date:
    """The date in that column.

    Raises:
        SpecError: it is none.
    """
    try:
        return calendarentries.parse_day(row[column])
    except ValueError as exc:
        raise errors.SpecError(f"line {line}: {column} is no date of our time: write it as 2026-12-21") from exc


def _row(line: int, heading: list[str], cells: list[str]) -> Mapping[str, str]:
    if len(cells) != len(heading):
        raise errors.SpecError(
            f"line {line}: {len(cells)} cells under {len(heading)} headings: quote names with commas"
        )
    return dict(zip(heading, (cell.strip() for cell in cells), strict=True))


def _entry(line: int, row: Mapping[str, str]) -> calendarentries.Entry:
    try:
        kind = calendarentries.Kind(row["kind"].lower())
    except ValueError as exc:
        known = ", ".join(calendarentries.Kind)
        raise errors.SpecError(f"line {line}: the kind is none of {known}") from exc
    start = day_in(line, row, "start")
    span = dayspans.Span(start, day_in(line, row, "end") if row["end"] else start, row["name"][:253])
    if span.length < 1:
        raise errors.SpecError(f"line {line}: it ends on {span.end}, before it starts on {span.start}: swap them")
    return calendarentries.Entry(kind, span)
