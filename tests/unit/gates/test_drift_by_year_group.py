"""Pupils are compared with those of their own year group in training; another mix of year groups is no difference."""

import numpy as np
import pytest
from tests.unit.gates import cases

from homeroom.domain import verdicts
from homeroom.gates import drift, references
from homeroom.stats import fewclusters

Outcome = verdicts.Outcome


def _grown(table: cases.Columns, by: float = 1.0) -> cases.Columns:
    """The same rows, where year group 1 lies ``by`` standard deviations above year group K."""
    older = np.where(table["year_group"] == "1", by, 0.0).astype(np.float32)
    return {**table, "z": (table["z"] + older).round(3)}


def _reference(table: cases.Columns, *, told: bool = True) -> bytes:
    values = {name: table[name].astype(np.float64).round(6) for name in cases.FEATURES}
    return references.build(
        values,
        cases.CATEGORIES,
        minimum_cell=10,
        mix=frozenset({"year"}),
        year_groups=table["year_group"] if told else None,
    ).to_bytes()


def _chosen(table: cases.Columns, rows: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]") -> cases.Columns:
    return {name: cells[rows] for name, cells in table.items()}


def _slices(table: cases.Columns, reference: bytes) -> dict[str, float | None]:
    """What was found of the number, over all and in each year group."""
    tables = {found.key: found for found in drift.tabulate(cases.some_evidence(table, reference=reference))}
    return {str(row[1]): row[3] for row in tables["drift.inputs"].rows if row[0] == "z"}  # type: ignore[misc]


def _judge(table: cases.Columns, reference: bytes) -> verdicts.Verdict:
    found: verdicts.Verdict = cases.by_subject(drift.decide(cases.some_evidence(table, reference=reference)))["input z"]
    return found


def test_year_groups_that_differ_as_they_did_in_training_pass_by_their_own_reference_only() -> None:
    """Rule: a year group is compared with itself; all of the training would find that the older ones are older."""
    table = _grown(cases.columns())

    own, pooled = _judge(table, _reference(table)), _judge(table, _reference(table, told=False))

    assert own.outcome is Outcome.PASS
    assert own.sentence.endswith(("Compared with the same year group of the training.", "mixed as these pupils are."))
    assert pooled.outcome is Outcome.FAIL
    assert pooled.sentence.endswith("the training reference does not tell year groups apart.")


def test_another_mix_of_year_groups_is_no_difference_although_they_differ() -> None:
    """Rule: all year groups together are compared with those of the training in the mix of the evaluated pupils."""
    table = _grown(cases.columns())
    mostly_young = _chosen(table, (table["year_group"] == "K") | (np.arange(len(table["z"])) % 4 == 0))

    assert _judge(mostly_young, _reference(table)).outcome is Outcome.PASS
    assert _slices(mostly_young, _reference(table))["all year groups"] < 0.05  # type: ignore[operator]
    assert _slices(mostly_young, _reference(table, told=False))["all year groups"] > 0.1  # type: ignore[operator]


def test_difference_within_one_year_group_fails_and_names_it() -> None:
    table = _grown(cases.columns())
    moved = {**table, "z": table["z"] + np.where(table["year_group"] == "1", 0.6, 0.0).astype(np.float32)}

    found = _judge(moved, _reference(table))

    assert found.outcome is Outcome.FAIL
    assert "in year group 1:" in found.sentence
    assert found.sentence.endswith("Compared with the same year group of the training.")


@pytest.mark.parametrize(
    ("by", "outcome", "said"),
    [
        (0.0, Outcome.PASS, ""),
        (1.0, Outcome.NOT_ENOUGH_EVIDENCE, "training had no pupils of this year group, and the others differ too much"),
    ],
    ids=["training's year groups alike", "training's year groups apart"],
)
def test_year_group_that_training_never_saw_is_judged_by_the_others_where_they_are_alike(
    by: float, outcome: verdicts.Outcome, said: str
) -> None:
    """Rule: what did not change from year group to year group may stand for one more; what did says nothing of it."""
    table = _grown(cases.columns(), by)
    new = np.arange(len(table["z"])) % 3 == 0
    reference = _reference(_chosen(table, ~new))
    evaluated = {**table, "year_group": np.where(new & (table["year_group"] == "K"), "2", table["year_group"])}

    found = _judge(evaluated, reference)

    assert found.outcome is outcome
    assert said in found.sentence
    if outcome is Outcome.NOT_ENOUGH_EVIDENCE:
        assert found.action.startswith("Train on more pupils of this year group")
    assert _slices(evaluated, reference)["2"] is None or by == 0


def test_year_group_that_was_too_small_in_training_is_compared_with_all_and_the_sentence_says_so() -> None:
    table = cases.columns()
    of_k = np.flatnonzero(table["year_group"] == "K")
    trained = {**table, "year_group": table["year_group"].copy()}
    trained["year_group"][of_k[:60]] = "2"
    trained["year_group"][of_k[60:]] = "3"
    evaluated = {**trained, "year_group": np.where(trained["year_group"] == "3", "2", trained["year_group"])}
    evaluated["z"] = evaluated["z"] + np.where(evaluated["year_group"] == "2", 0.8, 0.0).astype(np.float32)

    found = _judge(evaluated, _reference(trained))

    assert found.outcome is Outcome.FAIL
    assert "in year group 2:" in found.sentence
    assert found.sentence.endswith("training had too few pupils of this year group to tell of it.")


