"""A calendar with gaps gives named faults, never an answer that only looks like one."""

from typing import Any

import pytest
from tests.unit.domain import calendars

from homeroom.domain import calendarfaults, errors, terms

Fault = calendarfaults.Fault
SPAN = calendars.span
YEAR = calendars.year

CASES: list[Any] = [
    pytest.param({"years": ()}, [Fault.NO_YEAR], "add one with its terms", id="no year"),
    pytest.param({"weekdays": frozenset()}, [Fault.NO_WEEKDAY], "name those that have", id="no weekday"),
    pytest.param({"years": (YEAR(name="2026-27"),)}, [Fault.NO_TERM], "school year 2026-27 has no term", id="no term"),
    pytest.param(
        {"years": (YEAR(("2026-12-18", "2026-08-31")),)},
        [Fault.ENDS_BEFORE_START],
        "term Term 1 of 2026 ends on 2026-08-31, before it starts on 2026-12-18: swap or correct them",
        id="term ends before it starts",
    ),
    pytest.param(
        {"breaks": (SPAN("2026-12-24", "2026-12-20", "Winter"),)},
        [Fault.ENDS_BEFORE_START],
        "break Winter ends on 2026-12-20",
        id="break ends before it starts",
    ),
    pytest.param(
        {"years": (YEAR(("2026-08-31", "2026-12-18"), ("2026-12-18", "2027-06-10")),)},
        [Fault.OVERLAP],
        "term Term 2 of 2026-27 starts on 2026-12-18, when term Term 1 of 2026-27 is not over (2026-12-18)",
        id="terms share a day",
    ),
    pytest.param(
        {"years": (YEAR(("2026-08-31", "2027-06-10")), YEAR(("2026-01-08", "2026-06-10")))},
        [Fault.OVERLAP],
        "put them in order",
        id="years in the wrong order",
    ),
    pytest.param(
        {"years": (YEAR(("2026-08-31", "2072-06-10")),)},
        [Fault.TOO_LONG],
        "lasts from 2026-08-31 to 2072-06-10: correct these dates",
        id="year of 46 years",
    ),
    pytest.param(
        {"closures": (SPAN("2026-09-01", "2036-09-01", "Flood"),)},
        [Fault.TOO_LONG],
        "closure Flood lasts from 2026-09-01 to 2036-09-01, longer than a year",
        id="closure of ten years",
    ),
    pytest.param(
        {"years": (YEAR(("2026-08-31", "2027-06-10")), YEAR(("2027-08-31", "2028-06-10"), name="2026-27"))},
        [Fault.SAME_NAME],
        "two school years are called 2026-27",
        id="two years of one name",
    ),
    pytest.param(
        {"years": (terms.SchoolYear("2026-27", (terms.Term("A", 2, SPAN("2026-08-31").start, SPAN("2027-06-10").end),)),)},
        [Fault.MISNUMBERED],
        "not numbered 1 to 1 in order",
        id="terms misnumbered",
    ),
    pytest.param(
        {"years": (YEAR(("2026-08-31", "2027-06-10")), YEAR(("2028-08-28", "2029-06-08")))},
        [Fault.HOLE],
        "nothing is known between 2027-06-10, the end of 2026-27, and 2028-08-28, the start of 2028-29",
        id="year missing in between",
    ),
    pytest.param(
        {"breaks": (SPAN("2026-08-31", "2026-12-18", "Building works"),)},
        [Fault.NO_SCHOOL_DAY],
        "term Term 1 of 2026-27 has no school day",
        id="term under a break",
    ),
    pytest.param(
        {"exams": (SPAN("2027-07-05", "2027-07-09", "Resits"),)},
        [Fault.OUTSIDE],
        "exam period Resits (2027-07-05 to 2027-07-09) lies in no term",
        id="exam in summer",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "faults", "sentence"), CASES)
def test_fault_is_named_with_what_to_change(
    changes: dict[str, Any], faults: list[calendarfaults.Fault], sentence: str
) -> None:
    years = calendars.chicago(**{"exams": (), **changes})
    gaps = years.gaps()
    assert [gap.fault for gap in gaps] == faults
    assert sentence in gaps[0].sentence
    day = SPAN("2027-01-06").start
    if gaps[0].forbids:
        with pytest.raises(errors.SpecError):
            years.stamp(day)
    else:
        assert years.stamp(day).academic_year == "2026-27"


@pytest.mark.parametrize("years", calendars.EVERYWHERE.values(), ids=calendars.EVERYWHERE.keys())
def test_sound_calendar_has_no_gap(years: Any) -> None:
    assert years.gaps() == ()


@pytest.mark.parametrize(
    ("start", "missing"),
    [
        pytest.param("2027-10-08", False, id="summer of 120 days"),
        pytest.param("2027-10-09", True, id="one day more"),
    ],
)
def test_summer_is_a_break_up_to_a_length(start: str, missing: bool) -> None:  # noqa: FBT001 - a table
    years = calendars.chicago(years=(YEAR(("2026-08-31", "2027-06-10")), YEAR((start, "2028-06-08"))))
    assert [gap.fault for gap in years.gaps()] == [Fault.HOLE] * missing
    assert years.covers(SPAN("2027-08-01").start) is not missing
