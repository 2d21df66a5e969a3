"""Rows by the bins of the training reference: one pass over the rows for each input, and all that is asked of it later."""

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from homeroom.gates import evaluationtables, references
from homeroom.gates.evidence import Evidence
from homeroom.stats import clusters, tallies


def count(evidence: Evidence, feature: references.Feature) -> clusters.FloatArray:
    """Rows by year group, school and bin; shape (y, k, m).

    The last bin of a choice is of rows that have no 1 at all: a category of its own, which training may not have had.

    Raises:
        SpecError: the columns of a choice are not 0 or 1, or a row has more than one 1.
    """
    return _count(evidence, feature).astype(np.float64)


@functools.lru_cache(maxsize=references.MAX_FEATURES)
def _count(evidence: Evidence, feature: references.Feature) -> npt.NDArray[np.integer[Any]]:
    """Remembered for the inputs of one run, as small as they are: several checks and tables ask for the same."""
    table = evidence.table
    shape = (len(table.year_group.words), len(table.sites), _bins(feature))
    counts = np.zeros(shape[0] * shape[1] * shape[2], dtype=np.int64)
    find = _finder(evidence, feature)
    for rows in _chunks(len(table)):
        place = table.year_group.codes[rows] * shape[1] + table.site[rows]
        counts += np.bincount(place * shape[2] + find(rows), minlength=len(counts))
    return counts.reshape(shape).astype(np.min_scalar_type(counts.max()))


def bin_of(evidence: Evidence, feature: references.Feature) -> clusters.IntArray:
    """Bin of each row; shape (n,)."""
    find = _finder(evidence, feature)
    return np.concatenate([find(rows) for rows in _chunks(len(evidence.table))])


def _chunks(rows: int) -> list[slice]:
    return [slice(start, min(start + tallies.CHUNK, rows)) for start in range(0, rows, tallies.CHUNK)]


def _bins(feature: references.Feature) -> int:
    return len(feature.counts) + (not isinstance(feature, references.ContinuousSketch))


def _finder(evidence: Evidence, feature: references.Feature) -> "_Values | _Choices":
    columns = dict(zip(evidence.release.features, evidence.table.features.columns, strict=True))
    if isinstance(feature, references.ContinuousSketch):
        return _Values(columns[feature.name], feature)
    return _Choices([[columns[name] for name in group] for group in feature.columns], feature.name)


class _Values:
    """Finds bins of a numeric column."""

    def __init__(self, column: evaluationtables.Column, feature: references.ContinuousSketch) -> None:
        self._column, self._find = column, tallies.Finder(np.array(feature.edges))

    def __call__(self, rows: slice) -> clusters.IntArray:
        # float32 is what the model sees; the edges are compared with the decimal that was meant.
        return self._find(np.asarray(np.round(self._column[rows].astype(np.float64), 6), dtype=np.float64))


class _Choices:
    """Finds the category of each row among 0/1 columns."""

    def __init__(self, groups: list[list[evaluationtables.Column]], name: str) -> None:
        self._groups, self._name = groups, name

    def __call__(self, rows: slice) -> clusters.IntArray:
        return references.category_of([[column[rows] for column in group] for group in self._groups], self._name)
