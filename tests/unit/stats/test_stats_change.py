"""Kernels for change over time: the worked examples of the docstrings, and the promise each one makes."""

import itertools

import numpy as np
import pytest
from scipy import stats

from homeroom.stats import (
    clusters,
    combinations,
    decompositions,
    designeffects,
    discoveries,
    eprocesses,
    expectations,
    permutations,
    power,
    progressions,
    reweighting,
    seasons,
    shrinkage,
)

ONE = np.ones((1, 1))


def test_one_lost_bet_of_the_worked_example() -> None:
    growth = eprocesses.log_growth(np.array(1.0), np.array(1.0), np.array(0.25))

    assert growth[-1] == pytest.approx(0.5158, abs=1e-4)
    assert eprocesses.log_evalue(np.full(24, np.log(3.0))) == pytest.approx(np.log(3.0))


def test_evidence_starts_at_one_and_an_empty_week_changes_nothing() -> None:
    log_evalues = eprocesses.path(np.array([0.0, 3.0, 0.0]), np.array([0.0, 5.0, 0.0]), np.array(0.25))

    assert log_evalues[0] == pytest.approx(0.0)
    assert log_evalues[2] == pytest.approx(log_evalues[1])


def test_sum_of_losses_never_claims_more_than_the_losses_one_by_one() -> None:
    """Rule: with only the sum of losses between 0 and 1 known, the e-value is at most the one of the losses themselves."""
    losses = np.random.default_rng(4).random(40)
    one_by_one = np.log1p(eprocesses.STAKES * (losses[:, None] - 0.3)).sum(axis=0)

    assert (eprocesses.log_growth(losses.sum(), np.array(40.0), np.array(0.3)) <= one_by_one + 1e-9).all()


def test_alarm_is_at_the_first_window_that_reaches_one_over_alpha() -> None:
    log_evalues = np.log(np.array([[2.0, 25.0, 3.0], [1.0, 19.0, 19.9], [20.0, 1.0, 1.0]]))

    assert eprocesses.first_alarm(log_evalues, 0.05).tolist() == [1, -1, 0]


def test_unchanged_schools_are_rarely_alarmed_about_in_a_year() -> None:
    """Rule: at most 5 of 100 schools ever, however often one looks; here 2,000 school years of 25 pupils a week."""
    losses = np.random.default_rng(1).binomial(25, 0.25, size=(2000, 36)).astype(float)
    alarms = eprocesses.first_alarm(eprocesses.path(losses, np.full(losses.shape, 25.0), np.array(0.25)), 0.05)

    assert (alarms >= 0).mean() < 0.03


def test_e_bh_of_the_worked_example() -> None:
    assert discoveries.e_bh(np.log(np.array([30.0, 100.0, 1.0])), 0.1).tolist() == [True, True, False]


def test_e_bh_at_the_boundary() -> None:
    """One of one school: believed at exactly 1 / rate, not below."""
    assert discoveries.e_bh(np.log(np.array([10.0])), 0.1).tolist() == [True]
    assert discoveries.e_bh(np.log(np.array([9.99])), 0.1).tolist() == [False]
    assert discoveries.e_bh(np.array([]), 0.1).tolist() == []


def test_bh_and_by_of_the_worked_examples() -> None:
    pvalues = np.array([0.01, 0.02, 0.9])

    assert discoveries.benjamini_hochberg(pvalues, 0.05).tolist() == [True, True, False]
    assert discoveries.benjamini_yekutieli(pvalues, 0.05).tolist() == [False, False, False]


def test_holm_of_the_worked_example_in_every_order() -> None:
    for order in itertools.permutations(range(3)):
        adjusted = discoveries.holm(np.array([0.01, 0.04, 0.03])[list(order)])
        assert adjusted.tolist() == pytest.approx(np.array([0.03, 0.06, 0.06])[list(order)].tolist())


def test_surest_findings_are_believed_until_their_mean_is_too_unsure() -> None:
    assert discoveries.believed_by_probability(np.array([0.5, 0.01, 0.05]), 0.04).tolist() == [False, True, True]
    assert discoveries.believed_by_probability(np.array([0.5]), 0.04).tolist() == [False]


def test_cauchy_combination_of_the_worked_examples() -> None:
    assert combinations.cauchy(np.array([0.01, 0.5])) == pytest.approx(0.01999, abs=1e-5)
    assert combinations.cauchy(np.array([0.037])) == pytest.approx(0.037)
    assert combinations.cauchy(np.array([1e-14])) == pytest.approx(1e-14, rel=1e-6)
    assert combinations.cauchy(np.array([1e-4, 0.5]), np.array([1.0, 0.0])) == pytest.approx(1e-4)


