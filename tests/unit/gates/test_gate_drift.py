"""Drift is an effect size with a bound; the mix of schools and year groups is reported and never judged."""

import numpy as np
import pytest
from tests.unit.gates import cases

from homeroom.domain import errors, releases, verdicts
from homeroom.gates import drift, references
from homeroom.gates.shifts import losses, periods
from homeroom.stats import bounds, fewclusters

Outcome = verdicts.Outcome


def test_same_distribution_passes() -> None:
    found = cases.by_subject(drift.decide(cases.some_evidence()))

    assert found["input z"].outcome is Outcome.PASS
    assert found["input kind"].outcome is Outcome.PASS


def test_shift_of_half_a_standard_deviation_fails() -> None:
    table = cases.columns()
    table["z"] = table["z"] + np.float32(0.5)

    verdict = cases.by_subject(drift.decide(cases.some_evidence(table)))["input z"]

    assert verdict.outcome is Outcome.FAIL
    assert verdict.low > 0.10
    assert "z is not as it was in training" in verdict.sentence


def test_opposite_shifts_of_two_year_groups_fail_although_they_cancel_out() -> None:
    """Rule: every year group that is served is compared by itself too."""
    table = cases.columns()
    table["z"] = table["z"] + np.where(table["year_group"] == "K", 0.6, -0.6).astype(np.float32)

    verdict = cases.by_subject(drift.decide(cases.some_evidence(table)))["input z"]

    assert verdict.outcome is Outcome.FAIL
    assert "in year group" in verdict.sentence


def test_tiny_shift_that_a_p_value_would_refuse_passes() -> None:
    """With 2,880 rows twice, a shift of 0.08 standard deviations has a KS p-value of about 0.01."""
    table = cases.columns()
    table["z"] = table["z"] + np.float32(0.08)

    assert cases.by_subject(drift.decide(cases.some_evidence(table)))["input z"].outcome is Outcome.PASS


def test_category_that_training_hardly_had_fails() -> None:
    table = cases.columns()
    table["kind_a"] = np.ones_like(table["kind_a"])
    table["kind_b"] = np.zeros_like(table["kind_b"])

    assert cases.by_subject(drift.decide(cases.some_evidence(table)))["input kind"].outcome is Outcome.FAIL


def test_other_mix_of_year_groups_is_reported_and_not_judged() -> None:
    table = cases.columns()
    keep = (table["year_group"] == "K") | (np.arange(len(table["z"])) % 5 == 0)
    found = cases.by_subject(drift.decide(cases.some_evidence({name: cells[keep] for name, cells in table.items()})))

    assert found["mix year"].outcome is Outcome.NOT_APPLICABLE
    assert found["mix year"].estimate > 0.2


def test_category_that_claims_to_be_a_mix_and_is_none_is_judged() -> None:
    """Rule: an author cannot take a feature out of the gate by calling it a mix."""
    values = {name: cases.columns()[name].astype(np.float64) for name in cases.FEATURES}
    claimed = references.build(values, cases.CATEGORIES, minimum_cell=10, mix=frozenset({"kind", "year"})).to_bytes()

    found = cases.by_subject(drift.decide(cases.some_evidence(reference=claimed)))

    assert found["input kind"].outcome is Outcome.PASS


def test_rows_that_are_two_categories_at_once_are_refused() -> None:
    table = cases.columns()
    table["kind_a"] = table["kind_b"] = np.ones_like(table["kind_a"])

    with pytest.raises(errors.SpecError, match="at most one 1 in a row"):
        drift.decide(cases.some_evidence(table))


def test_reference_hides_small_counts_and_survives_writing() -> None:
    reference = references.parse(cases.a_reference(cases.columns()))

    assert min(min(feature.counts) for feature in reference.features) >= 10
    assert references.parse(reference.to_bytes()) == reference


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"rows": 1, "minimumCell": 10, "features": [{"name": "z", "kind": "continuous", "edges": [1, 0], "counts": [1, 2, 3]}]}',
        b'{"rows": 1, "minimumCell": 10, "features": [{"name": "z", "kind": "continuous", "edges": [], "counts": [-1]}]}',
        b'{"rows": true, "minimumCell": 10, "features": []}',
        b"[" * 100_000,
    ],
    ids=["empty", "list", "falling edges", "negative", "no number", "deep"],
)
def test_refuses_what_is_no_reference(content: bytes) -> None:
    with pytest.raises(errors.SpecError, match="not a training reference"):
        references.parse(content)


def test_refuses_a_reference_of_other_features() -> None:
    values = {"other": np.arange(100.0)}

    with pytest.raises(errors.SpecError, match="do not have the same features"):
        cases.some_evidence(reference=references.build(values, {}, minimum_cell=10).to_bytes())


