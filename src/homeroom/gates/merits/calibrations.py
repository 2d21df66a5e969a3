"""Can scores be taken at their word: do as many pupils need support as the scores say on average?"""

from dataclasses import dataclass

from homeroom.domain import releases, verdicts
from homeroom.gates import words
from homeroom.gates.evidence import Evidence, three_valued
from homeroom.gates.merits import scopes

CHECK = "quality.calibration"


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Average score against the share that needed it.

    Attributes:
        stage: which rung.
        scope: of whom.
        expected: average score.
        actual: share that needed it.
        distance: how far they lie apart, in either direction.
    """

    stage: releases.Stage
    scope: scopes.Scope
    expected: float
    actual: float
    distance: scopes.Measured


def decide(evidence: Evidence) -> tuple[verdicts.Verdict, ...]:
    """One verdict for each stage and scope; limited where the policy says so, else reported."""
    asked = scopes.every(evidence)
    judged = [scope for scope in asked if scopes.can_judge(evidence, scope)]
    # A thin band is told once, by the benefit, unless that is not asked for.
    thin = [scope for scope in asked if scope not in judged and scope.limits.calibration_limit is not None]
    return (
        *(_verdict(evidence, found) for found in measure(evidence, judged)),
        *(scopes.too_few(evidence, scope, CHECK, f"every stage: calibration{scope.suffix}") for scope in thin),
    )


def measure(evidence: Evidence, judged: list[scopes.Scope]) -> list[Calibration]:
    """Calibration of every stage and scope."""
    cases = [(stage, scope) for stage in evidence.stages for scope in judged]
    differences = [evidence.table.scores[stage] - evidence.table.needed for stage, _ in cases]
    of_cases = [scope for _, scope in cases]
    # Both directions together: too high and too low are both wrong.
    both = scopes.bound(evidence, [*differences, *(-one for one in differences)], [*of_cases, *of_cases])
    found = []
    for index, (stage, scope) in enumerate(cases):
        over, under = both[index], both[index + len(cases)]
        distance = scopes.Measured(
            estimate=abs(over.estimate), low=max(over.low, under.low, 0.0), high=max(over.high, under.high)
        )
        expected = float(evidence.table.scores[stage][scope.rows].mean())
        found.append(Calibration(stage, scope, expected, expected - over.estimate, distance))
    return found


def _verdict(evidence: Evidence, found: Calibration) -> verdicts.Verdict:
    limit, distance = found.scope.limits.calibration_limit, found.distance
    outcome = verdicts.Outcome.NOT_APPLICABLE if limit is None else three_valued(distance.low, distance.high, limit)
    actions = {
        verdicts.Outcome.FAIL: "Fit the scores to what happened (calibrate the model), and evaluate again.",
        verdicts.Outcome.NOT_ENOUGH_EVIDENCE: "Evaluate on more pupils and schools.",
    }
    return verdicts.Verdict(
        gate=scopes.GATE,
        check=CHECK,
        subject=f"{found.stage.value}: calibration{found.scope.suffix}",
        outcome=outcome,
        sentence=_sentence(found, outcome, limit),
        evidence=evidence.table.digest,
        estimate=distance.estimate,
        low=distance.low,
        high=distance.high,
        limit=limit,
        rows=int(found.scope.rows.sum()),
        band=found.scope.band,
        action=actions.get(outcome, ""),
    )


def _sentence(found: Calibration, outcome: verdicts.Outcome, limit: float | None) -> str:
    numbers = (
        f"{words.STAGES[found.stage]} expects {words.of_hundred(found.expected)} of 100 pupils to need support{found.scope.words}; "
        f"{words.of_hundred(found.actual)} did (the difference is between {words.of_hundred(found.distance.low)} and "
        f"{words.of_hundred(found.distance.high)} of 100)"
    )
    if limit is None:
        return f"{words.capitalised(numbers)}. Reported, not limited."
    begins = {
        verdicts.Outcome.PASS: "Scores can be taken at their word",
        verdicts.Outcome.FAIL: "Scores cannot be taken at their word",
    }.get(outcome, "We cannot tell yet whether scores can be taken at their word")
    return f"{begins}: {numbers}; {words.allowed(limit)}."
