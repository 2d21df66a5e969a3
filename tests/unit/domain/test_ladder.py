"""From which rung a school answers, as a table."""

from datetime import UTC, datetime, timedelta

import pytest

from homeroom.domain import digests, ladder

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
BUDGET = timedelta(milliseconds=100)
A, B = digests.of_bytes(b"a"), digests.of_bytes(b"b")


def a_rung(level: ladder.Level, fault: str = "", health: ladder.Health | None = None) -> ladder.Rung:
    release = B if level is ladder.Level.PREVIOUS else A
    return ladder.Rung(level, release, digests.of_bytes(level.value.encode()), health or ladder.Health(), fault)


def rungs(**faults: str) -> tuple[ladder.Rung, ...]:
    order = (ladder.Level.FULL, ladder.Level.CORE, ladder.Level.PREVIOUS, ladder.Level.FALLBACK)
    return tuple(a_rung(level, faults[level.value]) for level in order if level.value in faults)


@pytest.mark.parametrize(
    ("faults", "level", "reason"),
    [
        pytest.param({"full": "", "core": "", "fallback": ""}, "full", "AsAssigned", id="all-well"),
        pytest.param({"full": "LoadFailed", "core": "", "fallback": ""}, "core", "LoadFailed", id="full-fails"),
        pytest.param({"full": "LoadFailed", "core": "MemoryPressure", "previous": "", "fallback": ""}, "previous",
                     "LoadFailed", id="previous-before-fallback"),
        pytest.param({"full": "LoadFailed", "core": "LoadFailed", "fallback": ""}, "fallback", "LoadFailed", id="last"),
        pytest.param({"previous": "", "fallback": ""}, "previous", "Installing", id="next-release-arrives"),
        pytest.param({"fallback": ""}, "fallback", "Installing", id="first-stage-arrived"),
        pytest.param({"fallback": "Altered"}, "none", "Altered", id="nothing-usable"),
        pytest.param({}, "none", "NothingInstalled", id="nothing-there"),
    ],
)  # fmt: skip
def test_the_best_rung_that_can_answer_is_chosen(faults: dict[str, str], level: str, reason: str) -> None:
    choice = ladder.decide_rung(rungs(**faults), NOW)
    assert (choice.level.value, choice.reason) == (level, reason)
    assert choice == ladder.decide_rung(rungs(**faults), NOW)


def test_a_resting_rung_is_passed_over_until_its_rest_is_over() -> None:
    resting = ladder.Health().rested("RunFailed", NOW)
    ladder_ = (a_rung(ladder.Level.FULL, health=resting), a_rung(ladder.Level.CORE))
    until = NOW + ladder.FIRST_REST
    assert ladder.decide_rung(ladder_, until - timedelta(microseconds=1)).reason == "RunFailed"
    assert ladder.decide_rung(ladder_, until).level is ladder.Level.FULL


def test_rests_grow_to_a_limit_and_end_with_a_right_answer() -> None:
    health = ladder.Health()
    pauses = []
    for _ in range(12):
        health = health.rested("RunFailed", NOW)
        assert health.resting_until is not None
        pauses.append(health.resting_until - NOW)
    assert pauses[:3] == [timedelta(seconds=10), timedelta(seconds=20), timedelta(seconds=40)]
    assert pauses[-1] == ladder.LONGEST_REST
    assert health.after_answer(BUDGET, BUDGET, NOW) == ladder.Health()


def test_slow_answers_in_a_row_put_a_rung_to_rest() -> None:
    """One slow answer is a busy box; a quick one in between starts the count again."""
    slow = BUDGET + timedelta(microseconds=1)
    health = ladder.Health().after_answer(slow, BUDGET, NOW).after_answer(slow, BUDGET, NOW)
    assert health.is_usable(NOW)
    assert health.after_answer(BUDGET, BUDGET, NOW) == ladder.Health()
    tired = health.after_answer(slow, BUDGET, NOW)
    assert not tired.is_usable(NOW)
    assert tired.reason == "SlowAnswers"
