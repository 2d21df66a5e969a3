"""The way of one release from a model version to ``Ready``: what is true, why, and what to do next."""

import enum
from dataclasses import dataclass
from datetime import datetime

from homeroom.domain import approvals, conditions, digests, packreviews, verdicts
from homeroom.domain import waivers as waiver_rules

CONDITIONS = ("Imported", "Packaged", "GatesPassed", "Approved", "Ready")


class Reason(enum.StrEnum):
    """Why a condition of a release is what it is."""

    IMPORTED = "Imported"
    """Every file of the model version was read and checked."""
    PACKAGED = "Packaged"
    """The artifact is in the district's registry."""
    WAITING = "Waiting"
    """The step is about to start, or an earlier one has to be finished first."""
    RUNNING = "Running"
    """The gates are being computed."""
    MODEL_NOT_FOUND = "ModelNotFound"
    """The model registry has no such model version, or it lacks a file."""
    NOT_ONNX = "NotOnnx"
    """A stage is no ONNX file."""
    TRUNCATED = "Truncated"
    """A stage is an ONNX file that ends too early."""
    EXTERNAL_DATA = "ExternalData"
    """A stage keeps its weights in another file."""
    TOO_LARGE = "TooLarge"
    """A file is larger than intake reads."""
    OPERATOR_REFUSED = "OperatorRefused"
    """A stage uses an operator that schools do not run."""
    INTAKE_FAILED = "IntakeFailed"
    """A stage could not be run on a fixed input within its memory and time."""
    RELEASE_FILE_INVALID = "ReleaseFileInvalid"
    """``release.json`` or ``fallback.json`` does not say what is needed."""
    EVALUATION_NOT_FOUND = "EvaluationNotFound"
    """The evaluation table is not in the district's private store."""
    EVALUATION_DIFFERS = "EvaluationDiffers"
    """The release names another evaluation table than the model version was evaluated on."""
    EVALUATION_INVALID = "EvaluationInvalid"
    """The evaluation table cannot be judged as it is."""
    REGISTRY_UNAVAILABLE = "RegistryUnavailable"
    """A registry does not answer; it is tried again."""
    JOB_FAILED = "JobFailed"
    """The gate process ended without a report; it is tried again."""
    POLICY_NOT_FOUND = "PolicyNotFound"
    """``spec.policyRef`` names a GatePolicy that does not exist."""
    POLICY_INVALID = "PolicyInvalid"
    """The GatePolicy contradicts itself or a policy pack, or names a pack that does not exist."""
    GATE_FAILED = "GateFailed"
    """At least one finding is Fail."""
    NOT_ENOUGH_EVIDENCE = "NotEnoughEvidence"
    """A finding lacks evidence, and no waiver that has not expired covers it."""
    WAIVED = "Waived"
    """No finding is Fail, and each that lacks evidence is covered by a waiver: only pilots may have the release."""
    OVERRIDDEN = "Overridden"
    """The same, and a second person has lifted the restriction to pilots for each of them."""
    PASSED = "Passed"
    """Every finding is Pass or NotApplicable."""
    NOT_IMPORTED = "NotImported"
    """``Imported`` does not hold."""
    NOT_PACKAGED = "NotPackaged"
    """``Packaged`` does not hold."""
    GATES_NOT_PASSED = "GatesNotPassed"
    """``GatesPassed`` does not hold."""
    NOT_APPROVED = "NotApproved"
    """``Approved`` does not hold."""
    READY = "Ready"
    """Every other condition holds."""
    READY_FOR_PILOTS = "ReadyForPilots"
    """Every other condition holds, one of them through a waiver: waves may take pilots only."""


TEMPORARY = frozenset({Reason.REGISTRY_UNAVAILABLE, Reason.JOB_FAILED})
"""Faults that nobody has to act on: the same try may succeed later."""

_NOT_READY = {
    "Imported": Reason.NOT_IMPORTED,
    "Packaged": Reason.NOT_PACKAGED,
    "GatesPassed": Reason.GATES_NOT_PASSED,
    "Approved": Reason.NOT_APPROVED,
}


class Step(enum.Enum):
    """Long work, in order; each is done again whenever its recorded output is missing."""

    IMPORT = "Imported"
    PACKAGE = "Packaged"
    GATES = "GatesPassed"


