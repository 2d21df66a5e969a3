"""Fixed-bin sketches of one feature that hide small counts: enough to measure a distance, not enough to find a pupil."""

import numpy as np

from homeroom.stats import clusters

FINE_EDGES = np.round(np.arange(-4.0, 4.05, 0.1), 1)
"""Edges that a sketch of a standardised feature starts from, in standard deviations; 80 bins and two tails."""


def merge_small_bins(
    edges: clusters.FloatArray, counts: clusters.FloatArray, minimum: int
) -> tuple[clusters.FloatArray, clusters.FloatArray]:
    """Joins neighbouring bins until none holds fewer than ``minimum`` rows.

    Args:
        edges: shape (m-1,); rising inner edges of m bins, the outer bins being open.
        counts: shape (m,).
        minimum: smallest count that may be shown.

    Returns:
        Remaining edges and counts; a single bin and no edge when all rows together are too few.
        Example: edges ``[0, 1]``, counts ``[3, 12, 20]``, minimum 10 give ``[1]`` and ``[15, 20]``.
    """
    kept: list[float] = []
    merged: list[float] = []
    running = 0.0
    for edge, count in zip(edges, counts[:-1], strict=True):
        running += count
        if running >= minimum:
            kept.append(float(edge))
            merged.append(running)
            running = 0.0
    merged.append(running + float(counts[-1]))
    if merged[-1] < minimum and kept:
        kept.pop()
        last = merged.pop()
        merged[-1] += last
    return np.array(kept, dtype=np.float64), np.array(merged, dtype=np.float64)


def pool_small_categories(counts: clusters.FloatArray, minimum: int) -> list[list[int]]:
    """Groups of categories such that none holds fewer than ``minimum`` rows, as far as there are rows enough.

    Small categories are pooled; a pool that is itself too small takes the next larger category in, so that the hidden
    counts cannot be worked out by subtraction.

    Returns:
        Indices of the categories in each group, in the order of their first member.
        Example: counts ``[50, 4, 3, 30]`` and minimum 10 give ``[[0], [1, 2, 3]]``.
    """
    rising = sorted(range(len(counts)), key=lambda index: (counts[index], index))
    pool = [index for index in rising if counts[index] < minimum]
    rest = [index for index in rising if counts[index] >= minimum]
    while pool and rest and sum(counts[index] for index in pool) < minimum:
        pool.append(rest.pop(0))
    groups = [[index] for index in rest] + ([sorted(pool)] if pool else [])
    return sorted(groups)


def histograms(
    values: clusters.FloatArray, edges: clusters.FloatArray, cluster: clusters.IntArray, count: int
) -> clusters.FloatArray:
    """Counts of each school in the bins of a sketch.

    Args:
        values: shape (n,).
        edges: shape (m-1,); a value equal to an edge counts to the right of it.
        cluster: shape (n,); school of each row, 0..count-1.
        count: number of schools k.

    Returns:
        Shape (k, m). Example: values ``[-1, 0, 2]`` of one school with the edge 0 give ``[[1, 2]]``.
    """
    bins = len(edges) + 1
    flat = cluster * bins + np.searchsorted(edges, values, side="right")
    return np.bincount(flat, minlength=count * bins).reshape(count, bins).astype(np.float64)
