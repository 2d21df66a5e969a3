"""The latest statement about a day holds, and what the district does not allow is kept and named."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeroom.domain import closurestatements, dayspans, schoolclosures

Cause, Refusal = closurestatements.Cause, schoolclosures.Refusal
HEARD = date(2027, 2, 3)
LIMITS = schoolclosures.Limits(days_ahead=14, longest_days=5)


def span(start: str, end: str = "") -> dayspans.Span:
    return dayspans.Span(date.fromisoformat(start), date.fromisoformat(end or start))


def said(
    seq: int,
    start: str,
    end: str = "",
    *,
    cause: closurestatements.Cause | None = Cause.SNOW,
    note: str = "",
    epoch: int = 1,
) -> schoolclosures.Received:
    statement = closurestatements.Statement(span(start, end), cause, note)
    return schoolclosures.Received((epoch, seq), statement, HEARD)


def told(*received: schoolclosures.Received, limits: schoolclosures.Limits = LIMITS) -> list[tuple[str, str, str]]:
    """First day, last day, and why it does not count; empty when it does."""
    found = schoolclosures.decide(received, limits)
    return [(str(c.days.start), str(c.days.end), c.refusal.value if c.refusal else "") for c in found]


def test_nothing_said_is_nothing_closed() -> None:
    assert schoolclosures.decide((), LIMITS) == ()


def test_closure_counts_with_its_cause_and_words() -> None:
    (closure,) = schoolclosures.decide([said(1, "2027-02-03", "2027-02-04", note="roof")], LIMITS)
    assert closure == schoolclosures.Closure(span("2027-02-03", "2027-02-04"), Cause.SNOW, "roof")


def test_part_of_a_closure_can_be_taken_back() -> None:
    closed, back = said(1, "2027-02-03", "2027-02-05"), said(2, "2027-02-04", cause=None)
    assert told(closed, back) == [("2027-02-03", "2027-02-03", ""), ("2027-02-05", "2027-02-05", "")]


def test_later_statement_holds_whatever_arrived_first() -> None:
    """A hub may bring the taking-back before the closure, and either of them twice."""
    closed, back = said(1, "2027-02-03"), said(2, "2027-02-03", cause=None)
    assert told(back, closed, back) == []
    assert told(said(3, "2027-02-03"), back, closed) == [("2027-02-03", "2027-02-03", "")]


def test_replaced_box_can_take_back_what_the_old_one_said() -> None:
    assert told(said(90, "2027-02-03"), said(1, "2027-02-03", cause=None, epoch=2)) == []


@pytest.mark.parametrize(
    ("start", "end", "refusal"),
    [
        pytest.param("2027-02-17", "", "", id="14 days ahead"),
        pytest.param("2027-02-18", "", "TooFarAhead", id="15 days ahead"),
        pytest.param("2026-12-05", "", "", id="60 days ago"),
        pytest.param("2026-12-04", "", "TooLongAgo", id="61 days ago"),
        pytest.param("2027-02-03", "2027-02-07", "", id="5 days"),
        pytest.param("2027-02-03", "2027-02-08", "TooLong", id="6 days"),
        pytest.param("2019-01-01", "", "TooLongAgo", id="a clock that was never set"),
        pytest.param("2072-02-03", "", "TooFarAhead", id="a clock that runs ahead"),
        pytest.param("0001-01-01", "9999-12-31", "TooLong", id="all of time"),
    ],
)
def test_district_limits_what_a_school_may_report(start: str, end: str, refusal: str) -> None:
    assert told(said(1, start, end)) == [(start, end or start, refusal)]


def test_refused_closure_counts_once_the_limits_allow_it() -> None:
    """Nothing is lost: the same statements under other limits."""
    closed = said(1, "2027-02-03")
    assert told(closed, limits=replace(LIMITS, taken=False)) == [("2027-02-03", "2027-02-03", "NotTaken")]
    assert told(closed) == [("2027-02-03", "2027-02-03", "")]


def test_district_that_knows_better_overrules_single_days() -> None:
    """What is left of the closure goes on counting; without that word all of it counts again."""
    closed = said(1, "2027-02-03", "2027-02-05")
    overruled = replace(LIMITS, open_days=(span("2027-02-04"), span("2027-03-01", "2027-03-09")))
    assert told(closed, limits=overruled) == [
        ("2027-02-03", "2027-02-03", ""),
        ("2027-02-05", "2027-02-05", ""),
        ("2027-02-04", "2027-02-04", "OpenByDistrict"),
    ]
    assert told(closed) == [("2027-02-03", "2027-02-05", "")]


def test_refused_closure_that_is_taken_back_is_forgotten() -> None:
    assert told(said(1, "2027-05-03"), said(2, "2027-05-01", "2027-05-05", cause=None)) == []
    assert told(said(1, "2027-05-03", "2027-05-04"), said(2, "2027-05-04", cause=None)) == [
        ("2027-05-03", "2027-05-04", "TooFarAhead")
    ]


def test_refused_statement_leaves_what_counted_before() -> None:
    assert told(said(1, "2027-02-03"), said(2, "2027-02-01", "2027-02-28")) == [
        ("2027-02-03", "2027-02-03", ""),
        ("2027-02-01", "2027-02-28", "TooLong"),
    ]


def test_number_of_closures_is_bounded_and_the_oldest_is_refused() -> None:
    """Closures of last winter must not be in the way of this one's."""
    every = [said(n, str(HEARD - timedelta(days=2 * n))) for n in range(schoolclosures.MOST_COUNTED + 1)]
    found = schoolclosures.decide(every, LIMITS)
    assert [closure.refusal for closure in found] == [None] * schoolclosures.MOST_COUNTED + [Refusal.TOO_MANY]
    assert found[-1].days == every[-1].statement.days


