"""Sketches of a million rows merge by addition, and comparing them keeps its promise in every null."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeroom.stats import comparisons, sketches, tallies

EDGES = [sketches.FINE_EDGES]
FINE = len(sketches.FINE_EDGES) + 1


def _scores(features: int) -> np.ndarray:
    counts = tallies.tally(
        np.random.default_rng(0).normal(size=(20_000, features)), EDGES * features, np.zeros((features, FINE))
    ).counts
    return comparisons.normal_scores(counts)


@given(
    edges=st.lists(st.floats(-1e3, 1e3).map(lambda x: round(x, 3)), min_size=0, max_size=40, unique=True).map(sorted),
    values=st.lists(st.floats(-2e3, 2e3), min_size=1, max_size=50),
)
@settings(max_examples=150, deadline=None)
def test_finder_gives_the_bins_of_a_binary_search(edges: list[float], values: list[float]) -> None:
    given_edges = np.array(edges)
    asked = np.array([*values, *edges, *(edge - 1e-9 for edge in edges)])

    assert tallies.Finder(given_edges)(asked).tolist() == np.searchsorted(given_edges, asked, side="right").tolist()


def test_finder_looks_up_the_usual_edges_and_searches_close_ones() -> None:
    assert tallies.Finder(sketches.FINE_EDGES)._looks_up
    assert not tallies.Finder(np.array([0.0, 1e-6, 1e3]))._looks_up
    assert tallies.Finder(np.array([]))(np.array([3.0])).tolist() == [0]


def test_parts_of_the_rows_merge_to_the_sketch_of_all() -> None:
    rng = np.random.default_rng(1)
    values, classes, scores = rng.normal(size=(600, 3)), np.repeat(np.arange(30), 20), _scores(3)
    whole = tallies.tally(values, EDGES * 3, scores, classes)
    parts = tallies.merged(
        [
            tallies.tally(values[:200], EDGES * 3, scores, classes[:200]),
            tallies.tally(values[200:], EDGES * 3, scores, classes[200:] - 10),
        ]
    )

    assert (parts.counts == whole.counts).all()
    assert parts.between == pytest.approx(whole.between)
    assert (parts.rows, parts.groups, parts.sizes) == (whole.rows, whole.groups, whole.sizes)
    assert tallies.correlation([parts], scores) == pytest.approx(tallies.correlation([whole], scores))


def test_effective_rows_of_the_worked_example() -> None:
    one_class = tallies.tally(np.zeros((20, 1)), EDGES, np.zeros((1, FINE)), np.zeros(20, dtype=np.int64))

    assert one_class.effective_rows(np.array([0.15]))[0] == pytest.approx(20 / 3.85)
    assert one_class.effective_rows(np.array([0.0]))[0] == pytest.approx(20)


def test_weights_of_years_cost_effective_rows() -> None:
    """1,000 rows of weight 1 and 1,000 of weight 0.5 are worth 1500^2 / 1250 = 1,800."""
    year = tallies.tally(np.zeros((1000, 1)), EDGES, np.zeros((1, FINE)))
    both = tallies.merged([year, year.scaled(0.5)])

    assert both.effective_rows(np.array([0.0]))[0] == pytest.approx(1800)


def test_correlation_is_the_one_that_made_the_data() -> None:
    rng, classes = np.random.default_rng(2), np.repeat(np.arange(500), 20)
    values = 0.15**0.5 * rng.normal(size=(500, 2))[classes] + 0.85**0.5 * rng.normal(size=(10_000, 2))
    scores = _scores(2)

    assert tallies.correlation([tallies.tally(values, EDGES * 2, scores, classes)], scores) == pytest.approx(
        [0.15] * 2, abs=0.03
    )


def test_normal_scores_of_the_worked_example() -> None:
    assert comparisons.normal_scores(np.array([[1.0, 2.0, 1.0]]))[0] == pytest.approx([-1.15, 0, 1.15], abs=1e-3)


def _compare(current: np.ndarray, *, ordered: bool = True) -> comparisons.Comparison:
    scores = _scores(1)
    reference = tallies.tally(np.random.default_rng(5).normal(size=(5000, 1)), EDGES, scores)
    return comparisons.compare(
        tallies.tally(current, EDGES, scores), reference, scores, np.zeros(1), np.array([ordered])
    )


@pytest.mark.parametrize("ordered", [True, False], ids=["ordered", "categories"])
def test_change_is_found_and_no_change_is_not(*, ordered: bool) -> None:
    rng = np.random.default_rng(6)

    assert _compare(rng.normal(size=(1000, 1)), ordered=ordered).adjusted[0] > 0.05
    assert _compare(rng.normal(0.5, 1, size=(1000, 1)), ordered=ordered).adjusted[0] < 1e-6


def test_other_shape_with_the_same_middle_is_found() -> None:
    found = _compare(np.random.default_rng(7).normal(size=(1000, 1)) * 2)

    assert abs(found.shift[0]) < 0.2
    assert found.adjusted[0] < 1e-6


def test_one_category_alone_cannot_differ() -> None:
    counts = np.zeros((1, FINE))
    counts[0, 3] = 50
    lone = tallies.Tally(counts, 50, 50, 50, 50, 50, np.zeros(1))

    assert comparisons.compare(lone, lone, counts * 0, np.zeros(1), np.array([False])).adjusted[0] == 1
