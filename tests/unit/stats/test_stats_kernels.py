"""Worked examples of the docstrings, and what each kernel does with nothing."""

import numpy as np
import pytest

from homeroom.stats import benefit, clusters, distances, power, rates, shrinkage, sketches


def test_clusters_are_numbered_in_sorted_order() -> None:
    index, count = clusters.index_clusters(np.array(["b", "a", "b"]))

    assert index.tolist() == [1, 0, 1]
    assert count == 2


def test_weights_sum_to_the_number_of_schools_and_repeat_with_the_seed() -> None:
    weights = clusters.draw_weights(79, 50, np.random.default_rng(1))

    assert (weights.sum(axis=1) == 79).all()
    assert (weights == clusters.draw_weights(79, 50, np.random.default_rng(1))).all()


def test_counts_and_sums_by_school() -> None:
    school = np.array([0, 0, 1])

    assert clusters.count_by_cluster(school, 2, np.array([True, True, True])).tolist() == [2, 1]
    assert clusters.sum_by_cluster(school, 2, np.array([1.0, 2.0, 5.0])).tolist() == [3, 5]


def test_excess_is_the_difference_of_pooled_rates() -> None:
    cells = rates.Cells(*(np.array([[value]]) for value in (3.0, 10.0, 1.0, 10.0)))

    assert rates.excess(cells)[0] == pytest.approx(0.2)


def test_excess_of_nobody_is_unknown() -> None:
    cells = rates.Cells(*(np.array([[value]]) for value in (0.0, 0.0, 1.0, 10.0)))

    assert np.isnan(rates.excess(cells)[0])


def test_resampling_by_weights_equals_resampling_rows() -> None:
    """The matrix product gives what copying the rows of the drawn schools would give."""
    rng = np.random.default_rng(3)
    school = rng.integers(0, 6, 200)
    group, event = rng.random(200) < 0.4, rng.random(200) < 0.3
    weights = clusters.draw_weights(6, 1, rng)

    def count(rows: clusters.BoolArray) -> clusters.FloatArray:
        return clusters.count_by_cluster(school, 6, rows)[None, :]

    cells = rates.Cells(count(group & event), count(group), count(~group & event), count(~group))
    copies = np.repeat(np.arange(200), weights[0][school].astype(int))
    by_hand = event[copies][group[copies]].mean() - event[copies][~group[copies]].mean()

    assert rates.excess_of_resamples(cells, weights)[0, 0] == pytest.approx(by_hand)


def test_net_benefit_of_the_worked_example() -> None:
    offered, needed = np.array([True, True, True, False]), np.array([True, True, False, True])

    assert benefit.net_benefit_terms(offered, needed, 0.25).mean() == pytest.approx((2 - 1 / 3) / 4)


def test_mean_of_resamples_weighs_schools_by_their_rows() -> None:
    means = benefit.mean_of_resamples(np.array([[2.0, 9.0]]), np.array([2.0, 3.0]), np.array([[1.0, 1.0], [2.0, 0.0]]))

    assert means[:, 0].tolist() == pytest.approx([11 / 5, 1.0])


def test_ks_and_total_variation_of_the_worked_examples() -> None:
    whole = np.ones((4, 1))
    ks = distances.kolmogorov_smirnov(np.array([[5.0, 5.0]]), np.array([1.0, 3.0]), whole)
    variation = distances.total_variation(np.array([[5.0, 3.0, 2.0]]), np.array([4.0, 4.0, 2.0]), whole)

    assert (ks.estimate, ks.low, ks.high) == pytest.approx((0.25, 0.25, 0.25))
    assert variation.estimate == pytest.approx(0.1)


def test_bounds_of_a_distance_cover_the_truth() -> None:
    """Rule: each bound holds in 95 of 100 runs; of 800 at least 741, which is 760 less three times the chance of it."""
    rng, truth, above, below = np.random.default_rng(8), 0.1, 0, 0
    for _ in range(800):
        shift = rng.dirichlet(40 * np.array([0.6, 0.4]), size=60)
        table = np.array([rng.multinomial(30, share) for share in shift]).astype(float)
        found = distances.total_variation(table, np.array([50.0, 50.0]), clusters.draw_weights(60, 300, rng))
        above += found.low <= truth
        below += truth <= found.high
    assert min(above, below) >= 741