@pytest.mark.parametrize("by_district", [False, True], ids=["the office", "the district"])
def test_closures_that_single_open_days_cut_into_many_stay_bounded(*, by_district: bool) -> None:
    """A status holds 40 closures; a longer one is refused by the API server, and ends the sweep over all schools."""
    first = HEARD - timedelta(days=60)
    starts = [first + timedelta(days=6 * n) for n in range(10)]
    closed = [said(n, str(day), str(day + timedelta(days=4))) for n, day in enumerate(starts)]
    open_ = [dayspans.Span(day, day) for start in starts for day in (start + timedelta(1), start + timedelta(3))]
    back = [] if by_district else [said(100 + n, str(days.start), cause=None) for n, days in enumerate(open_)]
    found = schoolclosures.decide([*closed, *back], replace(LIMITS, open_days=tuple(open_) if by_district else ()))
    counted = [closure for closure in found if closure.refusal is None]
    assert len(counted) == schoolclosures.MOST_COUNTED
    assert counted[-1].days.end == starts[-1] + timedelta(days=4)
    assert len(found) <= schoolclosures.MOST_COUNTED + schoolclosures.MOST_REFUSED


def test_closures_without_end_are_not_one_endless_closure() -> None:
    """Reported day after day they become one; a calendar that is closed for longer than a year could not be used."""
    every = [
        schoolclosures.Received((1, n), closurestatements.Statement(dayspans.Span(day, day), Cause.SNOW), day)
        for n in range(schoolclosures.MOST_DAYS + 1)
        for day in [HEARD + timedelta(days=n)]
    ]
    counted, refused = schoolclosures.decide(every, LIMITS)
    assert (counted.days.length, counted.refusal) == (schoolclosures.MOST_DAYS, None)
    assert (refused.days.start, refused.refusal) == (counted.days.end + timedelta(days=1), Refusal.TOO_MANY)


def test_refused_closures_that_are_shown_are_bounded() -> None:
    every = [said(n, str(date(2028, 1, 1) + timedelta(days=2 * n))) for n in range(100)]
    found = schoolclosures.decide(every, LIMITS)
    assert len(found) == schoolclosures.MOST_REFUSED
    assert found[-1].days == every[-1].statement.days


DAYS = st.integers(0, 9).map(lambda number: HEARD + timedelta(days=number))
STATEMENTS = st.builds(
    lambda first, length, cause: closurestatements.Statement(
        dayspans.Span(first, first + timedelta(days=length)), cause
    ),
    DAYS,
    st.integers(0, 6),
    st.sampled_from([Cause.SNOW, Cause.POWER, None]),
)


@given(statements=st.lists(STATEMENTS, max_size=8), data=st.data())
def test_any_order_and_repetition_of_arrival_gives_the_same(
    statements: list[closurestatements.Statement], data: st.DataObject
) -> None:
    every = [schoolclosures.Received((1, n), statement, HEARD) for n, statement in enumerate(statements)]
    arrived = data.draw(
        st.permutations(every + data.draw(st.lists(st.sampled_from(every), max_size=5)) if every else [])
    )
    in_order = schoolclosures.decide(every, LIMITS)
    assert schoolclosures.decide(arrived, LIMITS) == in_order
    last = {day: one.statement.cause for one in every for day in one.statement.days.days() if _allowed(one)}
    closed = {day for closure in in_order if closure.refusal is None for day in closure.days.days()}
    assert closed == {day for day, cause in last.items() if cause is not None}


def _allowed(one: schoolclosures.Received) -> bool:
    return one.statement.cause is None or one.statement.days.length <= LIMITS.longest_days