def test_year_group_without_any_change_does_not_outvote_one_with() -> None:
    """A permutation p-value of exactly 1 is minus infinity to the plain formula."""
    assert combinations.cauchy(np.array([0.001, 1.0])) < 0.01


def test_cauchy_combination_keeps_its_level_for_year_groups_that_move_together() -> None:
    rng = np.random.default_rng(6)
    together = 0.8 * rng.normal(size=(20_000, 1)) + 0.6 * rng.normal(size=(20_000, 4))
    combined = combinations.cauchy(stats.norm.sf(together))

    assert (combined <= 0.01).mean() < 0.014


def test_standing_of_the_worked_example() -> None:
    """School A has 0 and 2; the others have -1 and 1, so mean 0 and standard deviation 1."""
    found = progressions.standings(
        progressions.moments(np.array([0.0, 2.0, -1.0, 1.0]), np.array([0, 0, 1, 1]), schools=2)
    )

    assert (found.difference[0], found.variance[0]) == pytest.approx((1.0, 1.0))


def test_shrinkage_of_the_worked_example() -> None:
    posterior = progressions.shrink(progressions.Shifts(np.array([-1.0, 0.0, 1.0]), np.full(3, 0.5)))

    assert posterior.mean.tolist() == pytest.approx([-0.5, 0.0, 0.5])
    assert posterior.sd.tolist() == pytest.approx([0.5] * 3)
    assert posterior.between == pytest.approx(0.5**0.5)
    assert progressions.probability_beyond(posterior, 0.5)[2] == pytest.approx(0.5 + stats.norm.cdf(-2))


def test_schools_that_differ_by_chance_only_get_the_shift_of_all() -> None:
    posterior = progressions.shrink(progressions.Shifts(np.array([0.1, -0.1, 0.6]), np.full(3, 4.0)))

    assert posterior.between == 0
    assert posterior.mean.tolist() == pytest.approx([0.2] * 3)
    assert progressions.probability_beyond(posterior, 0.5).tolist() == [0.0] * 3
    assert progressions.probability_beyond(posterior, 0.1).tolist() == [1.0] * 3


def test_growth_of_all_pupils_is_no_shift() -> None:
    """Rule: every school's scores may double and rise; standings stay."""
    rng = np.random.default_rng(3)
    values, school = rng.normal(size=300), np.repeat(np.arange(10), 30)
    before = progressions.standings(progressions.moments(values, school, 10))
    after = progressions.standings(progressions.moments(50 + 2 * values, school, 10))

    assert progressions.shifts(before, after).difference == pytest.approx(np.zeros(10), abs=1e-9)


def _parts(first: list[float], losses: list[float], second: list[float], later: list[float]) -> decompositions.Parts:
    rows = [np.array([first]), np.array([second])]
    return decompositions.split(
        decompositions.Losses(rows[0], rows[0] * losses), decompositions.Losses(rows[1], rows[1] * later), ONE
    )


def test_split_of_the_worked_example() -> None:
    parts = _parts([50, 50], [0.1, 0.3], [25, 75], [0.1, 0.5])

    assert (parts.mix[0], parts.within[0], parts.new[0]) == pytest.approx((0.075, 0.125, 0.0))


def test_new_kind_of_pupils_is_a_part_of_its_own() -> None:
    """A new stratum with the same loss as all others changes nothing; one with a higher loss is neither mix nor within."""
    same, worse = (_parts([50, 0], [0.2, 0.0], [50, 50], [0.2, loss]) for loss in (0.2, 0.4))

    assert (same.mix[0], same.within[0], same.new[0]) == pytest.approx((0, 0, 0))
    assert (worse.mix[0], worse.within[0], worse.new[0]) == pytest.approx((0, 0, 0.1))


def test_parts_sum_to_the_total_in_every_resample() -> None:
    rng = np.random.default_rng(9)
    rows = [rng.integers(0, 4, size=(12, 5)).astype(np.float64) for _ in range(2)]
    losses = [decompositions.Losses(count, count * rng.random((12, 5))) for count in rows]
    weights = clusters.draw_weights(12, 200, rng)
    total = [(weights @ loss.sums).sum(axis=1) / (weights @ loss.rows).sum(axis=1) for loss in losses]

    assert decompositions.split(losses[0], losses[1], weights).total == pytest.approx(total[1] - total[0], abs=1e-12)


