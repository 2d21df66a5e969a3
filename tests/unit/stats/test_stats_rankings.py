"""Areas over schools equal the textbook number, and neighbours are the nearest of their stratum."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from homeroom.stats import clusters, neighbours, rankings


def _area(higher: list[float], lower: list[float], bins: int = rankings.MOST_BINS) -> float:
    placed = rankings.place(np.array(higher), np.array(lower), bins=bins)
    shape = 1, int(max(placed[0].max(), placed[1].max())) + 1
    won, lost = (rankings.count(one, np.zeros(len(one), dtype=np.int64), shape) for one in placed)
    return float(rankings.area(won, lost, np.ones((1, 1)))[0])


def test_worked_example() -> None:
    assert _area([1, 3], [0, 2]) == 0.75
    assert [placed.tolist() for placed in rankings.place(np.array([0.2, 0.7]), np.array([0.7]))] == [[0, 1], [1]]


def test_equal_values_are_chance() -> None:
    assert _area([1, 1], [1]) == 0.5


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=30), st.lists(st.floats(-5, 5), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_area_is_that_of_scikit_learn(higher: list[float], lower: list[float]) -> None:
    expected = roc_auc_score([1] * len(higher) + [0] * len(lower), higher + lower)

    assert _area(higher, lower) == pytest.approx(expected, abs=1e-12)


def test_quantile_bins_stay_close_to_the_exact_area() -> None:
    rng = np.random.default_rng(1)
    higher, lower = rng.normal(0.3, 1, 20_000), rng.normal(0, 1, 20_000)
    expected = roc_auc_score(np.repeat([1, 0], 20_000), np.concatenate([higher, lower]))

    assert _area(higher.tolist(), lower.tolist()) == pytest.approx(expected, abs=0.0005)


def test_resample_is_the_area_of_the_rows_it_draws() -> None:
    rng = np.random.default_rng(2)
    site, values, kind = rng.integers(0, 4, 200), rng.normal(size=200), rng.random(200) < 0.5
    placed = rankings.place(values)[0]
    shape = 4, int(placed.max()) + 1
    won, lost = (rankings.count(placed[rows], site[rows], shape) for rows in (kind, ~kind))

    found = rankings.area(won, lost, np.array([[2.0, 0.0, 1.0, 1.0]]))

    drawn = np.concatenate([np.flatnonzero(site == school) for school in (0, 0, 2, 3)])
    assert found[0] == pytest.approx(roc_auc_score(kind[drawn], values[drawn]))


def test_resample_without_a_row_of_a_kind_knows_nothing() -> None:
    found = rankings.area(np.array([[1.0], [0.0]]), np.array([[1.0], [1.0]]), np.array([[0.0, 2.0], [1.0, 1.0]]))

    assert np.isnan(found).tolist() == [True, False]


EVERY: clusters.BoolArray = np.ones(4, dtype=bool)


@pytest.mark.parametrize(
    ("strata", "chosen", "expected"),
    [
        ([0, 0, 0, 0], EVERY, [1, 0, 3, 2]),
        ([0, 0, 1, 1], EVERY, [1, 0, 3, 2]),
        ([0, 1, 0, 1], EVERY, [2, 3, 0, 1]),
        ([0, 0, 0, 1], EVERY, [1, 0, 1, -1]),
        ([0, 0, 0, 0], np.array([True, False, True, False]), [2, -1, 0, -1]),
        ([0, 0, 0, 0], np.array([True, False, False, False]), [-1, -1, -1, -1]),
    ],
    ids=["one stratum", "two", "interleaved", "one alone", "some rows", "one row"],
)
def test_neighbour_is_the_nearest_of_the_stratum(
    strata: list[int], chosen: clusters.BoolArray, expected: list[int]
) -> None:
    values = np.array([[0.0], [0.1], [5.0], [5.2]], dtype=np.float32)

    found = neighbours.nearest_in_stratum(values, (np.array(strata),), chosen)

    assert found.tolist() == expected


def test_neighbours_do_not_depend_on_where_zero_lies() -> None:
    """Rule: a column far from 0, such as a calendar year, tells rows apart as well as one around it."""
    values = np.array([[2000.0], [2000.9], [2003.0], [2003.8]], dtype=np.float32)

    found = neighbours.nearest_in_stratum(values, (np.zeros(4, np.int64),), np.ones(4, bool))

    assert found.tolist() == [1, 0, 3, 2]


def test_row_is_never_its_own_neighbour() -> None:
    found = neighbours.nearest_in_stratum(np.zeros((6, 3), np.float32), (np.zeros(6, np.int64),), np.ones(6, bool))

    assert not (found == np.arange(6)).any()
    assert (found >= 0).all()


def test_outliers_and_constant_columns_do_not_reach_into_another_stratum() -> None:
    values = np.array([[1e30, 1], [-1e30, 1], [0, 1], [0, 1]], dtype=np.float32)

    found = neighbours.nearest_in_stratum(values, (np.array([0, 0, 1, 1]),), np.ones(4, bool))

    assert found.tolist() == [1, 0, 3, 2]
