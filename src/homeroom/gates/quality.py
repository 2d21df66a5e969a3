"""Quality: is the shipped model the one that was evaluated, and does it help more than the school's own rate?"""

from dataclasses import replace

import numpy as np

from homeroom.domain import releases, verdicts
from homeroom.gates import scoring, words
from homeroom.gates.evidence import Evidence, three_valued
from homeroom.stats import benefit, bounds, clusters

GATE = "quality"


def decide(evidence: Evidence) -> tuple[verdicts.Verdict, ...]:
    """Agreement, net benefit and calibration of every stage."""
    found: list[verdicts.Verdict] = []
    for stage in evidence.stages:
        found.append(decide_agreement(evidence, stage, evidence.given.stages[stage]))
        if evidence.policy.quality.net_benefit:
            found.append(decide_benefit(evidence, stage))
        found.append(report_calibration(evidence, stage))
    return tuple(found)


def decide_agreement(evidence: Evidence, stage: releases.Stage, content: bytes) -> verdicts.Verdict:
    """Whether the stage's bytes score the rows about as the table says.

    The table holds cross-fitted scores and the stage is the refit, so they differ a little; a table of another model
    differs a lot.

    Raises:
        SpecError: the stage cannot be run on the rows.
    """
    file = next(file for file in evidence.release.stages if file.stage is stage)
    scores = scoring.score(evidence.release, file, content, evidence.table)
    difference = np.abs(scores - evidence.table.scores[stage])
    estimate, low, high = _mean_bounds(evidence, difference)
    limit = evidence.policy.quality.agreement_limit
    outcome = three_valued(low, high, limit)
    size = f"on average its scores differ by {estimate:.3f} from those that were evaluated, and at most {limit:g} is allowed"
    subject = words.capitalised(words.STAGES[stage])
    sentence = {
        verdicts.Outcome.PASS: f"{subject} is what was evaluated: {size}.",
        verdicts.Outcome.FAIL: f"{subject} is not what was evaluated: {size}. Submit the evaluation of this very model.",
    }.get(outcome, f"We cannot tell yet whether {words.STAGES[stage]} is what was evaluated: {size}.")
    return _verdict(
        evidence, f"{stage.value}: agrees with its evaluation", outcome, sentence, (estimate, low, high), limit
    )


def decide_benefit(evidence: Evidence, stage: releases.Stage) -> verdicts.Verdict:
    """Whether the stage does more good than what needs no model, at the worst of the operating points.

    The models are held against the fallback, the fallback against offering nobody anything.
    """
    worst = min(
        ((threshold, _gain(evidence, stage, threshold)) for threshold in evidence.thresholds),
        key=lambda item: item[1][1],
    )
    threshold, (estimate, low, high) = worst
    # Good is "above 0", where three_valued calls "below the limit" good: both bounds change sign and place.
    outcome = three_valued(-high, -low, 0.0)
    rival = "offering nobody anything" if stage is releases.Stage.FALLBACK else "the school's own rate"
    subject = words.capitalised(words.STAGES[stage])
    gained = f"per 1000 pupils it is worth {round(1000 * estimate)} more right offers (threshold {threshold:g})"
    sentence = {
        verdicts.Outcome.PASS: f"{subject} helps more than {rival}: {gained}.",
        verdicts.Outcome.FAIL: f"{subject} helps less than {rival}: {gained}.",
    }.get(outcome, f"We cannot tell yet whether {words.STAGES[stage]} helps more than {rival}: {gained}.")
    found = _verdict(evidence, f"{stage.value}: net benefit", outcome, sentence, (estimate, low, high), 0.0)
    return replace(found, check="quality.netBenefit")


def report_calibration(evidence: Evidence, stage: releases.Stage) -> verdicts.Verdict:
    """Expected against actual share; reported, since no policy limits it."""
    expected = float(evidence.table.scores[stage].mean())
    actual = float(evidence.table.needed.mean())
    sentence = (
        f"{words.capitalised(words.STAGES[stage])} expects {words.of_hundred(expected)} of 100 pupils to need support; "
        f"{words.of_hundred(actual)} did. Reported, not limited."
    )
    difference = evidence.table.scores[stage] - evidence.table.needed
    measured = _mean_bounds(evidence, difference)
    return _verdict(evidence, f"{stage.value}: calibration", verdicts.Outcome.NOT_APPLICABLE, sentence, measured, None)


def _gain(evidence: Evidence, stage: releases.Stage, threshold: float) -> tuple[float, float, float]:
    needed = evidence.table.needed
    own = benefit.net_benefit_terms(evidence.offered(stage, threshold), needed, threshold)
    if stage is releases.Stage.FALLBACK or releases.Stage.FALLBACK not in evidence.table.scores:
        return _mean_bounds(evidence, own)
    rival = benefit.net_benefit_terms(evidence.offered(releases.Stage.FALLBACK, threshold), needed, threshold)
    return _mean_bounds(evidence, own - rival)


def _mean_bounds(evidence: Evidence, values: clusters.FloatArray) -> tuple[float, float, float]:
    sums = evidence.sums_by_school(values)[None, :]
    rows = evidence.by_school(np.ones(len(values), dtype=bool))
    replicates = benefit.mean_of_resamples(sums, rows, evidence.weights)
    found = bounds.one_sided(np.array([values.mean()]), replicates)
    return float(found.estimate[0]), float(found.low[0]), float(found.high[0])


def _verdict(
    evidence: Evidence,
    subject: str,
    outcome: verdicts.Outcome,
    sentence: str,
    measured: tuple[float, float, float],
    limit: float | None,
) -> verdicts.Verdict:
    estimate, low, high = measured
    return verdicts.Verdict(
        gate=GATE,
        subject=subject,
        outcome=outcome,
        sentence=sentence,
        evidence=evidence.table.digest,
        estimate=estimate,
        low=low,
        high=high,
        limit=limit,
        rows=len(evidence.table),
    )
