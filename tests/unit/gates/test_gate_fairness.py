"""Fairness is one-sided, three-valued, judged for every stage over the whole range, and silent about small groups."""

import json

import numpy as np
import pytest
from tests.unit.gates import cases

from homeroom.domain import verdicts
from homeroom.gates import documents, evidence, fairness, reported

FREE = "pupils with free lunch against pupils who pay for lunch"
ASIAN = "every stage: Asian pupils against all other pupils"
Outcome = verdicts.Outcome


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.11, 0.30, Outcome.FAIL),
        (0.10, 0.30, Outcome.NOT_ENOUGH_EVIDENCE),
        (0.02, 0.10, Outcome.NOT_ENOUGH_EVIDENCE),
        (-0.30, 0.09, Outcome.PASS),
    ],
    ids=["above", "lower bound on the limit", "upper bound on the limit", "below"],
)
def test_bounds_decide_and_the_limit_itself_decides_nothing(low: float, high: float, expected: Outcome) -> None:
    assert evidence.three_valued(low, high, 0.10) is expected


def test_honest_scores_pass_for_every_stage_and_judged_group() -> None:
    found = fairness.decide(cases.some_evidence())

    judged = [verdict for verdict in found if verdict.check == "fairness.excess"]
    assert {verdict.outcome for verdict in judged if verdict.subject != ASIAN} == {Outcome.PASS}
    assert len(judged) == 2 * 3 + 1


def test_withholding_offers_from_one_group_fails_and_says_so_in_people() -> None:
    found = cases.by_subject(fairness.decide(cases.some_evidence(cases.columns(withheld=0.4))))

    verdict = found[f"full: {FREE}"]
    assert verdict.outcome is Outcome.FAIL
    assert verdict.low > verdict.limit
    assert verdict.sentence.startswith(
        "Pupils with free lunch who need support would be missed too often: of every 100"
    )
    assert "at most 10 are allowed" in verdict.sentence


def test_missing_the_others_more_often_is_no_harm_of_the_protected_group() -> None:
    """Rule: the test is one-sided; what a two-sided limit would refuse passes, and is reported."""
    table = cases.columns(withheld=0.4)
    table["free_lunch"] = np.array([{"F": "N", "N": "F", "": ""}[value] for value in table["free_lunch"]])
    known = cases.some_evidence(table)

    assert cases.by_subject(fairness.decide(known))[f"full: {FREE}"].outcome is Outcome.PASS
    both = cases.by_subject(reported.decide(known))[f"full: both directions, {FREE}"]
    assert both.outcome is Outcome.NOT_APPLICABLE
    assert both.estimate < -0.2


def test_harm_at_the_end_of_the_range_fails_although_the_default_is_fair() -> None:
    """Rule (decision 8): schools may turn the threshold, so the worst of default and ends counts."""
    table = cases.columns()
    poor = (table["free_lunch"] == "F") & (table["score_full"] >= 0.26)
    table["score_full"] = np.where(poor, 0.26, table["score_full"])

    verdict = cases.by_subject(fairness.decide(cases.some_evidence(table)))[f"full: {FREE}"]

    assert verdict.outcome is Outcome.FAIL
    assert "at threshold 0.3." in verdict.sentence


@pytest.mark.parametrize("stage", ["full", "core", "fallback"])
def test_harm_in_one_stage_fails_that_stage_alone(stage: str) -> None:
    table, unfair = cases.columns(), cases.columns(withheld=0.5)
    table[f"score_{stage}"] = unfair[f"score_{stage}"]

    found = fairness.decide(cases.some_evidence(table))

    assert [verdict.subject for verdict in found if verdict.outcome is Outcome.FAIL] == [f"{stage}: {FREE}"]


def test_group_under_the_minimum_cell_is_not_enough_evidence_without_any_number() -> None:
    verdict = cases.by_subject(fairness.decide(cases.some_evidence()))[ASIAN]

    assert verdict.outcome is Outcome.NOT_ENOUGH_EVIDENCE
    assert (verdict.estimate, verdict.low, verdict.high, verdict.rows) == (None, None, None, 0)
    assert "We cannot tell yet about Asian pupils" in verdict.sentence


