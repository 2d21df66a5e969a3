"""The gates keep their rates of false alarms in the simulated school years, and find what is planted there."""

import pytest
from bench import alarms, schoolyears, windowalarms

AT_MOST, TRIALS = 0.05, 100
SURELY = AT_MOST + 2 * (AT_MOST * (1 - AT_MOST) / TRIALS) ** 0.5
"""Share in so many trials that a rate of 5 % stays below with 97 % certainty."""


@pytest.mark.heavy
@pytest.mark.parametrize("rows", [1000, 3000])
def test_year_groups_that_lie_apart_in_another_mix_are_no_change(rows: int) -> None:
    """Rule: each year group is compared with itself; ten classes of one are the fewest that are judged."""
    assert sum(alarms.year_group_alarm(rows, 0.0, trial) for trial in range(TRIALS)) <= SURELY * TRIALS


@pytest.mark.heavy
def test_change_of_half_a_deviation_in_one_year_group_is_mostly_found() -> None:
    assert sum(alarms.year_group_alarm(3000, 0.5, trial) for trial in range(TRIALS)) >= 0.5 * TRIALS


@pytest.mark.heavy
@pytest.mark.parametrize("world", schoolyears.WORLDS.values(), ids=schoolyears.WORLDS)
def test_release_gate_calls_no_unchanged_window_different(world: schoolyears.World) -> None:
    assert sum(alarms.drift_alarm(world, 1000, 0.0, trial) for trial in range(TRIALS)) <= SURELY * TRIALS


@pytest.mark.parametrize("world", schoolyears.WORLDS.values(), ids=schoolyears.WORLDS)
def test_window_compared_with_its_sketch_is_rarely_called_different(world: schoolyears.World) -> None:
    """Rule: choices are as alike within classes as numbers are; without that 37 of 40 unchanged windows were called different."""
    assert sum(windowalarms.alarm(world, 300, 0.0, trial) for trial in range(TRIALS)) <= SURELY * TRIALS


def test_shift_of_three_tenths_of_a_deviation_is_found_in_a_window_of_300_pupils() -> None:
    world = schoolyears.WORLDS["independent pupils"]

    assert sum(windowalarms.alarm(world, 300, 0.3, trial) for trial in range(TRIALS)) >= 0.8 * TRIALS


@pytest.mark.heavy
def test_fairness_gate_finds_a_group_that_is_missed_more_often() -> None:
    """A group of 150 pupils that loses the scores of three in five of those in need."""
    assert sum(alarms.fairness_alarm(3000, alarms.WITHHELD, trial) for trial in range(20)) >= 10
