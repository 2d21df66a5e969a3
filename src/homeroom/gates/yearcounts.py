"""How one feature lay within each year group of the training, with small counts hidden from whoever subtracts.

Told are rows in blocks of the feature's own bins. All year groups have the same blocks, and in every block each of them, and
those that are not told together, have at least the minimum cell. So all that can be worked out from these counts and those
of the whole training is a sum of such blocks, or lies anywhere between none and many.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from homeroom.domain import errors
from homeroom.stats import clusters, sketches

Names = Sequence[str] | npt.NDArray[np.str_]

FEWEST_CELLS = 10
"""Minimum cells that a year group needs to be told: with fewer blocks than these a shift falls between them."""
COARSEST_ORDERED = 0.5
"""Largest share of a year group in one block of joined bins. Whatever moves inside is not seen; but with an edge between the
quartiles a shift of the whole year group is seen at four fifths of its size: a normal curve is 0.80 as high there as at its
middle."""
COARSEST_CHOICE = 0.2
"""The same of joined categories, where no edge is left to see a shift at. Ours."""


@dataclass(frozen=True, slots=True)
class YearCounts:
    """Rows of a feature by year group.

    Attributes:
        blocks: block of each bin of the feature, 0..b-1; a choice has one bin more, for rows with none of its categories.
        counts: rows in each block, for each year group that the reference tells; None where this feature hides it.
    """

    blocks: tuple[int, ...]
    counts: tuple[tuple[int, ...] | None, ...]

    def smallest(self, everybody: Sequence[int]) -> int:
        """Smallest count that is told or is left when those told are taken from all; none at all does not count.

        Args:
            everybody: rows of the whole training in each bin.
        """
        told = np.array([own for own in self.counts if own is not None], dtype=np.float64)
        left = np.abs(in_blocks(np.array(everybody, dtype=np.float64), self.blocks) - told.sum(axis=0))
        return int(min(*told[told > 0].tolist(), *left[left > 0].tolist(), float(sum(everybody))))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {"blocks": list(self.blocks), "counts": [None if own is None else list(own) for own in self.counts]}


@dataclass(frozen=True, slots=True)
class Parts:
    """Training rows by year group.

    Attributes:
        told: year groups that are large enough, sorted.
        small: the others, sorted; enough rows together that they are not given away, or none.
        index: shape (n,); place among ``told`` of each row, ``len(told)`` for the others.
    """

    told: tuple[str, ...]
    small: tuple[str, ...]
    index: clusters.IntArray


def divide(year_groups: Names, rows: int, minimum: int) -> Parts:
    """Which year groups are told.

    Raises:
        SpecError: there is not one year group for each row.
    """
    if len(year_groups) != rows:
        raise errors.SpecError(f"there are {len(year_groups)} year groups for {rows} rows; give one for each row")
    names, index, counts = np.unique(np.asarray(year_groups, dtype=np.str_), return_inverse=True, return_counts=True)
    rising = sorted(range(len(names)), key=lambda place: (counts[place], place))
    small = [place for place in rising if counts[place] < FEWEST_CELLS * minimum]
    told = [place for place in rising if counts[place] >= FEWEST_CELLS * minimum]
    # Of year groups of the same size all go or none: a choice of year groups may pool another one of them, and tell this one.
    while small and told and (counts[small].sum() < minimum or counts[told[0]] == counts[small[-1]]):
        small.append(told.pop(0))
    told.sort()
    places = np.full(len(names), len(told), dtype=np.int64)
    places[told] = np.arange(len(told))
    return Parts(
        told=tuple(str(names[place]) for place in told),
        small=tuple(str(names[place]) for place in sorted(small)),
        index=places[index.reshape(-1)],
    )


def count(histograms: clusters.FloatArray, minimum: int, *, ordered: bool) -> YearCounts | None:
    """Counts by year group in blocks; the smallest year groups are hidden while the blocks are too coarse.

    Args:
        histograms: shape (g+1, m); rows of each told year group in the bins of the feature, and of all others together.
        minimum: smallest count that may be told.
        ordered: whether the bins have an order.

    Returns:
        None when no year group can be told.
    """
    join, coarsest = (sketches.join_bins, COARSEST_ORDERED) if ordered else (sketches.join_categories, COARSEST_CHOICE)
    rest = histograms[-1].copy()
    told = sorted(range(len(histograms) - 1), key=lambda part: (-histograms[part].sum(), part))
    while told:
        parts = histograms[told]
        blocks = join(np.vstack([parts, rest]) if rest.any() else parts, minimum)
        if _largest_joined(parts, blocks) <= coarsest:
            return _told(histograms[:-1], blocks, frozenset(told))
        rest += histograms[told.pop()]
    return None


def parse(value: dict[str, Any], bins: int, year_groups: int) -> YearCounts:
    """What ``YearCounts.to_json`` wrote.

    Args:
        value: plain JSON.
        bins: of the feature, as in ``YearCounts.blocks``.
        year_groups: that the reference tells.

    Raises:
        ValueError, TypeError, KeyError: it is not that.
    """
    blocks = tuple(_whole(block) for block in value["blocks"])
    counts = tuple(None if own is None else tuple(_whole(count) for count in own) for own in value["counts"])
    if len(blocks) != bins or sorted(set(blocks)) != list(range(max(blocks, default=0) + 1)):
        raise ValueError(f"counts by year group need a block for each of {bins} bins, numbered from 0 without a gap")
    told = [own for own in counts if own is not None]
    if len(counts) != year_groups or not told or any(len(own) != max(blocks) + 1 or not sum(own) for own in told):
        raise ValueError(f"counts by year group need a count for each block and each of {year_groups} year groups")
    return YearCounts(blocks, counts)


def in_blocks(counts: clusters.AnyFloatArray, blocks: Sequence[int]) -> clusters.FloatArray:
    """Counts of bins along the last axis, shape (..., m), summed to blocks, shape (..., b)."""
    joined = np.zeros((len(blocks), max(blocks) + 1))
    joined[np.arange(len(blocks)), list(blocks)] = 1.0
    return np.asarray(counts @ joined, dtype=np.float64)


def _largest_joined(parts: clusters.FloatArray, blocks: clusters.IntArray) -> float:
    """Largest share of a year group in a block of several bins."""
    joined = np.bincount(blocks) > 1
    shares = in_blocks(parts, blocks.tolist()) / parts.sum(axis=1, keepdims=True)
    return float(shares[:, joined].max(initial=0.0))


def _told(histograms: clusters.FloatArray, blocks: clusters.IntArray, told: frozenset[int]) -> YearCounts:
    sums = in_blocks(histograms, blocks.tolist())
    counts = (tuple(int(n) for n in own) if part in told else None for part, own in enumerate(sums))
    return YearCounts(tuple(blocks.tolist()), tuple(counts))


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!s:.40} is not a whole number from 0 up")
    return value
