"""How each table of the evidence looks: which picture, of which columns and rows, and how to read it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from markupsafe import Markup

from homeroom.gates.pages import bars, columns, curves, strips, views
from homeroom.gates.tabulations import Cell, Table

_STRIPS: Final = "Each mark is a number and the line through it is its range. "
_PLAIN_STRIPS: Final = _STRIPS + "The dashed line is the limit."
_SHAPES: Final = (
    "The dashed line is the limit: a disc is on its right side, a square on its wrong side, a triangle on both."
)
_BARS: Final = "A longer bar is a larger number; the pattern tells which."
_CURVES: Final = "Across: the model's score, out of 100. Up: how many of 100 such pupils needed it. On the dashed line both are the same."
_PARTS: Final = "A bar to the right is more mistakes than before, a bar to the left fewer; the line is the range."
_WORST: Final = " Where a school may choose from which score on it offers, the worst choice is drawn."

Draw = Callable[[Table, str], tuple[views.Drawing, ...]]


@dataclass(frozen=True, slots=True)
class Look:
    """How a table is drawn.

    Attributes:
        draw: returns no drawing where the columns do not fit.
        reading: how to read it.
        keep: headings of what is drawn; all when empty, or when the table lacks one of them.
        same: headings in which every drawn row is like the first: the best stage, the usual threshold.
        worst: headings that tell drawn rows apart; of rows alike in them the one with the highest ``high`` is drawn.
        lowest: whether the worst is the one with the lowest ``low`` instead.
        shares: headings of shares from 0 to 1, shown out of 100.
    """

    draw: Draw
    reading: str
    keep: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    worst: tuple[str, ...] = ()
    lowest: bool = False
    shares: tuple[str, ...] = ()


def drawn(look: Look, table: Table) -> Table:
    """The part of ``table`` that is drawn; all of it when its columns are not those that ``look`` knows."""
    known = {*look.keep, *look.same, *look.worst}
    if not known <= set(table.columns):
        return table
    rows = _worst(table, look.worst, lowest=look.lowest) if look.worst else table.rows
    places = [table.columns.index(name) for name in look.same]
    rows = tuple(row for row in rows if all(row[place] == rows[0][place] for place in places))
    kept = [table.columns.index(name) for name in look.keep or table.columns]
    return replace(
        table,
        columns=tuple(table.columns[place] for place in kept),
        rows=tuple(tuple(row[place] for place in kept) for row in rows),
    )


def _worst(table: Table, apart: tuple[str, ...], *, lowest: bool) -> tuple[tuple[Cell, ...], ...]:
    places = [table.columns.index(name) for name in apart]
    bounds = ("low", "at least") if lowest else ("high", "at most")
    place = next((table.columns.index(bound) for bound in bounds if bound in table.columns), None)
    sign = -1.0 if lowest else 1.0
    worst: dict[tuple[Cell, ...], tuple[Cell, ...]] = {}
    for row in table.rows:
        key = tuple(row[place] for place in places)
        if key not in worst or _badness(row, place, sign) > _badness(worst[key], place, sign):
            worst[key] = row
    return tuple(worst.values())


def _badness(row: tuple[Cell, ...], place: int | None, sign: float) -> float:
    number = None if place is None else columns.as_number(row[place])
    return float("-inf") if number is None else sign * number


def _strips(table: Table, identity: str) -> tuple[views.Drawing, ...]:
    return _one(strips.draw(table, identity))


def _strips_above(table: Table, identity: str) -> tuple[views.Drawing, ...]:
    return _one(strips.draw(table, identity, good=strips.Good.ABOVE))


def _strips_unjudged(table: Table, identity: str) -> tuple[views.Drawing, ...]:
    return _one(strips.draw(table, identity, good=strips.Good.NEITHER))


def _parts(table: Table, identity: str) -> tuple[views.Drawing, ...]:
    return _one(strips.draw(table, identity, good=strips.Good.NEITHER, bars=True))


def _bars(table: Table, identity: str) -> tuple[views.Drawing, ...]:
    return _one(bars.draw(table, identity))


def _curves(table: Table, identity: str) -> tuple[views.Drawing, ...]:
    # The drawings escape every text themselves, through an XML tree.
    return tuple(views.Drawing(curve.name, Markup(curve.svg)) for curve in curves.draw(table, identity))  # noqa: S704


def _one(svg: str | None) -> tuple[views.Drawing, ...]:
    return () if svg is None else (views.Drawing("", Markup(svg)),)  # noqa: S704 - as above


_RANGES: Final = Look(_strips, _STRIPS + _SHAPES)
_LENGTHS: Final = Look(_bars, _BARS)
_BOUNDS: Final = ("low", "high", "limit")

LOOKS: Final = {
    "fairness.gaps": replace(
        _RANGES,
        reading=_STRIPS + _SHAPES + _WORST,
        keep=("stage", "group", "estimate", *_BOUNDS),
        worst=("stage", "group", "rest"),
        shares=("estimate", *_BOUNDS),
    ),
    "fairness.abroca": replace(_LENGTHS, keep=("group", "expected by chance", "observed")),
    "fairness.opposite": replace(
        _LENGTHS,
        keep=("stage", "group", "missed", "missed in the rest", "needless", "needless in the rest"),
        same=("stage",),
    ),
    "fairness.rates": replace(
        _LENGTHS,
        keep=("group", "missed", "wronglyFlagged", "offered"),
        same=("stage", "threshold"),
        shares=("missed", "wronglyFlagged", "offered"),
    ),
    "fairness.reliability": Look(_curves, _CURVES, shares=("expected", "observed", "low", "high")),
    "fairness.calibration": replace(
        _LENGTHS,
        keep=("group", "expected", "observed"),
        same=("stage",),
        shares=("expected", "observed", "mean error"),
    ),
    "fairness.not-recorded": replace(_LENGTHS, shares=("share",)),
    "drift.decomposition": Look(
        _parts, _PARTS, keep=("told apart by", "part", "change", "low", "high"), same=("answered by",)
    ),
    "drift.progression": _LENGTHS,
    "drift.inputs": replace(
        _RANGES,
        keep=("input", "year group", "lie elsewhere", *_BOUNDS),
        shares=("lie elsewhere", *_BOUNDS),
    ),
    "quality.bands": Look(
        _strips_above,
        _STRIPS + _SHAPES + " More right offers than the simple way is good. The other measures are in the table.",
        keep=("stage", "band", "estimate", *_BOUNDS),
        same=("measure",),
        worst=("measure", "stage", "band"),
        lowest=True,
    ),
    "quality.stages": replace(
        _RANGES, keep=("stage", "otherwise", *_BOUNDS), worst=("stage",), reading=_STRIPS + _SHAPES + _WORST
    ),
    "quality.drop-one": Look(_strips_unjudged, _PLAIN_STRIPS, keep=("column", "stage", "costs", *_BOUNDS)),
    "privacy.membership": replace(
        _RANGES,
        reading=_STRIPS + _SHAPES + " Of two ways to guess, the better one is drawn.",
        keep=("stage", "among", "told apart", "at least", "at most", "limit"),
        worst=("stage", "among"),
    ),
    "privacy.memorised": _RANGES,
}
"""Tables that are drawn, by key; any other stands as a table only."""
