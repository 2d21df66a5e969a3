"""What is reported beside the limits and limits nothing: the price of offering, in people, and the other direction.

These verdicts are ``NotApplicable``: no policy limits them, and hiding them would be worse than a long report.
"""

from homeroom.domain import releases, verdicts
from homeroom.gates import fairness, words
from homeroom.gates.evidence import Evidence
from homeroom.resources import gatepolicies

GATE = "fairness"
NEEDLESS, BOTH_DIRECTIONS = "fairness.needless", "fairness.both-directions"


def decide(evidence: Evidence) -> tuple[verdicts.Verdict, ...]:
    """Needless offers of each stage; for the best stage also both directions for each group, at the default threshold."""
    best = evidence.stages[0]
    needless = [_needless(evidence, stage) for stage in evidence.stages]
    shown = fairness.shown(evidence)
    groups = [
        _both_directions(evidence, best, group) for group in evidence.policy.fairness.protect if group.name in shown
    ]
    return tuple(verdict for verdict in (*needless, *groups) if verdict is not None)


def _needless(evidence: Evidence, stage: releases.Stage) -> verdicts.Verdict | None:
    offered = evidence.offered(stage, evidence.thresholds[0])
    if not evidence.enough(offered):
        return None
    share = float((~evidence.table.needed[offered]).mean())
    sentence = (
        f"Of 10 pupils offered support {words.of_ten(share)} would have managed without it. "
        f"Answered by {words.STAGES[stage]}; reported, not limited."
    )
    return _reported(
        evidence, NEEDLESS, f"{stage.value}: offers that were not needed", sentence, share, int(offered.sum())
    )


def _both_directions(
    evidence: Evidence, stage: releases.Stage, group: gatepolicies.ProtectedGroup
) -> verdicts.Verdict | None:
    offered = evidence.offered(stage, evidence.thresholds[0])
    needing = fairness.sides(evidence, group, evidence.table.needed)
    others = fairness.sides(evidence, group, ~evidence.table.needed)
    if not all(evidence.enough(side) for side in (*needing, *others)):
        return None
    missed, missed_rest = (float((~offered[side]).mean()) for side in needing)
    needless, needless_rest = (float(offered[side].mean()) for side in others)
    sentence = (
        f"Of 100 {group.words} who need support {words.of_hundred(missed)} would not be offered it, of 100 "
        f"{group.against_words} {words.of_hundred(missed_rest)}; of 100 who do not need it "
        f"{words.of_hundred(needless)} would be offered it, against {words.of_hundred(needless_rest)}. "
        "Reported, not limited."
    )
    subject = f"{stage.value}: both directions, {group.words} against {group.against_words}"
    return _reported(evidence, BOTH_DIRECTIONS, subject, sentence, missed - missed_rest, int(needing[0].sum()))


def _reported(
    evidence: Evidence, check: str, subject: str, sentence: str, estimate: float, rows: int
) -> verdicts.Verdict:
    return verdicts.Verdict(
        gate=GATE,
        check=check,
        subject=subject,
        outcome=verdicts.Outcome.NOT_APPLICABLE,
        sentence=sentence,
        evidence=evidence.table.digest,
        estimate=estimate,
        rows=rows,
    )
