"""The link budget keeps its average, without a real clock."""

import pytest

from homeroom.transport.oci import budgets


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


async def test_the_worked_example_of_the_docstring() -> None:
    clock = Clock()
    budget = budgets.Budget(80, clock=clock, sleep=clock.sleep)
    await budget.take(25_000)
    assert clock.slept == pytest.approx(1.5)


async def test_a_long_transfer_takes_what_the_link_gives() -> None:
    """1 MB at 80 kbit/s, one second of it from the full bucket."""
    clock = Clock()
    budget = budgets.Budget(80, clock=clock, sleep=clock.sleep)
    for _ in range(100):
        await budget.take(10_000)
    assert clock.slept == pytest.approx(99)


async def test_a_quiet_hour_is_not_saved_up() -> None:
    """A burst is at most one second's worth, or the link would be full for an hour afterwards."""
    clock = Clock()
    budget = budgets.Budget(80, clock=clock, sleep=clock.sleep)
    clock.now += 3600
    await budget.take(20_000)
    assert clock.slept == pytest.approx(1)
