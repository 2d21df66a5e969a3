"""What a gate says: four outcomes, with the evidence and the sentence behind each."""

import enum
from dataclasses import dataclass
from typing import Any

from homeroom.domain import digests


class Outcome(enum.Enum):
    """What a gate found. Not enough evidence is an outcome of its own and never a pass."""

    PASS = "Pass"  # noqa: S105 - a verdict, no password
    NOT_APPLICABLE = "NotApplicable"
    NOT_ENOUGH_EVIDENCE = "NotEnoughEvidence"
    FAIL = "Fail"

    @property
    def severity(self) -> int:
        """0 for a pass, rising; ``worst`` acts on the largest."""
        return list(Outcome).index(self)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One finding of one gate on one stage.

    Attributes:
        gate: ``fairness``, ``drift``, ``privacy``, ``footprint``, ``quality``.
        check: name of the rule, such as ``fairness.excess``; stable, so that programs and other languages may rely on it.
        subject: what was judged, such as ``full: free lunch against paid lunch``.
        outcome: what was found.
        sentence: for a principal: what it means, no jargon, sentence first and number second.
        estimate: point estimate in the unit of the limit; None where there is none.
        low: lower bound of the interval that decides.
        high: upper bound of the interval that decides.
        limit: what the policy allows.
        rows: number of rows behind the estimate, 0 when hidden because it is under the minimum cell.
        detectable: smallest effect that this many rows would show with power 0.8; None where it has no meaning.
        evidence: digest of the bytes that were read.
        action: what to do next, for whoever must act; empty when there is nothing to do.
        band: year-group band that it is about; None for all bands of the release.
    """

    gate: str
    subject: str
    outcome: Outcome
    sentence: str
    evidence: digests.Digest
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    limit: float | None = None
    rows: int = 0
    detectable: float | None = None
    check: str = ""
    action: str = ""
    band: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON with numbers rounded to four decimals, so that the report digest is stable."""
        return {
            "gate": self.gate,
            "subject": self.subject,
            "outcome": self.outcome.value,
            "sentence": self.sentence,
            "estimate": _rounded(self.estimate),
            "low": _rounded(self.low),
            "high": _rounded(self.high),
            "limit": _rounded(self.limit),
            "rows": self.rows,
            "detectable": _rounded(self.detectable),
            "evidence": self.evidence,
            "check": self.check or self.gate,
            "action": self.action,
            "band": self.band,
        }


def from_json(value: dict[str, Any]) -> Verdict:
    """The verdict that ``Verdict.to_json`` wrote."""
    return Verdict(**{**value, "outcome": Outcome(value["outcome"]), "evidence": digests.parse(value["evidence"])})


def worst(verdicts: tuple[Verdict, ...]) -> Outcome:
    """The outcome to act on: the worst of what was judged, and not enough evidence when nothing was.

    A finding that is only reported judges nothing: beside a pass it changes nothing, alone it is no pass.
    """
    judged = [verdict.outcome for verdict in verdicts if verdict.outcome is not Outcome.NOT_APPLICABLE]
    return max(judged, key=lambda outcome: outcome.severity, default=Outcome.NOT_ENOUGH_EVIDENCE)


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 4)
