"""Tables of a gate run: the suppressed numbers behind the verdicts, kept as evidence and drawn on the page.

Every picture of a report is drawn from such a table and stands beside it, so nobody needs eyes or colour to read it.
"""

from dataclasses import dataclass
from typing import Any

DECIMALS = 4

Cell = str | int | float | None
"""Text, a number, or None for a number that is hidden because too few pupils are behind it."""


@dataclass(frozen=True, slots=True)
class Table:
    """One suppressed table.

    Attributes:
        key: what it is, such as ``fairness.rates``; the page knows from it how to draw the table.
        caption: what it shows, in a sentence for people.
        columns: headings, one for each cell of a row.
        rows: cells; None is hidden, shown as a dash with its reason.
    """

    key: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, numbers rounded so that the digest of the evidence is stable."""
        return {
            "key": self.key,
            "caption": self.caption,
            "columns": list(self.columns),
            "rows": [[_rounded(cell) for cell in row] for row in self.rows],
        }


def from_json(value: dict[str, Any]) -> Table:
    """The table that ``Table.to_json`` wrote.

    Raises:
        KeyError, TypeError: it is no table of ours.
    """
    return Table(
        key=value["key"],
        caption=value["caption"],
        columns=tuple(value["columns"]),
        rows=tuple(tuple(row) for row in value["rows"]),
    )


def _rounded(cell: Cell) -> Cell:
    return round(cell, DECIMALS) if isinstance(cell, float) else cell
