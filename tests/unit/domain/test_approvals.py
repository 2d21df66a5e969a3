"""An author never approves, a decision holds for the digests it names, and a waiver ends."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from tests import builders

from homeroom.domain import approvals, verdicts

NOW = builders.NOW
APPROVE, REJECT, WAIVE = approvals.Choice.APPROVE, approvals.Choice.REJECT, approvals.Choice.WAIVE
OTHER = builders.a_digest("something else")
CELL = "core: pupils of group I against the rest"


def _observed(*given: approvals.Approval, required: int = 1, authors: tuple[str, ...] = ("ada",)) -> Any:
    return approvals.ObservedApprovals(
        release_digest=builders.a_digest("release-1"),
        gate_report_digest=builders.a_digest("report-1"),
        authors=frozenset(authors),
        required=required,
        approvals=given,
    )


def _by(approver: str, **overrides: Any) -> approvals.Approval:
    return builders.an_approval(approver, **overrides)


@pytest.mark.parametrize(
    ("given", "required", "reason", "said"),
    [
        pytest.param((), 1, "AwaitingApproval", "1 more approval needed", id="nobody"),
        pytest.param((_by("paula"),), 1, "Approved", "approved by paula", id="one of one"),
        pytest.param((_by("paula"),), 2, "AwaitingApproval", "1 more approval needed", id="one of two"),
        pytest.param(
            (_by("paula"), _by("paula", name="again")), 2, "AwaitingApproval", "1 more", id="one person twice"
        ),
        pytest.param((_by("zoe"), _by("paula")), 2, "Approved", "approved by paula, zoe", id="two of two, sorted"),
        pytest.param((_by("ada"),), 1, "SelfApprovalIgnored", "ada made this release", id="the author"),
        pytest.param((_by("ada"), _by("paula")), 2, "SelfApprovalIgnored", "1 more", id="author and one of two"),
        pytest.param((_by("paula", release_digest=OTHER),), 1, "DigestChanged", "another", id="other release"),
        pytest.param((_by("paula", gate_report_digest=OTHER),), 1, "DigestChanged", "another", id="other report"),
        pytest.param((_by("paula"), _by("zoe", choice=REJECT)), 1, "Rejected", "rejected by zoe", id="one says no"),
        pytest.param((_by("paula"), _by("ada", choice=REJECT)), 1, "Approved", "paula", id="an author decides nothing"),
        pytest.param(
            (_by("paula"), _by("zoe", choice=REJECT, release_digest=OTHER)), 1, "Approved", "paula", id="no to another"
        ),
        pytest.param(
            (_by("paula", choice=WAIVE, covers=(CELL,)),), 1, "AwaitingApproval", "1 more", id="only a waiver"
        ),
        pytest.param((_by("paula", expires=NOW),), 1, "AwaitingApproval", "1 more", id="ended this moment"),
        pytest.param(
            (_by("paula", expires=NOW + timedelta(seconds=1)),), 1, "Approved", "paula", id="ends in a second"
        ),
    ],
)
def test_approval_says_who_counts_and_why(
    given: tuple[approvals.Approval, ...], required: int, reason: str, said: str
) -> None:
    """Distinct people who are no authors, on these very digests, without a rejection among them."""
    decision = approvals.decide_approval(_observed(*given, required=required), NOW)
    assert decision.reason == reason
    assert said in decision.message
    assert decision.approved is (reason == "Approved")


def test_every_kind_of_author_is_kept_out() -> None:
    """Creator in Kubernetes, creator in MLflow and declared author are one set."""
    authors = ("kubernetes-creator", "mlflow-creator", "declared")
    observed = _observed(*(_by(name) for name in authors), authors=authors)
    assert approvals.decide_approval(observed, NOW).approved_by == ()


decisions = st.builds(
    approvals.Approval,
    name=st.text("abc", min_size=1, max_size=3),
    approver=st.sampled_from(["ada", "bob", "paula", "zoe"]),
    choice=st.sampled_from(list(approvals.Choice)),
    release_digest=st.sampled_from([builders.a_digest("release-1"), OTHER]),
    gate_report_digest=st.sampled_from([builders.a_digest("report-1"), OTHER]),
    covers=st.lists(st.sampled_from([CELL, "x"]), max_size=2).map(tuple),
    expires=st.sampled_from([None, NOW - timedelta(days=1), NOW, NOW + timedelta(days=1)]),
)


@hypothesis.given(st.lists(decisions, max_size=8), st.integers(1, 3), st.randoms())
def test_approval_is_always_by_enough_people_who_are_no_authors(
    given: list[approvals.Approval], required: int, rng: Any
) -> None:
    """Whatever is thrown at it: never an author, never a foreign digest, never against a no; order has no meaning."""
    observed = _observed(*given, required=required, authors=("ada", "bob"))
    decision = approvals.decide_approval(observed, NOW)
    assert decision == approvals.decide_approval(replace(observed, approvals=tuple(rng.sample(given, len(given)))), NOW)
    assert not {"ada", "bob"} & set(decision.approved_by)
    if decision.approved:
        assert len(decision.approved_by) >= required
        current = [a for a in given if OTHER not in (a.release_digest, a.gate_report_digest) and not a.has_ended(NOW)]
        assert {a.approver for a in current if a.choice is APPROVE} >= set(decision.approved_by)
        assert not [a for a in current if a.choice is REJECT and a.approver not in {"ada", "bob"}]


def _waived(*given: approvals.Approval, now: datetime = NOW) -> approvals.Waivers:
    findings = (
        builders.a_verdict(CELL, verdicts.Outcome.NOT_ENOUGH_EVIDENCE),
        builders.a_verdict("full: boys against girls", verdicts.Outcome.FAIL),
        builders.a_verdict("full: drift"),
    )
    return approvals.decide_waivers(_observed(*given), findings, now)


def _waiver(approver: str = "paula", **overrides: Any) -> approvals.Approval:
    values: dict[str, Any] = {"choice": WAIVE, "covers": (CELL,), "expires": NOW + timedelta(days=30), **overrides}
    return _by(approver, **values)


def test_waiver_covers_the_subject_that_it_names_until_it_ends() -> None:
    end = NOW + timedelta(days=30)
    assert _waived(_waiver()) == approvals.Waivers((), by=("paula",), ends=end)
    assert _waived(_waiver(), now=end) == approvals.Waivers((CELL,), expired=(CELL,))


@pytest.mark.parametrize(
    "waiver",
    [
        pytest.param(_waiver(covers=("core: something else",)), id="other subject"),
        pytest.param(_waiver("ada"), id="by the author"),
        pytest.param(_waiver(gate_report_digest=OTHER), id="other report"),
        pytest.param(_waiver(expires=None), id="without an end"),
        pytest.param(_waiver(choice=APPROVE), id="an approval is no waiver"),
    ],
)
def test_what_no_valid_waiver_names_stays_open(waiver: approvals.Approval) -> None:
    assert _waived(waiver).uncovered == (CELL,)


def test_waiver_is_not_asked_for_what_failed_or_passed() -> None:
    """Only findings without enough evidence can be waived: a Fail is not among them, whatever a waiver says."""
    waiver = _waiver(covers=("full: boys against girls", "full: drift"))
    assert _waived(waiver) == approvals.Waivers((CELL,))
