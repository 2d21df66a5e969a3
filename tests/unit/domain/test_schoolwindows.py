import itertools
from datetime import UTC, date, datetime, time, timedelta

import pytest
from tests.unit.domain import calendars

from homeroom.domain import schooltime, schoolwindows, schoolyears, windows


def local(years: schoolyears.SchoolYears, *days: tuple[str, str]) -> tuple[windows.Window, ...]:
    """Windows from the first to the last day, both included, on the school's wall."""
    return tuple(
        windows.Window(
            windows.moment(date.fromisoformat(first), time(), years.zone),
            windows.moment(date.fromisoformat(last) + timedelta(days=1), time(), years.zone),
        )
        for first, last in days
    )


CHICAGO, SYDNEY = calendars.chicago(), calendars.sydney()
YEAR = local(CHICAGO, ("2026-08-31", "2027-06-13"))[0]


def test_phase_is_a_row_of_windows_in_utc() -> None:
    exams = schoolwindows.of_phases(CHICAGO, [schooltime.Phase.EXAM], YEAR)
    assert exams == local(
        CHICAGO, ("2027-05-05", "2027-05-07"), ("2027-05-10", "2027-05-14"), ("2027-05-17", "2027-05-19")
    )
    assert all(window.start.tzinfo is UTC for window in exams)


def test_last_ten_school_days_reach_to_the_end_of_the_year() -> None:
    assert schoolwindows.last_school_days(CHICAGO, YEAR) == local(CHICAGO, ("2027-05-28", "2027-06-10"))


def test_nothing_new_begins_while_a_year_settles_in_exams_or_at_its_end() -> None:
    """Weekends between two quiet days are quiet; the one after the last is not."""
    assert schoolwindows.quiet(CHICAGO, YEAR) == local(
        CHICAGO, ("2026-08-31", "2026-09-18"), ("2027-05-05", "2027-05-19"), ("2027-05-28", "2027-06-10")
    )


def test_southern_year_is_quiet_in_february_and_december() -> None:
    frame = local(SYDNEY, ("2026-01-26", "2026-12-31"))[0]
    assert schoolwindows.quiet(SYDNEY, frame) == local(
        SYDNEY, ("2026-01-27", "2026-02-13"), ("2026-12-04", "2026-12-17")
    )


def test_days_in_no_known_year_are_quiet() -> None:
    frame = local(CHICAGO, ("2028-03-01", "2028-03-09"))[0]
    assert schoolwindows.open_(CHICAGO, frame) == ()


@pytest.mark.parametrize("years", calendars.EVERYWHERE.values(), ids=calendars.EVERYWHERE.keys())
def test_quiet_and_open_fill_the_frame_without_a_gap(years: schoolyears.SchoolYears) -> None:
    start = datetime.combine(years.first_day, time(12), UTC) - timedelta(days=40)
    frame = windows.Window(start, start + timedelta(days=300))
    both = sorted([*schoolwindows.quiet(years, frame), *schoolwindows.open_(years, frame)])
    assert (both[0].start, both[-1].end) == (frame.start, frame.end)
    assert all(before.end == after.start for before, after in itertools.pairwise(both))


@pytest.mark.parametrize(
    ("moment", "held"),
    [
        pytest.param("2026-10-30T13:10", True, id="8:10 in summer time"),
        pytest.param("2026-11-02T13:10", False, id="7:10 three days later, in winter time"),
        pytest.param("2026-11-02T14:10", True, id="8:10 in winter time"),
        pytest.param("2027-03-12T14:10", True, id="8:10 before clocks go forward"),
        pytest.param("2027-03-15T14:50", False, id="9:50, between lessons, after"),
        pytest.param("2027-03-15T14:10", True, id="9:10, second lesson, after"),
        pytest.param("2026-11-02T14:00", True, id="at the bell"),
        pytest.param("2026-11-02T14:45", False, id="at the bell that ends it"),
        pytest.param("2026-11-06T16:10", False, id="10:10 on a short Friday"),
        pytest.param("2026-11-05T16:10", True, id="10:10 on a Thursday"),
        pytest.param("2026-11-26T14:10", False, id="in a break"),
    ],
)
def test_lesson_is_held_by_the_clock_on_the_wall(moment: str, held: bool) -> None:  # noqa: FBT001 - a table
    years = calendars.chicago(bells=calendars.bells())
    assert years.is_lesson(datetime.fromisoformat(moment).replace(tzinfo=UTC)) is held


def test_nobody_knows_lessons_without_bells() -> None:
    assert CHICAGO.is_lesson(datetime(2026, 11, 2, 14, 10, tzinfo=UTC)) is None


def test_bells_of_a_day_are_moments_on_both_sides_of_a_change() -> None:
    bells = calendars.bells()
    before, after = (bells.on(date(*day), CHICAGO.zone)[0].start.hour for day in ((2026, 10, 30), (2026, 11, 2)))
    assert (before, after) == (13, 14)
    assert [len(bells.on(date(2026, 11, day), CHICAGO.zone)) for day in (5, 6)] == [3, 2]
