import doctest
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain import calendars

from homeroom.domain import dayspans, errors, schooltime, schoolyears, stamping

Phase = schooltime.Phase


@pytest.mark.parametrize(
    ("where", "day", "phase", "term", "week", "since"),
    [
        pytest.param("chicago", "2026-08-31", Phase.SETTLING, "Term 1", 1, 0, id="first day of a northern year"),
        pytest.param("chicago", "2026-09-18", Phase.SETTLING, "Term 1", 3, 14, id="last settling day"),
        pytest.param("chicago", "2026-09-19", Phase.HOLIDAY, "Term 1", 3, None, id="weekend in term"),
        pytest.param("chicago", "2026-09-21", Phase.TEACHING, "Term 1", 4, 15, id="first ordinary day"),
        pytest.param("chicago", "2026-10-12", Phase.STAFF_DAY, "Term 1", 6, None, id="staff day opens no week"),
        pytest.param("chicago", "2026-10-13", Phase.TEACHING, "Term 1", 7, 30, id="the day after does"),
        pytest.param("chicago", "2026-11-26", Phase.HOLIDAY, "Term 1", 13, None, id="public holiday"),
        pytest.param("chicago", "2026-11-30", Phase.TEACHING, "Term 1", 14, 61, id="five days off are no long break"),
        pytest.param("chicago", "2026-12-25", Phase.HOLIDAY, None, 16, None, id="between terms"),
        pytest.param("chicago", "2027-01-04", Phase.TEACHING, "Term 2", 17, 0, id="no second settling after winter"),
        pytest.param("chicago", "2027-04-27", Phase.TEACHING, "Term 2", 32, 16, id="day before revision"),
        pytest.param("chicago", "2027-04-28", Phase.ASSESSMENT_PREP, "Term 2", 32, 17, id="revision begins"),
        pytest.param("chicago", "2027-05-04", Phase.ASSESSMENT_PREP, "Term 2", 33, 21, id="revision ends"),
        pytest.param("chicago", "2027-05-05", Phase.EXAM, "Term 2", 33, 22, id="three school days before"),
        pytest.param("chicago", "2027-05-19", Phase.EXAM, "Term 2", 35, 32, id="three school days after"),
        pytest.param("chicago", "2027-05-20", Phase.TEACHING, "Term 2", 35, 33, id="the fourth after"),
        pytest.param("chicago", "2027-06-07", Phase.LAST_WEEK, "Term 2", 38, 45, id="last week begins"),
        pytest.param("chicago", "2027-06-10", Phase.LAST_WEEK, "Term 2", 38, 48, id="last day"),
        pytest.param("sydney", "2026-01-27", Phase.SETTLING, "Term 1", 1, 0, id="southern year begins in January"),
        pytest.param("sydney", "2026-08-12", Phase.TEACHING, "Term 3", 25, 17, id="August is the middle of it"),
        pytest.param("sydney", "2026-12-14", Phase.LAST_WEEK, "Term 4", 41, 45, id="southern year ends in December"),
        pytest.param("sydney", "2027-01-05", Phase.HOLIDAY, None, 41, None, id="summer counts to the year before"),
        pytest.param("sydney", "2027-01-28", Phase.SETTLING, "Term 1", 1, 0, id="weeks begin anew"),
        pytest.param("hyderabad", "2026-06-13", Phase.SETTLING, "Term 1", 1, 1, id="Saturday is a school day"),
        pytest.param("hyderabad", "2026-09-28", Phase.EXAM, "Term 1", 17, 92, id="exam margin over a Sunday"),
        pytest.param("cairo", "2026-09-25", Phase.HOLIDAY, "Term 1", 1, None, id="Friday is the weekend"),
        pytest.param("cairo", "2026-09-27", Phase.SETTLING, "Term 1", 2, 5, id="Sunday opens the week"),
        pytest.param("cairo", "2026-10-01", Phase.SETTLING, "Term 1", 2, 9, id="Thursday closes it"),
        pytest.param("all-year-round", "2026-12-21", Phase.TEACHING, "Term 3", 19, 0, id="year-round, third track"),
        pytest.param("all-year-round", "2027-06-07", Phase.SETTLING, "Term 1", 1, 0, id="year-round, new year"),
    ],
)
def test_day_has_the_stamp_that_its_school_would_give_it(
    where: str, day: str, phase: schooltime.Phase, term: str | None, week: int, since: int | None
) -> None:
    stamp = calendars.EVERYWHERE[where].stamp(date.fromisoformat(day))
    assert (stamp.phase, stamp.term, stamp.teaching_week, stamp.days_since_break) == (phase, term, week, since)


