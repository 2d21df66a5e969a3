"""A release is Ready when every step before holds; the first that does not says what to change."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from tests import builders

from homeroom.domain import approvals, conditions, packreviews, readiness, verdicts

NOW = builders.NOW
STEP, REASON = readiness.Step, readiness.Reason
EMPTY: dict[str, Any] = {"imported": False, "release_digest": None, "gates": None}
PACKAGED: dict[str, Any] = {"gates": None}
CELL = "core: small group"


def _gates(*findings: verdicts.Verdict) -> dict[str, Any]:
    return {"gates": readiness.GateResult(builders.a_digest("report-1"), findings)}


def _fault(step: readiness.Step, reason: readiness.Reason) -> readiness.Fault:
    return readiness.Fault(step, reason, "change this")


FAIL = builders.a_verdict("full: a", verdicts.Outcome.FAIL, sentence="Boys are missed more often.")
OPEN = builders.a_verdict(CELL, verdicts.Outcome.NOT_ENOUGH_EVIDENCE)
APPROVED = {"approvals": (builders.an_approval(),)}
WAIVER = builders.an_approval(
    choice=approvals.Choice.WAIVE, covers=(CELL,), expires=NOW + timedelta(days=1), name="waiver"
)
OVERRIDE = builders.an_approval(
    "zoe", choice=approvals.Choice.OVERRIDE, covers=(CELL,), expires=NOW + timedelta(hours=9), name="override"
)


@pytest.mark.parametrize(
    ("release", "stopping", "reason", "phase", "next_step"),
    [
        pytest.param(EMPTY, "Imported", "Waiting", "Importing", STEP.IMPORT, id="new"),
        pytest.param(
            {**EMPTY, "fault": _fault(STEP.IMPORT, REASON.MODEL_NOT_FOUND)},
            "Imported", "ModelNotFound", "Blocked", STEP.IMPORT, id="no such model",
        ),
        pytest.param(
            {**EMPTY, "fault": _fault(STEP.IMPORT, REASON.REGISTRY_UNAVAILABLE)},
            "Imported", "RegistryUnavailable", "Importing", STEP.IMPORT, id="registry away",
        ),
        pytest.param(
            {**EMPTY, "imported": True}, "Packaged", "Waiting", "Packaging", STEP.PACKAGE, id="imported"
        ),
        pytest.param(
            {**EMPTY, "required": None}, "GatesPassed", "PolicyNotFound", "Blocked", STEP.IMPORT,
            id="no such policy is told at once",
        ),
        pytest.param(PACKAGED, "GatesPassed", "Running", "Judging", STEP.GATES, id="packaged"),
        pytest.param(
            {**PACKAGED, "required": None}, "GatesPassed", "PolicyNotFound", "Blocked", None, id="no such policy"
        ),
        pytest.param(
            {**PACKAGED, "fault": _fault(STEP.GATES, REASON.JOB_FAILED)},
            "GatesPassed", "JobFailed", "Judging", STEP.GATES, id="gates crashed",
        ),
        pytest.param(
            {**PACKAGED, "fault": _fault(STEP.IMPORT, REASON.TOO_LARGE)},
            "GatesPassed", "Running", "Judging", STEP.GATES, id="a fault of an earlier try of a finished step",
        ),
        pytest.param(_gates(FAIL, OPEN), "GatesPassed", "GateFailed", "Blocked", None, id="a gate fails"),
        pytest.param(_gates(), "GatesPassed", "GateFailed", "Blocked", None, id="nothing judged"),
        pytest.param(_gates(OPEN), "GatesPassed", "NotEnoughEvidence", "Blocked", None, id="open finding"),
        pytest.param(
            {**PACKAGED, "policy_problem": "two lines contradict each other"}, "GatesPassed", "PolicyInvalid", "Blocked",
            None, id="no gate runs under a policy that contradicts itself",
        ),
        pytest.param(
            {"packs": (packreviews.Pack("uk", NOW.date() - timedelta(days=31)),)},
            "Approved", "PackReviewOverdue", "AwaitingApproval", None, id="a pack is overdue",
        ),
        pytest.param(
            {**_gates(FAIL), "approvals": (replace(WAIVER, covers=("full: a",)), builders.an_approval())},
            "GatesPassed", "GateFailed", "Blocked", None, id="a Fail cannot be waived",
        ),
        pytest.param(
            {**_gates(OPEN), "approvals": (WAIVER,)}, "Approved", "AwaitingApproval", "AwaitingApproval", None,
            id="a waiver is no approval",
        ),
        pytest.param({}, "Approved", "AwaitingApproval", "AwaitingApproval", None, id="gates passed"),
        pytest.param(
            {"approvals": (builders.an_approval(choice=approvals.Choice.REJECT),)},
            "Approved", "Rejected", "Rejected", None, id="rejected",
        ),
    ],
)  # fmt: skip
def test_release_stops_at_the_first_step_that_does_not_hold(
    release: dict[str, Any], stopping: str, reason: str, phase: str, next_step: readiness.Step | None
) -> None:
    """Its reason and message are what people see; Ready repeats them; the step that is due is started or retried."""
    decision = readiness.decide_release(builders.a_release(**release), NOW)
    first = next(c for c in decision.conditions if c.message and c.message == decision.message)
    assert (first.type, first.reason, decision.phase, decision.next_step) == (stopping, reason, phase, next_step)
    assert decision.message == first.message != ""
    assert decision.conditions[-1].message == f"{stopping}: {first.message}"
    assert decision.conditions[-1].reason == {
        "Imported": "NotImported", "Packaged": "NotPackaged", "GatesPassed": "GatesNotPassed", "Approved": "NotApproved"
    }[stopping]  # fmt: skip


@pytest.mark.parametrize(
    ("release", "reason", "ready", "said"),
    [
        pytest.param(APPROVED, "Passed", "Ready", "ready for a wave", id="all pass"),
        pytest.param(
            {**_gates(OPEN), "approvals": (WAIVER, builders.an_approval("zoe"))},
            "Waived", "ReadyForPilots", "ready for pilots: evidence is missing", id="waived",
        ),
        pytest.param(
            {**_gates(OPEN), "approvals": (WAIVER, OVERRIDE, builders.an_approval("zoe"))},
            "Overridden", "Ready", "ready for a wave", id="waived, and let go to all by a second person",
        ),
        pytest.param(
            {**APPROVED, "packs": (packreviews.Pack("uk", NOW.date() - timedelta(days=1)),)},
            "Passed", "Ready", "ready for a wave; policy pack uk was to be reviewed by", id="a pack is due",
        ),
    ],
)  # fmt: skip
def test_approved_release_is_ready(release: dict[str, Any], reason: str, ready: str, said: str) -> None:
    decision = readiness.decide_release(builders.a_release(**release), NOW)
    assert [c.status for c in decision.conditions] == [conditions.Status.TRUE] * 5
    assert [c.type for c in decision.conditions] == list(readiness.CONDITIONS)
    assert (decision.conditions[2].reason, decision.conditions[4].reason) == (reason, ready)
    assert said in decision.message
    assert (decision.phase, decision.next_step) == ("Ready", None)


def test_waiver_that_ends_takes_readiness_away() -> None:
    release = builders.a_release(**_gates(OPEN), approvals=(WAIVER, builders.an_approval("zoe")))
    before = readiness.decide_release(release, NOW + timedelta(days=1) - timedelta(seconds=1))
    after = readiness.decide_release(release, NOW + timedelta(days=1))
    assert before.phase == "Ready"
    assert (after.phase, after.conditions[2].reason) == ("Blocked", "NotEnoughEvidence")
    assert "has ended" in after.message


def test_override_that_ends_leaves_the_pilots() -> None:
    release = builders.a_release(**_gates(OPEN), approvals=(WAIVER, OVERRIDE, builders.an_approval("zoe")))
    before = readiness.decide_release(release, NOW + timedelta(hours=9) - timedelta(seconds=1))
    after = readiness.decide_release(release, NOW + timedelta(hours=9))
    assert (before.conditions[2].reason, after.conditions[2].reason) == ("Overridden", "Waived")
    assert "let go to all schools by zoe until 2026-09-14 19:00 UTC" in before.conditions[2].message
    assert after.conditions[2].message.endswith(f"for pilots only: {CELL}")


def test_waiver_that_does_not_count_is_told() -> None:
    wrong = replace(WAIVER, covers=(CELL, "full: nobody"))
    decision = readiness.decide_release(builders.a_release(**_gates(OPEN), approvals=(wrong,)), NOW)
    assert decision.conditions[2].reason == "NotEnoughEvidence"
    assert "the waiver waiver of paula does not count, because 'full: nobody' is no finding" in decision.message


def test_failed_gate_is_told_in_its_own_sentence() -> None:
    """What a principal reads is the sentence of the finding, not the name of a gate."""
    decision = readiness.decide_release(builders.a_release(**_gates(FAIL, FAIL, FAIL)), NOW)
    assert decision.message == "Boys are missed more often. (and 2 more findings)"


@hypothesis.given(
    imported=st.booleans(),
    packaged=st.booleans(),
    outcomes=st.none() | st.lists(st.sampled_from(list(verdicts.Outcome)), max_size=4),
    required=st.none() | st.integers(1, 2),
    approvers=st.sets(st.sampled_from(["ada", "paula", "zoe"])),
)
def test_ready_means_all_steps_hold(
    imported: bool,  # noqa: FBT001 - drawn by name
    packaged: bool,  # noqa: FBT001 - drawn by name
    outcomes: list[verdicts.Outcome] | None,
    required: int | None,
    approvers: set[str],
) -> None:
    """Never ready with a Fail, an open finding, nothing judged, no policy, or too few people who are no authors."""
    findings = None if outcomes is None else tuple(builders.a_verdict(f"s{n}", o) for n, o in enumerate(outcomes))
    release = builders.a_release(
        imported=imported,
        release_digest=builders.a_digest("release-1") if packaged else None,
        gates=None if findings is None else readiness.GateResult(builders.a_digest("report-1"), findings),
        required=required,
        approvals=tuple(builders.an_approval(name) for name in sorted(approvers)),
    )
    decision = readiness.decide_release(release, NOW)
    assert decision == readiness.decide_release(release, NOW)
    bad = {verdicts.Outcome.FAIL, verdicts.Outcome.NOT_ENOUGH_EVIDENCE}
    expected = (
        imported
        and packaged
        and bool(outcomes)
        and not bad & set(outcomes or ())
        and required is not None
        and len(approvers - {"ada"}) >= required
    )
    assert (decision.phase == "Ready") is expected
