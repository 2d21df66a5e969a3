"""How findings without enough evidence are covered: a waiver lets pilots begin, a second person's override lets all schools have it.

A waiver never covers a ``Fail``: those are not looked at here at all. A waiver or override that names a finding which does not lack
evidence counts for nothing as a whole, and is named: whoever wrote it believed something that is not so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from homeroom.domain import approvals, verdicts


@dataclass(frozen=True, slots=True)
class Waivers:
    """How the findings without enough evidence are covered.

    Attributes:
        uncovered: subjects that no waiver covers, sorted.
        expired: those of ``uncovered`` that a waiver covered until it ended, sorted.
        by: people whose waivers count, sorted.
        ends: when the first of the counting waivers ends; None without one.
        pilots_only: subjects that are waived and not overridden, sorted; while there is any, only pilots may have the release.
        overridden_by: people whose overrides count, sorted.
        override_ends: when the first of the counting overrides ends; None without one.
        ignored: why waivers and overrides do not count that were meant to, sorted.
    """

    uncovered: tuple[str, ...]
    expired: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    ends: datetime | None = None
    pilots_only: tuple[str, ...] = ()
    overridden_by: tuple[str, ...] = ()
    override_ends: datetime | None = None
    ignored: tuple[str, ...] = ()


def decide_waivers(
    observed: approvals.ObservedApprovals, findings: tuple[verdicts.Verdict, ...], now: datetime
) -> Waivers:
    """Which subjects with ``NotEnoughEvidence`` still stop the release, and which keep it to pilots.

    An override counts for a subject that a running waiver of *another* person covers, until either of the two ends. It is no
    approval, and adds nothing to the quorum.
    """
    wanting = frozenset(v.subject for v in findings if v.outcome is verdicts.Outcome.NOT_ENOUGH_EVIDENCE)
    given = [a for a in observed.foreign() if a.choice.always_ends]
    sound = [a for a in given if a.covers and wanting.issuperset(a.covers)]
    waivers = [a for a in sound if a.choice is approvals.Choice.WAIVE]
    running = [a for a in waivers if not a.has_ended(now)]
    overrides = [a for a in sound if a.choice is approvals.Choice.OVERRIDE and not a.has_ended(now)]
    lifting = [a for a in overrides if _lifted(a, running)]
    waived = _covered(running)
    uncovered = wanting - waived
    return Waivers(
        uncovered=tuple(sorted(uncovered)),
        expired=tuple(sorted(uncovered & _covered(waivers))),
        by=_people(running),
        ends=_first_end(running),
        pilots_only=tuple(sorted(waived - {subject for a in lifting for subject in _lifted(a, running)})),
        overridden_by=_people(lifting),
        override_ends=_first_end(lifting),
        ignored=(*_unsound(given, wanting, now), *_idle(overrides, running), *_late(observed)),
    )


def _lifted(override: approvals.Approval, running: list[approvals.Approval]) -> frozenset[str]:
    """Subjects of the override that somebody else has waived."""
    by_others = [a for a in running if a.approver != override.approver]
    return frozenset(override.covers) & _covered(by_others)


def _unsound(given: list[approvals.Approval], wanting: frozenset[str], now: datetime) -> tuple[str, ...]:
    said = []
    for decision in sorted(given, key=lambda a: a.name):
        unknown = sorted(set(decision.covers) - wanting)
        if unknown and not decision.has_ended(now):
            said.append(
                f"the {_word(decision)} {decision.name} of {decision.approver} does not count, because {unknown[0]!r} is no "
                "finding that lacks evidence: write another one that names those that do"
            )
    return tuple(said)


def _idle(overrides: list[approvals.Approval], running: list[approvals.Approval]) -> tuple[str, ...]:
    return tuple(
        f"the override {a.name} of {a.approver} does not count for {subjects[0]!r}: somebody else than {a.approver} has to have "
        "waived it"
        for a in sorted(overrides, key=lambda a: a.name)
        if (subjects := sorted(set(a.covers) - _lifted(a, running)))
    )


def _late(observed: approvals.ObservedApprovals) -> tuple[str, ...]:
    return tuple(
        f"the {_word(a)} {a.name} of {a.approver} was made after a policy pack was overdue and does not count"
        for a in sorted(observed.late(), key=lambda a: a.name)
        if a.choice.always_ends
    )


def _word(decision: approvals.Approval) -> str:
    return "waiver" if decision.choice is approvals.Choice.WAIVE else "override"


def _covered(decisions: Iterable[approvals.Approval]) -> frozenset[str]:
    return frozenset(subject for a in decisions for subject in a.covers)


def _people(decisions: Iterable[approvals.Approval]) -> tuple[str, ...]:
    return tuple(sorted({a.approver for a in decisions}))


def _first_end(decisions: Iterable[approvals.Approval]) -> datetime | None:
    return min((a.expires for a in decisions if a.expires is not None), default=None)