def test_year_has_no_week_before_its_first_school_day() -> None:
    years = calendars.chicago(staff_days=(calendars.span("2026-08-27", "2026-08-28"),))
    stamp = years.stamp(date(2026, 8, 27))
    assert stamp == schooltime.Stamp("2026-27", None, None, None, Phase.STAFF_DAY)


@pytest.mark.parametrize(
    ("day", "phase"),
    [
        pytest.param("2027-02-03", Phase.CLOSURE, id="on a school day"),
        pytest.param("2027-02-06", Phase.HOLIDAY, id="on a weekend that would have been free"),
    ],
)
def test_closure_is_one_only_where_lessons_were_lost(day: str, phase: schooltime.Phase) -> None:
    years = calendars.chicago(closures=(calendars.span("2027-02-01", "2027-02-07", "Snow"),))
    assert years.stamp(date.fromisoformat(day)).phase is phase


def test_week_lost_to_snow_has_no_number_and_ends_in_a_return_from_a_break() -> None:
    open_, closed = calendars.chicago(), calendars.chicago(closures=(calendars.span("2027-02-01", "2027-02-05"),))
    monday = date(2027, 2, 8)
    before = open_.stamp(monday)
    assert before.teaching_week == 22
    assert (closed.stamp(monday).teaching_week, closed.stamp(monday).days_since_break) == (21, 0)


def test_day_made_up_after_the_last_term_is_a_school_day_of_that_term() -> None:
    years = calendars.chicago(makeup_days=(calendars.span("2027-06-14"),))
    stamp = years.stamp(date(2027, 6, 14))
    assert (stamp.term, stamp.teaching_week, stamp.phase) == ("Term 2", 39, Phase.LAST_WEEK)
    assert years.stamp(date(2027, 6, 10)).phase is Phase.TEACHING


def test_saturday_made_up_counts_to_its_own_week() -> None:
    years = calendars.chicago(makeup_days=(calendars.span("2026-09-26"),))
    assert years.stamp(date(2026, 9, 26)).teaching_week == years.stamp(date(2026, 9, 25)).teaching_week
    assert years.is_school_day(date(2026, 9, 26))


@pytest.mark.parametrize(
    "day",
    [
        pytest.param("2026-08-27", id="before the first year"),
        pytest.param("2027-06-14", id="after the last"),
        pytest.param("2031-01-01", id="long after"),
    ],
)
def test_day_in_no_known_year_is_refused_and_never_a_holiday(day: str) -> None:
    """A holiday never alarms: a calendar that ran out must not end all watching without a word."""
    years = calendars.chicago()
    with pytest.raises(schoolyears.OutsideCalendar, match=f"no school year on {day}: it holds 2026-27") as caught:
        years.stamp(date.fromisoformat(day))
    assert "add the year that is missing" in str(caught.value)
    assert not years.covers(date.fromisoformat(day))
    assert not years.is_school_day(date.fromisoformat(day))


def test_summer_that_the_calendar_lists_is_known_to_its_last_day() -> None:
    years = calendars.chicago(breaks=(calendars.span("2027-06-14", "2027-08-27", "Summer"),))
    assert (years.first_day, years.last_day) == (date(2026, 8, 31), date(2027, 8, 29))
    assert years.stamp(date(2027, 8, 29)).academic_year == "2026-27"


def test_missing_year_in_the_middle_leaves_its_days_unknown() -> None:
    first, second = calendars.sydney().years
    years = calendars.sydney(years=(first, calendars.year(("2028-01-27", "2028-12-20"))))
    assert [years.covers(day) for day in (second.start, date(2028, 1, 27), first.end)] == [False, True, True]