def test_period_without_rows_has_no_parts() -> None:
    assert np.isnan(_parts([0, 0], [0.0, 0.0], [5, 5], [0.1, 0.1]).total[0])


def test_permutation_pvalue_counts_the_real_arrangement() -> None:
    assert permutations.pvalue(np.array([5.0, 1.0, 5.0, 2.0])) == pytest.approx(0.5)
    assert permutations.pvalue(np.array([5.0])) == pytest.approx(1.0)


def test_what_cannot_be_computed_is_never_evidence() -> None:
    assert permutations.pvalue(np.array([np.nan, 1.0, 2.0])) == 1.0
    assert permutations.pvalue(np.array([5.0, np.nan, 2.0])) == pytest.approx(2 / 3)


def test_schools_without_a_present_window_add_no_arrangement() -> None:
    """Rule: a pool is judged only where its arrangements can show something; these never change."""
    assert permutations.arrangements_possible(np.array([[9.0, 8.0, 0.0], [0.0, 7.0, 6.0], [0.0, 0.0, 0.0]])) == 2


def test_windows_change_places_only_within_their_school() -> None:
    rows = np.array([[10.0, 20.0, 0.0], [5.0, 6.0, 7.0], [9.0, 0.0, 0.0]])
    found = permutations.arrange(rows, np.array([0.0, 1.0, 0.7]), 400, np.random.default_rng(2))

    assert (found.current.sum(axis=2) == 1).all()
    assert found.current[0].tolist() == [[1, 0, 0], [1, 0, 0], [1, 0, 0]]
    assert found.reference[0].tolist() == [[0, 1.0, 0], [0, 1.0, 0.7], [0, 0, 0]]
    assert (found.current[:, 0, 2] == 0).all()
    assert found.current[:, 1].mean(axis=0) == pytest.approx([1 / 3] * 3, abs=0.08)
    assert np.sort(found.reference[:, 1], axis=1).tolist() == [[0, 0.7, 1.0]] * 401
    assert permutations.arrangements_possible(rows) == 6


def test_school_that_has_always_differed_is_no_change() -> None:
    """Rule: windows are permuted within their school, and the mix of schools is the same on both sides."""
    rng = np.random.default_rng(5)
    share = rng.dirichlet([1, 1, 1], size=20)
    sizes = np.array([[40, 200], *[[60, 60]] * 19])
    counts = np.array([[rng.multinomial(n, p) for n in size] for size, p in zip(sizes, share, strict=True)]).astype(
        float
    )
    counts[0, :, :] = [[40, 0, 0], [200, 0, 0]]
    rows = counts.sum(axis=2)
    found = permutations.arrange(rows, np.array([0.0, 1.0]), 199, rng)
    here, there = permutations.pooled(found, counts, rows)

    assert here[0].sum() == pytest.approx(1.0)
    assert there[0].sum() == pytest.approx(1.0)
    assert permutations.pvalue(np.abs(here - there).sum(axis=1)) > 0.05


def test_window_permutation_keeps_its_level_where_classes_are_alike() -> None:
    """Rule: about 5 of 100 unchanged years are found, although the pupils of a school's year are alike."""
    rng, found = np.random.default_rng(7), 0.0
    for _ in range(200):
        counts = np.array(
            [[rng.multinomial(30, p) for p in rng.dirichlet([6, 6, 6], size=3)] for _ in range(8)]
        ).astype(float)
        rows = counts.sum(axis=2)
        drawn = permutations.arrange(rows, np.array([0.0, 1.0, 0.7]), 99, rng)
        here, there = permutations.pooled(drawn, counts, rows)
        found += float(permutations.pvalue(np.abs(here - there).sum(axis=1)) <= 0.05)
    assert found <= 18


def test_season_gives_back_the_levels_and_the_wave_that_made_the_data() -> None:
    week, school = np.tile(np.arange(1, 41), 8), np.repeat(np.arange(8), 40)
    phase = np.where(week <= 3, "settling", "teaching")
    value = school + 0.5 * np.sin(2 * np.pi * week / 40) + 0.3 * (phase == "teaching")
    observed = seasons.Weeks(value, np.full(320, 20.0), school, phase, week)
    season = seasons.fit(observed, 8, 40)

    assert np.diff(season.level) == pytest.approx(np.ones(7))
    assert season.coefficients == pytest.approx([0.3, 0.5, 0, 0, 0], abs=1e-9)
    assert season.residuals(observed) == pytest.approx(np.zeros(320), abs=1e-9)
    unseen = seasons.Weeks(np.ones(1), np.ones(1), np.zeros(1, dtype=np.int64), np.array(["exam"]), np.array([9]))
    assert np.isnan(season.residuals(unseen)[0])


