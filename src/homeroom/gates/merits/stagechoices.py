"""How often would a smaller stage decide otherwise than the full model about the same pupil?

Both are asked as schools get them: the shipped bytes, on the evaluation rows, at every operating point; the worst counts.
"""

from dataclasses import dataclass

import numpy as np

from homeroom.domain import releases, verdicts
from homeroom.gates import scoring, tabulations, words
from homeroom.gates.evidence import Evidence, three_valued
from homeroom.gates.merits import scopes
from homeroom.stats import clusters

CHECK = "quality.stage-agreement"


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Share of pupils about whom a stage decides otherwise than the best one, at one operating point."""

    stage: releases.Stage
    threshold: float
    measured: scopes.Measured


def decide(evidence: Evidence) -> tuple[verdicts.Verdict, ...]:
    """One verdict for each smaller stage; limited where the policy says so, else reported."""
    choices = measure(evidence)
    found = []
    for stage in evidence.stages[1:]:
        mine = [choice for choice in choices if choice.stage is stage]
        if mine:
            found.append(_verdict(evidence, max(mine, key=lambda choice: choice.measured.high)))
    return tuple(found)


def tabulate(evidence: Evidence) -> tuple[tabulations.Table, ...]:
    """Shares by stage and operating point, of 100 pupils."""
    limit = evidence.policy.quality.stage_agreement_limit
    rows = tuple(
        (
            choice.stage.value,
            choice.threshold,
            100 * choice.measured.estimate,
            100 * choice.measured.low,
            100 * choice.measured.high,
            None if limit is None else 100 * limit,
        )
        for choice in measure(evidence)
    )
    caption = "Of 100 pupils, about how many a smaller stage would decide otherwise than the full model."
    columns = ("stage", "threshold", "otherwise", "low", "high", "limit")
    return (tabulations.Table("quality.stages", caption, columns, rows),) if rows else ()


def measure(evidence: Evidence) -> list[Choice]:
    """Every smaller stage at every operating point; nothing where there are too few rows or schools."""
    whole = scopes.every(evidence)[0]
    if not evidence.enough(whole.rows):
        return []
    best, *others = (_scores(evidence, file) for file in reversed(evidence.release.stages))
    cases = [(index, threshold) for index in range(len(others)) for threshold in evidence.thresholds]
    differs = [(_offers(best, at) != _offers(others[index], at)).astype(np.float64) for index, at in cases]
    found = scopes.bound(evidence, differs, [whole] * len(differs))
    return [
        Choice(evidence.stages[1 + index], threshold, measured)
        for (index, threshold), measured in zip(cases, found, strict=True)
    ]


def _scores(evidence: Evidence, file: releases.StageFile) -> clusters.FloatArray:
    return scoring.score(evidence.release, file, evidence.given.stages[file.stage], evidence.table)


def _offers(scores: clusters.FloatArray, threshold: float) -> clusters.BoolArray:
    return np.asarray(scores.astype(np.float32) >= np.float32(threshold))


def _verdict(evidence: Evidence, choice: Choice) -> verdicts.Verdict:
    limit, measured = evidence.policy.quality.stage_agreement_limit, choice.measured
    outcome = verdicts.Outcome.NOT_APPLICABLE if limit is None else three_valued(measured.low, measured.high, limit)
    return verdicts.Verdict(
        gate=scopes.GATE,
        check=CHECK,
        subject=f"{choice.stage.value}: decides as {evidence.stages[0].value} does",
        outcome=outcome,
        sentence=_sentence(evidence, choice, outcome, limit),
        evidence=evidence.table.digest,
        estimate=measured.estimate,
        low=measured.low,
        high=measured.high,
        limit=limit,
        rows=len(evidence.table),
        action="Train the smaller stage to follow the full model." if outcome is verdicts.Outcome.FAIL else "",
    )


def _sentence(evidence: Evidence, choice: Choice, outcome: verdicts.Outcome, limit: float | None) -> str:
    stage, best = words.STAGES[choice.stage], words.STAGES[evidence.stages[0]]
    numbers = (
        f"for about {words.of_hundred(choice.measured.estimate)} of 100 pupils (between "
        f"{words.of_hundred(choice.measured.low)} and {words.of_hundred(choice.measured.high)}, at threshold {choice.threshold:g})"
    )
    if limit is None:
        return f"{words.capitalised(stage)} decides otherwise than {best} {numbers}. Reported, not limited."
    allowed = words.allowed(limit)
    return {
        verdicts.Outcome.PASS: f"{words.capitalised(stage)} seldom decides otherwise than {best}: {numbers}; {allowed}.",
        verdicts.Outcome.FAIL: f"{words.capitalised(stage)} too often decides otherwise than {best}: {numbers}; {allowed}.",
    }.get(outcome, f"We cannot tell yet whether {stage} seldom decides otherwise than {best}: {numbers}; {allowed}.")
