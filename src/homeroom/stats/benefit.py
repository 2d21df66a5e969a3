"""What offering support at a threshold gains, in the unit of pupils rightly offered per pupil."""

import numpy as np

from homeroom.stats import cellcounts, clusters


def net_benefit_terms(offered: clusters.BoolArray, needed: clusters.BoolArray, threshold: float) -> clusters.FloatArray:
    """Each row's part of the net benefit; their mean over rows is the net benefit.

    Args:
        offered: shape (n,); score at or above the threshold.
        needed: shape (n,); the outcome.
        threshold: in (0, 1); the odds threshold/(1-threshold) are the price of one needless offer.

    Returns:
        Shape (n,): 1 for a right offer, minus the odds for a needless one, 0 without an offer.
        Example: threshold 0.25; two right offers, one needless, one not offered: mean (2 - 1/3) / 4 = 0.4167.

    Source:
        Decision curve analysis; Vickers and Elkin 2006, Medical Decision Making 26(6).
    """
    odds = threshold / (1.0 - threshold)
    return np.where(offered, np.where(needed, 1.0, -odds), 0.0)


def mean_of_resamples(
    sums: clusters.FloatArray, rows: clusters.FloatArray, weights: clusters.FloatArray
) -> clusters.FloatArray:
    """Mean per row in each resample of schools.

    Args:
        sums: shape (c, k); sum of c quantities in each of k schools.
        rows: shape (k,); rows in each school.
        weights: shape (b, k).

    Returns:
        Shape (b, c); NaN in a resample that draws no row.
    """
    return cellcounts.divide(weights @ sums.T, (weights @ rows)[:, None])
