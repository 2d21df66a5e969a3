"""Is the shipped model the one that was evaluated?"""

import numpy as np

from homeroom.domain import releases, verdicts
from homeroom.gates import scoring, words
from homeroom.gates.evidence import Evidence, three_valued
from homeroom.gates.merits import columnorders, scopes

CHECK = "quality.agreement"


def decide(evidence: Evidence) -> tuple[verdicts.Verdict, ...]:
    """One verdict for each stage."""
    return tuple(decide_stage(evidence, stage, evidence.given.stages[stage]) for stage in evidence.stages)


def decide_stage(evidence: Evidence, stage: releases.Stage, content: bytes) -> verdicts.Verdict:
    """Whether the stage's bytes score the rows about as the table says.

    The table holds cross-fitted scores and the stage is the refit, so they differ a little; a table of another model
    differs a lot. A few schools can show that it is another model, and not that it is the same.

    Raises:
        SpecError: the stage cannot be run on the rows.
    """
    everybody, subject = scopes.every(evidence)[0], f"{stage.value}: agrees with its evaluation"
    if len(evidence.table) < evidence.minimum_cell:
        return scopes.too_few(evidence, everybody, CHECK, subject)
    file = next(file for file in evidence.release.stages if file.stage is stage)
    scores = scoring.score(evidence.release, file, content, evidence.table)
    difference = np.abs(scores - evidence.table.scores[stage])
    found = scopes.bound(evidence, [difference], [everybody])[0]
    limit = evidence.policy.quality.agreement_limit
    outcome = three_valued(found.low, found.high, limit)
    if outcome is verdicts.Outcome.PASS and not evidence.enough(everybody.rows):
        outcome = verdicts.Outcome.NOT_ENOUGH_EVIDENCE
    why = ""
    if outcome is verdicts.Outcome.FAIL:
        why = columnorders.explain(evidence, file, content, found.estimate)
    return verdicts.Verdict(
        gate=scopes.GATE,
        check=CHECK,
        subject=subject,
        outcome=outcome,
        sentence=_sentence(stage, outcome, found, limit) + why,
        evidence=evidence.table.digest,
        estimate=found.estimate,
        low=found.low,
        high=found.high,
        limit=limit,
        rows=len(evidence.table),
        action=_ACTIONS.get(outcome, ""),
    )


_ACTIONS = {
    verdicts.Outcome.FAIL: "Submit the evaluation of this very model, with its columns in the order of the release.",
    verdicts.Outcome.NOT_ENOUGH_EVIDENCE: "Evaluate on more pupils and schools.",
}


def _sentence(stage: releases.Stage, outcome: verdicts.Outcome, found: scopes.Measured, limit: float) -> str:
    size = (
        f"on average its scores differ by {found.estimate:.3f} (between {found.low:.3f} and {found.high:.3f}) from those that were "
        f"evaluated, and at most {limit:g} is allowed"
    )
    subject = words.capitalised(words.STAGES[stage])
    return {
        verdicts.Outcome.PASS: f"{subject} is what was evaluated: {size}.",
        verdicts.Outcome.FAIL: f"{subject} is not what was evaluated: {size}.",
    }.get(outcome, f"We cannot tell yet whether {words.STAGES[stage]} is what was evaluated: {size}.")