_FINISHED = {Step.IMPORT: Reason.IMPORTED, Step.PACKAGE: Reason.PACKAGED, Step.GATES: Reason.PASSED}
_AT_WORK = {
    Step.IMPORT: "reading and checking the files of the model version",
    Step.PACKAGE: "packaging",
    Step.GATES: "the gates are being computed",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Why the last try of a step ended without an output."""

    step: Step
    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class GateResult:
    """The gate report that stands for the current inputs."""

    digest: digests.Digest
    verdicts: tuple[verdicts.Verdict, ...]


@dataclass(frozen=True, slots=True)
class ObservedRelease:
    """What is known about one release.

    Attributes:
        policy: name of the policy that it refers to.
        required: approvals that the policy asks for; None when there is no such policy.
        imported: whether its files lie checked in the private store.
        release_digest: of the packaged artifact once it is in the registry.
        gates: what the gates said; None until they were run on the current inputs.
        fault: of the last try of the step that is due, if it failed.
        authors: everybody who made it.
        approvals: every decision that names it.
        policy_problem: why no limits follow from the policy, and what to change in it; empty when they do.
        packs: policy packs that apply.
    """

    policy: str
    required: int | None
    imported: bool
    release_digest: digests.Digest | None
    gates: GateResult | None
    fault: Fault | None
    authors: frozenset[str]
    approvals: tuple[approvals.Approval, ...]
    policy_problem: str = ""
    packs: tuple[packreviews.Pack, ...] = ()


@dataclass(frozen=True, slots=True)
class ReleaseDecision:
    """What to write and what to do.

    Attributes:
        conditions: in the order of ``CONDITIONS``; not merged with the old ones yet.
        phase: summary of the conditions, for tables.
        message: of the first condition that somebody must act on, else the first under way, or that it is ready.
        approved_by: people whose approvals count.
        next_step: the long work that is due; None when there is none. How soon a failed one is tried again is not
            decided here.
    """

    conditions: tuple[conditions.Condition, ...]
    phase: str
    message: str
    approved_by: tuple[str, ...] = ()
    next_step: Step | None = None


@dataclass(frozen=True, slots=True)
class _Finding:
    status: conditions.Status
    reason: str
    message: str

    def named(self, type_: str) -> conditions.Condition:
        return conditions.Condition(type_, self.status, self.reason, self.message)


def decide_release(observed: ObservedRelease, now: datetime) -> ReleaseDecision:
    """Conditions in order with the first thing that stops the release, and the step to start next.

    A fault stops its own step and all after it, and nothing else: what already serves is not looked at here.
    """
    people = _people(observed)
    approval = None if people is None else approvals.decide_approval(people, now)
    waivers = _waivers(observed, people, now)
    findings = (
        _step(observed, Step.IMPORT, done=observed.imported, earlier=True),
        _step(observed, Step.PACKAGE, done=observed.release_digest is not None, earlier=observed.imported),
        _gates(observed, waivers),
        _approved(approval),
    )
    listed = tuple(finding.named(type_) for finding, type_ in zip(findings, CONDITIONS, strict=False))
    stopping = _stopping(listed)
    ready = _ready(stopping, waivers, packreviews.warning(observed.packs, now))
    return ReleaseDecision(
        conditions=(*listed, ready),
        phase=_phase(stopping),
        message=ready.message if stopping is None else stopping.message,
        approved_by=() if approval is None else approval.approved_by,
        next_step=next_step(observed),
    )


def _stopping(listed: tuple[conditions.Condition, ...]) -> conditions.Condition | None:
    """What to tell first: the first thing that somebody must act on, else the first that is under way."""
    order = (conditions.Status.FALSE, conditions.Status.UNKNOWN)
    return next((c for status in order for c in listed if c.status is status), None)


def _people(observed: ObservedRelease) -> approvals.ObservedApprovals | None:
    if observed.release_digest is None or observed.gates is None or observed.required is None:
        return None
    return approvals.ObservedApprovals(
        release_digest=observed.release_digest,
        gate_report_digest=observed.gates.digest,
        authors=observed.authors,
        required=observed.required,
        approvals=observed.approvals,
        packs=observed.packs,
    )


def _waivers(
    observed: ObservedRelease, people: approvals.ObservedApprovals | None, now: datetime
) -> waiver_rules.Waivers | None:
    if people is None or observed.gates is None:
        return None
    return waiver_rules.decide_waivers(people, observed.gates.verdicts, now)


def _step(observed: ObservedRelease, step: Step, *, done: bool, earlier: bool) -> _Finding:
    if done:
        return _Finding(conditions.Status.TRUE, _FINISHED[step], "")
    if observed.fault is not None and observed.fault.step is step:
        status = conditions.Status.UNKNOWN if observed.fault.reason in TEMPORARY else conditions.Status.FALSE
        return _Finding(status, observed.fault.reason, observed.fault.message)
    if not earlier:
        return _Finding(conditions.Status.UNKNOWN, Reason.WAITING, "an earlier step is not finished")
    reason = Reason.RUNNING if step is Step.GATES else Reason.WAITING
    return _Finding(conditions.Status.UNKNOWN, reason, _AT_WORK[step])


def _gates(observed: ObservedRelease, waivers: waiver_rules.Waivers | None) -> _Finding:
    if observed.required is None:
        return _Finding(
            conditions.Status.FALSE,
            Reason.POLICY_NOT_FOUND,
            f"there is no GatePolicy {observed.policy!r}: create it, or make a release that names one that exists",
        )
    if observed.policy_problem:
        return _Finding(
            conditions.Status.FALSE, Reason.POLICY_INVALID, f"GatePolicy {observed.policy}: {observed.policy_problem}"
        )
    if observed.gates is None or waivers is None:
        return _step(observed, Step.GATES, done=False, earlier=observed.release_digest is not None)
    failed = [v for v in observed.gates.verdicts if v.outcome is verdicts.Outcome.FAIL]
    if failed or not observed.gates.verdicts:
        return _Finding(conditions.Status.FALSE, Reason.GATE_FAILED, _sentences(failed))
    return _evidence(waivers)


def _sentences(failed: list[verdicts.Verdict]) -> str:
    if not failed:
        return "the gates judged nothing, which is no pass"
    more = f" (and {len(failed) - 1} more finding{'s' if len(failed) > 2 else ''})" if len(failed) > 1 else ""  # noqa: PLR2004 - plural
    return f"{failed[0].sentence}{more}"


def _evidence(waivers: waiver_rules.Waivers) -> _Finding:
    ignored = "".join(f"; {text}" for text in waivers.ignored)
    if waivers.uncovered:
        ended = f" (the waiver of {', '.join(waivers.expired)} has ended)" if waivers.expired else ""
        return _Finding(
            conditions.Status.FALSE,
            Reason.NOT_ENOUGH_EVIDENCE,
            f"too little data to judge: {', '.join(waivers.uncovered)}{ended}; gather more, or waive it with an end "
            f"date and a data plan{ignored}",
        )
    if not waivers.by:
        return _Finding(conditions.Status.TRUE, Reason.PASSED, "")
    said = f"too little data in places, waived by {', '.join(waivers.by)} until {waivers.ends:%Y-%m-%d %H:%M} UTC"
    if waivers.pilots_only:
        return _Finding(
            conditions.Status.TRUE, Reason.WAIVED, f"{said}, for pilots only: {', '.join(waivers.pilots_only)}{ignored}"
        )
    return _Finding(
        conditions.Status.TRUE,
        Reason.OVERRIDDEN,
        f"{said}; let go to all schools by {', '.join(waivers.overridden_by)} until "
        f"{waivers.override_ends:%Y-%m-%d %H:%M} UTC{ignored}",
    )


def _approved(decision: approvals.ApprovalDecision | None) -> _Finding:
    if decision is None:
        return _Finding(conditions.Status.UNKNOWN, Reason.WAITING, "an earlier step is not finished")
    status = conditions.Status.TRUE if decision.approved else conditions.Status.FALSE
    return _Finding(status, decision.reason, decision.message)


def _ready(
    stopping: conditions.Condition | None, waivers: waiver_rules.Waivers | None, warning: str
) -> conditions.Condition:
    if stopping is not None:
        return conditions.Condition(
            "Ready", conditions.Status.FALSE, _NOT_READY[stopping.type], f"{stopping.type}: {stopping.message}"
        )
    also = f"; {warning}" if warning else ""
    if waivers is not None and waivers.pilots_only:
        said = "ready for pilots: evidence is missing and was waived, so only a few schools may have it"
        return conditions.Condition("Ready", conditions.Status.TRUE, Reason.READY_FOR_PILOTS, said + also)
    return conditions.Condition("Ready", conditions.Status.TRUE, Reason.READY, "ready for a wave" + also)


def _phase(stopping: conditions.Condition | None) -> str:
    if stopping is None:
        return "Ready"
    if stopping.status is conditions.Status.FALSE and stopping.type != "Approved":
        return "Blocked"
    return {"Imported": "Importing", "Packaged": "Packaging", "GatesPassed": "Judging"}.get(
        stopping.type, "Rejected" if stopping.reason == approvals.Reason.REJECTED else "AwaitingApproval"
    )


def next_step(observed: ObservedRelease) -> Step | None:
    """The long work that is due: the first whose output is missing and whose inputs are there."""
    if not observed.imported:
        return Step.IMPORT
    if observed.release_digest is None:
        return Step.PACKAGE
    if observed.gates is None and observed.required is not None and not observed.policy_problem:
        return Step.GATES
    return None
