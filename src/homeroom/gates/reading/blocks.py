"""Reads one block of lines into columns: fast where nothing is unusual, else cell by cell, so that the line can be named.

The careful reader is the authority. The fast one, pandas' C parser, hands a block over whenever it meets a quote, a line
of another length or a cell that does not fit; it never accepts what the careful one refuses.
"""

import csv
import io
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from homeroom.domain import errors
from homeroom.gates.reading import cells, files
from homeroom.stats import clusters

_COMMA, _NEWLINE = 44, 10
_LONGEST_TYPED = 4 * cells.MOST_CHARACTERS
"""No letter is typed in more than four parts."""
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One column to read.

    Attributes:
        name: as in the heading.
        position: in the line, from 0.
        form: what its cells may hold.
    """

    name: str
    position: int
    form: cells.Form


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """A column of words: each row's index into the distinct words.

    Attributes:
        codes: shape (n,).
        words: distinct words in NFC, in any order; two of them may be equal.
    """

    codes: cells.Codes
    words: tuple[str, ...]


Column = clusters.FloatArray | Named


def read(block: files.Block, wanted: tuple[Wanted, ...], width: int) -> dict[str, Column]:
    """Columns of one block by name.

    Args:
        block: lines without the heading.
        wanted: columns to read; others are looked at for their line's length only.
        width: number of cells in a line.

    Raises:
        SpecError: a line or a cell cannot be taken; names the line and never shows the cell.
    """
    files.refuse_control_characters(block)
    found = _read_fast(block, wanted) if _is_plain(block.content, width) else None
    return _read_carefully(block, wanted, width) if found is None else found


def _is_plain(content: bytes, width: int) -> bool:
    """Whether there is no quote, and every line has the same number of commas."""
    if b'"' in content:
        return False
    raw: Bytes = np.frombuffer(content, dtype=np.uint8)
    commas, ends = np.flatnonzero(raw == _COMMA), np.flatnonzero(raw == _NEWLINE)
    return bool((np.diff(np.searchsorted(commas, ends), prepend=0) == width - 1).all())


def _read_fast(block: files.Block, wanted: tuple[Wanted, ...]) -> dict[str, Column] | None:
    """The columns, or None where the careful reader has to say what is wrong."""
    try:
        if not block.content.isascii():
            block.content.decode("utf-8")
        frame = pd.read_csv(
            io.BytesIO(block.content),
            header=None,
            usecols=[column.position for column in wanted],
            dtype={column.position: _dtype(column.form) for column in wanted},
            index_col=False,
            na_filter=False,
            quoting=csv.QUOTE_NONE,
            skip_blank_lines=False,
            float_precision="round_trip",
            low_memory=False,
            encoding="utf-8",
            engine="c",
        )
    # pandas' own errors are ValueErrors; they quote cells, so nothing of them is passed on.
    except (ValueError, OverflowError):
        return None
    if len(frame) != block.content.count(b"\n") or _begins_with_booleans(block, wanted):
        return None
    found = {column.name: _take(frame[column.position], column.form) for column in wanted}
    return {name: column for name, column in found.items() if column is not None} if _all_fit(found) else None


def _begins_with_booleans(block: files.Block, wanted: tuple[Wanted, ...]) -> bool:
    """Whether pandas took words for numbers: it reads a column as 0 and 1 where every cell is true or false."""
    texts = block.content.partition(b"\n")[0].decode("utf-8").rstrip("\r").split(",")
    numbers = (column for column in wanted if isinstance(column.form, cells.Numbers))
    return any(cells.parse_number(texts[column.position]) is None for column in numbers)


def _all_fit(found: Mapping[str, Column | None]) -> bool:
    return all(column is not None for column in found.values())


def _dtype(form: cells.Form) -> Any:
    return np.float64 if isinstance(form, cells.Numbers) else "category"


def _take(column: Any, form: cells.Form) -> Column | None:
    """A column of pandas as ours; None where a cell does not fit."""
    if isinstance(form, cells.Numbers):
        values: clusters.FloatArray = column.to_numpy()
        return None if form.wrong(values).any() else values
    words = tuple(_normalised(str(word)) for word in column.cat.categories)
    fit = all(form.fits(word) for word in words)
    return Named(codes=column.cat.codes.to_numpy().astype(np.int32), words=words) if fit else None


def _read_carefully(block: files.Block, wanted: tuple[Wanted, ...], width: int) -> dict[str, Column]:
    rows = _split(block, width)
    return {column.name: _parse(column, [row[column.position] for row in rows], block.first_line) for column in wanted}


def _split(block: files.Block, width: int) -> list[list[str]]:
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(files.decode(block), newline=""), strict=True)
    while True:
        line = block.first_line + len(rows)
        try:
            row = next(reader, None)
        except csv.Error as exc:
            raise errors.SpecError(f"line {line} of the evaluation table is not CSV: a quote is not closed") from exc
        if row is None:
            return rows
        if reader.line_num != len(rows) + 1:
            raise errors.SpecError(f"line {line} of the evaluation table has a line break within a cell")
        if len(row) != width:
            raise errors.SpecError(f"line {line} of the evaluation table has not as many cells as its heading")
        rows.append(row)


def _parse(column: Wanted, texts: list[str], first_line: int) -> Column:
    form = column.form
    if isinstance(form, cells.Words):
        words = [_normalised(text) for text in texts]
        _refuse_first(column, np.array([not form.fits(word) for word in words]), first_line)
        distinct = tuple(dict.fromkeys(words))
        code = {word: index for index, word in enumerate(distinct)}
        return Named(codes=np.array([code[word] for word in words], dtype=np.int32), words=distinct)
    numbers = [cells.parse_number(text) for text in texts]
    values = np.array([np.nan if number is None else number for number in numbers])
    _refuse_first(column, form.wrong(values), first_line)
    return values


def _refuse_first(column: Wanted, wrong: clusters.BoolArray, first_line: int) -> None:
    where = np.flatnonzero(wrong)
    if len(where):
        raise errors.SpecError(f"line {first_line + where[0]}, column {column.name!r}: {column.form.expected}")


def _normalised(word: str) -> str:
    """The same letters in the same bytes, however they were typed."""
    # What is too long for any form stays as it is: to put many marks on one letter in order takes minutes.
    return word if word.isascii() or len(word) > _LONGEST_TYPED else unicodedata.normalize("NFC", word)
