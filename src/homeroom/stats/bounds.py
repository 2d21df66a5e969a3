"""One-sided bounds from resamples: simultaneous where any one finding condemns, single where all must hold.

A release fails when *any* comparison is over the limit, so the lower bounds that can fail it hold together (max-t):
otherwise the more groups are looked at, the more honest releases are refused by chance. It passes only when *all*
comparisons are under the limit, and a conjunction of one-sided tests keeps its level without any correction
(intersection-union test; Berger 1982), so the upper bounds that let it pass are single ones.
"""

from dataclasses import dataclass

import numpy as np

from homeroom.stats import clusters

LEVEL = 0.95
"""Of every one-sided bound here; knowledge of the field, not a policy: the policy owns the limit."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Estimate with one-sided bounds for each of c comparisons.

    Attributes:
        estimate: shape (c,).
        low: shape (c,); all c hold together with probability ``level``.
        high: shape (c,); each holds with probability ``level``.
        spread: shape (c,); standard error over resamples.
    """

    estimate: clusters.FloatArray
    low: clusters.FloatArray
    high: clusters.FloatArray
    spread: clusters.FloatArray


def one_sided(estimate: clusters.FloatArray, replicates: clusters.FloatArray, *, level: float = LEVEL) -> Bounds:
    """Bounds of c estimates from b resamples.

    Args:
        estimate: shape (c,).
        replicates: shape (b, c); the estimates in each resample, no NaN.
        level: probability of each statement, in (0.5, 1).

    Returns:
        Bounds. Where every resample agrees the spread is 0 and both bounds are the estimate.
        Example: estimate 0, replicates -1, 0, 1 in equal parts, level 0.95 give about [-1, 1].

    Source:
        Studentised maximum of a bootstrap: Romano and Wolf 2005; single bounds are basic bootstrap, Davison and
        Hinkley 1997, section 5.2.
    """
    spread = replicates.std(axis=0, ddof=1)
    scale = np.where(spread > 0, spread, 1.0)
    pivots = (replicates - estimate) / scale
    together = np.quantile(pivots.max(axis=1), level)
    alone = np.quantile(pivots, 1 - level, axis=0)
    return Bounds(
        estimate=estimate, low=estimate - max(together, 0.0) * spread, high=estimate - alone * spread, spread=spread
    )