def _aged(name: str, age: references.AgeBehaviour, table: cases.Columns | None = None) -> bytes:
    table = cases.columns() if table is None else table
    values = {column: table[column].astype(np.float64).round(6) for column in cases.FEATURES}
    return references.build(
        values, cases.CATEGORIES, minimum_cell=10, mix=frozenset({"year"}), ages={name: age}
    ).to_bytes()


def test_what_grows_with_pupils_passes_where_the_model_knows_the_year_group() -> None:
    reference = _aged("z", references.AgeBehaviour.AGE_DEPENDENT)

    verdict = cases.by_subject(drift.decide(cases.some_evidence(reference=reference)))["age z"]

    assert (verdict.check, verdict.outcome, verdict.action) == ("drift.age-dependent", Outcome.PASS, "")


def test_what_grows_with_pupils_fails_where_the_model_does_not_know_the_year_group() -> None:
    """Rule: the choice of the year group says nothing here, so the model cannot tell a child of six from one of eight."""
    table = cases.columns()
    swapped = np.random.default_rng(1).permutation(len(table["z"]))
    table["year_K"], table["year_1"] = table["year_K"][swapped], table["year_1"][swapped]

    found = drift.decide(cases.some_evidence(table, reference=_aged("z", references.AgeBehaviour.AGE_DEPENDENT)))
    verdict = cases.by_subject(found)["age z"]

    assert verdict.outcome is Outcome.FAIL
    assert "does not know the year group" in verdict.sentence
    assert "Standardise z within the year group" in verdict.action


def test_what_grows_with_pupils_fails_where_a_year_group_was_not_evaluated() -> None:
    table = cases.columns()
    only = {name: cells[table["year_group"] == "K"] for name, cells in table.items()}

    found = drift.decide(cases.some_evidence(only, reference=_aged("z", references.AgeBehaviour.AGE_DEPENDENT)))

    assert cases.by_subject(found)["age z"].outcome is Outcome.FAIL


@pytest.mark.parametrize(("grows", "outcome"), [(0.0, Outcome.PASS), (1.5, Outcome.FAIL)], ids=["honest", "raw score"])
def test_claim_that_a_feature_does_not_change_with_age_is_checked(grows: float, outcome: verdicts.Outcome) -> None:
    """Rule: an author cannot declare a raw score standardised."""
    table = cases.columns()
    table["z"] = table["z"] + np.where(table["year_group"] == "1", grows, 0.0).astype(np.float32)
    reference = _aged("z", references.AgeBehaviour.GRADE_NORMED, table)

    assert cases.by_subject(drift.decide(cases.some_evidence(table, reference=reference)))["age z"].outcome is outcome


@pytest.mark.parametrize(
    ("kept", "outcome", "said"),
    [
        (0, Outcome.NOT_APPLICABLE, "with one year group that cannot be seen"),
        (5, Outcome.NOT_ENOUGH_EVIDENCE, "We cannot tell yet"),
    ],
    ids=["one year group", "five pupils of another"],
)
def test_claim_about_age_does_not_stand_on_a_handful_of_pupils(kept: int, outcome: verdicts.Outcome, said: str) -> None:
    """Rule: too few pupils of the other year groups are not enough evidence, and not the same as having no other."""
    table = cases.columns()
    rows = np.concatenate(
        [np.flatnonzero(table["year_group"] == "K"), np.flatnonzero(table["year_group"] == "1")[:kept]]
    )
    few = {name: cells[rows] for name, cells in table.items()}

    found = drift.decide(cases.some_evidence(few, reference=_aged("z", references.AgeBehaviour.GRADE_NORMED, table)))
    verdict = cases.by_subject(found)["age z"]

    assert (verdict.outcome, said in verdict.sentence) == (outcome, True)


def test_declared_age_survives_writing_and_nothing_declared_is_not_written() -> None:
    content = _aged("z", references.AgeBehaviour.GRADE_NORMED)

    assert references.parse(content).to_bytes() == content
    assert b"ageBehaviour" not in cases.a_reference(cases.columns())


def _with_periods(*, worse: float = 0.0, other_mix: bool = False) -> cases.Columns:
    """Two terms; in the second ``worse`` of the scores are turned round, or most pupils are of year group 1."""
    table = cases.columns()
    rng, rows = np.random.default_rng(12), len(table["z"])
    later = rng.random(rows) < (np.where(table["year_group"] == "1", 0.8, 0.2) if other_mix else 0.5)
    table["period"] = np.where(later, "2026-01-05", "2025-09-01")
    turned = later & (rng.random(rows) < worse)
    table["score_full"] = np.where(turned, 1 - table["score_full"], table["score_full"])
    return table


def test_without_periods_nothing_is_said_about_time() -> None:
    evidence = cases.some_evidence()

    assert not [v for v in drift.decide(evidence) if v.check in ("drift.loss", "drift.same-mix")]
    assert "drift.decomposition" not in [table.key for table in drift.tabulate(evidence)]


