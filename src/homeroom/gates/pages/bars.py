"""Rows with one bar for each number: what is told apart by colour is told apart by pattern too."""

import xml.etree.ElementTree as ET
from typing import Final

from homeroom.gates.pages import columns, shapes, texts, words
from homeroom.gates.tabulations import Table

MOST_SERIES = 4
"""More bars in a row than this cannot be told apart; the table has them all."""

_BAR: Final = 16
_GAP: Final = 10
_FULL: Final = 0.74
"""Share of the width of the longest bar; the number stands to its right."""
_SPOKEN: Final = 12


def draw(table: Table, identity: str) -> str | None:
    """The rows of ``table`` as bars; None when it has nothing to compare, or numbers below 0.

    Where there is an expected and a seen column those two are drawn, otherwise the first numbers up to ``MOST_SERIES``.
    """
    found = columns.read(table)
    pair = tuple(index for index in (found.expected, found.seen) if index is not None)
    series = (pair + found.values + (() if found.limit is None else (found.limit,)))[:MOST_SERIES]
    numbers = [
        number for row in table.rows for index in series if (number := columns.as_number(row[index])) is not None
    ]
    if not numbers or min(numbers) < 0:
        return None
    longest = max(numbers) or 1.0
    return shapes.serialise(_picture(table, found, series, longest, identity))


def _picture(
    table: Table, found: columns.Columns, series: tuple[int, ...], longest: float, identity: str
) -> ET.Element:
    names = [texts.clean(table.columns[index], texts.NAME) for index in series]
    labels = [texts.wrap(columns.label(row, found), shapes.LABEL_COLUMNS, shapes.LABEL_LINES) for row in table.rows]
    legend = [texts.wrap(name, shapes.LABEL_COLUMNS - 4, 2) for name in names]
    top: float = sum(len(lines) for lines in legend) * shapes.LINE + _GAP
    height = top + sum(len(lines) * shapes.LINE + len(series) * _BAR + _GAP for lines in labels)
    root = shapes.picture(identity, table.caption, _spoken(table, found, series, names), height)
    _patterns(root, identity, len(series))
    _legend(root, identity, legend)
    for row, lines in zip(table.rows, labels, strict=True):
        top = shapes.write_lines(root, top, lines)
        for place, index in enumerate(series):
            number = columns.as_number(row[index])
            share = 0.0 if number is None else _FULL * number / longest
            shapes.bar(root, f"series s{place}", 0, share, top + 2, _BAR - 4, _fill(identity, place))
            said = "hidden" if number is None else words.number(number)
            shapes.write(root, (shapes.percent(share + 0.015), top + 13), said, name="value")
            top += _BAR
        top += _GAP
    return root


def _patterns(root: ET.Element, identity: str, count: int) -> None:
    definitions = ET.SubElement(root, "defs")
    for place, path in enumerate(("", "M-2 2 2-2M0 8 8 0M6 10 10 6", "M4 0V8", "M0 4H8")[:count]):
        name = {"id": f"{identity}-fill{place}", "width": "8", "height": "8", "patternUnits": "userSpaceOnUse"}
        pattern = ET.SubElement(definitions, "pattern", name)
        ET.SubElement(pattern, "rect", {"class": f"ground g{place}", "width": "8", "height": "8"})
        if path:
            ET.SubElement(pattern, "path", {"class": "stroke", "d": path})


def _fill(identity: str, place: int) -> str:
    return f"url(#{identity}-fill{place})"


def _legend(root: ET.Element, identity: str, legend: list[tuple[str, ...]]) -> None:
    top = 0
    for place, lines in enumerate(legend):
        swatch = {"class": f"series s{place}", "x": "0", "y": f"{top + 3}", "width": "18", "height": "12"}
        ET.SubElement(root, "rect", {**swatch, "fill": _fill(identity, place)})
        for text in lines:
            shapes.write(root, ("26", top + 14), text, name="tick")
            top += shapes.LINE


def _spoken(table: Table, found: columns.Columns, series: tuple[int, ...], names: list[str]) -> str:
    said = []
    for row in table.rows[:_SPOKEN]:
        numbers = [columns.as_number(row[index]) for index in series]
        pairs = zip(names, numbers, strict=True)
        parts = [f"{name} {'hidden' if number is None else words.number(number)}" for name, number in pairs]
        said.append(f"{columns.label(row, found)}: {', '.join(parts)}")
    rest = f" The table beside this picture has all {len(table.rows)} rows." if len(table.rows) > _SPOKEN else ""
    return f"{'. '.join(said)}.{rest}"
