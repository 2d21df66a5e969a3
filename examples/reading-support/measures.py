"""What the model card says about quality and fairness, with bounds over schools."""

from dataclasses import dataclass

import numpy as np
from dataset import Dataset
from sklearn.metrics import roc_auc_score
from stages import Floats

from homeroom.stats import benefit, bounds, clusters, rates

THRESHOLD, LOWEST_THRESHOLD, HIGHEST_THRESHOLD = 0.25, 0.15, 0.25
"""Default and declared range: a school may offer more widely, never more narrowly. Above 0.25 these data cannot show that
the fallback does not miss boys too often, so no more is declared (docs/decisions/0010)."""

RESAMPLES = 1000
SEED = 1986
PROTECTED = (("free lunch", "free_lunch", "F"), ("Black", "ethnicity", "B"), ("boys", "sex", "M"))


@dataclass(frozen=True)
class GroupExcess:
    """How much more often a group is missed than the rest, as a difference of shares with one-sided 95 % bounds."""

    name: str
    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
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


def missed_excess(data: Dataset, scores: Floats) -> tuple[GroupExcess, ...]:
    """Excess of being missed at the default threshold for the protected groups, each against the rest."""
    index, count = clusters.index_clusters(data.site_id)
    missed = (data.outcome == 1) & ~offered(scores)
    cells = []
    for _, column, value in PROTECTED:
        values = data.groups[column]
        sides = (values == value, (values != value) & (values != "missing"))
        needed = data.outcome == 1
        cells.append(
            [clusters.count_by_cluster(index, count, side & what) for side in sides for what in (missed, needed)]
        )
    table = rates.Cells(*np.swapaxes(np.array(cells), 0, 1))
    weights = clusters.draw_weights(count, RESAMPLES, np.random.default_rng(SEED))
    found = bounds.one_sided(rates.excess(table), rates.excess_of_resamples(table, weights))
    return tuple(
        GroupExcess(name=name, estimate=float(e), low=float(low), high=float(high))
        for (name, *_), e, low, high in zip(PROTECTED, found.estimate, found.low, found.high, strict=True)
    )


def measure(data: Dataset, scores: Floats, fallback: Floats) -> StageMeasures:
    """Quality of one stage against the fallback."""
    index, count = clusters.index_clusters(data.site_id)
    needed = data.outcome == 1
    own = benefit.net_benefit_terms(offered(scores), needed, THRESHOLD)
    base = benefit.net_benefit_terms(offered(fallback), needed, THRESHOLD)
    sums = clusters.sum_by_cluster(index, count, own - base)[None, :]
    rows = clusters.count_by_cluster(index, count, np.ones(len(needed), dtype=bool))
    weights = clusters.draw_weights(count, RESAMPLES, np.random.default_rng(SEED))
    gain = bounds.one_sided(np.array([(own - base).mean()]), benefit.mean_of_resamples(sums, rows, weights))
    return StageMeasures(
        auc=float(roc_auc_score(data.outcome, scores)),
        brier=float(((scores - data.outcome) ** 2).mean()),
        net_benefit=float(own.mean()),
        gain=float(gain.estimate[0]),
        gain_low=float(gain.low[0]),
        gain_high=float(gain.high[0]),
        needless_of_ten=10 * float((~needed[offered(scores)]).mean()),
    )


def offered(scores: Floats) -> clusters.BoolArray:
    """Who is offered support at the default threshold, compared in the precision in which schools answer."""
    return np.asarray(scores.astype(np.float32) >= np.float32(THRESHOLD))
