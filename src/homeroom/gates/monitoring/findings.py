"""What a watch found: findings with sentences, advice for each region, one canonical document."""

import enum
from dataclasses import dataclass
from typing import Any

from homeroom.domain import changes, digests

SCHEMA_VERSION = 1


class Outcome(enum.Enum):
    """What was found about one question."""

    CHANGED = "Changed"
    UNCHANGED = "Unchanged"
    CANNOT_TELL = "CannotTell"
    NOTE = "Note"
    """Told and never alarmed about."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Attributes:
        check: name of the rule, such as ``watch.loss``; stable.
        level: ``school``, ``cluster``, ``region`` or ``district``.
        unit: site id, or name of the pool.
        subject: what was looked at, such as the name of an input.
        outcome: what was found.
        sentence: for a principal.
        estimate: in the unit of the sentence; None where there is none or it is hidden.
        low: lower end of its range.
        high: upper end of its range.
        detectable: smallest change that would have been noticed.
        acts: whether it is sure enough for what happens by itself.
    """

    check: str
    level: str
    unit: str
    subject: str
    outcome: Outcome
    sentence: str
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    detectable: float | None = None
    acts: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain JSON with numbers rounded, so that digests are stable."""
        return {
            "check": self.check,
            "level": self.level,
            "unit": self.unit,
            "subject": self.subject,
            "outcome": self.outcome.value,
            "sentence": self.sentence,
            "estimate": _rounded(self.estimate),
            "low": _rounded(self.low),
            "high": _rounded(self.high),
            "detectable": _rounded(self.detectable),
            "acts": self.acts,
        }


@dataclass(frozen=True, slots=True)
class RegionAdvice:
    """What to do in one region, by the decision table."""

    region: str
    advice: changes.Advice

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "region": self.region,
            "action": self.advice.action.value,
            "reason": self.advice.reason,
            "sentence": self.advice.sentence,
        }


@dataclass(frozen=True, slots=True)
class Findings:
    """All of one day.

    Attributes:
        findings: sorted.
        advice: one for each region, sorted.
        read: digests of the window files, sorted, and of reference and limits.
        today: the day that was judged, as an ISO date.
    """

    findings: tuple[Finding, ...]
    advice: tuple[RegionAdvice, ...]
    read: dict[str, Any]
    today: str

    @property
    def outcome(self) -> Outcome:
        """Changed when anything is; cannot tell when nothing could be judged."""
        found = {finding.outcome for finding in self.findings}
        if Outcome.CHANGED in found:
            return Outcome.CHANGED
        return Outcome.UNCHANGED if Outcome.UNCHANGED in found else Outcome.CANNOT_TELL

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "schemaVersion": SCHEMA_VERSION,
            "kind": "WatchFindings",
            "today": self.today,
            "read": self.read,
            "outcome": self.outcome.value,
            "advice": [advice.to_json() for advice in self.advice],
            "findings": [finding.to_json() for finding in self.findings],
        }

    @property
    def digest(self) -> digests.Digest:
        """Of the canonical form; the same windows, limits, calendars and day give the same."""
        return digests.of_json(self.to_json())


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 4)
