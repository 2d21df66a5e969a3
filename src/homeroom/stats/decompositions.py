"""Why the mean loss changed between two periods: other pupils, or a model that does worse on the same kind of pupils."""

from dataclasses import dataclass

import numpy as np

from homeroom.stats import cellcounts, clusters


@dataclass(frozen=True, slots=True)
class Losses:
    """Sums of one period.

    Attributes:
        rows: shape (k, s); rows of k schools in s strata, such as year groups.
        sums: shape (k, s); sums of their losses.
    """

    rows: clusters.FloatArray
    sums: clusters.FloatArray


@dataclass(frozen=True, slots=True)
class Parts:
    """Change of the mean loss and its three parts, each of shape (b,); ``total`` is their sum.

    Attributes:
        mix: other shares of the strata that are in both periods.
        within: other losses inside these strata; the only part that says the model got worse.
        new: pupils of strata that only one of the periods has.
    """

    mix: clusters.FloatArray
    within: clusters.FloatArray
    new: clusters.FloatArray

    @property
    def total(self) -> clusters.FloatArray:
        """Mean loss of the later period minus that of the earlier one."""
        return self.mix + self.within + self.new


def split(earlier: Losses, later: Losses, weights: clusters.FloatArray) -> Parts:
    """The parts in each resample of schools; weights of ones give the estimate.

    Args:
        earlier: first period.
        later: second period, with the same schools and strata.
        weights: shape (b, k).

    Returns:
        Parts. NaN in a resample in which a period has no rows, or no stratum is in both.
        Example: shares (1/2, 1/2) become (1/4, 3/4), losses (0.1, 0.3) become (0.1, 0.5): mix
        -0.25 * 0.1 + 0.25 * 0.4 = 0.075, within 0.2 * 0.625 = 0.125, total 0.4 - 0.2 = 0.2.

    Source:
        Kitagawa 1955, JASA 50(272); the part of strata that only one period has: Cai, Namkoong and Yadlowsky 2023,
        arXiv:2303.02011.
    """
    rows = [weights @ period.rows for period in (earlier, later)]
    sums = [weights @ period.sums for period in (earlier, later)]
    both = (rows[0] > 0) & (rows[1] > 0)
    shared = [np.where(both, count, 0.0) for count in rows]
    share = [cellcounts.divide(count, count.sum(axis=1, keepdims=True)) for count in shared]
    loss = [np.where(both, cellcounts.divide(total, count), 0.0) for total, count in zip(sums, rows, strict=True)]
    common = [(part * mean).sum(axis=1) for part, mean in zip(share, loss, strict=True)]
    whole = [cellcounts.divide(total.sum(axis=1), count.sum(axis=1)) for total, count in zip(sums, rows, strict=True)]
    return Parts(
        mix=((share[1] - share[0]) * (loss[0] + loss[1]) / 2).sum(axis=1),
        within=((loss[1] - loss[0]) * (share[0] + share[1]) / 2).sum(axis=1),
        new=(whole[1] - common[1]) - (whole[0] - common[0]),
    )