def test_design_effect_and_correlation_of_the_worked_examples() -> None:
    assert designeffects.design_effect(20, 0.15) == pytest.approx(3.85)
    assert designeffects.correlation(np.array([0.0, 0, 1, 1]), np.array([0, 0, 1, 1])) == pytest.approx(1.0)
    assert designeffects.correlation(np.array([0.0, 1]), np.array([0, 0])) == 0


def test_correlation_is_the_one_that_made_the_data() -> None:
    rng, cluster = np.random.default_rng(8), np.repeat(np.arange(1000), 20)
    values = 0.15**0.5 * rng.normal(size=1000)[cluster] + 0.85**0.5 * rng.normal(size=20_000)

    assert designeffects.correlation(values, cluster) == pytest.approx(0.15, abs=0.02)


def test_weights_bring_back_last_years_mix() -> None:
    rng = np.random.default_rng(3)
    last_year, this_year = (rng.random(4000) < share for share in (0.7, 0.3))
    weights = reweighting.density_ratios(last_year[:, None].astype(float), this_year[:, None].astype(float))

    assert np.average(this_year, weights=weights) == pytest.approx(0.7, abs=0.02)
    assert weights.max() <= reweighting.LARGEST_RATIO


def test_effective_rows_of_the_worked_example() -> None:
    assert reweighting.effective_rows(np.array([1.0, 1, 1, 3])) == pytest.approx(3.0)
    assert reweighting.effective_rows(np.array([])) == 0


def test_rows_of_another_kind_are_worth_few_and_stay_finite() -> None:
    rng = np.random.default_rng(1)
    weights = reweighting.density_ratios(rng.normal(8, 1, (200, 1)), rng.normal(0, 1, (200, 1)))

    assert np.isfinite(weights).all()
    assert reweighting.effective_rows(weights) < 30


def test_expected_errors_of_the_worked_example() -> None:
    sums = expectations.ScoreSums(rows=2, scores=1.1, squares=0.85, offered=1, offered_scores=0.9)

    assert expectations.expected_error_rate(sums) == pytest.approx(0.15)


def test_brier_and_calibration_of_the_worked_examples() -> None:
    assert expectations.OutcomeSums(2, 1, 0, 1.1, 0.85, 0.9).brier == pytest.approx(0.05)
    right = expectations.calibration(expectations.OutcomeSums(4, 2, 0, 2, 2, 2))
    assert (right.gap, right.gap_error, right.slope) == pytest.approx((0, 0, 1))
    assert np.isnan(expectations.calibration(expectations.OutcomeSums(2, 1, 1, 1, 0.5, 0.5)).slope)


def test_range_of_a_rate_of_the_worked_example() -> None:
    low, high = shrinkage.interval(np.array([1.0]), np.array([2.0]), shrinkage.Prior(mean=0.2, rows=8.0))

    assert (low[0], high[0]) == pytest.approx((stats.beta.ppf(0.05, 2.6, 7.4), stats.beta.ppf(0.95, 2.6, 7.4)))
    assert (low[0], high[0]) == pytest.approx((0.073, 0.504), abs=1e-3)


def test_range_of_a_rate_that_never_happened_is_zero() -> None:
    low, high = shrinkage.interval(np.array([0.0]), np.array([5.0]), shrinkage.Prior(mean=0.0, rows=1e6))

    assert (low[0], high[0]) == (0.0, 0.0)


@pytest.mark.parametrize(("pupils", "points"), [(15, 44), (30, 31), (60, 22), (120, 16), (300, 10), (1000, 5)])
def test_detectable_change_of_two_windows(pupils: int, points: int) -> None:
    """education.md A3: base rate 25 %, power 80 %, up or down at 5 %."""
    assert round(100 * power.detectable_difference(0.25, pupils, pupils, level=0.975)) == points


def test_smallest_sufficient_pool() -> None:
    assert power.first_sufficient([0.31, 0.16, 0.05], 0.10) == 2
    assert power.first_sufficient([0.31, 0.10], 0.10) == 1
    assert power.first_sufficient([0.31], 0.10) is None
    assert power.first_sufficient([], 0.10) is None
