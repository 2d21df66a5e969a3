"""Area between the ROC curves of two groups (ABROCA), and what equal groups of that size would show by chance.

The area is biased upwards for small groups: with 30 pupils and no difference at all it is about 0.08. A bare limit on
it says more about the size of a group than about the model, so the area is judged by how far it is beyond chance.
"""

import statistics
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from homeroom.stats import clusters

LEVELS = 64
"""Bins of about equal numbers of rows into which scores are put before groups are shuffled. On the example's 13,000 rows
the area differs by less than 0.003 from the exact one, for groups and for their shuffles alike."""


@dataclass(frozen=True, slots=True)
class Null:
    """What shuffled groups show.

    Attributes:
        mean: area expected by chance.
        high: area that chance exceeds in 5 of 100 cases.
        pvalue: share of shuffles at least as large as what was observed, itself counted; at least 1/(1+permutations).
    """

    mean: float
    high: float
    pvalue: float


def exact(needed: clusters.BoolArray, scores: clusters.FloatArray, group: clusters.BoolArray) -> float:
    """Area between the curves of group and rest, exact: tied scores are one straight piece, pieces may cross.

    Args:
        needed: shape (n,); the outcome.
        scores: shape (n,).
        group: shape (n,); the others are the rest.

    Returns:
        In [0, 1]; NaN where a side lacks one of the outcomes. Example: a group ranked perfectly and a rest ranked at
        random: 0.5.

    Source:
        Gardner, Brooks and Baker 2019 (LAK), section 4.
    """
    levels, index = np.unique(scores, return_inverse=True)
    flat = (np.where(group, 0, 2) + needed) * len(levels) + index
    counts = np.bincount(flat, minlength=4 * len(levels)).reshape(2, 2, len(levels)).astype(np.float64)
    return float(areas(counts[None])[0])


def level_of(scores: clusters.FloatArray, levels: int = LEVELS) -> clusters.IntArray:
    """Level of each score, low scores first, such that levels hold about equally many rows; shape (n,)."""
    edges = np.unique(np.quantile(scores, np.arange(1, levels) / levels))
    return np.searchsorted(edges, scores, side="right").astype(np.int64)


def areas(histograms: clusters.FloatArray) -> clusters.FloatArray:
    """Areas between the curves of many pairs of histograms.

    Args:
        histograms: shape (p, 2, 2, m); for group and rest the rows without and with need at each of m rising scores.

    Returns:
        Shape (p,); NaN where a side lacks one of the outcomes.
    """
    falling = histograms[..., ::-1]
    totals = falling.sum(axis=-1, keepdims=True)
    known = (totals > 0).all(axis=(1, 2, 3))
    curves = np.zeros((*histograms.shape[:3], histograms.shape[3] + 1))
    np.divide(falling.cumsum(axis=-1), totals, out=curves[..., 1:], where=totals > 0)
    # One long rising line of all pairs: pair i lies in [2i, 2i + 1], so a single interpolation serves them all.
    shift = 2.0 * np.arange(len(histograms))[:, None]
    across = curves[:, :, 0, :] + shift[:, None, :]
    x = np.sort(np.concatenate([across[:, 0], across[:, 1]], axis=1), axis=1)
    width = np.diff(x, axis=1)
    near, far = (_difference(x[:, :-1] + part * width, across, curves[:, :, 1, :]) for part in (0.25, 0.75))
    found = (_mean_of_absolute(1.5 * near - 0.5 * far, 1.5 * far - 0.5 * near) * width).sum(axis=1)
    return np.where(known, found, np.nan)


def _difference(
    x: clusters.FloatArray, across: clusters.FloatArray, upwards: clusters.FloatArray
) -> clusters.FloatArray:
    own, rest = (np.interp(x.ravel(), across[:, side].ravel(), upwards[:, side].ravel()) for side in (0, 1))
    return (own - rest).reshape(x.shape)


def _mean_of_absolute(start: clusters.FloatArray, end: clusters.FloatArray) -> clusters.FloatArray:
    """Mean of the absolute value of a straight line from start to end, which may cross zero."""
    sizes = np.abs(start) + np.abs(end)
    crossing = np.zeros_like(sizes)
    np.divide(start**2 + end**2, 2 * sizes, out=crossing, where=sizes > 0)
    return np.where(start * end >= 0, sizes / 2, crossing)


def shuffled(histogram: clusters.FloatArray, permutations: int, rng: np.random.Generator) -> clusters.FloatArray:
    """Areas when group membership is shuffled among the rows of the same outcome.

    Args:
        histogram: shape (2, 2, m), as in ``areas``.
        permutations: number of shuffles.
        rng: source of randomness.

    Returns:
        Shape (permutations,). How many rows of each score a shuffled group has follows the multivariate hypergeometric
        distribution, so it is drawn instead of moving rows.

    Source:
        Borchers 2025; permutation within outcomes keeps the base rates of both groups.
    """
    whole = histogram.sum(axis=0)
    drawn = np.empty((permutations, 2, 2, histogram.shape[2]))
    for outcome in (0, 1):
        sides = drawn[:, :, outcome]
        sides[:, 0] = _draw(whole[outcome], histogram[0, outcome].sum(), permutations, rng)
        sides[:, 1] = whole[outcome] - sides[:, 0]
    return areas(drawn)


def _draw(
    whole: clusters.FloatArray, members: float, permutations: int, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    return rng.multivariate_hypergeometric(whole.astype(np.int64), int(members), permutations, method="marginals")


def chance(observed: float, shuffles: clusters.FloatArray) -> Null:
    """What the shuffles say about an observed area. Example: 0.9 against 0.1, 0.2, 0.3: mean 0.2, p = 1/4."""
    return Null(
        mean=float(shuffles.mean()),
        high=float(np.quantile(shuffles, 0.95)),
        pvalue=float((1 + (shuffles >= observed - 1e-12).sum()) / (1 + len(shuffles))),
    )


def power(null: Null, excess: float, spread: float) -> float:
    """Probability that a true excess over chance would be noticed, by the normal approximation.

    Example: chance 0.02, 5 of 100 above 0.04, spread 0.01: an excess of 0.03 is noticed with probability 0.84.
    """
    distance = null.mean + excess - null.high
    if spread <= 0:
        return float(distance > 0)
    return statistics.NormalDist().cdf(distance / spread)
