"""Whether people have approved a release: quorum, separation of duties, and whose decisions count."""

import enum
from dataclasses import dataclass
from datetime import datetime

from homeroom.domain import digests, packreviews


class Choice(enum.Enum):
    """What one ReleaseApproval decides."""

    APPROVE = "Approve"
    REJECT = "Reject"
    WAIVE = "Waive"
    OVERRIDE = "Override"

    @property
    def always_ends(self) -> bool:
        """Whether it never counts without an end."""
        return self in (Choice.WAIVE, Choice.OVERRIDE)


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
    PACK_REVIEW_OVERDUE = "PackReviewOverdue"
    """A policy pack was not reviewed in time, so approvals made since then do not count."""
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
        covers: subjects of verdicts that a waiver or an override covers.
        expires: when the decision ends by itself; None for never (a waiver and an override always end).
        made: when it was made, by the API server's clock; None when that is not known.
    """

    name: str
    approver: str
    choice: Choice
    release_digest: str
    gate_report_digest: str
    covers: tuple[str, ...] = ()
    expires: datetime | None = None
    made: datetime | None = None

    def has_ended(self, now: datetime) -> bool:
        """Whether it has expired; a waiver or an override without an end never counts."""
        return self.choice.always_ends if self.expires is None else now >= self.expires


@dataclass(frozen=True, slots=True)
class ObservedApprovals:
    """What was found for one release.

    Attributes:
        release_digest: of what would be served.
        gate_report_digest: of what the gates said about it.
        authors: everybody who made it: creator in Kubernetes, creator in MLflow, declared author.
        required: distinct people that the policy asks for; at least 1.
        approvals: every decision that names the release.
        packs: policy packs that apply; once one is overdue, later decisions in favour of the release do not count.
    """

    release_digest: digests.Digest
    gate_report_digest: digests.Digest
    authors: frozenset[str]
    required: int
    approvals: tuple[Approval, ...]
    packs: tuple[packreviews.Pack, ...] = ()

    def foreign(self) -> tuple[Approval, ...]:
        """Decisions about these very digests by people who are not authors, also those that have ended."""
        return tuple(a for a in self._by_others() if not self._came_too_late(a))

    def late(self) -> tuple[Approval, ...]:
        """Decisions that would be among ``foreign`` had they been made before a pack was overdue."""
        return tuple(a for a in self._by_others() if self._came_too_late(a))

    def _by_others(self) -> tuple[Approval, ...]:
        return tuple(a for a in self.approvals if self.is_current(a) and a.approver not in self.authors)

    def _came_too_late(self, approval: Approval) -> bool:
        stop = packreviews.first_stop(self.packs)
        in_favour = approval.choice is not Choice.REJECT
        return in_favour and stop is not None and approval.made is not None and approval.made >= stop

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

    A rejection blocks however many approve. Order of the objects has no meaning. Who approved before a policy pack was overdue
    goes on counting.
    """
    valid = observed.valid(now)
    rejecting = sorted({a.approver for a in valid if a.choice is Choice.REJECT})
    if rejecting:
        return ApprovalDecision(
            Reason.REJECTED, f"rejected by {', '.join(rejecting)}; make a new release that answers the reasons"
        )
    approving = tuple(sorted({a.approver for a in valid if a.choice is Choice.APPROVE}))
    if len(approving) >= observed.required:
        said = _and(f"approved by {', '.join(approving)}", packreviews.warning(observed.packs, now))
        return ApprovalDecision(Reason.APPROVED, said, approving)
    return _missing(observed, approving, now)


def _missing(observed: ObservedApprovals, approving: tuple[str, ...], now: datetime) -> ApprovalDecision:
    needed = observed.required - len(approving)
    ask = f"{needed} more approval{'s' if needed > 1 else ''} needed, by somebody who is not an author"
    stop = packreviews.first_stop(observed.packs)
    if stop is not None and now >= stop:
        return ApprovalDecision(Reason.PACK_REVIEW_OVERDUE, packreviews.warning(observed.packs, now), approving)
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
    return ApprovalDecision(Reason.AWAITING_APPROVAL, _and(ask, packreviews.warning(observed.packs, now)), approving)


def _and(first: str, second: str) -> str:
    return f"{first}; {second}" if second else first
