"""Two releases go through the gates: the honest one is approved by somebody else, the planted one stays blocked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from homeroom.client import districts
from homeroom.demo import checks, training
from homeroom.domain import errors

HONEST = "reading-support-1"
PLANTED = "reading-support-planted-1"
POLICY = "support-offer"
AUTHOR = "eli"
GATES_LIMIT = timedelta(minutes=3)
WAIVER_DAYS = 180
OVERRIDE_DAYS = 90
OVERRIDE_REASON = (
    "The pilots' staff saw nothing amiss. An offer of support takes nothing away, and waiting would cost the other pupils a term; "
    "counted again after the autumn term, as the waiver says."
)


@dataclass(frozen=True, slots=True)
class Desk:
    """Who acts here.

    Attributes:
        author: submits; also has the approver role, so that only admission can stop them.
        approver: somebody else with the approver role; waives what lacks evidence.
        lead: a third person, also an approver; lets the waived release go to all schools.
        ledger: where statements are checked.
        progress: told how the wait is going.
    """

    author: districts.DistrictClient
    approver: districts.DistrictClient
    lead: districts.DistrictClient
    ledger: checks.Ledger
    progress: Callable[[str], None]


def submit(desk: Desk, name: str, trained: training.Registered) -> None:
    """Create the ModelRelease of a training, unless an earlier run did."""
    if desk.author.find("releases", name) is not None:
        return
    desk.author.create(
        "releases",
        {
            "name": name,
            "spec": {
                "model": {"name": trained.model, "version": trained.version},
                "purpose": "support-offer",
                "bands": ["K-2"],
                "policyRef": {"name": POLICY},
                "author": AUTHOR,
                "evaluation": {"digest": trained.evaluation},
                "offerDays": 90,
                "parameters": [{"name": "threshold", "default": 0.25, "minimum": 0.15, "maximum": 0.25}],
            },
        },
    )


def await_gates(desk: Desk, name: str) -> dict[str, Any]:
    """The release once its gates have said something that stays."""

    def look() -> dict[str, Any] | None:
        release = desk.author.get("releases", name)
        condition = find_condition(release, "GatesPassed")
        settled = {"GateFailed", "NotEnoughEvidence", "Waived", "Overridden", "Passed"}
        return release if condition and condition["reason"] in settled else None

    return checks.wait_for(
        f"the gates of {name}",
        look,
        within=GATES_LIMIT,
        progress=desk.progress,
        describe=lambda: _message(desk.author, name),
    )


def approve(desk: Desk) -> None:
    """The honest release: self-approval is refused, missing evidence is waived by name, somebody else approves."""
    release = desk.author.get("releases", HONEST)
    if _is_true(release, "Ready"):
        desk.ledger.check(f"{HONEST} was approved by somebody other than its author", held=_approved_by_others(release))
        return
    desk.ledger.check("the API server refuses an approval by the release's own author", *_try_self_approval(desk))
    missing = [v["subject"] for v in release["status"]["verdicts"] if v["outcome"] == "NotEnoughEvidence"]
    if missing:
        desk.approver.decide(HONEST, _waiver(missing))
    desk.approver.decide(HONEST, {"decision": "Approve", "reason": "Read the report; five schools may begin."})
    release = checks.wait_for(
        f"{HONEST} to be ready",
        lambda: _when_ready(desk, HONEST),
        within=timedelta(minutes=1),
        progress=desk.progress,
        describe=lambda: _message(desk.author, HONEST),
    )
    desk.ledger.check(f"{HONEST} was approved by somebody other than its author", held=_approved_by_others(release))


def let_go_to_all(desk: Desk, district: districts.DistrictClient, region: str) -> str:
    """After the pilot: a region has to wait until somebody other than who waived says why all schools may have it.

    Returns:
        What was decided, in a line; empty when nothing was waived.
    """
    release = desk.author.get("releases", HONEST)
    reason = (find_condition(release, "GatesPassed") or {}).get("reason")
    if reason != "Waived":
        if reason == "Overridden":
            desk.ledger.check("somebody other than who waived has let it go to all schools", held=True)
        return ""
    covers = [v["subject"] for v in release["status"]["verdicts"] if v["outcome"] == "NotEnoughEvidence"]
    held = _await_valid(desk, district, region, lambda c: c["reason"] == "PilotsOnly")
    desk.ledger.check(
        f"wave {region} waits: evidence was waived, and that is for pilots only", held=held["status"] == "False"
    )
    refused = _try(lambda: desk.approver.decide(HONEST, _override(covers)), "has waived this")
    desk.ledger.check("the API server refuses an override by who has waived", *refused)
    made = desk.lead.decide(HONEST, _override(covers))
    valid = _await_valid(desk, district, region, lambda c: c["reason"] != "PilotsOnly")
    desk.ledger.check("somebody other than who waived has let it go to all schools", valid["reason"] != "PilotsOnly")
    return f"{made['spec']['approver']} let it go to all schools until {made['spec']['expires']:.10}: {OVERRIDE_REASON}"


def _await_valid(
    desk: Desk, district: districts.DistrictClient, wave: str, holds: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """The condition Valid of that wave once ``holds`` is true of it."""

    def look() -> dict[str, Any] | None:
        condition = find_condition(district.get("waves", wave), "Valid")
        return condition if condition is not None and holds(condition) else None

    return checks.wait_for(
        f"wave {wave} to be looked at again", look, within=timedelta(minutes=1), progress=desk.progress
    )


def check_blocked(desk: Desk) -> str:
    """The planted release failed its fairness gate and nobody can talk it through; the sentence that says why."""
    release = desk.author.get("releases", PLANTED)
    condition = find_condition(release, "GatesPassed") or {}
    failed = [v for v in release["status"].get("verdicts", ()) if v["outcome"] == "Fail" and v["gate"] == "fairness"]
    desk.ledger.check(
        "the release that was trained to be unfair fails the fairness gate",
        condition.get("reason") == "GateFailed" and bool(failed),
        condition.get("message", ""),
    )
    desk.approver.decide(PLANTED, {"decision": "Approve", "reason": "Trying to approve it in spite of the gates."})
    after = desk.author.get("releases", PLANTED)
    desk.ledger.check("it stays blocked although an approver approved it", not _is_true(after, "Ready"))
    return str(failed[0]["sentence"]) if failed else ""


def find_condition(body: dict[str, Any], type_: str) -> dict[str, Any] | None:
    """That condition of an object, if it was written."""
    found = (c for c in body.get("status", {}).get("conditions", ()) if c["type"] == type_)
    return next(found, None)


def _try_self_approval(desk: Desk) -> tuple[bool, str]:
    return _try(
        lambda: desk.author.decide(HONEST, {"decision": "Approve", "reason": "It is mine and I like it."}),
        f"{AUTHOR} is an author of release {HONEST}",
    )


def _try(attempt: Callable[[], Any], refusal: str) -> tuple[bool, str]:
    """Whether that is refused in these words, and what was said."""
    try:
        attempt()
    except (errors.Refused, errors.SpecError) as exc:
        return refusal in str(exc), str(exc)
    return False, "it was accepted"


def _override(subjects: list[str]) -> dict[str, Any]:
    return {
        "decision": "Override",
        "reason": OVERRIDE_REASON,
        "covers": subjects,
        "expires": (datetime.now(UTC) + timedelta(days=OVERRIDE_DAYS)).isoformat(timespec="seconds"),
    }


def _waiver(subjects: list[str]) -> dict[str, Any]:
    return {
        "decision": "Waive",
        "reason": "Too few pupils of these groups in the data to tell; support is offered, nothing is taken away.",
        "covers": subjects,
        "expires": (datetime.now(UTC) + timedelta(days=WAIVER_DAYS)).isoformat(timespec="seconds"),
        "dataPlan": "Count again after the autumn term, together with the two neighbouring districts.",
    }


def _when_ready(desk: Desk, name: str) -> dict[str, Any] | None:
    release = desk.author.get("releases", name)
    return release if _is_true(release, "Ready") else None


def _message(district: districts.DistrictClient, name: str) -> str:
    release = district.find("releases", name) or {}
    return str(release.get("status", {}).get("message", "not looked at yet"))


def _is_true(body: dict[str, Any], type_: str) -> bool:
    condition = find_condition(body, type_)
    return condition is not None and condition["status"] == "True"


def _approved_by_others(release: dict[str, Any]) -> bool:
    status = release["status"]
    return bool(status["approvedBy"]) and not set(status["approvedBy"]) & set(status["authors"])
