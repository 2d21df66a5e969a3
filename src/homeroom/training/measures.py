"""What a model card says about quality and about whom a release misses, with bounds over schools."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from homeroom.stats import benefit, bounds, clusters, rankings, rates
from homeroom.training.grouprates import Strings

RESAMPLES = 1000
SEED = 1986
BASELINE = "fallback"
"""The stage that every other has to beat."""

Sides = tuple[clusters.BoolArray, clusters.BoolArray]
"""Rows of a group, and rows of those whom it is compared with; shape (n,) each."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What turned out, where, and from which score on support is offered.

    Attributes:
        needed: shape (n,), 0 or 1.
        site: shape (n,), the school's id.
        threshold: default one.
    """

    needed: npt.NDArray[np.int64]
    site: Strings
    threshold: float

    def offered(self, scores: clusters.FloatArray) -> clusters.BoolArray:
        """Who is offered support, compared in the precision in which schools answer; shape (n,)."""
        return np.asarray(scores.astype(np.float32) >= np.float32(self.threshold))


@dataclass(frozen=True, slots=True)
class StageMeasures:
    """Quality of one stage.

    Attributes:
        auc: area under the ROC curve.
        brier: mean squared error of the score.
        net_benefit: at the default threshold.
        gain: net benefit minus that of the fallback; low and high are one-sided 95 % bounds over schools.
        needless_of_ten: of ten pupils offered support, how many would have managed without.
    """

    auc: float
    brier: float
    net_benefit: float
    gain: float
    gain_low: float
    gain_high: float
    needless_of_ten: float


@dataclass(frozen=True, slots=True)
class GroupExcess:
    """How much more often a group is missed than the others, as a difference of shares with one-sided 95 % bounds."""

    name: str
    estimate: float
    low: float
    high: float


def measure(outcomes: Outcomes, scores: clusters.FloatArray, fallback: clusters.FloatArray) -> StageMeasures:
    """Quality of one stage against the fallback."""
    index, count = clusters.index_clusters(outcomes.site)
    needed = outcomes.needed == 1
    offered = outcomes.offered(scores)
    own = benefit.net_benefit_terms(offered, needed, outcomes.threshold)
    base = benefit.net_benefit_terms(outcomes.offered(fallback), needed, outcomes.threshold)
    sums = clusters.sum_by_cluster(index, count, own - base)[None, :]
    rows = clusters.count_by_cluster(index, count, np.ones(len(needed), dtype=bool))
    weights = clusters.draw_weights(count, RESAMPLES, np.random.default_rng(SEED))
    gain = bounds.one_sided(np.array([(own - base).mean()]), benefit.mean_of_resamples(sums, rows, weights))
    return StageMeasures(
        auc=area(needed, scores),
        brier=float(((scores - needed) ** 2).mean()),
        net_benefit=float(own.mean()),
        gain=float(gain.estimate[0]),
        gain_low=float(gain.low[0]),
        gain_high=float(gain.high[0]),
        needless_of_ten=10 * float((~needed[offered]).mean()),
    )


def area(needed: clusters.BoolArray, scores: clusters.FloatArray) -> float:
    """Area under the ROC curve, exact. Example: scores 1 and 3 of who needed it, 0 and 2 of who did not, give 0.75."""
    sides = rankings.place(scores[needed], scores[~needed], bins=len(scores))
    width = 1 + max(int(side.max()) for side in sides)
    higher, lower = (np.bincount(side, minlength=width).astype(np.float64)[None, :] for side in sides)
    return float(rankings.area(higher, lower, np.ones((1, 1)))[0])


def missed_excess(
    outcomes: Outcomes, scores: clusters.FloatArray, groups: Mapping[str, Sides]
) -> tuple[GroupExcess, ...]:
    """Excess of being missed at the default threshold, of each group against whom it is compared with."""
    index, count = clusters.index_clusters(outcomes.site)
    needed = outcomes.needed == 1
    missed = needed & ~outcomes.offered(scores)
    cells = [
        [clusters.count_by_cluster(index, count, side & what) for side in sides for what in (missed, needed)]
        for sides in groups.values()
    ]
    table = rates.Cells(*np.swapaxes(np.array(cells), 0, 1))
    weights = clusters.draw_weights(count, RESAMPLES, np.random.default_rng(SEED))
    found = bounds.one_sided(rates.excess(table), rates.excess_of_resamples(table, weights))
    return tuple(
        GroupExcess(name=name, estimate=float(e), low=float(low), high=float(high))
        for name, e, low, high in zip(groups, found.estimate, found.low, found.high, strict=True)
    )


def quality_rows(found: Mapping[str, StageMeasures]) -> str:
    """Rows of a Markdown table: stage, AUC, Brier, net benefit, gain over the baseline, needless of ten offers."""
    return "\n".join(_quality_row(stage, values) for stage, values in found.items())


def excess_rows(found: Mapping[str, tuple[GroupExcess, ...]]) -> str:
    """Rows of a Markdown table: stage, group, excess, lower and upper bound."""
    return "\n".join(
        f"| {stage} | {entry.name} | {entry.estimate:+.3f} | {entry.low:+.3f} | {entry.high:+.3f} |"
        for stage, entries in found.items()
        for entry in entries
    )


def _quality_row(stage: str, values: StageMeasures) -> str:
    bounded = f"{values.gain:.3f} [{values.gain_low:.3f}, {values.gain_high:.3f}]"
    gain = "is the baseline" if stage == BASELINE else bounded
    return (
        f"| {stage} | {values.auc:.3f} | {values.brier:.4f} | {values.net_benefit:.3f} | {gain} "
        f"| about {values.needless_of_ten:.0f} |"
    )
