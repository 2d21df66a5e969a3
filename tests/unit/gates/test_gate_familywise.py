"""How often a release that harms nobody is called harmful by chance, however many groups are looked at."""

import numpy as np
import pytest

from homeroom.gates.groups import findings
from homeroom.stats import bounds, clusters, fewclusters, rates

GROUPS, THRESHOLDS, RESAMPLES = 8, 3, 1000


def _any_wrong_finding(schools: int, rng: np.random.Generator) -> bool:
    """One release without any excess: schools differ, groups do not, thresholds are nested."""
    school_rate = rng.beta(8, 24, size=schools)
    rows = rng.integers(4, 30, size=(2, GROUPS, schools))
    events = []
    for side in (0, 1):
        # Missed at a strict threshold are all that are missed at a wider one, and some more.
        wide = rng.binomial(rows[side], school_rate)
        middle = wide + rng.binomial(rows[side] - wide, 0.15)
        events.append(np.stack([wide, middle, middle + rng.binomial(rows[side] - middle, 0.15)]))
    group, rest = (each.reshape(-1, schools).astype(float) for each in events)
    group_rows, rest_rows = (np.tile(each, (THRESHOLDS, 1)).astype(float) for each in rows)
    cells = rates.Cells(group, group_rows, rest, rest_rows)
    replicates = rates.excess_of_resamples(cells, clusters.draw_weights(schools, RESAMPLES, rng))
    found = findings.bounds_of(rates.excess(cells), replicates, schools)
    return bool((found.low > 0).any())


def _share_of_wrong_runs(schools: int, runs: int, seed: int) -> float:
    rng = np.random.default_rng(seed)
    return sum(_any_wrong_finding(schools, rng) for _ in range(runs)) / runs


@pytest.mark.heavy
@pytest.mark.parametrize("schools", [10, 40, 80])
def test_wrong_findings_are_at_most_five_of_a_hundred(schools: int) -> None:
    """1,000 runs know a share of 0.05 within 0.014, twice its standard error."""
    assert _share_of_wrong_runs(schools, 1000, seed=20) <= 0.05 + 0.014


def test_wrong_findings_are_rare_in_a_few_runs_too() -> None:
    assert _share_of_wrong_runs(10, 60, seed=21) <= 0.12


def test_few_schools_widen_the_bounds_of_the_worked_example() -> None:
    narrow = bounds.Bounds(np.zeros(1), np.array([-1.645]), np.array([1.645]), np.ones(1))

    assert fewclusters.widened(narrow, 10).high[0] == pytest.approx(1.93, abs=0.005)
    assert fewclusters.widened(narrow, 10_000).low[0] == pytest.approx(-1.645, abs=0.001)