def test_model_that_does_as_well_as_before_passes_and_says_what_it_would_notice() -> None:
    verdict = cases.by_subject(drift.decide(cases.some_evidence(_with_periods())))["full: error over time"]

    assert (verdict.check, verdict.outcome) == ("drift.loss", Outcome.PASS)
    assert 0 < verdict.detectable < 0.05
    assert "we would notice a change of about" in verdict.sentence


def test_model_that_does_worse_on_the_same_pupils_fails() -> None:
    found = cases.by_subject(drift.decide(cases.some_evidence(_with_periods(worse=0.5))))

    assert found["full: error over time"].outcome is Outcome.FAIL
    assert found["core: error over time"].outcome is Outcome.PASS
    assert "do not retrain because of who the pupils are" in found["full: error over time"].action


def test_other_mix_of_year_groups_is_no_worse_model() -> None:
    evidence = cases.some_evidence(_with_periods(other_mix=True))

    assert cases.by_subject(drift.decide(evidence))["full: error over time"].outcome is Outcome.PASS


def test_parts_in_the_table_sum_to_the_whole_for_every_way_of_telling_pupils_apart() -> None:
    tables = {table.key: table for table in drift.tabulate(cases.some_evidence(_with_periods(worse=0.3)))}
    rows = tables["drift.decomposition"].rows

    assert len(rows) == 3 * 4 * 4
    for start in range(0, len(rows), 4):
        *parts, total = (row[3] for row in rows[start : start + 4])
        assert sum(parts) == pytest.approx(total, abs=1e-9)  # type: ignore[arg-type]
        assert all(row[4] <= row[3] <= row[5] for row in rows[start : start + 4])  # type: ignore[operator]


def test_too_few_pupils_in_a_period_are_not_enough_evidence() -> None:
    table = _with_periods()
    table["period"] = np.where(np.arange(len(table["z"])) < 5, "2026-01-05", "2025-09-01")
    evidence = cases.some_evidence(table)

    assert cases.by_subject(drift.decide(evidence))["full: error over time"].outcome is Outcome.NOT_ENOUGH_EVIDENCE
    assert "drift.decomposition" not in [found.key for found in drift.tabulate(evidence)]


def test_bounds_of_the_error_over_time_allow_for_few_schools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule: resamples of ten schools tell too little of their spread; Student's t with nine degrees makes 1.64 spreads 1.93."""
    table = _with_periods()
    ten = np.isin(table["site_id"], np.unique(table["site_id"])[:10])
    evidence = cases.some_evidence({name: cells[ten] for name, cells in table.items()})
    compared = periods.choose(evidence)
    assert compared is not None

    def find() -> bounds.Bounds:
        return losses.split(evidence, releases.Stage.FULL, losses.YEAR_GROUPS, compared).bounds

    found = find()
    monkeypatch.setattr(fewclusters, "widened", lambda alone, _schools: alone)
    plain = find()

    assert (found.high - found.estimate)[1] > 1.1 * (plain.high - plain.estimate)[1] > 0
    assert (found.estimate - found.low)[1] > 1.1 * (plain.estimate - plain.low)[1] > 0


def test_schools_that_move_like_the_others_are_reported_as_such_and_never_named() -> None:
    evidence = cases.some_evidence()
    verdict = cases.by_subject(drift.decide(evidence))["progression z"]

    assert (verdict.check, verdict.outcome, verdict.estimate) == ("drift.progression", Outcome.NOT_APPLICABLE, 0.0)
    told = repr([table.rows for table in drift.tabulate(evidence)]) + verdict.sentence
    assert not any(site in told for site in evidence.table.sites)


def test_schools_that_move_otherwise_are_counted() -> None:
    table = cases.columns()
    odd = np.isin(table["site_id"], np.unique(table["site_id"])[:3]) & (table["year_group"] == "1")
    table["z"] = table["z"] + np.where(odd, 2.0, 0.0).astype(np.float32)
    evidence = cases.some_evidence(table)

    verdict = cases.by_subject(drift.decide(evidence))["progression z"]

    assert "in 3 of 24 cases" in verdict.sentence
    assert "See how the scores were made" in verdict.action
    rows = next(found.rows for found in drift.tabulate(evidence) if found.key == "drift.progression")
    assert sum(row[4] for row in rows) == 24  # type: ignore[misc]
    assert sum(row[3] for row in rows) == pytest.approx(24, abs=0.5)  # type: ignore[misc]


def test_growth_of_all_schools_is_expected() -> None:
    table = cases.columns()
    table["z"] = (table["z"] * 2 + np.where(table["year_group"] == "1", 9.0, 0.0)).astype(np.float32)

    verdict = cases.by_subject(drift.decide(cases.some_evidence(table)))["progression z"]

    assert verdict.estimate == 0
