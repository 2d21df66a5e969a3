"""What no source of a calendar says and somebody must: the zone and the weekdays; and how much is read at most."""

import zoneinfo
from dataclasses import dataclass
from pathlib import Path

from homeroom.domain import errors

MAX_BYTES = 1_048_576
"""A calendar file is tens of kilobytes; a larger one is not a school calendar."""
MAX_ENTRIES = 2000
"""Rows or events, repetitions included: some 12 years with a public holiday in most weeks."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What applies to every day of a calendar.

    Attributes:
        zone: time zone in which days begin and end.
        weekdays: days of the week with lessons, Monday is 0.
        settling_weeks: first weeks of teaching that settle.
    """

    zone: zoneinfo.ZoneInfo
    weekdays: frozenset[int] = frozenset(range(5))
    settling_weeks: int = 3


def read_file(path: Path) -> bytes:
    """The content of a calendar file.

    Raises:
        SpecError: it cannot be read, or is larger than ``MAX_BYTES``.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as exc:
        raise errors.SpecError(f"{path} cannot be read: {exc.strerror}") from exc
    if len(content) > MAX_BYTES:
        raise errors.SpecError(f"{path} is larger than {MAX_BYTES} bytes: give the calendar of a few years only")
    return content


def text_of(content: bytes) -> str:
    """``content`` as text.

    Raises:
        SpecError: it is larger than ``MAX_BYTES``, or not UTF-8.
    """
    if len(content) > MAX_BYTES:
        raise errors.SpecError(f"the file is larger than {MAX_BYTES} bytes: give the calendar of a few years only")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise errors.SpecError(f"the file is not UTF-8 text (byte {exc.start}): save it as UTF-8") from exc
