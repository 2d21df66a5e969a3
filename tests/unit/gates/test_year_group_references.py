"""A training reference tells how each year group lay, and gives nobody away by what it tells."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from tests.unit.gates import cases

from homeroom.domain import errors, verdicts
from homeroom.gates import references, yearcounts
from homeroom.gates.privacy import anonymity
from homeroom.stats import sketches

AGES = {"z": references.AgeBehaviour.AGE_DEPENDENT}


def a_training(rows: dict[str, int], *, apart: float = 0.0, seed: int = 3) -> references.Reference:
    """Reference of one number and one choice; each year group's number lies ``apart`` standard deviations on."""
    rng = np.random.default_rng(seed)
    year = np.repeat(list(rows), list(rows.values()))
    z = rng.normal(size=len(year)) + apart * np.repeat(np.arange(len(rows)), list(rows.values()))
    kind = rng.random(len(year)) < 0.5
    values = {"z": z.round(6), "kind_a": kind.astype(float), "kind_b": (~kind).astype(float)}
    return references.build(values, {"kind": ("kind_a", "kind_b")}, minimum_cell=10, year_groups=year)


def _numeric(reference: references.Reference) -> references.ContinuousSketch:
    feature = reference.features[0]
    assert isinstance(feature, references.ContinuousSketch)
    return feature


def test_counts_of_year_groups_sum_to_those_of_all() -> None:
    reference = a_training({"1": 900, "2": 800, "K": 1000})
    feature = _numeric(reference)
    assert feature.years is not None

    assert (reference.year_groups, reference.small_year_groups) == (("1", "2", "K"), ())
    told = [own for own in feature.years.counts if own is not None]
    assert [sum(own) for own in told] == [900, 800, 1000]
    whole = yearcounts.in_blocks(np.array(feature.counts, dtype=float), feature.years.blocks)
    assert np.array_equal(np.sum(told, axis=0), whole)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("apart", [0.0, 0.7, 2.0], ids=["alike", "apart", "far apart"])
def test_no_small_count_is_told_and_none_can_be_worked_out(apart: float, seed: int) -> None:
    """Rule: whatever is left when some year groups are subtracted from all is nothing, or at least the minimum cell."""
    reference = a_training({"1": 700, "2": 100, "3": 7, "4": 4, "K": 1500}, apart=apart, seed=seed)

    assert reference.small_year_groups == ("3", "4")
    for feature in reference.features:
        if feature.years is None:
            continue
        whole = yearcounts.in_blocks(_bins(reference, feature), feature.years.blocks)
        told = [np.array(own) for own in feature.years.counts if own is not None]
        for size in range(1, len(told) + 1):
            for chosen in itertools.combinations(told, size):
                for left in (sum(chosen), whole - sum(chosen)):
                    assert all(count == 0 or count >= 10 for count in np.asarray(left))


def _bins(
    reference: references.Reference, feature: references.Feature
) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    none = [reference.rows - sum(feature.counts)] if isinstance(feature, references.CategorySketch) else []
    return np.array([*feature.counts, *none], dtype=np.float64)


def test_small_year_group_takes_another_with_it_where_it_could_be_worked_out() -> None:
    """Rule: seven pupils of one year group are all less the others; so the smallest of the others is not told either."""
    reference = a_training({"1": 900, "2": 800, "3": 7})

    assert (reference.year_groups, reference.small_year_groups) == (("1",), ("2", "3"))


@pytest.mark.parametrize("columns", list(itertools.permutations(["year_1", "year_2", "year_3"])), ids=str)
def test_year_groups_of_the_same_size_do_not_give_a_small_one_away_by_the_choice_of_them(
    columns: tuple[str, ...],
) -> None:
    """Rule: the choice may pool the seven with year group 1 and tell 2, so counts by year group may not tell 1."""
    year = np.repeat(["1", "2", "3"], [800, 800, 7])
    values = {"z": np.random.default_rng(1).normal(size=len(year))}
    values |= {name: (year == name.removeprefix("year_")).astype(float) for name in columns}

    reference = references.build(values, {"year": columns}, minimum_cell=10, mix=frozenset({"year"}), year_groups=year)

    told = {
        count
        for feature in reference.features
        if isinstance(feature, references.CategorySketch)
        for count in feature.counts
    }
    assert told == {800, 807}
    assert reference.year_groups == ()


