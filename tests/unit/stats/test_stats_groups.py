"""Kernels about groups: counts in one pass, areas between ROC curves, calibration, and what a table must hide."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeroom.stats import calibrations, cellcounts, clusters, rocareas, suppressions


def test_counts_of_the_worked_example() -> None:
    codes = (np.array([0, 0, 1]), np.array([1, 1, 0]))

    assert cellcounts.count(codes, (2, 2)).tolist() == [[0, 2], [1, 0]]
    assert cellcounts.total(codes, (2, 2), np.array([0.5, 1.0, 2.0])).tolist() == [[0, 1.5], [2, 0]]


def test_rates_of_resamples_are_those_of_copied_rows() -> None:
    rng = np.random.default_rng(4)
    school, group = rng.integers(0, 6, 600), rng.integers(0, 3, 600)
    needed, offered = rng.random(600) < 0.4, rng.random(600) < 0.3
    weights = clusters.draw_weights(6, 5, rng)

    found = cellcounts.rates_of_resamples(cellcounts.decided_counts(school, group, needed, offered, (6, 3)), weights)

    copies = np.repeat(np.arange(600), weights[2][school].astype(int))
    one = group[copies] == 1
    need, offer = needed[copies][one], offered[copies][one]
    by_hand = [(~offer[need]).mean(), offer[~need].mean(), offer.mean(), (need == offer).mean(), need.mean()]
    assert found[:, 2, 1] == pytest.approx(by_hand)


def test_rate_of_nobody_is_unknown() -> None:
    nobody = cellcounts.rates_of_resamples(np.zeros((2, 1, 2, 2)), np.ones((1, 2)))

    assert np.isnan(nobody).all()


def test_area_of_a_perfect_group_and_a_rest_in_ties_is_one_half() -> None:
    needed = np.array([False, True, False, True])
    group = np.array([True, True, False, False])

    assert rocareas.exact(needed, np.array([0.1, 0.9, 0.5, 0.5]), group) == pytest.approx(0.5)


def test_area_counts_curves_that_cross_on_both_sides() -> None:
    """Two mirrored curves have the same AUC of 1/2 and yet lie apart."""
    group = np.array([[0.0, 2.0, 0.0], [1.0, 0.0, 1.0]])
    rest = np.array([[1.0, 0.0, 1.0], [0.0, 2.0, 0.0]])

    assert rocareas.areas(np.stack([group, rest])[None])[0] == pytest.approx(0.5)


def test_exact_area_equals_a_fine_grid_over_the_curves() -> None:
    rng = np.random.default_rng(9)
    needed, group = rng.random(800) < 0.3, rng.random(800) < 0.4
    scores = np.round(rng.beta(2, 4, 800) + 0.2 * needed + 0.1 * group * rng.random(800), 2)
    grid = (np.arange(40_000) + 0.5) / 40_000

    def curve(side: clusters.BoolArray) -> clusters.FloatArray:
        levels = np.unique(scores)[::-1]
        up = [0.0, *((scores[side & needed] >= level).mean() for level in levels)]
        across = [0.0, *((scores[side & ~needed] >= level).mean() for level in levels)]
        found: clusters.FloatArray = np.interp(grid, across, up)
        return found

    assert rocareas.exact(needed, scores, group) == pytest.approx(np.abs(curve(group) - curve(~group)).mean(), abs=1e-4)


def test_area_is_unknown_where_a_side_has_one_outcome_only() -> None:
    needed = np.array([True, True, False, True])

    assert np.isnan(rocareas.exact(needed, np.arange(4) / 4, np.array([True, True, False, False])))


def test_drawn_histograms_are_what_shuffling_rows_gives() -> None:
    """The same null from hypergeometric draws and from moving rows, within what 300 shuffles can tell."""
    rng = np.random.default_rng(12)
    needed, group = rng.random(900) < 0.3, np.arange(900) < 120
    scores = rng.beta(2, 4, 900) + 0.2 * needed
    level = rocareas.level_of(scores)
    counts = cellcounts.count((1 - group.astype(int), needed.astype(int), level), (2, 2, int(level.max()) + 1))

    drawn = rocareas.shuffled(counts, 2000, rng)
    moved = []
    for _ in range(300):
        mixed = group.copy()
        for outcome in (needed, ~needed):
            mixed[outcome] = rng.permutation(mixed[outcome])
        moved.append(rocareas.exact(needed, scores, mixed))

    assert drawn.mean() == pytest.approx(np.mean(moved), abs=0.003)
    assert np.quantile(drawn, 0.95) == pytest.approx(np.quantile(moved, 0.95), abs=0.012)


def test_chance_and_power_of_the_worked_examples() -> None:
    null = rocareas.chance(0.9, np.array([0.1, 0.2, 0.3]))

    assert null.mean == pytest.approx(0.2)
    assert null.pvalue == 0.25
    assert rocareas.power(rocareas.Null(0.02, 0.04, 1.0), 0.03, 0.01) == pytest.approx(0.84, abs=0.005)


def test_bins_count_an_edge_to_the_right() -> None:
    assert calibrations.bin_of(np.array([0.0, 0.05, 0.15, 0.999, 1.0])).tolist() == [0, 1, 3, 19, 19]


def test_slope_of_the_worked_examples() -> None:
    expected = np.array([[0.2, 0.8], [0.2, 0.8]])

    found = calibrations.slope(expected, np.array([[20.0, 80.0], [100 / 3, 200 / 3]]), np.full((2, 2), 100.0))

    assert found == pytest.approx([1.0, 0.5])


@pytest.mark.parametrize(
    ("expected", "needed"),
    [([0.3, 0.3], [3.0, 4.0]), ([0.2, 0.8], [0.0, 0.0]), ([0.2, 0.8], [0.0, 10.0])],
    ids=["one score", "one outcome", "separated"],
)
def test_slope_is_unknown_where_nothing_tells_it(expected: list[float], needed: list[float]) -> None:
    assert np.isnan(calibrations.slope(np.array([expected]), np.array([needed]), np.full((1, 2), 10.0)))[0]


@st.composite
def _tables(draw: st.DrawFn) -> tuple[clusters.FloatArray, clusters.FloatArray]:
    shape = draw(st.tuples(st.integers(2, 5), st.integers(2, 5)))
    cells = draw(st.lists(st.integers(0, 60), min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]))
    shares = draw(st.lists(st.floats(0, 1), min_size=len(cells), max_size=len(cells)))
    rows = np.array(cells, dtype=float).reshape(shape)
    return rows, np.floor(rows * np.array(shares).reshape(shape))


@given(_tables())
@settings(max_examples=150, deadline=None)
def test_no_line_hides_exactly_one_cell_and_nothing_small_can_be_worked_out(
    table: tuple[clusters.FloatArray, clusters.FloatArray],
) -> None:
    """Rule: with all margins known, no hidden cell follows from the shown ones, by whatever sums and differences."""
    rows, events = table

    hidden = suppressions.hidden(rows, events, 10)

    assert hidden[(rows < 10) | (events <= 0) | (events >= rows)].all()
    assert not (hidden.sum(axis=0) == 1).any()
    assert not (hidden.sum(axis=1) == 1).any()
    cells = np.eye(rows.size)
    margins = np.concatenate(
        [np.kron(np.eye(rows.shape[0]), np.ones(rows.shape[1])), np.kron(np.ones(rows.shape[0]), np.eye(rows.shape[1]))]
    )
    shown = np.concatenate([margins, cells[~hidden.ravel()]])
    assert not suppressions.derivable(shown, cells[hidden.ravel()]).any()


def test_total_and_one_part_give_the_other_part_away() -> None:
    total, part, other = np.array([1.0, 1.0]), np.array([1.0, 0.0]), np.array([0.0, 1.0])

    assert suppressions.derivable(np.stack([total, part]), other[None]).tolist() == [True]
    assert suppressions.derivable(total[None], other[None]).tolist() == [False]
    assert suppressions.derivable(np.zeros((0, 2)), other[None]).tolist() == [False]


def test_number_that_follows_is_the_sum_or_difference_of_the_published() -> None:
    total, part, other = np.array([1.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])
    third = np.array([0.0, 0.0, 1.0])

    found = suppressions.derived(np.stack([total, part]), np.array([50.0, 46.0]), np.stack([other, third]))

    assert found[0] == pytest.approx(4)
    assert np.isnan(found[1])


def test_smallest_number_that_a_secret_follows_from_is_withheld() -> None:
    """Rule: what has nothing to do with the secret stays, however few pupils are behind it."""
    cells = np.eye(5)
    total = cells[:4].sum(axis=0)

    withheld, lost = suppressions.withheld(
        cells[[0, 1, 2, 4]], np.array([30.0, 20.0, 25.0, 11.0]), cells[[3]], total[None]
    )

    assert withheld.tolist() == [False, True, False, False]
    assert lost.tolist() == [False]


def test_secret_that_everybody_knows_already_costs_no_number() -> None:
    cells = np.eye(3)

    withheld, lost = suppressions.withheld(cells[:2], np.array([30.0, 20.0]), cells[[2]], cells[[2]])

    assert (withheld.tolist(), lost.tolist()) == ([False, False], [True])


@pytest.mark.parametrize(
    ("share", "rows", "shown"),
    [(0.995, 300, 0.99), (0.995, 120, 0.98), (0.0, 40, 0.05), (0.99, 39, 0.90), (0.5, 12, 0.5)],
    ids=["many", "hundreds", "tens", "few", "middle"],
)
def test_share_is_not_shown_closer_to_all_or_none_than_its_rows_allow(share: float, rows: int, shown: float) -> None:
    assert suppressions.recoded(share, rows) == shown
