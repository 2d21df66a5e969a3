"""Rows with a number, its range and the limit that it is held against: who is worse off, and by how much."""

import enum
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import Final

from homeroom.gates.pages import columns, marks, shapes, texts, words
from homeroom.gates.tabulations import Cell, Table

_TRACK: Final = 26
_TOP: Final = 24
_SPOKEN: Final = 12
"""Rows that are read aloud with the drawing; the table has the others."""


class Good(enum.Enum):
    """Which side of the limit is the right one."""

    BELOW = "below"
    ABOVE = "above"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Strip:
    """One row.

    Attributes:
        label: whom or what it is about.
        value: the number.
        low: lower end of its range; the number itself where there is none.
        high: upper end.
        limit: what is allowed; None where nothing limits it.
        good: its right side.
    """

    label: str
    value: float
    low: float
    high: float
    limit: float | None
    good: Good = Good.BELOW

    @property
    def tone(self) -> marks.Tone:
        """How it is marked: by the range against the limit, as gates decide."""
        if self.limit is None or self.good is Good.NEITHER:
            return marks.Tone.QUIET
        above, below = self.low > self.limit, self.high < self.limit
        if not above and not below:
            return marks.Tone.CARE
        return marks.Tone.GOOD if above is (self.good is Good.ABOVE) else marks.Tone.BAD

    def spoken(self) -> str:
        """The row in words."""
        parts = [f"{self.label}: {words.number(self.value)}"]
        if self.low != self.high:
            parts.append(f"range {words.number(self.low)} to {words.number(self.high)}")
        if self.limit is not None:
            parts.append(f"limit {words.number(self.limit)}")
        return ", ".join(parts)


def draw(table: Table, identity: str, *, good: Good = Good.BELOW, bars: bool = False) -> str | None:
    """The rows of ``table`` as strips; None when it has no number to draw, or no range.

    Args:
        table: text columns are the label, the first remaining number is the value.
        identity: prefix of the ids in the drawing.
        good: which side of the limit is the right one.
        bars: whether a bar goes from 0 to the number, for parts that add up.
    """
    strips = _strips(table, good)
    if not strips:
        return None
    limits = {strip.limit for strip in strips if strip.limit is not None}
    ruler = shapes.scale(
        [number for strip in strips for number in (strip.low, strip.high, strip.value, *limits)], zero=bars
    )
    labels = [texts.wrap(strip.label, shapes.LABEL_COLUMNS, shapes.LABEL_LINES) for strip in strips]
    bottom = _TOP + sum(len(lines) * shapes.LINE + _TRACK for lines in labels)
    root = shapes.picture(identity, table.caption, _spoken(strips), bottom + 22)
    shapes.axis(root, ruler, _TOP, bottom)
    # One limit for all rows is one line through all of them; otherwise each row has its own.
    shared = next(iter(limits)) if len(limits) == 1 else None
    if shared is not None:
        shapes.limit(root, ruler, shared, _TOP, bottom)
    top: float = _TOP
    for strip, lines in zip(strips, labels, strict=True):
        middle = shapes.write_lines(root, top, lines) + _TRACK / 2 - 2
        if bars:
            shapes.bar(root, "bar", ruler.share(0.0), ruler.share(strip.value), middle - 7, 14)
        if shared is None and strip.limit is not None:
            place = ruler.at(strip.limit)
            shapes.line(root, "limit", (place, middle - 11), (place, middle + 11))
        _range(root, ruler, strip, middle)
        top = middle + _TRACK / 2 + 2
    return shapes.serialise(root)


def _range(root: ET.Element, ruler: shapes.Scale, strip: Strip, middle: float) -> None:
    low, high = ruler.at(strip.low), ruler.at(strip.high)
    shapes.line(root, f"range {strip.tone.value}", (low, middle), (high, middle))
    for end in (low, high):
        shapes.line(root, f"range {strip.tone.value}", (end, middle - 5), (end, middle + 5))
    shapes.mark(root, strip.tone, ruler.at(strip.value), middle)


def _spoken(strips: list[Strip]) -> str:
    said = ". ".join(strip.spoken() for strip in strips[:_SPOKEN])
    return f"{said}. The table beside this picture has all {len(strips)} rows." if len(strips) > _SPOKEN else f"{said}."


def _strips(table: Table, good: Good) -> list[Strip]:
    found = columns.read(table)
    value = found.values[0] if found.values else found.seen
    if value is None or found.low is None or found.high is None:
        return []
    rows = (_strip(row, found, value, good) for row in table.rows)
    return [strip for strip in rows if strip is not None]


def _strip(row: tuple[Cell, ...], found: columns.Columns, value: int, good: Good) -> Strip | None:
    number = columns.as_number(row[value])
    if number is None or found.low is None or found.high is None:
        return None
    low, high = columns.as_number(row[found.low]), columns.as_number(row[found.high])
    limit = None if found.limit is None else columns.as_number(row[found.limit])
    label = columns.label(row, found)
    return Strip(label, number, number if low is None else low, number if high is None else high, limit, good)
