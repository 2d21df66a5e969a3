"""Sums per school: everything that the fairness gate judges by, and all that a school would have to give away.

Axes are always in this order: school k, band b, comparison c, side (group, rest), outcome (no need, need), stage s, and
then threshold t or bin m. The last comparison is everybody: all pupils on the side of the group, nobody on the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from homeroom.domain import releases
from homeroom.gates import evaluationtables
from homeroom.gates.groups import comparisons
from homeroom.stats import calibrations, cellcounts, clusters, rocareas

BINS = calibrations.BINS


@dataclass(frozen=True, slots=True)
class Frame:
    """What the axes of the sums stand for; schools whose frames differ cannot be pooled.

    Attributes:
        bands: year-group bands of the release.
        stages: stages of the release, the best first.
        thresholds: operating points, the default first.
        names: comparisons, without everybody.
        columns: group columns, sorted.
    """

    bands: tuple[str, ...]
    stages: tuple[str, ...]
    thresholds: tuple[float, ...]
    names: tuple[str, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Sums of all schools.

    Attributes:
        frame: what the axes stand for.
        sites: site of each school, sorted.
        rows: shape (k, b, c+1, 2, 2); pupils.
        offered: shape (k, b, c+1, 2, 2, s, t); pupils who would be offered.
        bins: shape (k, b, c+1, 2, 2, s, 20); pupils by bin of their score.
        scores: shape (k, b, c+1, 2, s, 20); sum of the scores in each bin, both outcomes together.
        unrecorded: shape (k, b, l); pupils without a value in each column.
    """

    frame: Frame
    sites: tuple[str, ...]
    rows: clusters.FloatArray
    offered: clusters.FloatArray
    bins: clusters.FloatArray
    scores: clusters.FloatArray
    unrecorded: clusters.FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """The sums of some bands together: as ``Sums`` without the axis of bands."""

    frame: Frame
    rows: clusters.FloatArray
    offered: clusters.FloatArray
    bins: clusters.FloatArray
    scores: clusters.FloatArray
    unrecorded: clusters.FloatArray

    @property
    def everybody(self) -> clusters.FloatArray:
        """Pupils of each school; shape (k,)."""
        return np.asarray(self.rows[:, -1, comparisons.GROUP].sum(axis=-1))


def pool(sums: Sums, bands: Sequence[int]) -> Pool:
    """Bands added up."""
    chosen = list(bands)
    parts = (sums.rows, sums.offered, sums.bins, sums.scores, sums.unrecorded)
    return Pool(sums.frame, *(part[:, chosen].sum(axis=1) for part in parts))


def of_table(
    table: evaluationtables.EvaluationTable,
    frame: Frame,
    compared: Sequence[comparisons.Comparison],
    offered: Mapping[str, Sequence[clusters.BoolArray]],
) -> Sums:
    """Sums of the rows of a table.

    Args:
        table: evaluation rows.
        frame: what the axes stand for.
        compared: the comparisons that the frame names.
        offered: by stage, who would be offered at each threshold; each of shape (n,).
    """
    band = np.zeros(len(table), dtype=np.int64)
    for index, name in enumerate(frame.bands):
        band[table.band.are(name)] = index
    place, size = (table.site, band), (len(table.sites), len(frame.bands))
    sides = [comparisons.side_of(comparison, table.groups) for comparison in compared]
    sides.append(np.full(len(table), comparisons.GROUP))
    found = [[_count(table, place, size, side, stage, offered[stage]) for stage in frame.stages] for side in sides]
    # (c+1) lists of s stages become the axes c+1 (third) and s (after the outcome).
    bins = np.stack([np.stack([parts[0] for parts in stages], axis=4) for stages in found], axis=2)
    chosen = np.stack([np.stack([parts[1] for parts in stages], axis=4) for stages in found], axis=2)
    scores = np.stack([np.stack([parts[2] for parts in stages], axis=3) for stages in found], axis=2)
    missing = [cellcounts.total(place, size, _is_missing(table, column)) for column in frame.columns]
    return Sums(
        frame=frame,
        sites=table.sites,
        rows=bins[..., 0, :].sum(axis=-1),
        offered=chosen,
        bins=bins,
        scores=scores,
        unrecorded=np.stack(missing, axis=-1) if missing else np.zeros((*size, 0)),
    )


def _is_missing(table: evaluationtables.EvaluationTable, column: str) -> clusters.FloatArray:
    return table.groups[column].are(evaluationtables.MISSING).astype(np.float64)


def _count(
    table: evaluationtables.EvaluationTable,
    place: tuple[clusters.IntArray, clusters.IntArray],
    size: tuple[int, int],
    side: clusters.IntArray,
    stage: str,
    offered: Sequence[clusters.BoolArray],
) -> tuple[clusters.FloatArray, clusters.FloatArray, clusters.FloatArray]:
    """Bins, offers and sums of scores of one comparison and stage, in one pass over the rows."""
    scores = table.scores[releases.Stage(stage)]
    bin_of, needed = calibrations.bin_of(scores), table.needed.astype(np.int64)
    # Offers are nested: who is offered at a threshold is so at every lower one, so their number says which they are.
    reached: clusters.IntArray = np.stack(offered).sum(axis=0, dtype=np.int64)
    shape = (*size, 3, 2, BINS, len(offered) + 1)
    counts = cellcounts.count((*place, side, needed, bin_of, reached), shape)[:, :, :2]
    order = np.argsort(np.argsort([-float(rows.sum()) for rows in offered], kind="stable"))
    by_reached = counts.sum(axis=4)
    chosen = np.stack([by_reached[..., rank + 1 :].sum(axis=-1) for rank in order], axis=-1)
    total = cellcounts.total((*place, side, bin_of), (*size, 3, BINS), scores)[:, :, :2]
    return counts.sum(axis=-1), chosen, total


def level_counts(
    scores: clusters.FloatArray,
    needed: clusters.BoolArray,
    side: clusters.IntArray,
    school: clusters.IntArray,
    schools: int,
) -> clusters.FloatArray:
    """Rows by school, side, outcome and level of score, finer than bins; shape (k, 2, 2, m).

    Levels hold about equally many rows, which a school cannot know by itself: only rows give them.
    """
    level = rocareas.level_of(scores)
    codes = (school, side, needed.astype(np.int64), level)
    return cellcounts.count(codes, (schools, 3, 2, int(level.max()) + 1))[:, :2]
