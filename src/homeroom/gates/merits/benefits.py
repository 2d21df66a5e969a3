"""Does a stage do more good than what needs no model, at every operating point, for all pupils and in every band?

The models are held against the fallback - the school's own rate of the year group, for which nobody needs a model - and the
fallback against offering nobody anything.
"""

from dataclasses import dataclass

from homeroom.domain import releases, verdicts
from homeroom.gates import words
from homeroom.gates.evidence import Evidence, three_valued
from homeroom.gates.merits import scopes
from homeroom.stats import benefit, clusters

CHECK = "quality.benefit"


@dataclass(frozen=True, slots=True, eq=False)
class Gain:
    """What a stage is worth at one operating point, in right offers per pupil more than without it."""

    stage: releases.Stage
    scope: scopes.Scope
    threshold: float
    measured: scopes.Measured

    @property
    def outcome(self) -> verdicts.Outcome:
        """Fail below 0, pass above."""
        # Good is "above 0", where three_valued calls "below the limit" good: both bounds change sign and place.
        return three_valued(-self.measured.high, -self.measured.low, 0.0)


def decide(evidence: Evidence) -> tuple[verdicts.Verdict, ...]:
    """One verdict for each stage and scope, at the worst operating point; one for a band that is too thin."""
    asked = [scope for scope in scopes.every(evidence) if scope.limits.net_benefit]
    judged = [scope for scope in asked if scopes.can_judge(evidence, scope)]
    gains = measure(evidence, judged)
    worst: dict[tuple[releases.Stage, str | None], Gain] = {}
    for gain in gains:
        key = gain.stage, gain.scope.band
        if key not in worst or _badness(gain) > _badness(worst[key]):
            worst[key] = gain
    thin = [scope for scope in asked if not scopes.can_judge(evidence, scope)]
    return (
        *(_verdict(evidence, gain) for gain in worst.values()),
        *(scopes.too_few(evidence, scope, CHECK, f"every stage: net benefit{scope.suffix}") for scope in thin),
    )


def measure(evidence: Evidence, judged: list[scopes.Scope]) -> list[Gain]:
    """Gains of every stage, scope and operating point; what can fail holds together over all of them."""
    cases = [
        (stage, scope, threshold) for stage in evidence.stages for scope in judged for threshold in evidence.thresholds
    ]
    # Lower bounds of the loss hold together, because any of them can fail the release.
    losses = scopes.bound(
        evidence,
        [-_terms(evidence, stage, threshold) for stage, _, threshold in cases],
        [scope for _, scope, _ in cases],
    )
    return [
        Gain(stage, scope, threshold, scopes.Measured(-loss.estimate, -loss.high, -loss.low))
        for (stage, scope, threshold), loss in zip(cases, losses, strict=True)
    ]


def _terms(evidence: Evidence, stage: releases.Stage, threshold: float) -> clusters.FloatArray:
    needed = evidence.table.needed
    own = benefit.net_benefit_terms(evidence.offered(stage, threshold), needed, threshold)
    if stage is releases.Stage.FALLBACK or releases.Stage.FALLBACK not in evidence.table.scores:
        return own
    return own - benefit.net_benefit_terms(evidence.offered(releases.Stage.FALLBACK, threshold), needed, threshold)


def _badness(gain: Gain) -> tuple[int, float]:
    return gain.outcome.severity, -gain.measured.low


def _verdict(evidence: Evidence, gain: Gain) -> verdicts.Verdict:
    actions = {
        verdicts.Outcome.FAIL: "Bring a model that helps more than this, or go on without one.",
        verdicts.Outcome.NOT_ENOUGH_EVIDENCE: "Evaluate on more pupils and schools.",
    }
    return verdicts.Verdict(
        gate=scopes.GATE,
        check=CHECK,
        subject=f"{gain.stage.value}: net benefit{gain.scope.suffix}",
        outcome=gain.outcome,
        sentence=_sentence(gain),
        evidence=evidence.table.digest,
        estimate=gain.measured.estimate,
        low=gain.measured.low,
        high=gain.measured.high,
        limit=0.0,
        rows=int(gain.scope.rows.sum()),
        band=gain.scope.band,
        action=actions.get(gain.outcome, ""),
    )


def _sentence(gain: Gain) -> str:
    rival = "offering nobody anything" if gain.stage is releases.Stage.FALLBACK else "the school's own rate"
    subject, measured = words.capitalised(words.STAGES[gain.stage]), gain.measured
    gained = (
        f"per 1000 pupils it is worth {round(1000 * measured.estimate)} more right offers (between "
        f"{round(1000 * measured.low)} and {round(1000 * measured.high)}, at threshold {gain.threshold:g}, where it is least)"
    )
    return {
        verdicts.Outcome.PASS: f"{subject} helps more than {rival}{gain.scope.words}: {gained}.",
        verdicts.Outcome.FAIL: f"{subject} helps less than {rival}{gain.scope.words}: {gained}.",
    }.get(
        gain.outcome,
        f"We cannot tell yet whether {words.STAGES[gain.stage]} helps more than {rival}{gain.scope.words}: {gained}.",
    )
