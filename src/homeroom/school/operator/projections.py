"""What SiteAssignment should say, from what the agent verified."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from homeroom.domain import assignments, conditions
from homeroom.kube import conditions as kube_conditions
from homeroom.resources import siteassignments as kind
from homeroom.school import plans


@dataclass(frozen=True, slots=True)
class Observed:
    """What one pass has seen.

    Attributes:
        assignment: verified by the agent; None when it has none or does not answer.
        refused: why the newest assignment is not followed.
        serving: what is answered from; None when the agent does not answer.
        workload_up: agent and serving both run.
        existing: the object in the API, None without one.
    """

    assignment: assignments.Assignment | None
    refused: str | None
    serving: plans.Serving | None
    workload_up: bool
    existing: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What to write.

    Attributes:
        recreate: delete the object first: it says what no update may take back, such as a version that is too high.
        spec: what to apply; None when the object says it already.
        status: what the status should be; None when it is that already, or there is no object to have one.
    """

    recreate: bool = False
    spec: dict[str, Any] | None = None
    status: dict[str, Any] | None = None


def decide(observed: Observed, now: datetime) -> Decision:
    """What to write so that the object shows the verified bytes.

    While the agent does not answer, what it showed last stays, and only the status says that nobody answers.
    """
    existing = observed.existing
    if observed.assignment is None:
        return Decision() if existing is None else Decision(status=_changed(existing, _status(observed, existing, now)))
    spec = kind.from_domain(observed.assignment).model_dump(mode="json", by_alias=True, exclude_none=True)
    if existing is None:
        return Decision(spec=spec)
    if not _same_spec(existing.get("spec") or {}, observed.assignment):
        return Decision(recreate=_blocks(existing.get("spec") or {}, observed.assignment), spec=spec)
    return Decision(status=_changed(existing, _status(observed, existing, now)))


def decide_conditions(observed: Observed) -> tuple[conditions.Condition, ...]:
    """Verified and Serving, before they are merged with what was written."""
    return (_verified(observed), _serving(observed))


def _verified(observed: Observed) -> conditions.Condition:
    if observed.assignment is None:
        reason, message = kind.VerifiedReason.WAITING, "the agent does not say what it has verified"
        return conditions.Condition(kind.VERIFIED.name, conditions.Status.UNKNOWN, reason.value, message)
    known = {reason.value for reason in kind.VerifiedReason}
    if observed.refused in known:
        message = f"a newer assignment was refused; version {observed.assignment.version} stays in force"
        return conditions.Condition(kind.VERIFIED.name, conditions.Status.FALSE, observed.refused or "", message)
    return conditions.Condition(kind.VERIFIED.name, conditions.Status.TRUE, kind.VerifiedReason.VERIFIED.value)


def _serving(observed: Observed) -> conditions.Condition:
    holds, reason, message = _serving_reason(observed)
    status = conditions.Status.TRUE if holds else conditions.Status.FALSE
    return conditions.Condition(kind.SERVING.name, status, reason.value, message)


def _serving_reason(observed: Observed) -> tuple[bool, kind.ServingReason, str]:
    reasons = kind.ServingReason
    served = () if observed.serving is None else observed.serving.served
    if not observed.workload_up or any(one.reason == "WorkloadDown" for one in served):
        return False, reasons.WORKLOAD_DOWN, "the agent or the serving process does not run; it is started again"
    if observed.assignment is None or not observed.assignment.entries:
        return False, reasons.NOTHING_ASSIGNED, ""
    if not served or any(one.release is None for one in served):
        return False, reasons.NOT_SERVING, "staff use their usual way until a release is installed"
    if all(one.healthy for one in served):
        return True, reasons.AS_ASSIGNED, ""
    if any(one.reason == "Installing" for one in served):
        return True, reasons.INSTALLING, "stages are being fetched; what is here answers"
    return True, reasons.DEGRADED, "something is answered from a smaller stage, an earlier release or the fallback"


def _status(observed: Observed, existing: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    merged = conditions.merged(
        kube_conditions.parse(existing),
        decide_conditions(observed),
        generation=int(existing["metadata"].get("generation", 0)),
        now=now,
    )
    status: dict[str, Any] = {"conditions": kube_conditions.to_json(merged)}
    if observed.refused is not None:
        status["message"] = f"The newest assignment is not followed: {observed.refused}."
    if observed.serving is not None:
        status["entries"] = [_entry(one) for one in observed.serving.served]
    return status


def _entry(served: plans.Served) -> dict[str, Any]:
    entry = {"purpose": served.purpose, "band": served.band, "level": served.level.value}
    return entry if served.release is None else {**entry, "releaseDigest": served.release}


def _changed(existing: Mapping[str, Any], status: dict[str, Any]) -> dict[str, Any] | None:
    return None if existing.get("status") == status else status


def _same_spec(written: Mapping[str, Any], assignment: assignments.Assignment) -> bool:
    """Compared as values: the API server writes a moment in another way than we do."""
    try:
        spec = kind.Spec.model_validate(written)
    except ValueError:
        return False
    return spec == kind.from_domain(assignment)


def _blocks(written: Mapping[str, Any], assignment: assignments.Assignment) -> bool:
    return written.get("siteId") != assignment.site_id or int(written.get("version", 0)) > assignment.version
