"""Whether people have approved a release: quorum, separation of duties, waivers."""

import enum
from dataclasses import dataclass
from datetime import datetime

from homeroom.domain import digests, verdicts


class Choice(enum.Enum):
    """What one ReleaseApproval decides."""

    APPROVE = "Approve"
    REJECT = "Reject"
    WAIVE = "Waive"


class Reason(enum.StrEnum):
    """Why the condition ``Approved`` is what it is."""

    WAITING = "Waiting"
    """There is nothing to approve yet."""
    AWAITING_APPROVAL = "AwaitingApproval"
    """Fewer people have approved than the policy asks for."""
    SELF_APPROVAL_IGNORED = "SelfApprovalIgnored"
    """The only approvals are by authors, and an author never approves."""
    DIGEST_CHANGED = "DigestChanged"
    """Approvals exist, but for another release digest or gate report."""
    REJECTED = "Rejected"
    """Somebody who is not an author said no to these very digests."""
    APPROVED = "Approved"
    """Enough people who are not authors approved these very digests."""


@dataclass(frozen=True, slots=True)
class Approval:
    """One immutable decision of one person.

    Attributes:
        name: of the ReleaseApproval object.
        approver: the person, as admission saw them.
        choice: what they decided.
        release_digest: of the release that they looked at.
        gate_report_digest: of the gate report that they looked at.
        covers: subjects of verdicts that a waiver covers.
        expires: when the decision ends by itself; None for never (a waiver always ends).
    """

    name: str
    approver: str
    choice: Choice
    release_digest: str
    gate_report_digest: str
    covers: tuple[str, ...] = ()
    expires: datetime | None = None

    def has_ended(self, now: datetime) -> bool:
        """Whether it has expired; a waiver without an end never counts."""
        return self.choice is Choice.WAIVE if self.expires is None else now >= self.expires


@dataclass(frozen=True, slots=True)
class ObservedApprovals:
    """What was found for one release.

    Attributes:
        release_digest: of what would be served.
        gate_report_digest: of what the gates said about it.
        authors: everybody who made it: creator in Kubernetes, creator in MLflow, declared author.
        required: distinct people that the policy asks for; at least 1.
        approvals: every decision that names the release.
    """

    release_digest: digests.Digest
    gate_report_digest: digests.Digest
    authors: frozenset[str]
    required: int
    approvals: tuple[Approval, ...]

    def foreign(self) -> tuple[Approval, ...]:
        """Decisions about these very digests by people who are not authors, also those that have ended."""
        return tuple(a for a in self.approvals if self.is_current(a) and a.approver not in self.authors)

    def valid(self, now: datetime) -> tuple[Approval, ...]:
        """Decisions that count at ``now``."""
        return tuple(a for a in self.foreign() if not a.has_ended(now))

    def is_current(self, approval: Approval) -> bool:
        """Whether that decision is about these very digests."""
        return (approval.release_digest, approval.gate_report_digest) == (self.release_digest, self.gate_report_digest)


@dataclass(frozen=True, slots=True)
class ApprovalDecision:
    """Why it is approved or not, and who approved (sorted)."""

    reason: Reason
    message: str
    approved_by: tuple[str, ...] = ()

    @property
    def approved(self) -> bool:
        """Whether it may go on."""
        return self.reason is Reason.APPROVED


def decide_approval(observed: ObservedApprovals, now: datetime) -> ApprovalDecision:
    """Whether enough people who are not authors approved exactly what would be served.

    A rejection blocks however many approve. Order of the objects has no meaning.
    """
    valid = observed.valid(now)
    rejecting = sorted({a.approver for a in valid if a.choice is Choice.REJECT})
    if rejecting:
        return ApprovalDecision(
            Reason.REJECTED, f"rejected by {', '.join(rejecting)}; make a new release that answers the reasons"
        )
    approving = tuple(sorted({a.approver for a in valid if a.choice is Choice.APPROVE}))
    if len(approving) >= observed.required:
        return ApprovalDecision(Reason.APPROVED, f"approved by {', '.join(approving)}", approving)
    return _missing(observed, approving)


def _missing(observed: ObservedApprovals, approving: tuple[str, ...]) -> ApprovalDecision:
    needed = observed.required - len(approving)
    ask = f"{needed} more approval{'s' if needed > 1 else ''} needed, by somebody who is not an author"
    given = [a for a in observed.approvals if a.choice is Choice.APPROVE]
    own = sorted({a.approver for a in given if observed.is_current(a) and a.approver in observed.authors})
    if own:
        return ApprovalDecision(
            Reason.SELF_APPROVAL_IGNORED,
            f"{', '.join(own)} made this release and cannot approve it; {ask}",
            approving,
        )
    if any(not observed.is_current(a) for a in given):
        return ApprovalDecision(
            Reason.DIGEST_CHANGED,
            f"an approval names another release digest or gate report than the current ones; {ask}",
            approving,
        )
    return ApprovalDecision(Reason.AWAITING_APPROVAL, ask, approving)


@dataclass(frozen=True, slots=True)
class Waivers:
    """How the findings without enough evidence are covered.

    Attributes:
        uncovered: subjects that no waiver covers, sorted.
        expired: those of ``uncovered`` that a waiver covered until it ended, sorted.
        by: people whose waivers count, sorted.
        ends: when the first of the counting waivers ends; None without one.
    """

    uncovered: tuple[str, ...]
    expired: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    ends: datetime | None = None


def decide_waivers(observed: ObservedApprovals, findings: tuple[verdicts.Verdict, ...], now: datetime) -> Waivers:
    """Which subjects with ``NotEnoughEvidence`` still stop the release.

    A waiver never covers a ``Fail``: those are not looked at here at all.
    """
    open_subjects = {v.subject for v in findings if v.outcome is verdicts.Outcome.NOT_ENOUGH_EVIDENCE}
    waivers = [a for a in observed.foreign() if a.choice is Choice.WAIVE and open_subjects & set(a.covers)]
    running = [a for a in waivers if not a.has_ended(now)]
    uncovered = open_subjects - {subject for a in running for subject in a.covers}
    return Waivers(
        uncovered=tuple(sorted(uncovered)),
        expired=tuple(sorted(uncovered & {subject for a in waivers for subject in a.covers})),
        by=tuple(sorted({a.approver for a in running})),
        ends=min((a.expires for a in running if a.expires is not None), default=None),
    )
