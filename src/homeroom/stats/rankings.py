"""How often one number tells two kinds of rows apart: the area under the ROC curve, for all resamples of schools at once.

Values are put into bins first. With every distinct value in a bin of its own the area is exact; with quantile bins each
pair that shares a bin counts one half, which moves the area by at most half of one share of a bin.
"""

import numpy as np

from homeroom.stats import clusters

MOST_BINS = 1024
"""Quantile bins; the area is then within 0.0005 of the exact one."""


def place(*samples: clusters.FloatArray, bins: int = MOST_BINS) -> tuple[clusters.IntArray, ...]:
    """Common bins of several samples, rising with the value.

    Args:
        samples: each of shape (n_i,), no NaN.
        bins: most bins; fewer where there are fewer distinct values.

    Returns:
        Bin of each value from 0, one array for each sample.
        Example: samples ``[0.2, 0.7]`` and ``[0.7]`` give ``[0, 1]`` and ``[1]``.
    """
    together = np.unique(np.concatenate(samples))
    if len(together) > bins:
        pooled = np.sort(np.concatenate(samples))
        together = np.unique(pooled[np.linspace(0, len(pooled) - 1, bins).astype(np.int64)])
    return tuple(np.searchsorted(together, sample, side="left").astype(np.int64) for sample in samples)


def count(placed: clusters.IntArray, cluster: clusters.IntArray, shape: tuple[int, int]) -> clusters.FloatArray:
    """Rows of each school in each bin.

    Args:
        placed: shape (n,); bin of each row.
        cluster: shape (n,); school of each row.
        shape: number of schools k and of bins m.

    Returns:
        Shape (k, m).
    """
    schools, bins = shape
    return np.bincount(cluster * bins + placed, minlength=schools * bins).reshape(shape).astype(np.float64)


def area(higher: clusters.FloatArray, lower: clusters.FloatArray, weights: clusters.FloatArray) -> clusters.FloatArray:
    """Probability that a row of the first kind has the higher value than one of the second; ties count one half.

    Args:
        higher: shape (k, m); rows of the first kind by school and bin.
        lower: shape (k, m); rows of the second kind.
        weights: shape (b, k); how often each school is drawn. ``np.ones((1, k))`` gives the estimate.

    Returns:
        Shape (b,), each in [0, 1]; 0.5 is chance; NaN where a resample has no row of a kind.
        Example: values ``[1, 3]`` against ``[0, 2]`` win 3 of 4 pairs: 0.75.

    Source:
        Mann and Whitney 1947; the area under the ROC curve: Hanley and McNeil 1982.
    """
    # Pairs won by school and school first: then a resample costs k*k and not k times the number of bins.
    won = higher @ (np.cumsum(lower, axis=1) - lower / 2).T
    pairs = (weights @ higher.sum(axis=1)) * (weights @ lower.sum(axis=1))
    found: clusters.FloatArray = np.full(len(weights), np.nan)
    np.divide(((weights @ won) * weights).sum(axis=1), pairs, out=found, where=pairs > 0)
    return found
