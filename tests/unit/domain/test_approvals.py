"""An author never approves, and a decision holds for the digests it names and while the packs behind it are looked after."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from tests import builders

from homeroom.domain import approvals, packreviews

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


LAW = packreviews.Pack("uk", date(2026, 8, 10))
"""Due since 11 August; from 10 September on, new approvals do not count. NOW is 14 September."""
EARLY, LATE = datetime(2026, 9, 9, 23, 59, tzinfo=UTC), datetime(2026, 9, 10, tzinfo=UTC)


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


@pytest.mark.parametrize(
    ("given", "reason", "said"),
    [
        pytest.param(
            (_by("paula", made=EARLY),), "Approved", "approved by paula; policy pack uk was to be", id="before"
        ),
        pytest.param(
            (_by("paula", made=LATE),), "PackReviewOverdue", "do not count since 2026-09-10", id="the moment after"
        ),
        pytest.param((), "PackReviewOverdue", "record that in spec.packReviews of the policy", id="nobody"),
        pytest.param((_by("zoe", choice=REJECT, made=LATE),), "Rejected", "rejected by zoe", id="a no always counts"),
    ],
)
def test_approval_made_after_a_pack_is_overdue_does_not_count(
    given: tuple[approvals.Approval, ...], reason: str, said: str
) -> None:
    """Whoever approved before goes on counting, so what runs goes on running."""
    decision = approvals.decide_approval(replace(_observed(*given), packs=(LAW,)), NOW)
    assert decision.reason == reason
    assert said in decision.message


@pytest.mark.parametrize(
    ("now", "said"),
    [
        pytest.param(datetime(2026, 8, 10, 23, 59, tzinfo=UTC), "", id="the last day"),
        pytest.param(datetime(2026, 8, 11, tzinfo=UTC), "new approvals stop on 2026-09-10", id="a day late"),
        pytest.param(EARLY, "new approvals stop on 2026-09-10", id="a moment before it stops"),
        pytest.param(LATE, "new approvals do not count since 2026-09-10", id="it stops"),
    ],
)
def test_pack_past_its_date_warns_for_thirty_days_and_then_stops(now: datetime, said: str) -> None:
    warning = packreviews.warning((LAW, packreviews.Pack("base", None)), now)
    assert said in warning
    assert bool(warning) is bool(said)
    assert "base" not in warning


def test_pack_that_is_due_earliest_decides() -> None:
    others = (packreviews.Pack("base", None), packreviews.Pack("eu", date(2026, 8, 9)), LAW)
    assert packreviews.first_stop(others) == datetime(2026, 9, 9, tzinfo=UTC)
    assert packreviews.first_stop(others[:1]) is None
    assert packreviews.warning(others, NOW).startswith("policy pack eu, uk was to be reviewed by 2026-08-09")