def test_no_count_or_rate_of_a_small_group_is_in_the_report() -> None:
    known = cases.some_evidence()
    report = documents.build(known, (*fairness.decide(known), *reported.decide(known)))

    about = [v for v in report.document["verdicts"] if "Asian" in v["subject"]]
    assert len(about) == 1
    assert about[0]["rows"] == 0
    assert str(cases.SCHOOLS * cases.PER_SCHOOL - 4) not in json.dumps(report.document)


def test_group_in_few_schools_is_not_enough_evidence_however_large() -> None:
    """Rule: a bound from under ten schools is too narrow to decide anything."""
    table = cases.columns()
    first = np.isin(table["site_id"], np.unique(table["site_id"])[:9])
    table["ethnicity"] = np.where(first, "A", "W")

    assert cases.by_subject(fairness.decide(cases.some_evidence(table)))[ASIAN].outcome is Outcome.NOT_ENOUGH_EVIDENCE


def test_group_of_one_outcome_is_not_enough_evidence() -> None:
    table = cases.columns()
    table["outcome"] = np.where(table["sex"] == "M", 0, table["outcome"])

    found = [v for v in fairness.decide(cases.some_evidence(table)) if "boys" in v.subject]

    assert [verdict.outcome for verdict in found] == [Outcome.NOT_ENOUGH_EVIDENCE]


def test_column_of_a_single_value_is_not_enough_evidence() -> None:
    table = cases.columns()
    table["sex"] = np.full(len(table["z"]), "M")

    found = [v for v in fairness.decide(cases.some_evidence(table)) if "boys" in v.subject]

    assert [verdict.outcome for verdict in found] == [Outcome.NOT_ENOUGH_EVIDENCE]


def test_who_is_not_recorded_is_on_neither_side() -> None:
    known = cases.some_evidence()
    group = known.policy.fairness.protect[0]

    ours, rest = fairness.sides(known, group, np.ones(len(known.table), dtype=bool))

    assert not (ours | rest)[known.table.groups["free_lunch"].are("missing")].any()
    assert (ours | rest).sum() == len(known.table) - 3


def test_wrongly_flagged_turns_the_harm_around() -> None:
    """Rule: where an offer is the harm, offering too much to a group fails and withholding passes."""
    policy = cases.a_policy(harm="WronglyFlagged")
    table = cases.columns()
    poor = (table["free_lunch"] == "F") & (table["outcome"] == 0)
    table["score_full"] = np.where(poor, 0.9, table["score_full"])

    release = cases.a_release(purpose="selection")
    flagged = cases.by_subject(fairness.decide(cases.some_evidence(table, policy, release=release)))
    unfair = cases.some_evidence(cases.columns(withheld=0.5), policy, release=release)
    withheld = cases.by_subject(fairness.decide(unfair))

    assert flagged[f"full: {FREE}"].outcome is Outcome.FAIL
    assert "would be singled out too often" in flagged[f"full: {FREE}"].sentence
    assert withheld[f"full: {FREE}"].outcome is Outcome.PASS


def test_a_score_equal_to_the_threshold_is_an_offer_in_the_precision_of_schools() -> None:
    """0.3 in float32 is above 0.3 in float64: both sides are compared in float32."""
    table = cases.columns()
    table["score_full"] = np.full(len(table["outcome"]), 0.3)
    known = cases.some_evidence(table)

    assert known.offered(known.stages[0], 0.3).all()
    assert not known.offered(known.stages[0], 0.3001).any()


def test_same_evidence_and_policy_give_the_same_report_and_another_policy_another() -> None:
    first, again = (documents.build(k, fairness.decide(k)) for k in _twice())
    other = cases.some_evidence(policy=cases.a_policy(requiredApprovals=2))

    assert first.digest == again.digest
    assert documents.build(other, fairness.decide(other)).digest != first.digest
    assert documents.parse(first.document, first.evidence, first.policy).digest == first.digest


def _twice() -> tuple[evidence.Evidence, evidence.Evidence]:
    return cases.some_evidence(), cases.some_evidence()
