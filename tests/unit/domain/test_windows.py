import zoneinfo
from datetime import UTC, date, datetime, time, timedelta

import pytest

from homeroom.domain import windows

CHICAGO = zoneinfo.ZoneInfo("America/Chicago")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def window(start: str, end: str) -> windows.Window:
    return windows.Window(at(start), at(end))


FRAME = window("2026-09-01", "2026-09-30")


@pytest.mark.parametrize(
    ("zone", "day", "clock", "expected"),
    [
        pytest.param("America/Chicago", "2026-10-30", time(8), "2026-10-30T13:00", id="summer time"),
        pytest.param("America/Chicago", "2026-11-02", time(8), "2026-11-02T14:00", id="three days later, winter time"),
        pytest.param("America/Chicago", "2026-11-01", time(1, 30), "2026-11-01T06:30", id="comes twice: the first"),
        pytest.param("America/Chicago", "2026-03-08", time(2), "2026-03-08T08:00", id="skipped"),
        pytest.param("Africa/Cairo", "2026-04-24", time(0), "2026-04-23T22:00", id="midnight skipped: the change"),
        pytest.param("Australia/Lord_Howe", "2026-10-05", time(9), "2026-10-04T22:00", id="half an hour of summer"),
    ],
)
def test_time_on_the_wall_is_one_moment(zone: str, day: str, clock: time, expected: str) -> None:
    assert windows.moment(date.fromisoformat(day), clock, zoneinfo.ZoneInfo(zone)) == at(expected)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        pytest.param([], [], id="none"),
        pytest.param([9, 7, 8], [71], id="in a row, clocks go forward"),
        pytest.param([5, 7], [24, 24], id="apart"),
    ],
)
def test_days_in_a_row_are_one_window(days: list[int], expected: list[int]) -> None:
    found = windows.of_days((date(2026, 3, day) for day in days), CHICAGO)
    assert [(each.end - each.start) / timedelta(hours=1) for each in found] == expected


@pytest.mark.parametrize(
    ("taken", "left"),
    [
        pytest.param([], [("2026-09-01", "2026-09-30")], id="nothing"),
        pytest.param([("2026-08-01", "2026-10-01")], [], id="everything"),
        pytest.param(
            [("2026-09-05", "2026-09-07"), ("2026-09-06", "2026-09-09")],
            [("2026-09-01", "2026-09-05"), ("2026-09-09", "2026-09-30")],
            id="overlapping",
        ),
        pytest.param([("2026-08-20", "2026-09-03")], [("2026-09-03", "2026-09-30")], id="over the start"),
        pytest.param([("2026-09-20", "2026-10-20")], [("2026-09-01", "2026-09-20")], id="over the end"),
        pytest.param([("2026-08-01", "2026-08-02")], [("2026-09-01", "2026-09-30")], id="before"),
        pytest.param([("2026-11-01", "2026-11-02")], [("2026-09-01", "2026-09-30")], id="after"),
    ],
)
def test_rest_of_a_frame_is_what_windows_leave(taken: list[tuple[str, str]], left: list[tuple[str, str]]) -> None:
    given = [window(*each) for each in taken]
    assert windows.outside(given, FRAME) == tuple(window(*each) for each in left)
    cut = windows.inside(given, FRAME)
    assert all(FRAME.start <= each.start < each.end <= FRAME.end for each in cut)


def test_window_holds_its_start_and_not_its_end() -> None:
    assert FRAME.start in FRAME
    assert FRAME.end not in FRAME
