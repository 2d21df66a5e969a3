"""Fairness: is a protected group harmed more often than the rest, in the one direction that the purpose calls harm?

One-sided on purpose. Where base rates differ no model has equal error rates in both directions, so a two-sided limit
refuses every honest model (docs/decisions/0010-one-sided-fairness.md). Every stage is judged at the default threshold and at
both ends of the declared range; the worst counts.
"""

from dataclasses import dataclass

import numpy as np

from homeroom.domain import releases, verdicts
from homeroom.gates import words
from homeroom.gates.evidence import FEWEST_SCHOOLS, Evidence, three_valued
from homeroom.resources import gatepolicies
from homeroom.stats import bounds, clusters, power, rates

GATE = "fairness"


@dataclass(frozen=True, slots=True)
class Harm:
    """Words of a harm.

    Attributes:
        whom: who can suffer it.
        what: what happens to them, after "would".
        too_often: verb of the harm, after "would be".
    """

    whom: str
    what: str
    too_often: str


WORDS = {
    gatepolicies.Harm.MISSED: Harm("who need support", "not be offered it", "missed"),
    gatepolicies.Harm.WRONGLY_FLAGGED: Harm("who do not need it", "be singled out all the same", "singled out"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """One group against the rest, for one stage at one threshold.

    Attributes:
        group: who is protected.
        stage: which rung of the release.
        threshold: operating point.
        sides: rows that could be harmed, of the group and of the rest; each of shape (n,).
        harmed: shape (n,); rows to which the harm happens.
    """

    group: gatepolicies.ProtectedGroup
    stage: releases.Stage
    threshold: float
    sides: tuple[clusters.BoolArray, clusters.BoolArray]
    harmed: clusters.BoolArray


def decide(evidence: Evidence) -> tuple[verdicts.Verdict, ...]:
    """Verdicts of every protected group and stage.

    A group with too few rows gets one verdict for all stages, without any number.
    """
    judged = [group for group in evidence.policy.fairness.protect if can_judge(evidence, group)]
    unknown = [group for group in evidence.policy.fairness.protect if group not in judged]
    comparisons = [
        build_comparison(evidence, group, stage, threshold)
        for group in judged
        for stage in evidence.stages
        for threshold in evidence.thresholds
    ]
    found = _judge(evidence, comparisons) if comparisons else []
    return (*_worst_of_each(found), *(_too_few(evidence, group) for group in unknown))


def sides(
    evidence: Evidence, group: gatepolicies.ProtectedGroup, at_risk: clusters.BoolArray
) -> tuple[clusters.BoolArray, clusters.BoolArray]:
    """Rows at risk of the group and of the rest; who is not recorded is in neither."""
    values = evidence.table.groups[group.column]
    member = values == group.group
    return member & at_risk, ~member & (values != "missing") & at_risk


def at_risk(evidence: Evidence) -> clusters.BoolArray:
    """Rows to which the harm can happen."""
    missed = evidence.policy.harm is gatepolicies.Harm.MISSED
    return evidence.table.needed if missed else ~evidence.table.needed


def can_judge(evidence: Evidence, group: gatepolicies.ProtectedGroup) -> bool:
    """Whether both sides have enough rows, in enough schools."""
    return all(evidence.enough(side) for side in sides(evidence, group, at_risk(evidence)))


def build_comparison(
    evidence: Evidence, group: gatepolicies.ProtectedGroup, stage: releases.Stage, threshold: float
) -> Comparison:
    """One comparison; the harm is an offer withheld, or an offer made, as the policy says."""
    offered = evidence.offered(stage, threshold)
    harmed = ~offered if evidence.policy.harm is gatepolicies.Harm.MISSED else offered
    return Comparison(group, stage, threshold, sides(evidence, group, at_risk(evidence)), harmed)


def _judge(evidence: Evidence, comparisons: list[Comparison]) -> list[tuple[Comparison, verdicts.Verdict]]:
    sides_of = [(c.sides[0] & c.harmed, c.sides[0], c.sides[1] & c.harmed, c.sides[1]) for c in comparisons]
    counts = np.array([[evidence.by_school(rows) for rows in chosen] for chosen in sides_of])
    cells = rates.Cells(counts[:, 0], counts[:, 1], counts[:, 2], counts[:, 3])
    replicates = rates.excess_of_resamples(cells, evidence.weights)
    # A resample in which no drawn school has such pupils knows nothing; it is left out of all comparisons alike.
    replicates = replicates[~np.isnan(replicates).any(axis=1)]
    found = bounds.one_sided(rates.excess(cells), replicates)
    return [(comparison, _verdict(evidence, comparison, found, index)) for index, comparison in enumerate(comparisons)]


def _verdict(evidence: Evidence, comparison: Comparison, found: bounds.Bounds, index: int) -> verdicts.Verdict:
    limit = evidence.policy.fairness.excess_limit
    low, high = float(found.low[index]), float(found.high[index])
    outcome = three_valued(low, high, limit)
    return verdicts.Verdict(
        gate=GATE,
        subject=f"{comparison.stage.value}: {comparison.group.words} against {comparison.group.against_words}",
        outcome=outcome,
        sentence=_sentence(evidence, comparison, outcome, low, high),
        evidence=evidence.table.digest,
        estimate=float(found.estimate[index]),
        low=low,
        high=high,
        limit=limit,
        rows=int(comparison.sides[0].sum()),
        detectable=power.detectable_from_error(float(found.spread[index])),
    )


def _sentence(evidence: Evidence, comparison: Comparison, outcome: verdicts.Outcome, low: float, high: float) -> str:
    harm, group = WORDS[evidence.policy.harm], comparison.group
    own, rest = (float(comparison.harmed[side].mean()) for side in comparison.sides)
    numbers = (
        f"of every 100 about {words.of_hundred(own)} would {harm.what}, "
        f"against about {words.of_hundred(rest)} of {group.against_words}"
    )
    limit = words.of_hundred(evidence.policy.fairness.excess_limit)
    where = f"Answered by {words.STAGES[comparison.stage]}, at threshold {comparison.threshold:g}."
    who = f"{group.words} {harm.whom}"
    if outcome is verdicts.Outcome.FAIL:
        return (
            f"{words.capitalised(who)} would be {harm.too_often} too often: {numbers}. "
            f"Even read cautiously that is {words.of_hundred(low)} more of every 100; at most {limit} are allowed. {where}"
        )
    if outcome is verdicts.Outcome.PASS:
        return (
            f"{words.capitalised(who)} are not {harm.too_often} too often: {numbers}. "
            f"The difference stays under the limit of {limit} more of every 100. {where}"
        )
    return (
        f"We cannot tell yet whether {who} would be {harm.too_often} too often: {numbers}. "
        f"It may be up to {words.of_hundred(high)} more of every 100, and at most {limit} are allowed. {where}"
    )


def _worst_of_each(found: list[tuple[Comparison, verdicts.Verdict]]) -> list[verdicts.Verdict]:
    worst: dict[str, verdicts.Verdict] = {}
    for _, verdict in found:
        kept = worst.get(verdict.subject)
        if kept is None or _badness(verdict) > _badness(kept):
            worst[verdict.subject] = verdict
    return list(worst.values())


def _badness(verdict: verdicts.Verdict) -> tuple[int, float]:
    return verdict.outcome.severity, verdict.high or 0.0


def _too_few(evidence: Evidence, group: gatepolicies.ProtectedGroup) -> verdicts.Verdict:
    harm = WORDS[evidence.policy.harm]
    return verdicts.Verdict(
        gate=GATE,
        subject=f"every stage: {group.words} against {group.against_words}",
        outcome=verdicts.Outcome.NOT_ENOUGH_EVIDENCE,
        sentence=(
            f"We cannot tell yet about {group.words}: the data hold fewer than {evidence.minimum_cell} of them, or of "
            f"{group.against_words}, {harm.whom}, or they went to fewer than {FEWEST_SCHOOLS} schools."
        ),
        evidence=evidence.table.digest,
        limit=evidence.policy.fairness.excess_limit,
    )