def test_calendar_that_contradicts_itself_answers_for_no_day() -> None:
    years = calendars.chicago(years=(calendars.year(("2026-08-31", "2027-01-10"), ("2027-01-04", "2027-06-10")),))
    with pytest.raises(errors.SpecError, match="starts on 2027-01-04, when term Term 1 of 2026-27 is not over"):
        years.stamp(date(2026, 9, 1))
    with pytest.raises(errors.SpecError, match="is not over"):
        years.is_school_day(date(2026, 9, 1))


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        pytest.param("2026-09-21", "2026-09-27", (4, Phase.TEACHING), id="whole week"),
        pytest.param("2026-09-17", "2026-09-22", (3, Phase.SETTLING), id="two and two: the first"),
        pytest.param("2026-09-17", "2026-09-23", (4, Phase.TEACHING), id="two and three: most"),
        pytest.param("2026-12-21", "2026-12-27", (16, Phase.HOLIDAY), id="no school day"),
    ],
)
def test_window_is_stamped_as_most_of_its_school_days(start: str, end: str, expected: tuple[int, Phase]) -> None:
    stamp = calendars.chicago().stamp_window(calendars.span(start, end))
    assert (stamp.teaching_week, stamp.phase) == expected


@pytest.mark.parametrize("years", calendars.EVERYWHERE.values(), ids=calendars.EVERYWHERE.keys())
def test_every_day_of_a_calendar_has_one_stamp_that_fits_the_others(years: schoolyears.SchoolYears) -> None:
    before: schooltime.Stamp | None = None
    for day in dayspans.Span(years.first_day, years.last_day).days():
        stamp = years.stamp(day)
        assert (stamp.phase in schooltime.NOT_ALARMING) == (not years.is_school_day(day))
        assert (stamp.days_since_break is None) == (stamp.phase in schooltime.NOT_ALARMING)
        if before is not None and before.academic_year == stamp.academic_year:
            assert (stamp.teaching_week or 0) - (before.teaching_week or 0) in {0, 1}
        elif before is not None:
            assert stamp.teaching_week in {None, 1}
        before = stamp


@given(data=st.data())
def test_teaching_weeks_never_fall_and_closures_never_add_school_days(data: st.DataObject) -> None:
    days = st.dates(date(2026, 8, 1), date(2027, 7, 1))
    spans = st.builds(lambda day, length: dayspans.Span(day, day + timedelta(length)), days, st.integers(0, 12))
    lists = st.lists(spans, max_size=5).map(tuple)
    open_ = calendars.chicago(breaks=data.draw(lists), exams=data.draw(lists), staff_days=data.draw(lists))
    closed = calendars.chicago(
        breaks=open_.breaks, exams=open_.exams, staff_days=open_.staff_days, closures=data.draw(lists)
    )
    weeks = [closed.stamp(day).teaching_week or 0 for day in closed.school_days("2026-27")]
    assert weeks == sorted(weeks)
    assert set(weeks) == set(range(1, len(set(weeks)) + 1))
    assert set(closed.school_days("2026-27")) <= set(open_.school_days("2026-27"))


@pytest.mark.parametrize(
    ("weekdays", "expected"),
    [
        pytest.param({0, 1, 2, 3, 4}, 0, id="Monday to Friday"),
        pytest.param({6, 0, 1, 2, 3}, 6, id="Friday and Saturday off"),
        pytest.param({5, 6, 0, 1, 2}, 5, id="Thursday and Friday off"),
        pytest.param({0, 1, 2, 3, 4, 5}, 0, id="Sunday off"),
        pytest.param({0, 1, 3, 4}, 0, id="Wednesday off too"),
        pytest.param(set(range(7)), 0, id="never off"),
    ],
)
def test_week_begins_after_the_weekend(weekdays: set[int], expected: int) -> None:
    assert stamping.week_start(frozenset(weekdays)) == expected


def test_date_is_read_from_the_school_s_own_wall() -> None:
    moment = datetime(2026, 9, 15, 2, tzinfo=UTC)
    assert calendars.chicago().local_date(moment) == date(2026, 9, 14)
    assert calendars.sydney().local_date(moment) == date(2026, 9, 15)


def test_example_in_the_docstring_holds() -> None:
    assert doctest.testmod(schoolyears, optionflags=doctest.ELLIPSIS).failed == 0


@pytest.mark.parametrize(
    ("back", "expected"),
    [pytest.param(8, 1, id="six days free"), pytest.param(9, 0, id="seven days free")],
)
def test_break_is_long_from_seven_days_without_school(back: int, expected: int) -> None:
    last = date(2026, 9, 1)
    assert stamping.count_since_break([last, date(2026, 9, back)])[date(2026, 9, back)] == expected
