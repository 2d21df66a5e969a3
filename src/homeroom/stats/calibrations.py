"""Whether scores mean what they say: expected against observed, and the slope of a logistic recalibration."""

import numpy as np

from homeroom.stats import clusters

BINS = 20
"""Of equal width in [0, 1]; the form in which schools send scores."""
_STEPS = 25
_STEADY = 1e-9
_EDGE = 1e-6
_SETTLED = 1e-6


def bin_of(scores: clusters.FloatArray, bins: int = BINS) -> clusters.IntArray:
    """Bin of each score, 0..bins-1; a score on an edge counts to the right. Example: 0.05 is in bin 1 of 20."""
    # An edge such as 0.15 is no binary fraction; without the small sum 0.15 * 20 would fall below 3.
    return np.clip(np.floor(scores * bins + 1e-9), 0, bins - 1).astype(np.int64)


def slope(expected: clusters.FloatArray, needed: clusters.FloatArray, rows: clusters.FloatArray) -> clusters.FloatArray:
    """Slope of the outcome on the log-odds of the score: 1 is right, below 1 scores are too extreme, above 1 too timid.

    Args:
        expected: shape (p, m); average score of the rows of each bin, in [0, 1]; any value where there are no rows.
        needed: shape (p, m); rows of each bin that turned out to need it.
        rows: shape (p, m).

    Returns:
        Shape (p,); NaN where all scores or all outcomes are the same, or a score separates the outcomes wholly.
        Example: bins expecting 0.2 and 0.8 in which 0.2 and 0.8 do: 1.0; in which 1/3 and 2/3 do: 0.5.

    Source:
        Cox 1958, Biometrika 45; Newton steps of the logistic likelihood with intercept.
    """
    share = np.clip(np.nan_to_num(expected, nan=0.5), _EDGE, 1 - _EDGE)
    x = np.log(share / (1 - share))
    intercept, steepness = np.zeros(len(x)), np.zeros(len(x))
    moved = np.full(len(x), np.inf)
    for _ in range(_STEPS):
        fitted = 1 / (1 + np.exp(-np.clip(intercept[:, None] + steepness[:, None] * x, -30, 30)))
        left, weight = needed - rows * fitted, rows * fitted * (1 - fitted)
        first, second = left.sum(axis=1), (left * x).sum(axis=1)
        a, b, c = weight.sum(axis=1), (weight * x).sum(axis=1), (weight * x * x).sum(axis=1)
        determinant = a * c - b * b
        known = determinant > _EDGE * np.maximum(1.0, a * c)
        safe = np.where(known, determinant, 1.0)
        step = np.where(known, (a * second - b * first) / safe, np.nan)
        intercept = intercept + np.where(known, (c * first - b * second) / safe, np.nan)
        steepness, moved = steepness + step, np.abs(step)
        if not (moved > _STEADY).any():
            break
    both = (needed.sum(axis=1) > 0) & (needed.sum(axis=1) < rows.sum(axis=1))
    return np.where(both & (moved <= _SETTLED), steepness, np.nan)
