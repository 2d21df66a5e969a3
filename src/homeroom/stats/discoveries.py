"""Which of many findings to believe, so that few of the believed ones are wrong."""

import numpy as np
from scipy import stats

from homeroom.stats import clusters


def e_bh(log_evalues: clusters.FloatArray, rate: float) -> clusters.BoolArray:
    """Findings to believe, from e-values.

    Args:
        log_evalues: shape (k,); logarithm of one e-value for each school.
        rate: expected share of wrong ones among those that are believed; holds whatever the schools share.

    Returns:
        Shape (k,). Example: e-values 100, 30, 1 and rate 0.1: the second largest is 30 >= 3 / (2 * 0.1) = 15, the third
        is 1 < 3 / (3 * 0.1) = 10: the first two are believed.

    Source:
        e-BH; Wang and Ramdas 2022, JRSS B 84(3): the largest j with e_(j) >= k / (j rate).
    """
    count = len(log_evalues)
    falling = np.argsort(-log_evalues, kind="stable")
    needed = np.log(max(count, 1)) - np.log(np.arange(1, count + 1) * rate)
    enough = np.flatnonzero(log_evalues[falling] >= needed - 1e-12)
    believed = np.zeros(count, dtype=bool)
    believed[falling[: enough[-1] + 1 if len(enough) else 0]] = True
    return believed


def benjamini_hochberg(pvalues: clusters.FloatArray, rate: float) -> clusters.BoolArray:
    """Findings to believe, from p-values that are independent or move together; for reports.

    Returns:
        Shape (k,). Example: p-values 0.01, 0.02, 0.9 and rate 0.05: the first two.
    """
    return np.asarray(stats.false_discovery_control(pvalues, method="bh") <= rate)


def benjamini_yekutieli(pvalues: clusters.FloatArray, rate: float) -> clusters.BoolArray:
    """The same whatever the p-values have to do with each other; for what happens by itself.

    Returns:
        Shape (k,). Example: p-values 0.01, 0.02, 0.9 and rate 0.05: three p-values cost a factor of 1 + 1/2 + 1/3, and none.
    """
    return np.asarray(stats.false_discovery_control(pvalues, method="by") <= rate)


def holm(pvalues: clusters.FloatArray) -> clusters.FloatArray:
    """p-values adjusted so that any wrong finding at all is rarer than the level.

    Args:
        pvalues: shape (..., k); one family along the last axis.

    Returns:
        Same shape, at most 1. Example: 0.01, 0.04, 0.03 give 0.03, 0.06, 0.06.

    Source:
        Holm 1979, Scandinavian Journal of Statistics 6(2).
    """
    count = pvalues.shape[-1]
    rising = np.argsort(pvalues, axis=-1, kind="stable")
    scaled = np.take_along_axis(pvalues, rising, axis=-1) * np.arange(count, 0, -1)
    adjusted = np.empty_like(scaled)
    np.put_along_axis(adjusted, rising, np.maximum.accumulate(scaled, axis=-1), axis=-1)
    return np.minimum(adjusted, 1.0)


def believed_by_probability(wrong: clusters.FloatArray, rate: float) -> clusters.BoolArray:
    """Findings to believe, from the probability that each is wrong.

    Args:
        wrong: shape (k,); posterior probability that the finding is wrong.
        rate: expected share of wrong ones among those that are believed.

    Returns:
        Shape (k,): as many of the surest as have a mean of at most ``rate``.
        Example: 0.01, 0.05, 0.5 and rate 0.04: the first two, whose mean is 0.03.

    Source:
        Bayesian false discovery rate; Mueller, Parmigiani, Robert and Rousseau 2004, JASA 99(468).
    """
    rising = np.argsort(wrong, kind="stable")
    mean = wrong[rising].cumsum() / np.arange(1, len(wrong) + 1)
    believed = np.zeros(len(wrong), dtype=bool)
    believed[rising[: int((mean <= rate).sum())]] = True
    return believed