def test_large_year_group_that_could_not_be_told_lacks_evidence_and_never_fails_for_that() -> None:
    """Rule: only year groups known to lie alike stand for one another.

    Each year group has values of its own, so no common bins can be told; these very rows are those of the training.
    """
    table = cases.columns()
    older = np.where(table["year_group"] == "1", 2.5, 0.0)
    apart = {**table, "z": (np.sign(table["z"]) * 0.5 + older).astype(np.float32)}

    reference = _reference(apart)
    found = _judge(apart, reference)

    feature = references.parse(reference).features[0]
    assert (feature.name, feature.years) == ("z", None)
    assert found.outcome is Outcome.NOT_ENOUGH_EVIDENCE
    assert "lay too far from other year groups to tell of it without small counts" in found.sentence
    assert found.action.startswith("Write z in coarser steps")


def test_what_few_training_rows_show_counts_for_less_than_the_same_of_many() -> None:
    """Rule: a difference that chance in the training rows explains is none."""
    table = cases.columns()
    few = _chosen(table, np.random.default_rng(0).permutation(len(table["z"])) < 220)
    many = {name: np.tile(cells, 20) for name, cells in few.items()}
    moved = {**table, "z": table["z"] + np.float32(0.4)}

    assert _judge(moved, _reference(many)).outcome is Outcome.FAIL
    assert _judge(moved, _reference(few)).outcome is Outcome.NOT_ENOUGH_EVIDENCE


def test_few_schools_say_less_of_their_spread_than_many() -> None:
    """Rule: the bounds of ten schools are a sixth wider than resampling them gives, those of a hundred hardly."""
    assert fewclusters.factor(10, 0.95) == pytest.approx(1.17, abs=0.005)
    assert fewclusters.factor(100, 0.95) == pytest.approx(1.01, abs=0.006)


def test_year_groups_a_standard_deviation_apart_are_told_and_a_change_in_one_is_found() -> None:
    """Rule: blocks may be coarse where year groups hardly meet, as long as a shift of one of them is seen."""
    table = _grown(cases.columns(), 1.5)
    reference = references.parse(_reference(table))
    moved = {**table, "z": table["z"] + np.where(table["year_group"] == "K", 0.6, 0.0).astype(np.float32)}

    assert reference.features[0].years is not None
    assert None not in reference.features[0].years.counts
    assert _judge(table, reference.to_bytes()).outcome is Outcome.PASS
    assert "in year group K:" in _judge(moved, reference.to_bytes()).sentence
    assert _judge(moved, reference.to_bytes()).outcome is Outcome.FAIL


def test_what_grows_with_pupils_fails_where_a_year_group_of_the_training_was_not_evaluated() -> None:
    """Rule: the reference says which year groups there were, also where no choice among the inputs is called a mix."""
    table = _grown(cases.columns())
    values = {name: table[name].astype(np.float64).round(6) for name in cases.FEATURES}
    ages = {"z": references.AgeBehaviour.AGE_DEPENDENT}
    found = {}
    for told in (None, table["year_group"]):
        reference = references.build(values, cases.CATEGORIES, minimum_cell=10, ages=ages, year_groups=told).to_bytes()
        evidence = cases.some_evidence(_chosen(table, table["year_group"] == "K"), reference=reference)
        found[told is None] = cases.by_subject(drift.decide(evidence))["age z"]

    assert found[False].outcome is Outcome.FAIL
    assert "not every year group was evaluated" in found[False].sentence
    assert found[True].outcome is Outcome.PASS


@pytest.mark.parametrize("by", [0.0, 1.0], ids=["judged by all", "judged by nobody"])
def test_number_of_a_tiny_year_group_does_not_follow_from_the_others(by: float) -> None:
    """Rule: four pupils of a year group are all pupils less the others; so the smallest of the others is not told either."""
    table = _grown(cases.columns(), by)
    reference = _reference(table)
    table["year_group"] = table["year_group"].copy()
    table["year_group"][np.flatnonzero(table["year_group"] == "K")[:4]] = "2"
    evidence = cases.some_evidence(table, reference=reference)

    tables = {found.key: found for found in drift.tabulate(evidence)}
    told = {str(row[1]): row[2] for row in tables["drift.inputs"].rows if row[0] == "z"}
    rows = {verdict.rows for verdict in drift.decide(evidence) if verdict.check == "drift.input"}

    sizes = {name: int((table["year_group"] == name).sum()) for name in ("K", "1", "2")}
    smaller, larger = sorted(("K", "1"), key=lambda name: sizes[name])
    assert told == {"all year groups": 2880, smaller: None, larger: sizes[larger], "2": None}
    assert rows <= {0, 2880, sizes[larger]}
