"""One p-value from several that look at the same question in different year groups."""

import numpy as np

from homeroom.stats import clusters

LARGEST = 0.99
"""p-values above count as this. A permutation p-value of exactly 1 would otherwise be minus infinity and outvote all others
(the truncation of Fang, Chang, Park and Tseng 2023, Statistica Sinica 33)."""


def cauchy(pvalues: clusters.FloatArray, weights: clusters.FloatArray | None = None) -> clusters.FloatArray:
    """Combined p-value along the last axis, whatever the p-values have to do with each other.

    ``scipy.stats.combine_pvalues`` (Fisher, Pearson, Mudholkar-George, Tippett, Stouffer) needs independent ones; year groups
    of one school are not.

    Args:
        pvalues: shape (..., k), each in (0, 1].
        weights: shape (k,) or (..., k), not negative; equal when left out.

    Returns:
        Shape (...). Exact for one p-value, close for small ones. Example: 0.01 and 0.5 give 0.01999.

    Source:
        Liu and Xie 2020, JASA 115(529): the mean of tan((1/2 - p) pi) has nearly a Cauchy distribution in its tail.
    """
    share = np.ones(pvalues.shape) if weights is None else np.broadcast_to(weights, pvalues.shape)
    share = share / share.sum(axis=-1, keepdims=True)
    tangent = 1.0 / np.tan(np.minimum(pvalues, LARGEST) * np.pi)
    combined: clusters.FloatArray = 0.5 - np.arctan((share * tangent).sum(axis=-1)) / np.pi
    # Near 0 the subtraction loses its digits; the tail of the distribution is 1 / (pi t).
    mean = (share * tangent).sum(axis=-1)
    far = mean > 1e6  # noqa: PLR2004 - there both forms agree to twelve digits
    return np.where(far, 1.0 / (np.pi * np.where(far, mean, 1.0)), combined)
