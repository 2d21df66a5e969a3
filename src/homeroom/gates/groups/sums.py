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
    profiles: comparisons.Profiles,
    offered: Mapping[str, Sequence[clusters.BoolArray]],
) -> Sums:
    """Sums of the rows of a table.

    Args:
        table: evaluation rows.
        frame: what the axes stand for.
        compared: the comparisons that the frame names.
        profiles: of the rows, by the columns of the frame.
        offered: by stage, who would be offered at each threshold; each of shape (n,).
    """
    sides = [comparisons.side_of(comparison, profiles.groups) for comparison in compared]
    sides.append(np.full(len(profiles), comparisons.GROUP))
    band, size = _band(table, frame), (len(table.sites), len(frame.bands))
    cells = [_cells(table, (table.site, band), size, profiles, stage, offered[stage]) for stage in frame.stages]
    orders = [_order(offered[stage]) for stage in frame.stages]
    found = [[_count(c, size, side, order) for c, order in zip(cells, orders, strict=True)] for side in sides]
    # (c+1) lists of s stages become the axes c+1 (third) and s (after the outcome).
    bins = np.stack([np.stack([parts[0] for parts in stages], axis=4) for stages in found], axis=2)
    chosen = np.stack([np.stack([parts[1] for parts in stages], axis=4) for stages in found], axis=2)
    scores = np.stack([np.stack([parts[2] for parts in stages], axis=3) for stages in found], axis=2)
    missing = [
        cellcounts.total((table.site, band), size, _is_missing(table, column).astype(np.float64))
        for column in frame.columns
    ]
    return Sums(
        frame=frame,
        sites=table.sites,
        rows=bins[..., 0, :].sum(axis=-1),
        offered=chosen,
        bins=bins,
        scores=scores,
        unrecorded=np.stack(missing, axis=-1) if missing else np.zeros((*size, 0)),
    )


def _band(table: evaluationtables.EvaluationTable, frame: Frame) -> clusters.IntArray:
    """Place of each row's band in the frame; shape (n,)."""
    return np.array([frame.bands.index(word) for word in table.band.words], dtype=np.int64)[table.band.codes]


def _is_missing(table: evaluationtables.EvaluationTable, column: str) -> clusters.BoolArray:
    return table.groups[column].are(evaluationtables.MISSING)


def _cells(
    table: evaluationtables.EvaluationTable,
    place: tuple[clusters.IntArray, clusters.IntArray],
    size: tuple[int, int],
    profiles: comparisons.Profiles,
    stage: str,
    offered: Sequence[clusters.BoolArray],
) -> cellcounts.Cells:
    """Rows and scores by school, band, profile, outcome, bin, and number of thresholds that are reached."""
    scores = table.scores[releases.Stage(stage)]
    # Offers are nested: who is offered at a threshold is so at every lower one, so their number says which they are.
    reached: clusters.IntArray = np.sum(offered, axis=0, dtype=np.int64)
    codes = (*place, profiles.index, table.needed, calibrations.bin_of(scores), reached)
    return cellcounts.occupied(codes, (*size, len(profiles), 2, BINS, len(offered) + 1), scores)


def _order(offered: Sequence[clusters.BoolArray]) -> clusters.IntArray:
    """Rank of each threshold by how many are offered, the most first; shape (t,)."""
    return np.argsort(np.argsort([-float(rows.sum()) for rows in offered], kind="stable"))


def _count(
    cells: cellcounts.Cells, size: tuple[int, int], sides: clusters.IntArray, order: clusters.IntArray
) -> tuple[clusters.FloatArray, clusters.FloatArray, clusters.FloatArray]:
    """Bins, offers and sums of scores of one comparison and stage.

    Args:
        cells: of the stage.
        size: schools and bands.
        sides: side of each profile.
        order: of the thresholds.
    """
    site, band, profile, needed, bin_of, reached = cells.codes
    side = sides[profile]
    shape = (*size, 3, 2, BINS, len(order) + 1)
    counts = cellcounts.total((site, band, side, needed, bin_of, reached), shape, cells.rows)[:, :, :2]
    by_reached = counts.sum(axis=4)
    chosen = np.stack([by_reached[..., rank + 1 :].sum(axis=-1) for rank in order], axis=-1)
    total = cellcounts.total((site, band, side, bin_of), (*size, 3, BINS), cells.sums)[:, :, :2]
    return counts.sum(axis=-1), chosen, total


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """Rows of some bands by school, profile, outcome and level of score, which is finer than a bin.

    Levels hold about equally many rows, which a school cannot know by itself: only rows give them.
    """

    cells: cellcounts.Cells
    profiles: comparisons.Profiles
    schools: int
    levels: int

    def count(self, comparison: comparisons.Comparison) -> clusters.FloatArray:
        """Rows by school, side, outcome and level; shape (k, 2, 2, m)."""
        site, profile, needed, level = self.cells.codes
        side = comparisons.side_of(comparison, self.profiles.groups)[profile]
        shape = (self.schools, 3, 2, self.levels)
        return cellcounts.total((site, side, needed, level), shape, self.cells.rows)[:, :2]


def levels_of(
    table: evaluationtables.EvaluationTable,
    profiles: comparisons.Profiles,
    bands: Sequence[str],
    stage: releases.Stage,
) -> Levels:
    """Levels of the rows of some bands by the scores of a stage; ``profiles`` are those of all rows."""
    kept = np.any([table.band.are(band) for band in bands], axis=0)
    rows = slice(None) if kept.all() else np.flatnonzero(kept)
    level = rocareas.level_of(table.scores[stage][rows])
    codes = (table.site[rows], profiles.index[rows], table.needed[rows], level)
    shape = (len(table.sites), len(profiles), 2, int(level.max()) + 1)
    return Levels(cellcounts.occupied(codes, shape), profiles, shape[0], shape[-1])
