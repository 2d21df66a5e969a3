"""Shrinking small schools' rates towards the rate of all."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from homeroom.stats import clusters

MOST_PRIOR_ROWS = 1e6
"""When schools do not differ beyond chance, the prior is this strong: every school gets the common rate."""


@dataclass(frozen=True, slots=True)
class Prior:
    """Beta prior of a school's rate.

    Attributes:
        mean: common rate, in [0, 1].
        rows: how many rows the prior weighs as; larger means stronger shrinkage.
    """

    mean: float
    rows: float


def fit_prior(events: clusters.FloatArray, rows: clusters.FloatArray) -> Prior:
    """Beta prior by moments over schools.

    Args:
        events: shape (k,); events in each school.
        rows: shape (k,); rows in each school, all at least 1.

    Returns:
        Prior; with one school, one row in each or no spread beyond chance it is as strong as ``MOST_PRIOR_ROWS``.
        Example: 2 of 10, 8 of 10 and 20 of 40: mean 1/2; their scatter 1.8 is 1.3 above chance, of 7.0 that there would be if
        all pupils of a school were alike; the prior weighs 7 / 1.3 - 1 = 4.38 rows.

    Source:
        Kleinman 1973, JASA 68(341): moments of the beta-binomial, schools weighted by their rows.
    """
    schools, total = len(rows), rows.sum()
    mean = float(events.sum() / total)
    chance = mean * (1 - mean)
    excess = float((rows * (events / rows - mean) ** 2).sum()) - chance * (schools - 1)
    most = chance * float(total - (rows**2).sum() / total - (schools - 1))
    if excess <= 0 or most <= 0:
        return Prior(mean=mean, rows=MOST_PRIOR_ROWS)
    return Prior(mean=mean, rows=float(np.clip(most / excess - 1, 0.0, MOST_PRIOR_ROWS)))


def shrunken(events: clusters.FloatArray, rows: clusters.FloatArray, prior: Prior) -> clusters.FloatArray:
    """Posterior mean of each school's rate.

    Returns:
        Shape (k,). Example: 1 of 2 with a prior of mean 0.2 and 8 rows gives (1 + 1.6) / (2 + 8) = 0.26.
    """
    return (events + prior.mean * prior.rows) / (rows + prior.rows)


def interval(
    events: clusters.FloatArray, rows: clusters.FloatArray, prior: Prior, *, level: float = 0.90
) -> tuple[clusters.FloatArray, clusters.FloatArray]:
    """Range of each school's rate that holds with probability ``level``, equal tails.

    Args:
        events: shape (k,).
        rows: shape (k,); 0 gives the range of a school never seen.
        prior: of these schools.
        level: in (0, 1).

    Returns:
        Lower and upper ends, each of shape (k,). Example: 1 of 2 with a prior of mean 0.2 and 8 rows is Beta(2.6, 7.4):
        0.073 to 0.504.
    """
    some, rest = events + prior.mean * prior.rows, rows - events + (1 - prior.mean) * prior.rows
    tail = (1 - level) / 2
    # A prior of no event at all has a rate of exactly 0.
    low, high = (special.betaincinv(some, np.maximum(rest, 1e-12), chance) for chance in (tail, 1 - tail))
    return np.where(some > 0, low, 0.0), np.where(some > 0, high, 0.0)
