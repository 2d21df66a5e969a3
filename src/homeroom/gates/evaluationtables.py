"""What is known of the evaluation rows: words as few distinct ones, features column by column, no identifier.

A million rows of twenty inputs have to fit where a release is judged, so every column is kept as small as it is: a word is
a place among the words of its column, and a column of zeros and ones takes a bit a row.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from homeroom.domain import digests, releases
from homeroom.stats import clusters

MISSING = "missing"
"""Group value of a pupil for whom it was not recorded; never compared with anybody."""

Codes = npt.NDArray[np.int32]
Float32 = npt.NDArray[np.float32]
Rows = slice | clusters.IntArray | clusters.BoolArray
"""Which rows: one after the other, by their places, or by true and false."""
_BYTE = 8


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """A column of words.

    Attributes:
        words: distinct words, sorted.
        codes: shape (n,); place of each row's word among them.
    """

    words: tuple[str, ...]
    codes: Codes

    @classmethod
    def of(cls, words: Iterable[str], codes: npt.NDArray[np.signedinteger[Any]]) -> "Labels":
        """Labels of words in any order, of which some may be equal and some not used."""
        given = tuple(words)
        used = np.zeros(len(given), dtype=bool)
        used[codes] = True
        names = tuple(sorted({word for word, is_used in zip(given, used, strict=True) if is_used}))
        place = {word: index for index, word in enumerate(names)}
        return cls(names, np.array([place.get(word, 0) for word in given], dtype=np.int32)[codes])

    @classmethod
    def repeat(cls, word: str, rows: int) -> "Labels":
        """The same word in every row."""
        return cls((word,), np.zeros(rows, dtype=np.int32))

    def __len__(self) -> int:
        return len(self.codes)

    def are(self, word: str) -> clusters.BoolArray:
        """Rows that have this word; shape (n,). Example: of ``a, b, a`` for ``a`` it is true, false, true."""
        if word not in self.words:
            return np.zeros(len(self.codes), dtype=bool)
        return np.asarray(self.codes == self.words.index(word))


@dataclass(frozen=True, slots=True, eq=False)
class Bits:
    """A column of zeros and ones.

    Attributes:
        rows: number of rows n.
        packed: eight rows a byte.
    """

    rows: int
    packed: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return self.rows

    def __getitem__(self, rows: Rows) -> clusters.BoolArray:
        """Whether the chosen rows are 1; shape (m,)."""
        if not isinstance(rows, slice):
            return np.unpackbits(self.packed, count=self.rows).view(bool)[rows]
        start, stop, _ = rows.indices(self.rows)
        first = start // _BYTE
        unpacked = np.unpackbits(self.packed[first : -(-stop // _BYTE)])
        return unpacked[start - first * _BYTE : stop - first * _BYTE].view(bool)


Column = Float32 | Bits


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """The inputs of a model, column by column.

    Attributes:
        columns: in the order of the release, at least one, each of n rows; bits where every value is 0 or 1.
    """

    columns: tuple[Column, ...]

    @classmethod
    def of(cls, columns: Iterable[npt.NDArray[np.floating[Any]]]) -> "Features":
        """Features of columns of shape (n,), taken one by one."""
        return cls(tuple(_packed(column) for column in columns))

    def __len__(self) -> int:
        return len(self.columns[0])

    def column(self, index: int) -> Float32:
        """Values of one column; shape (n,)."""
        return np.asarray(self.columns[index][:], dtype=np.float32)

    def are_one(self, index: int) -> clusters.BoolArray:
        """Rows where the column is 1; shape (n,)."""
        return np.asarray(self.columns[index][:] == 1)

    def __getitem__(self, rows: Rows) -> Float32:
        """Chosen rows as a model takes them; shape (m, k)."""
        return np.column_stack([column[rows] for column in self.columns]).astype(np.float32, copy=False)


def _packed(column: npt.NDArray[np.floating[Any]]) -> Column:
    ones = column == 1
    if (ones | (column == 0)).all():
        return Bits(len(column), np.packbits(ones))
    return column.astype(np.float32, copy=False)


@dataclass(frozen=True, slots=True, eq=False)
class EvaluationTable:
    """Cross-fitted scores, outcomes and groups, one row per pupil and year-group move.

    Attributes:
        digest: of the compressed bytes.
        sites: distinct site ids, sorted.
        site: shape (n,); index into ``sites``.
        year_group: of each row.
        needed: shape (n,); the outcome: whether the pupil turned out to need what is offered.
        scores: cross-fitted scores of each stage, each of shape (n,), in [0, 1].
        features: in the order of the release.
        groups: by column.
        band: of each row.
        period: first day of the term or window in which a row was scored, as an ISO date; None where the table has no
            such column.
        pupil: shape (n,); index of each row's pupil by an opaque token; None where the table has no such column.
    """

    digest: digests.Digest
    sites: tuple[str, ...]
    site: clusters.IntArray
    year_group: Labels
    needed: clusters.BoolArray
    scores: dict[releases.Stage, clusters.FloatArray]
    features: Features
    groups: dict[str, Labels]
    band: Labels
    period: Labels | None = None
    pupil: clusters.IntArray | None = None

    def __len__(self) -> int:
        return len(self.needed)
