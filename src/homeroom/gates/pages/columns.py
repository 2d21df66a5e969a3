"""What a column of a table is, read from its heading: so that a drawing needs no list of every table there will be."""

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from homeroom.gates.pages import texts
from homeroom.gates.tabulations import Cell, Table


class Role(enum.Enum):
    """What a drawing does with a column."""

    LABEL = "label"
    GROUP = "group"
    LOW = "low"
    HIGH = "high"
    LIMIT = "limit"
    EXPECTED = "expected"
    SEEN = "seen"
    COUNT = "count"
    VALUE = "value"


_HEADINGS: Final = (
    (Role.LIMIT, re.compile(r"\b(limit|allowed)\b")),
    (Role.LOW, re.compile(r"\b(low|lowest|lower|from|at least)\b")),
    (Role.HIGH, re.compile(r"\b(to|up to|at most)$|\b(high|highest|upper|range to)\b")),
    (Role.EXPECTED, re.compile(r"\b(expected|said|average score|predicted)\b")),
    (Role.SEEN, re.compile(r"\b(seen|happened|observed|actual|turned out|really|needed it|who needed)\b")),
    (
        Role.COUNT,
        re.compile(
            r"^(pupils|rows|schools|children|n|positives|number|threshold|seed|bin)\b|^(step of|offered at a score)"
        ),
    ),
)
"""The first that fits a numeric column decides."""

_BIN: Final = re.compile(r"[-\u2212\d.,%\s]+((to|and|of|\u2013)[-\u2212\d.,%\s]+)*")


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of one table by role; every index is a position in a row.

    Attributes:
        labels: text columns.
        low: lower end of the range; None where there is none.
        high: upper end.
        limit: what is allowed.
        expected: what was expected, or said beforehand.
        seen: what came.
        values: the remaining numbers, without counts.
    """

    labels: tuple[int, ...]
    low: int | None
    high: int | None
    limit: int | None
    expected: int | None
    seen: int | None
    values: tuple[int, ...]


def read(table: Table) -> Columns:
    """The columns of ``table``; a column counts as numbers when every cell that is not hidden is one."""
    roles = [_role(heading, [row[index] for row in table.rows]) for index, heading in enumerate(table.columns)]

    def first(role: Role) -> int | None:
        return next((index for index, found in enumerate(roles) if found is role), None)

    def all_of(role: Role) -> tuple[int, ...]:
        return tuple(index for index, found in enumerate(roles) if found is role)

    return Columns(
        labels=all_of(Role.LABEL),
        low=first(Role.LOW),
        high=first(Role.HIGH),
        limit=first(Role.LIMIT),
        expected=first(Role.EXPECTED),
        seen=first(Role.SEEN),
        values=all_of(Role.VALUE),
    )


def label(row: Sequence[Cell], found: Columns, *, numbers: bool = True) -> str:
    """The text cells of a row as one label; ``all`` where it has none.

    Args:
        row: cells.
        found: columns of the table.
        numbers: whether a text that only says a range of numbers, such as ``0.1 to 0.2``, is part of it.
    """
    parts = [texts.clean(row[index], texts.NAME) for index in found.labels if row[index] is not None]
    kept = [part for part in parts if part and (numbers or not _BIN.fullmatch(part))]
    return " · ".join(kept) or "all"


def as_number(cell: Cell) -> float | None:
    """The cell's number; None where it is hidden or text."""
    return float(cell) if isinstance(cell, int | float) and not isinstance(cell, bool) else None


def numeric(cells: Sequence[Cell]) -> bool:
    """Whether the cells of a column are numbers: at least one, and nothing but numbers and hidden ones."""
    shown = [cell for cell in cells if cell is not None]
    return bool(shown) and all(as_number(cell) is not None for cell in shown)


def _role(heading: str, cells: Sequence[Cell]) -> Role:
    if not numeric(cells):
        return Role.LABEL
    name = heading.lower().strip()
    return next((role for role, pattern in _HEADINGS if pattern.search(name)), Role.VALUE)
