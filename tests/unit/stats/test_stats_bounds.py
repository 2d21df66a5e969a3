"""One-sided bounds: simultaneous where any finding condemns, single where all must hold."""

import numpy as np
import pytest

from homeroom.stats import bounds, clusters, rates


def test_worked_example_of_the_docstring() -> None:
    replicates = np.array([[-1.0], [0.0], [1.0]] * 200)

    found = bounds.one_sided(np.array([0.0]), replicates)

    assert found.low[0] == pytest.approx(-1.0)
    assert found.high[0] == pytest.approx(1.0)


def test_without_spread_both_bounds_are_the_estimate() -> None:
    found = bounds.one_sided(np.array([0.3]), np.full((50, 1), 0.3))

    assert found.low[0] == found.high[0] == 0.3


def test_more_comparisons_lower_the_lower_bound_and_leave_the_upper_alone() -> None:
    """Max-t widens what may fail a release; the intersection-union test needs no widening of what lets it pass."""
    replicates = np.random.default_rng(5).normal(size=(4000, 20))
    alone = bounds.one_sided(np.zeros(1), replicates[:, :1])
    together = bounds.one_sided(np.zeros(20), replicates)

    assert together.low[0] < alone.low[0] - 0.5
    assert together.high[0] == pytest.approx(alone.high[0])


def test_lower_bounds_of_many_equal_groups_hold_together() -> None:
    """Rule: with no excess anywhere, at most about 5 % of runs show any lower bound above 0 (here 200 runs)."""
    rng = np.random.default_rng(11)
    false_alarms = sum(_any_excess(rng) for _ in range(200))

    assert false_alarms <= 22


def _any_excess(rng: np.random.Generator) -> bool:
    schools, groups = 60, 8
    rows = rng.integers(5, 15, size=(groups, schools)).astype(float)
    school_rate = rng.beta(8, 24, size=schools)
    events = rng.binomial(rows.astype(int), school_rate).astype(float)
    rest = rng.binomial(rows.astype(int), school_rate).astype(float)
    cells = rates.Cells(events, rows, rest, rows)
    replicates = rates.excess_of_resamples(cells, clusters.draw_weights(schools, 400, rng))
    return bool((bounds.one_sided(rates.excess(cells), replicates).low > 0).any())
