"""One small square for each group: of those to whom the model gave about the same score, how many needed it?"""

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import Final

from homeroom.gates.pages import columns, shapes, words
from homeroom.gates.tabulations import Cell, Table

MOST = 16
"""Groups that are drawn; the table has the others."""

_SIDE: Final = 150
_LEFT: Final = 34
_TOP: Final = 10
_WIDTH: Final = 200
_HEIGHT: Final = 190


@dataclass(frozen=True, slots=True)
class Point:
    """One bin of scores; ``low`` and ``high`` are the range of ``seen``, None where there is none."""

    expected: float
    seen: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Curve:
    """One group's drawing.

    Attributes:
        name: whom it is about.
        svg: the drawing; HTML, escaped.
    """

    name: str
    svg: str


def draw(table: Table, identity: str) -> tuple[Curve, ...]:
    """A curve for each label of ``table``, at most ``MOST``; none when it has no expected and seen shares from 0 to 1."""
    found = columns.read(table)
    groups: dict[str, list[Point]] = {}
    for row in table.rows:
        point = _point(row, found)
        if point is not None:
            groups.setdefault(columns.label(row, found, numbers=False), []).append(point)
    if any(not 0 <= number <= 1 for points in groups.values() for p in points for number in (p.expected, p.seen)):
        return ()
    return tuple(
        Curve(name, shapes.serialise(_picture(name, sorted(points, key=lambda p: p.expected), f"{identity}-{index}")))
        for index, (name, points) in enumerate(list(groups.items())[:MOST])
    )


def _point(row: tuple[Cell, ...], found: columns.Columns) -> Point | None:
    if found.expected is None or found.seen is None:
        return None
    expected, seen = columns.as_number(row[found.expected]), columns.as_number(row[found.seen])
    if expected is None or seen is None:
        return None
    ends = (None if index is None else columns.as_number(row[index]) for index in (found.low, found.high))
    return Point(expected, seen, *ends)


def _picture(name: str, points: list[Point], identity: str) -> ET.Element:
    said = ". ".join(
        f"Of 100 with a score of about {round(100 * point.expected)}, {round(100 * point.seen)}" for point in points
    )
    root = shapes.picture(identity, f"{name}: score against what came", f"{said}.", _HEIGHT, str(_WIDTH))
    _frame(root)
    path = " ".join(f"{'M' if index == 0 else 'L'}{_x(p.expected):g} {_y(p.seen):g}" for index, p in enumerate(points))
    ET.SubElement(root, "path", {"class": "curve", "d": path})
    for point in points:
        across = f"{_x(point.expected):g}"
        if point.low is not None and point.high is not None:
            shapes.line(root, "range quiet", (across, _y(point.low)), (across, _y(point.high)))
        ET.SubElement(root, "circle", {"class": "dot", "cx": across, "cy": f"{_y(point.seen):g}", "r": "4"})
    return root


def _frame(root: ET.Element) -> None:
    for tick in (0.0, 0.5, 1.0):
        shapes.line(root, "grid", (f"{_x(tick):g}", _y(0)), (f"{_x(tick):g}", _y(1)))
        shapes.line(root, "grid", (f"{_x(0):g}", _y(tick)), (f"{_x(1):g}", _y(tick)))
        text = words.number(100 * tick)
        shapes.write(root, (f"{_x(tick):g}", _y(0) + 18), text, "middle", "tick")
        shapes.write(root, (f"{_LEFT - 6}", _y(tick) + 5), text, "end", "tick")
    shapes.line(root, "ideal", (f"{_x(0):g}", _y(0)), (f"{_x(1):g}", _y(1)))


def _x(share: float) -> float:
    return _LEFT + _SIDE * share


def _y(share: float) -> float:
    return _TOP + _SIDE * (1 - min(max(share, 0.0), 1.0))