@pytest.mark.parametrize("ones", [7, 993], ids=["few have it", "few have none"])
def test_choice_is_refused_whose_few_rows_follow_from_the_rows_of_all(ones: int) -> None:
    values = {"plan_yes": np.array([1.0] * ones + [0.0] * (1000 - ones))}

    with pytest.raises(errors.SpecError, match="fewer than 10 rows have a value of 'plan', or fewer have none"):
        references.build(values, {"plan": ("plan_yes",)}, minimum_cell=10)

    values["plan_no"] = 1 - values["plan_yes"]
    (feature,) = references.build(values, {"plan": ("plan_yes", "plan_no")}, minimum_cell=10).features
    assert feature.counts == (1000,)


def test_year_group_that_lies_far_off_hides_itself_and_not_the_others() -> None:
    """Rule: blocks that hide one year group's tails may not join most of another one into one block."""
    reference = a_training({"1": 2000, "2": 1500, "far": 200}, apart=0.0)
    far = _numeric(a_training({"1": 2000, "2": 1500, "far": 200}, apart=3.0)).years

    assert _numeric(reference).years is not None
    assert far is None or far.counts[2] is None


def test_reference_with_year_groups_survives_writing_and_one_without_is_as_before() -> None:
    told = a_training({"1": 900, "K": 1000})
    content = told.to_bytes()
    plain = replace(
        told, year_groups=(), features=tuple(replace(feature, years=None) for feature in told.features)
    ).to_bytes()

    assert references.parse(content) == told
    assert references.parse(content).to_bytes() == content
    assert b"earGroup" not in plain
    assert references.parse(plain).to_bytes() == plain


def test_mix_of_year_groups_is_not_told_by_year_group() -> None:
    table = cases.columns()
    values = {name: table[name].astype(np.float64).round(6) for name in cases.FEATURES}
    reference = references.build(
        values, cases.CATEGORIES, minimum_cell=10, mix=frozenset({"year"}), year_groups=table["year_group"]
    )

    assert {feature.name: feature.years is not None for feature in reference.features} == {
        "z": True,
        "kind": True,
        "year": False,
    }


@pytest.mark.parametrize(
    ("counts", "outcome"),
    [
        (((500, 960), (460, 960)), verdicts.Outcome.PASS),
        (((500, 960), (437, 943)), verdicts.Outcome.PASS),
        (((3, 1457), (957, 463)), verdicts.Outcome.FAIL),
        (((500, 960), (457, 960)), verdicts.Outcome.FAIL),
    ],
    ids=["all told", "enough left", "small count told", "small count left"],
)
def test_privacy_gate_finds_small_counts_of_year_groups(
    counts: tuple[tuple[int, ...], ...], outcome: verdicts.Outcome
) -> None:
    """Rule: a reference that somebody wrote by other means is held to the same smallest count."""
    table = cases.columns()
    plain = references.parse(cases.a_reference(table))
    years = yearcounts.YearCounts((0, 1), counts)
    number = references.ContinuousSketch("z", (0.0,), (960, 1920), years=years)
    told = replace(plain, features=(number, *plain.features[1:]), year_groups=("1", "K"))

    verdict = anonymity.decide_shown(cases.some_evidence(reference=told.to_bytes()))

    assert verdict.outcome is outcome


def test_refuses_a_training_with_too_few_year_groups_for_its_rows() -> None:
    with pytest.raises(errors.SpecError, match="2 year groups for 3 rows; give one for each row"):
        references.build({"z": np.zeros(3)}, {}, minimum_cell=10, year_groups=["K", "1"])


@pytest.mark.parametrize(
    "change",
    [
        {"blocks": [0]},
        {"counts": [[1000], [900]]},
        {"counts": [None, None]},
        {"counts": "many"},
        {"blocks": [0, 2, 2]},
    ],
    ids=["too few blocks", "too few counts", "nothing told", "no counts", "gap"],
)
def test_refuses_counts_by_year_group_that_do_not_fit(change: dict[str, object]) -> None:
    value = {"blocks": [0, 1, 1], "counts": [[500, 500], [400, 500]]} | change

    with pytest.raises((ValueError, TypeError)):
        yearcounts.parse(value, bins=3, year_groups=2)


def test_bins_are_joined_until_every_part_has_enough() -> None:
    counts = np.array([[12.0, 3, 9], [10, 20, 20]])

    assert sketches.join_bins(counts, 10).tolist() == [0, 1, 1]
    assert sketches.join_bins(np.array([[12.0, 12, 3]]), 10).tolist() == [0, 1, 1]
    assert sketches.join_bins(np.array([[3.0, 12, 12]]), 10).tolist() == [0, 0, 1]


def test_categories_are_joined_until_every_part_has_enough_and_an_empty_one_stays_alone() -> None:
    counts = np.array([[12.0, 3, 9, 40, 0], [10, 20, 20, 30, 0]])

    assert sketches.join_categories(counts, 10).tolist() == [0, 1, 1, 2, 3]
