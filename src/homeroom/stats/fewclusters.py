"""What few schools allow to be said: a bound from resamples is too narrow by what they do not tell about their own spread."""

import numpy as np
from scipy import special

from homeroom.stats import bounds, clusters


def widened(found: bounds.Bounds, schools: int | clusters.IntArray) -> bounds.Bounds:
    """Bounds that allow for how little few schools tell about their own spread.

    Resamples of k schools spread less than the truth by about sqrt((k-1)/k), and their quantiles are those of a known
    spread. Each distance from the estimate, in spreads, is replaced by the quantile of Student's t with k-1 degrees at the
    same probability. With 24 comparisons and no excess anywhere 23 of 100 runs with 10 schools have a wrong finding without
    this, and 8 with it (by simulation).

    Args:
        found: bounds from resamples.
        schools: k, at least 2; one number, or one for each comparison.

    Returns:
        Bounds, never narrower. Example: 1.645 spreads with 10 schools become 1.93.

    Source:
        Cameron, Gelbach and Miller 2008, section II: T(k-1) and the factor k/(k-1) for few clusters.
    """
    scale = np.where(found.spread > 0, found.spread, 1.0)

    def wider(distance: clusters.FloatArray) -> clusters.FloatArray:
        normal = special.ndtr(np.clip(distance / scale, 0.0, 8.0))
        student = special.stdtrit(schools - 1, np.minimum(normal, 1 - 1e-12)) * np.sqrt(schools / (schools - 1))
        wide: clusters.FloatArray = np.maximum(distance, student * found.spread)
        return wide

    return bounds.Bounds(
        estimate=found.estimate,
        low=found.estimate - wider(found.estimate - found.low),
        high=found.estimate + wider(found.high - found.estimate),
        spread=found.spread,
    )


def factor(schools: int, level: float) -> float:
    """How many times as wide a one-sided bound of that level has to be; the same rule as ``widened``, for a bound of any law.

    Example: 1.17 for 10 schools, 1.01 for 100, at a level of 0.95.
    """
    student, normal = special.stdtrit(schools - 1, level), special.ndtri(level)
    return float(student / normal * np.sqrt(schools / (schools - 1)))
