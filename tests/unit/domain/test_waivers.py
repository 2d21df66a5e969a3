"""A waiver ends and lets pilots begin; a second person's override lets the release go further, and ends as well."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from tests import builders

from homeroom.domain import approvals, packreviews, verdicts, waivers

NOW = builders.NOW
OTHER = builders.a_digest("something else")
CELL, SECOND = "core: pupils of group I against the rest", "full: pupils of group J against the rest"
END, LATER = NOW + timedelta(days=30), NOW + timedelta(days=60)
FINDINGS = (
    builders.a_verdict(CELL, verdicts.Outcome.NOT_ENOUGH_EVIDENCE),
    builders.a_verdict(SECOND, verdicts.Outcome.NOT_ENOUGH_EVIDENCE),
    builders.a_verdict("full: boys against girls", verdicts.Outcome.FAIL),
    builders.a_verdict("full: drift"),
)


def observed(*given: approvals.Approval) -> approvals.ObservedApprovals:
    return approvals.ObservedApprovals(
        release_digest=builders.a_digest("release-1"),
        gate_report_digest=builders.a_digest("report-1"),
        authors=frozenset({"ada"}),
        required=1,
        approvals=given,
    )


def decided(*given: approvals.Approval, now: Any = NOW) -> waivers.Waivers:
    return waivers.decide_waivers(observed(*given), FINDINGS, now)


def a_waiver(approver: str = "paula", **overrides: Any) -> approvals.Approval:
    values: dict[str, Any] = {"choice": approvals.Choice.WAIVE, "covers": (CELL, SECOND), "expires": END, **overrides}
    return builders.an_approval(approver, **values)


def an_override(approver: str = "zoe", **overrides: Any) -> approvals.Approval:
    values: dict[str, Any] = {"choice": approvals.Choice.OVERRIDE, "expires": LATER, **overrides}
    return a_waiver(approver, **values)


def test_waiver_covers_the_subjects_that_it_names_until_it_ends_and_for_pilots_only() -> None:
    assert decided(a_waiver(covers=(CELL,))) == waivers.Waivers((SECOND,), by=("paula",), ends=END, pilots_only=(CELL,))
    assert decided(a_waiver(), now=END) == waivers.Waivers((CELL, SECOND), expired=(CELL, SECOND))


@pytest.mark.parametrize(
    "waiver",
    [
        pytest.param(a_waiver("ada"), id="by the author"),
        pytest.param(a_waiver(gate_report_digest=OTHER), id="other report"),
        pytest.param(a_waiver(expires=None), id="without an end"),
        pytest.param(a_waiver(covers=()), id="of nothing"),
        pytest.param(a_waiver(choice=approvals.Choice.APPROVE), id="an approval is no waiver"),
        pytest.param(an_override(), id="an override without a waiver"),
    ],
)
def test_what_no_valid_waiver_names_stays_open(waiver: approvals.Approval) -> None:
    assert decided(waiver).uncovered == (CELL, SECOND)


@pytest.mark.parametrize(
    "unknown",
    [
        pytest.param("full: boys against girls", id="a Fail cannot be waived"),
        pytest.param("full: drift", id="a Pass need not be"),
        pytest.param("core: somebody else", id="no such finding"),
    ],
)
def test_waiver_of_what_lacks_no_evidence_counts_for_nothing_and_is_named(unknown: str) -> None:
    """As REST refuses it, so the operator ignores what came by kubectl."""
    found = decided(a_waiver(covers=(CELL, SECOND, unknown)))
    assert found.uncovered == (CELL, SECOND)
    (said,) = found.ignored
    assert said.startswith(
        f"the waiver by-paula of paula does not count, because {unknown!r} is no finding that lacks evid"
    )


@pytest.mark.parametrize(
    ("override", "pilots_only", "by"),
    [
        pytest.param(an_override(), (), ("zoe",), id="by somebody else"),
        pytest.param(an_override(covers=(SECOND,)), (CELL,), ("zoe",), id="of one subject"),
        pytest.param(an_override("paula"), (CELL, SECOND), (), id="by who waived"),
        pytest.param(an_override("ada"), (CELL, SECOND), (), id="by an author"),
        pytest.param(an_override(expires=None), (CELL, SECOND), (), id="without an end"),
        pytest.param(an_override(expires=NOW), (CELL, SECOND), (), id="ended this moment"),
        pytest.param(an_override(release_digest=OTHER), (CELL, SECOND), (), id="other release"),
        pytest.param(an_override(covers=(CELL, "full: drift")), (CELL, SECOND), (), id="of what lacks no evidence"),
    ],
)
def test_override_by_a_second_person_lifts_the_restriction_to_pilots(
    override: approvals.Approval, pilots_only: tuple[str, ...], by: tuple[str, ...]
) -> None:
    found = decided(a_waiver(), override)
    assert (found.uncovered, found.pilots_only, found.overridden_by) == ((), pilots_only, by)


def test_override_by_who_waived_is_named() -> None:
    assert decided(a_waiver(), an_override("paula", name="again")).ignored == (
        f"the override again of paula does not count for {CELL!r}: somebody else than paula has to have waived it",
    )


def test_two_people_who_waived_may_each_lift_what_the_other_waived() -> None:
    given = (a_waiver("paula", covers=(CELL,)), a_waiver("zoe", covers=(SECOND,)))
    found = decided(*given, an_override("paula", covers=(SECOND,)), an_override("zoe", covers=(CELL,)))
    assert (found.pilots_only, found.overridden_by) == ((), ("paula", "zoe"))


def test_override_ends_with_its_waiver() -> None:
    """Nothing is left to lift then, and the findings are open again."""
    assert decided(a_waiver(), an_override(), now=END).uncovered == (CELL, SECOND)
    assert decided(a_waiver(expires=LATER), an_override(expires=END), now=END).pilots_only == (CELL, SECOND)


def test_override_is_no_approval() -> None:
    """A quorum of one needs somebody to approve, whoever else waived and overrode."""
    decision = approvals.decide_approval(observed(a_waiver(), an_override()), NOW)
    assert decision.reason is approvals.Reason.AWAITING_APPROVAL


def test_waiver_made_after_a_pack_was_overdue_does_not_count() -> None:
    late = replace(observed(a_waiver(made=NOW)), packs=(packreviews.Pack("uk", NOW.date() - timedelta(days=40)),))
    found = waivers.decide_waivers(late, FINDINGS, NOW)
    assert found.uncovered == (CELL, SECOND)
    assert found.ignored == (
        "the waiver by-paula of paula was made after a policy pack was overdue and does not count",
    )


decisions = st.builds(
    approvals.Approval,
    name=st.text("abc", min_size=1, max_size=3),
    approver=st.sampled_from(["ada", "paula", "zoe"]),
    choice=st.sampled_from(list(approvals.Choice)),
    release_digest=st.just(builders.a_digest("release-1")),
    gate_report_digest=st.sampled_from([builders.a_digest("report-1"), OTHER]),
    covers=st.lists(st.sampled_from([CELL, SECOND, "full: drift"]), max_size=2).map(tuple),
    expires=st.sampled_from([None, NOW, END]),
)


@hypothesis.given(st.lists(decisions, max_size=6), st.randoms())
def test_no_single_person_ever_lifts_the_restriction(given: list[approvals.Approval], rng: Any) -> None:
    """Whatever is written: every subject that all schools may have rests on two people, and order has no meaning."""
    found = decided(*given)
    assert found == decided(*rng.sample(given, len(given)))
    free = {CELL, SECOND} - set(found.uncovered) - set(found.pilots_only)
    for subject in free:
        people = {a.approver for a in given if subject in a.covers and a.choice.always_ends and a.expires == END}
        assert len(people - {"ada"}) >= 2
