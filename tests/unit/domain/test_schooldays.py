"""School days are counted by the school's own calendar, with evidence."""

import zoneinfo
from datetime import UTC, date, datetime

import pytest

from homeroom.domain import schooldays

TERM = schooldays.Calendar(
    zone=UTC, closures=(schooldays.Closure(date(2026, 9, 16), date(2026, 9, 17), "teacher days"),)
)
FRIDAY_NOON = datetime(2026, 9, 11, 12, tzinfo=UTC)


def _days(*numbers: int) -> list[date]:
    return [date(2026, 9, number) for number in numbers]


@pytest.mark.parametrize(
    ("evidence", "now_day", "expected"),
    [
        pytest.param([], 30, 0, id="no evidence, however long"),
        pytest.param([11], 12, 0, id="the day of the install"),
        pytest.param([11, 12, 14], 14, 0, id="today is not over"),
        pytest.param([11, 12, 14], 15, 1, id="Monday is over"),
        pytest.param([12, 13], 15, 0, id="a weekend"),
        pytest.param([14, 16, 17], 18, 1, id="closures"),
        pytest.param([14, 14, 14], 18, 1, id="many reports on one day"),
        pytest.param([14, 15, 18], 21, 3, id="three days with a gap"),
    ],
)
def test_soak_counts_whole_school_days_with_evidence(evidence: list[int], now_day: int, expected: int) -> None:
    """Neither the day of the install, nor today, nor a day without school or report counts."""
    now = datetime(2026, 9, now_day, 12, tzinfo=UTC)
    assert schooldays.soaked(TERM, since=FRIDAY_NOON, evidence=_days(*evidence), now=now) == expected


def test_dates_are_read_on_the_wall_of_the_school() -> None:
    """03:00 UTC on Monday is still Sunday in Chicago."""
    calendar = schooldays.Calendar(zone=zoneinfo.ZoneInfo("America/Chicago"))
    assert calendar.local_date(datetime(2026, 9, 14, 3, tzinfo=UTC)) == date(2026, 9, 13)


def test_no_day_is_a_school_day_without_weekdays() -> None:
    calendar = schooldays.Calendar(zone=UTC, weekdays=frozenset())
    assert not any(calendar.is_school_day(date(2026, 9, day)) for day in range(1, 31))
