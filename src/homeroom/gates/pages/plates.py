"""Tables of a run as they stand on the page: the picture that fits, and the same numbers to read beside it."""

from dataclasses import replace

from homeroom.gates.pages import columns, looks, tablewords, texts, views, words
from homeroom.gates.tabulations import Cell, Table

FOLDED_FROM = 13
"""A table under a picture is folded away from so many rows on; print shows it always."""


def build(table: Table, identity: str, minimum_cell: int) -> views.Plate:
    """``table`` as it stands on the page.

    Args:
        table: of the evidence.
        identity: of its place in the page, letters and digits.
        minimum_cell: fewest pupils about whom a number is shown.
    """
    look = looks.LOOKS.get(table.key)
    said = _in_words(table, () if look is None else look.shares)
    drawings = () if look is None or not table.rows else look.draw(_picture(look, table), identity)
    numeric = [columns.numeric([row[index] for row in said.rows]) for index in range(len(said.columns))]
    rows = tuple(
        tuple(
            _cell(cell, is_number, _missing(heading))
            for cell, is_number, heading in zip(row, numeric, table.columns, strict=True)
        )
        for row in said.rows
    )
    return views.Plate(
        identity=identity,
        caption=texts.clean(said.caption),
        reading=look.reading if look is not None and drawings else "",
        drawings=drawings,
        columns=tuple(
            views.Cell(texts.clean(heading, texts.NAME), is_number, "")
            for heading, is_number in zip(said.columns, numeric, strict=True)
        ),
        rows=rows,
        note=_note(minimum_cell) if any(cell.hidden for row in rows for cell in row) else "",
        folded=f"The same as a table, {words.count(len(rows), 'row', 'rows')}"
        if drawings and len(rows) >= FOLDED_FROM
        else "",
    )


def _picture(look: looks.Look, table: Table) -> Table:
    # Curves have their own scale from 0 to 1, written as 0 to 100; everything else is drawn as the table says it.
    shares = () if look.draw is looks.LOOKS["fairness.reliability"].draw else look.shares
    return _in_words(looks.drawn(look, table), shares)


def _in_words(table: Table, shares: tuple[str, ...]) -> Table:
    """The table with plain headings, codes in words, and shares out of 100."""
    scaled = [heading in shares for heading in table.columns]
    return replace(
        table,
        caption=tablewords.CAPTIONS.get(table.key, table.caption),
        columns=tuple(
            f"{tablewords.heading(heading)}, of 100" if share else tablewords.heading(heading)
            for heading, share in zip(table.columns, scaled, strict=True)
        ),
        rows=tuple(
            tuple(_said(heading, cell, share) for heading, cell, share in zip(table.columns, row, scaled, strict=True))
            for row in table.rows
        ),
    )


def _said(heading: str, cell: Cell, share: bool) -> Cell:  # noqa: FBT001 - a property of the column
    number = columns.as_number(cell)
    if number is not None:
        return round(100 * number, 1) if share else cell
    return cell if cell is None else tablewords.cell(heading, str(cell))


def _missing(heading: str) -> str:
    """What an empty cell says where it hides nothing; empty where it does."""
    return {"limit": "no limit", "threshold": "any"}.get(heading.lower(), "")


def _note(minimum_cell: int) -> str:
    fewer = words.count(minimum_cell, "pupil", "pupils")
    return (
        f"{words.DASH} hidden: fewer than {fewer} or too few schools are behind it, or it would give such a number away"
    )


def _cell(cell: Cell, is_number: bool, missing: str) -> views.Cell:  # noqa: FBT001 - a property of the column
    if cell is None and missing:
        return views.Cell(missing, is_number, "")
    if cell is None:
        return views.Cell(words.DASH, is_number, "hidden")
    number = columns.as_number(cell)
    text = texts.clean(cell, texts.NAME) if number is None else words.number(number)
    return views.Cell(text, is_number, "")