def test_shrunken_rate_of_the_worked_example() -> None:
    prior = shrinkage.Prior(mean=0.2, rows=8.0)

    assert shrinkage.shrunken(np.array([1.0]), np.array([2.0]), prior)[0] == pytest.approx(0.26)


@pytest.mark.parametrize("sizes", [[40], [2, 5, 8, 60, 150]], ids=["equal schools", "small and large schools"])
def test_prior_finds_the_spread_that_made_the_data(sizes: list[int]) -> None:
    """Beta(5, 15) has mean 0.25 and weighs as 20 rows, whatever the sizes of the schools that it is seen through."""
    rng = np.random.default_rng(2)
    people = rng.choice(sizes, 4000)
    rows, events = people.astype(float), rng.binomial(people, rng.beta(5, 15, size=4000)).astype(float)

    prior = shrinkage.fit_prior(events, rows)

    assert prior.mean == pytest.approx(0.25, abs=0.01)
    assert prior.rows == pytest.approx(20, rel=0.1)


@pytest.mark.parametrize(
    ("events", "rows"),
    [
        ([3.0], [10.0]),
        ([2.0, 2.0, 2.0], [8.0, 8.0, 8.0]),
        ([0.0, 0.0], [5.0, 5.0]),
        ([0.0, 1.0, 1.0], [1.0, 1.0, 1.0]),
    ],
    ids=["one school", "no spread", "no event", "one pupil in each"],
)
def test_prior_is_as_strong_as_can_be_when_schools_do_not_differ(events: list[float], rows: list[float]) -> None:
    prior = shrinkage.fit_prior(np.array(events), np.array(rows))

    assert prior.rows == shrinkage.MOST_PRIOR_ROWS


def test_prior_of_the_worked_example() -> None:
    prior = shrinkage.fit_prior(np.array([2.0, 8.0, 20.0]), np.array([10.0, 10.0, 40.0]))

    assert prior.mean == 0.5
    assert prior.rows == pytest.approx(4.3846, abs=1e-4)


def test_detectable_difference_of_the_worked_examples() -> None:
    assert power.detectable_difference(0.25, 100, 100) == pytest.approx(0.1523, abs=1e-4)
    assert power.detectable_from_error(0.02) == pytest.approx(0.0497, abs=1e-4)
    assert power.detectable_difference(0.25, 0, 100) == 1.0


def test_small_bins_are_joined_to_the_right_and_the_last_to_the_left() -> None:
    edges, counts = sketches.merge_small_bins(np.array([0.0, 1.0]), np.array([3.0, 12.0, 20.0]), 10)
    assert (edges.tolist(), counts.tolist()) == ([1.0], [15.0, 20.0])

    edges, counts = sketches.merge_small_bins(np.array([0.0, 1.0]), np.array([30.0, 12.0, 2.0]), 10)
    assert (edges.tolist(), counts.tolist()) == ([0.0], [30.0, 14.0])


def test_too_few_rows_altogether_leave_one_bin() -> None:
    edges, counts = sketches.merge_small_bins(np.array([0.0, 1.0]), np.array([3.0, 2.0, 1.0]), 10)

    assert (edges.tolist(), counts.tolist()) == ([], [6.0])


@pytest.mark.parametrize(
    ("counts", "groups"),
    [
        ([50.0, 4.0, 3.0, 30.0], [[0], [1, 2, 3]]),
        ([50.0, 40.0], [[0], [1]]),
        ([6.0, 6.0, 50.0], [[0, 1], [2]]),
        ([3.0, 2.0], [[0, 1]]),
    ],
    ids=["pool takes the next", "nothing small", "pool is large enough", "all too small"],
)
def test_small_categories_are_pooled_so_that_none_can_be_worked_out(
    counts: list[float], groups: list[list[int]]
) -> None:
    assert sketches.pool_small_categories(np.array(counts), 10) == groups


def test_histograms_count_an_edge_to_the_right() -> None:
    found = sketches.histograms(np.array([-1.0, 0.0, 2.0]), np.array([0.0]), np.zeros(3, dtype=np.int64), 1)

    assert found.tolist() == [[1.0, 2.0]]
