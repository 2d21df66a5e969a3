"""Fixed-bin sketches of one feature that hide small counts: enough to measure a distance, not enough to find a pupil."""

import numpy as np

from homeroom.stats import clusters

FINE_EDGES = np.round(np.arange(-4.0, 4.05, 0.1), 1)
"""Edges that a sketch of a standardised feature starts from, in standard deviations; 80 bins and two tails."""
MOST_OUTSIDE = 0.01
"""Share of values beyond ``FINE_EDGES`` from which on a feature is not taken for a standardised one."""
SMALLEST_STEP = 1e-5
"""Values are compared with edges at six decimals."""


def edges_for(values: clusters.FloatArray) -> clusters.FloatArray:
    """Edges that a sketch of these values starts from: ``FINE_EDGES`` where they are standardised, else 81 round ones of their scale.

    Without edges of their own scale, credits from 30 to 655 would all lie in one open bin, and no change in them would be seen.

    Args:
        values: shape (n,), finite.

    Returns:
        Rising, 3 to 8 standard deviations below and above the mean.
        Example: mean 80 and standard deviation 27 give steps of 5, from -120 to 280.
    """
    if not len(values):
        return FINE_EDGES
    low, high = np.quantile(values, [0.05, 0.95])
    # Between these quantiles lie 3.29 standard deviations of a normal distribution; outliers do not stretch that.
    spread = float(high - low) / 3.29 or float(values.std())
    outside = float(((values < FINE_EDGES[0]) | (values > FINE_EDGES[-1])).mean())
    narrow = 0 < spread < FINE_EDGES[1] - FINE_EDGES[0]
    if spread == 0 or not (outside > MOST_OUTSIDE or narrow):
        return FINE_EDGES
    step = max(SMALLEST_STEP, _round_number(spread / 5))
    places = np.arange(-40, 41) + round(float(values.mean()) / step)
    return np.asarray(np.round(places * step, max(0, 1 - int(np.floor(np.log10(step))))))


def _round_number(value: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is not above it. Example: 5.4 gives 5."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(max(factor for factor in (1, 2, 5) if factor * power <= value * (1 + 1e-9)) * power)


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


def join_bins(counts: clusters.FloatArray, minimum: int) -> clusters.IntArray:
    """Blocks of neighbouring bins in which every part holds at least ``minimum`` rows.

    Args:
        counts: shape (g, m); rows of each of g parts of the rows in m bins; each part holds ``minimum`` rows or more.
        minimum: smallest count that may be shown.

    Returns:
        Shape (m,); block of each bin, from 0. The same blocks for all parts: were they not, what one part hides could be
        worked out from what the others and the whole show.
        Example: counts ``[[12, 3, 9], [10, 20, 20]]`` with minimum 10 give ``[0, 1, 1]``.
    """
    starts, running = [0], np.zeros(len(counts))
    for place in range(counts.shape[1]):
        running += counts[:, place]
        if running.min() >= minimum and place + 1 < counts.shape[1]:
            starts.append(place + 1)
            running = np.zeros(len(counts))
    if running.min() < minimum and len(starts) > 1:
        starts.pop()
    return np.searchsorted(np.array(starts), np.arange(counts.shape[1]), side="right").astype(np.int64) - 1


def join_categories(counts: clusters.FloatArray, minimum: int) -> clusters.IntArray:
    """Blocks of categories in which every part holds at least ``minimum`` rows; as ``join_bins``, without an order.

    Categories that are too small for some part are one block, which takes in the next larger one while it is too small
    itself. A category that no part has stays a block of its own: who is in it later is seen.

    Returns:
        Shape (m,). Example: counts ``[[12, 3, 9, 40], [10, 20, 20, 30]]`` with minimum 10 give ``[0, 1, 1, 2]``.
    """
    rising = sorted(range(counts.shape[1]), key=lambda place: (counts[:, place].sum(), place))
    pool = [place for place in rising if counts[:, place].any() and counts[:, place].min() < minimum]
    rest = [place for place in rising if counts[:, place].min() >= minimum]
    empty = [[place] for place in rising if not counts[:, place].any()]
    while pool and rest and counts[:, pool].sum(axis=1).min() < minimum:
        pool.append(rest.pop(0))
    blocks = sorted([[place] for place in rest] + empty + ([sorted(pool)] if pool else []))
    found = np.zeros(counts.shape[1], dtype=np.int64)
    for block, places in enumerate(blocks):
        found[places] = block
    return found


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
