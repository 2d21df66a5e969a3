"""How far one distribution is from another, as an effect size with a bound over schools; never a p-value.

With thousands of rows a p-value calls differences that nobody could feel; the distances here stay the same size.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from homeroom.stats import bounds, cellcounts, clusters

POWER = 0.8
"""Chance of noticing what is called detectable."""

Size = Callable[[clusters.FloatArray], clusters.FloatArray]
"""From differences along the last axis to one size."""


@dataclass(frozen=True, slots=True)
class Distance:
    """A distance with a cautious interval.

    Attributes:
        estimate: in [0, 1].
        low: at least this far with probability ``level``; cautious (triangle inequality), 0 when it cannot tell.
        high: at most this far with probability ``level``; too high rather than too low where the truth is near 0, because a
            resampled distance is too large on average.
        detectable: smallest true distance whose lower bound would be above 0 in four of five evaluations like this one.
    """

    estimate: float
    low: float
    high: float
    detectable: float


def kolmogorov_smirnov(
    histograms: clusters.FloatArray, reference: clusters.FloatArray, weights: clusters.FloatArray
) -> Distance:
    """Largest difference of the cumulative shares at the bin edges.

    Args:
        histograms: shape (k, m); counts of each school in m bins.
        reference: shape (m,); counts of the reference in the same bins; held fixed.
        weights: shape (b, k).

    Returns:
        Distance. Example: shares (1/2, 1/2) against (1/4, 3/4) give 0.25.

    Source:
        The band of the resampled curve around the observed one is the clustered form of the DKW inequality.
    """
    target = _shares(reference[None, :]).cumsum(axis=1)[0]
    observed = _shares(histograms.sum(axis=0)[None, :]).cumsum(axis=1)[0]
    resampled = _shares(weights @ histograms).cumsum(axis=1)
    return _distance(observed, target, resampled, lambda difference: np.abs(difference).max(axis=-1))


def total_variation(
    counts: clusters.FloatArray, reference: clusters.FloatArray, weights: clusters.FloatArray
) -> Distance:
    """Half the sum of the differences of shares: the share of rows that would have to change category.

    Args:
        counts: shape (k, m); rows of each school in m categories.
        reference: shape (m,); held fixed.
        weights: shape (b, k).

    Returns:
        Distance. Example: shares (0.5, 0.3, 0.2) against (0.4, 0.4, 0.2) give 0.1.
    """
    target = _shares(reference[None, :])[0]
    observed = _shares(counts.sum(axis=0)[None, :])[0]
    resampled = _shares(weights @ counts)
    return _distance(observed, target, resampled, lambda difference: 0.5 * np.abs(difference).sum(axis=-1))


def _shares(counts: clusters.FloatArray) -> clusters.FloatArray:
    return cellcounts.divide(counts, counts.sum(axis=1, keepdims=True))


def _distance(
    observed: clusters.FloatArray, target: clusters.FloatArray, resampled: clusters.FloatArray, size: Size
) -> Distance:
    estimate = float(size(observed - target))
    # A resample without any row (every drawn school empty) says nothing; nanquantile leaves it out.
    scatter = size(resampled - observed)
    band = float(np.nanquantile(scatter, bounds.LEVEL))
    return Distance(
        estimate=estimate,
        low=max(0.0, estimate - band),
        high=max(estimate, float(np.nanquantile(size(resampled - target), bounds.LEVEL))),
        # A distance D is seen as at least D - scatter, and its lower bound is what is seen less the band.
        detectable=band + float(np.nanquantile(scatter, POWER)),
    )
