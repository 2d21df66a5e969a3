"""Tables of a run as they stand on the page: the picture that fits, and the same numbers to read beside it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from homeroom.gates.pages import bars, columns, curves, strips, texts, views, words
from homeroom.gates.tabulations import Cell, Table

_STRIPS: Final = "Each mark is a number, the line through it is its range, and the dashed line is the limit. "
_SHAPES: Final = "A disc is on the right side of the limit, a square on the wrong side, a triangle on both."
_BARS: Final = "A longer bar is a larger number; the pattern tells which."
_CURVES: Final = "Across: the model's score, out of 100. Up: how many of 100 such pupils needed it. On the dashed line both are the same."
_PARTS: Final = "Bars to the right make it larger, bars to the left smaller; the line is the range."

Draw = Callable[[Table, str], tuple[views.Drawing, ...]]


@dataclass(frozen=True, slots=True)
class Look:
    """How a table is drawn.

    Attributes:
        draw: returns no drawing where the columns do not fit.
        reading: how to read it.
    """

    draw: Draw
    reading: str


def _strips(table: Table, identity: str) -> tuple[views.Drawing, ...]:
    return _one(strips.draw(table, identity))


def _parts(table: Table, identity: str) -> tuple[views.Drawing, ...]:
    return _one(strips.draw(table, identity, bars=True))


def _bars(table: Table, identity: str) -> tuple[views.Drawing, ...]:
    return _one(bars.draw(table, identity))


def _curves(table: Table, identity: str) -> tuple[views.Drawing, ...]:
    # The drawings escape every text themselves, through an XML tree.
    return tuple(views.Drawing(curve.name, Markup(curve.svg)) for curve in curves.draw(table, identity))  # noqa: S704


def _one(svg: str | None) -> tuple[views.Drawing, ...]:
    return () if svg is None else (views.Drawing("", Markup(svg)),)  # noqa: S704 - as above


_RANGES = Look(_strips, _STRIPS + _SHAPES)
_LENGTHS = Look(_bars, _BARS)

LOOKS: Final = {
    "fairness.gaps": _RANGES,
    "fairness.abroca": _RANGES,
    "fairness.opposite": _LENGTHS,
    "fairness.rates": _LENGTHS,
    "fairness.reliability": Look(_curves, _CURVES),
    "drift.decomposition": Look(_parts, _PARTS),
    "drift.progression": _LENGTHS,
    "drift.inputs": _RANGES,
    "quality.bands": _RANGES,
    "quality.stages": _LENGTHS,
    "quality.drop-one": _RANGES,
    "footprint.profiles": _LENGTHS,
    "privacy.membership": _RANGES,
}
"""Tables that are drawn, by key; any other stands as a table only."""


def build(table: Table, identity: str, minimum_cell: int) -> views.Plate:
    """``table`` as it stands on the page.

    Args:
        table: of the evidence.
        identity: of its place in the page, letters and digits.
        minimum_cell: fewest pupils about whom a number is shown.
    """
    look = LOOKS.get(table.key)
    drawings = () if look is None or not table.rows else look.draw(table, identity)
    numeric = [columns.numeric([row[index] for row in table.rows]) for index in range(len(table.columns))]
    why = f"hidden: fewer than {words.count(minimum_cell, 'pupil', 'pupils')}"
    rows = tuple(
        tuple(_cell(cell, is_number, why) for cell, is_number in zip(row, numeric, strict=True)) for row in table.rows
    )
    return views.Plate(
        identity=identity,
        caption=texts.clean(table.caption),
        reading=look.reading if look is not None and drawings else "",
        drawings=drawings,
        columns=tuple(
            views.Cell(texts.clean(heading, texts.NAME), is_number, "")
            for heading, is_number in zip(table.columns, numeric, strict=True)
        ),
        rows=rows,
        note=f"{words.DASH} {why}" if any(cell.hidden for row in rows for cell in row) else "",
    )


def _cell(cell: Cell, is_number: bool, why: str) -> views.Cell:  # noqa: FBT001 - a property of the column
    if cell is None:
        return views.Cell(words.DASH, is_number, why)
    number = columns.as_number(cell)
    text = texts.clean(cell, texts.NAME) if number is None else words.number(number)
    return views.Cell(text, is_number, "")
