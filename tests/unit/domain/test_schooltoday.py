"""What a person sees of school time: today, the next school day, and when something new may begin."""

from datetime import UTC, date, datetime

import pytest
from tests.unit.domain import calendars

from homeroom.domain import schooldays, schooltime, schooltoday, schoolyears


def look(day: str, years: schoolyears.SchoolYears | None = None) -> schooltoday.Today:
    return schooltoday.look(years or calendars.chicago(), date.fromisoformat(day))


@pytest.mark.parametrize(
    ("day", "phase", "school_day", "following"),
    [
        pytest.param("2026-10-02", "teaching", True, "2026-10-05", id="a Friday"),
        pytest.param("2026-10-12", "staff-day", False, "2026-10-13", id="staff day"),
        pytest.param("2026-12-18", "teaching", True, "2027-01-04", id="before the winter break"),
        pytest.param("2027-06-13", "holiday", False, None, id="last day that is known"),
    ],
)
def test_today_and_the_next_school_day(day: str, phase: str, school_day: bool, following: str | None) -> None:  # noqa: FBT001 - a table
    found = look(day)
    assert found.stamp is not None
    assert (found.stamp.phase.value, found.school_day) == (phase, school_day)
    assert found.next_school_day == (None if following is None else date.fromisoformat(following))


@pytest.mark.parametrize(
    ("day", "open_from", "open_until"),
    [
        pytest.param("2026-09-18", datetime(2026, 9, 19, 5, tzinfo=UTC), None, id="last day of settling"),
        pytest.param("2026-10-02", None, None, id="open, and no end within sight"),
        pytest.param("2027-05-04", None, datetime(2027, 5, 5, 5, tzinfo=UTC), id="the day before exams count"),
        pytest.param("2027-05-05", datetime(2027, 5, 20, 5, tzinfo=UTC), None, id="exams"),
        pytest.param("2027-05-28", datetime(2027, 6, 11, 5, tzinfo=UTC), None, id="the end of the year"),
    ],
)
def test_when_something_new_may_begin(day: str, open_from: datetime | None, open_until: datetime | None) -> None:
    found = look(day)
    assert (found.open_from, found.open_until) == (open_from, open_until)


def test_closure_is_seen_at_once() -> None:
    years = calendars.chicago(closures=(calendars.span("2027-02-03", "2027-02-04", "snow"),))
    found = look("2027-02-03", years)
    assert found.stamp is not None
    assert (found.stamp.phase, found.school_day) == (schooltime.Phase.CLOSURE, False)
    assert found.next_school_day == date(2027, 2, 5)


def test_day_that_no_calendar_knows_has_no_place() -> None:
    assert look("2031-02-03") == schooltoday.Today(school_day=False, next_school_day=None)


def test_plain_dates_give_school_days_only() -> None:
    plain = schooldays.Calendar(zone=UTC, closures=(schooldays.Closure(date(2026, 10, 5), date(2026, 10, 5)),))
    assert schooltoday.look(plain, date(2026, 10, 2)) == schooltoday.Today(
        school_day=True, next_school_day=date(2026, 10, 6)
    )
    assert schooltoday.look(schooldays.NEVER, date(2026, 10, 2)) == schooltoday.Today(
        school_day=False, next_school_day=None
    )
