"""Rates of two groups and the excess of one over the other, for many comparisons at once."""

from dataclasses import dataclass

import numpy as np

from homeroom.stats import cellcounts, clusters


@dataclass(frozen=True, slots=True)
class Cells:
    """Counts per school for c comparisons of a group with those it is compared with.

    Attributes:
        group_events: shape (c, k); rows of the group in school k where the event happened.
        group_rows: shape (c, k); rows of the group that could have had it.
        rest_events: shape (c, k).
        rest_rows: shape (c, k).
    """

    group_events: clusters.FloatArray
    group_rows: clusters.FloatArray
    rest_events: clusters.FloatArray
    rest_rows: clusters.FloatArray


def excess(cells: Cells) -> clusters.FloatArray:
    """Rate of the group minus rate of the rest, pooled over schools.

    Returns:
        Shape (c,), each in [-1, 1]; NaN where a side has no rows. Example: 3 of 10 against 1 of 10 gives 0.2.
    """
    return excess_of_resamples(cells, np.ones((1, cells.group_rows.shape[1]))).reshape(-1)


def excess_of_resamples(cells: Cells, weights: clusters.FloatArray) -> clusters.FloatArray:
    """``excess`` in each resample of schools.

    Args:
        cells: counts of c comparisons in k schools.
        weights: shape (b, k) from ``clusters.draw_weights``.

    Returns:
        Shape (b, c); NaN where a resample drew no school with such rows.
    """
    group, rest = (
        cellcounts.divide(weights @ events.T, weights @ rows.T)
        for events, rows in ((cells.group_events, cells.group_rows), (cells.rest_events, cells.rest_rows))
    )
    return group - rest
