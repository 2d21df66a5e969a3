"""Drift is an effect size with a bound; the mix of schools and year groups is reported and never judged."""

import numpy as np
import pytest
from tests.unit.gates import cases

from homeroom.domain import errors, verdicts
from homeroom.gates import drift, references

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
