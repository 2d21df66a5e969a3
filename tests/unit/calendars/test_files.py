"""Calendars in files of several kinds: the same school gives the same days, and what does not fit is named."""

import zoneinfo
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeroom.calendars import frames, ical, oneroster, questions, tables
from homeroom.domain import errors, schooltime, schoolyears

FRAME = frames.Frame(zoneinfo.ZoneInfo("America/Chicago"))
Reader = Callable[[bytes, frames.Frame], schoolyears.SchoolYears]

CSV = b"""start,end,kind,name
2026-08-31,2026-12-18,term,Autumn
2027-01-04,2027-06-10,term,Spring
2026-11-25,2026-11-27,break,Thanksgiving
2027-05-10,2027-05-14,exam,Finals
2026-10-12,,staff,Training
2027-02-03,2027-02-04,closure,Snow
2027-06-11,,makeup,
"""
ROSTER = b"""sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear
y,,,2026-27,schoolYear,2026-08-31,2027-06-11,,2027
s1,,,Autumn,semester,2026-08-31,2026-12-19,y,2027
s2,,,Spring,semester,2027-01-04,2027-06-11,y,2027
g1,,,Q1,gradingPeriod,2026-08-31,2026-10-31,s1,2027
old,tobedeleted,,Gone,term,2020-01-01,2020-02-01,nobody,2020
"""


def calendar(*events: str) -> bytes:
    body = "".join(f"BEGIN:VEVENT\r\nUID:{n}\r\n{event}\r\nEND:VEVENT\r\n" for n, event in enumerate(events))
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//\r\n{body}END:VCALENDAR\r\n".encode()


def event(summary: str, start: str, end: str | None = None, *more: str) -> str:
    ends = [f"DTEND;VALUE=DATE:{end}"] if end else []
    return "\r\n".join([f"SUMMARY:{summary}", f"DTSTART;VALUE=DATE:{start}", *ends, *more])


TERMS = (event("Fall semester", "20260831", "20261219"), event("Spring semester", "20270104", "20270611"))


def phase(years: schoolyears.SchoolYears, day: str) -> str:
    return years.stamp(date.fromisoformat(day)).phase.value


def test_table_gives_every_kind_of_day() -> None:
    years = tables.read(CSV, FRAME)
    found = [phase(years, day) for day in ("2026-11-26", "2027-05-12", "2026-10-12", "2027-02-03", "2027-06-11")]
    assert found == ["holiday", "exam", "staff-day", "closure", "last-week"]
    assert years.stamp(date(2026, 9, 1)).term == "Autumn"


def test_year_round_school_in_a_table_has_its_short_terms() -> None:
    rows = [("2026-07-06", "2026-09-04"), ("2026-09-28", "2026-11-27"), ("2026-12-21", "2027-02-19"), ("2027-03-15", "2027-05-14"),
            ("2027-06-28", "2027-08-27"), ("2027-09-20", "2027-11-19")]  # fmt: skip
    content = "start,end,kind,name\n" + "".join(f"{start},{end},term,\n" for start, end in rows)
    years = tables.read(content.encode(), FRAME)
    assert [len(year.terms) for year in years.years] == [4, 2]
    assert years.stamp(date(2027, 6, 28)).phase is schooltime.Phase.SETTLING


def test_listed_year_is_parted_by_its_long_breaks() -> None:
    content = b"start,end,kind,name\n2026-08-31,2027-06-10,year,\n2026-12-21,2027-01-01,break,\n2026-10-12,,break,\n"
    (year,) = tables.read(content, FRAME).years
    assert [(str(term.start), str(term.end)) for term in year.terms] == [
        ("2026-08-31", "2026-12-18"),
        ("2027-01-04", "2027-06-10"),
    ]


def test_roster_takes_semesters_for_terms_and_ends_a_session_before_its_end_date() -> None:
    years = oneroster.read(ROSTER, FRAME)
    assert [(term.name, str(term.start), str(term.end)) for term in years.years[0].terms] == [
        ("Autumn", "2026-08-31", "2026-12-18"),
        ("Spring", "2027-01-04", "2027-06-10"),
    ]


def test_ical_event_of_whole_days_ends_the_day_before_its_end() -> None:
    years = ical.read(calendar(*TERMS, event("Thanksgiving break", "20261125", "20261128")), FRAME)
    assert str(years.years[0].terms[0].end) == "2026-12-18"
    assert [phase(years, day) for day in ("2026-11-25", "2026-11-27", "2026-11-30")] == ["holiday"] * 2 + ["teaching"]


def test_ical_category_goes_before_words_and_other_events_are_left_out() -> None:
    years = ical.read(
        calendar(
            *TERMS,
            event("Winter testing", "20270208", "20270213", "CATEGORIES:EXAM"),
            event("Bake sale", "20260915"),
            event("Staff holiday party", "20261012"),
        ),
        FRAME,
    )
    assert [phase(years, day) for day in ("2027-02-10", "2026-09-15", "2026-10-12")] == [
        "exam",
        "settling",
        "staff-day",
    ]


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        pytest.param("RRULE:FREQ=WEEKLY;COUNT=3", ["2026-10-21", "2026-10-28", "2026-11-04"], id="over a clock change"),
        pytest.param(
            "RRULE:FREQ=WEEKLY;COUNT=9;UNTIL=20261104", ["2026-10-21", "2026-10-28", "2026-11-04"], id="both ends"
        ),
        pytest.param("RRULE:FREQ=WEEKLY;UNTIL=20261028T050000Z", ["2026-10-21", "2026-10-28"], id="until a moment"),
        pytest.param(
            "RRULE:FREQ=WEEKLY;COUNT=3\r\nEXDATE;VALUE=DATE:20261028", ["2026-10-21", "2026-11-04"], id="except"
        ),
    ],
)
def test_ical_rule_repeats_days_on_the_school_s_wall(rule: str, days: list[str]) -> None:
    staff = event("Staff development", "20261021", None, rule)
    assert [str(span.start) for span in ical.read(calendar(*TERMS, staff), FRAME).staff_days] == days


@pytest.mark.parametrize(
    ("start", "end"),
    [
        pytest.param("20261026T013000Z", "20261026T020000Z", id="in UTC, the evening before here"),
        pytest.param("20261025T203000", "20261025T210000", id="without zone"),
        pytest.param("20261025T090000", "20261026T000000", id="until midnight"),
    ],
)
def test_ical_moment_falls_on_the_day_of_the_school_s_wall(start: str, end: str) -> None:
    closed = f"SUMMARY:Closed\r\nDTSTART:{start}\r\nDTEND:{end}"
    (found,) = ical.read(calendar(*TERMS, closed), FRAME).closures
    assert (str(found.start), str(found.end)) == ("2026-10-25", "2026-10-25")


def test_indian_year_comes_from_six_answers() -> None:
    india = frames.Frame(zoneinfo.ZoneInfo("Asia/Kolkata"), frozenset(range(6)))
    years = questions.read(
        questions.Answers(
            first_day="2026-06-12",
            last_day="2027-04-23",
            breaks="2026-10-10..2026-10-21 Dasara; 2027-01-11..2027-01-16 Sankranti; 2027-01-26 Republic Day",
            exams="2027-04-07..2027-04-17 SA 2",
            make_up="extend 2",
        ),
        india,
    )
    assert [str(term.start) for term in years.years[0].terms] == ["2026-06-12", "2026-10-22", "2027-01-18"]
    assert years.years[0].name == "2026-27"
    assert [phase(years, day) for day in ("2026-06-13", "2027-01-26", "2027-04-14", "2027-04-26")] == [
        "settling", "holiday", "exam", "last-week"]  # fmt: skip
    assert [str(span.start) for span in years.makeup_days] == ["2027-04-24", "2027-04-26"]


HEAD = b"start,end,kind,name\n"
ROSTER_HEAD = b"sourcedId,title,type,startDate,endDate,parentSourcedId\n"
BIG = b"x" * (frames.MAX_BYTES + 1)
BAD = [
    pytest.param(tables.read, b"", "line 1: the heading lacks start", id="csv empty"),
    pytest.param(tables.read, b"start,end,kind\n", "line 1: the heading lacks name", id="csv column"),
    pytest.param(tables.read, HEAD + b"31/08/2026,,term,x\n", "line 2: start is no date", id="csv date"),
    pytest.param(tables.read, HEAD + b"\n2026-08-31,2026-08-01,term,x\n", "line 3: it ends on", id="csv order"),
    pytest.param(tables.read, HEAD + b"2026-08-31,,holidays,x\n", "line 2: the kind is none of year", id="csv kind"),
    pytest.param(tables.read, HEAD + b"2026-08-31,,term,x,y\n", "line 2: 5 cells under 4 headings", id="csv cells"),
    pytest.param(tables.read, HEAD + b'2026-08-31,,term,"x\n', "this is no CSV", id="csv quote"),
    pytest.param(tables.read, HEAD + b"2026-08-31,,term,\xff\n", "not UTF-8", id="csv bytes"),
    pytest.param(tables.read, HEAD + b"2026-08-31,,exam,x\n", "there is no term and no school year", id="csv no term"),
    pytest.param(tables.read, HEAD + b"2026-08-31,,exam,x\n" * 2001, "more than 2000 rows", id="csv rows"),
    pytest.param(tables.read, HEAD + b"1990-01-01,2150-12-31,break,x\n", "correct these dates", id="csv all time"),
    pytest.param(
        tables.read, HEAD + b"2026-08-31,2026-12-18,term,a\n2026-12-01,2027-01-31,term,b\n", "is not over", id="csv overlap"
    ),
    pytest.param(tables.read, HEAD + b"0001-01-05,,year,x\n", "line 2: start is no date", id="csv first year"),
    pytest.param(oneroster.read, ROSTER_HEAD + b"a,A,term,2026-08-31,0001-01-01,\n", "line 2: endDate", id="roster first year"),
    pytest.param(ical.read, calendar(event("Break", "00010101")), "is in year 1", id="ical first year"),
    pytest.param(
        ical.read,
        calendar(event("Break", "20260901", None, "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")),
        "event 1: its dates cannot be read",
        id="ical rule without a day",
    ),
    pytest.param(tables.read, BIG, "larger than", id="csv size"),
    pytest.param(ical.read, BIG, "larger than", id="ical size"),
    pytest.param(ical.read, b"hello", "this is no iCal file", id="ical text"),
    pytest.param(ical.read, b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "", id="ical cut off"),
    pytest.param(ical.read, calendar("SUMMARY:Break"), "event 1: its dates cannot be read", id="ical no start"),
    pytest.param(ical.read, calendar(event("Break", "20260231")), "event 1: its dates cannot be read", id="ical date"),
    pytest.param(
        ical.read, calendar(event("Break", "20260901", None, "RRULE:FREQ=SECONDLY")), "more than once a day", id="ical rule"
    ),
    pytest.param(
        ical.read, calendar(*[event("Break", "20260901", None, "RRULE:FREQ=DAILY")] * 2), "more than 2000 entries", id="ical bomb"
    ),
    pytest.param(ical.read, calendar(*["SUMMARY:x"] * 2001), "more than 2000 events", id="ical events"),
    pytest.param(oneroster.read, HEAD, "the heading lacks sourcedId", id="roster columns"),
    pytest.param(oneroster.read, ROSTER_HEAD + b"a,A,term,2026-08-31,2026-12-18,\n", "no session has the type sch", id="roster year"),
    pytest.param(oneroster.read, ROSTER_HEAD + b"a,A,week,2026-08-31,2026-12-18,\n", "line 2: the type is none", id="roster type"),
    pytest.param(
        oneroster.read,
        ROSTER_HEAD + b"y,Y,schoolYear,2026-08-31,2027-06-10,\na,A,term,2026-08-31,2026-12-18,nobody\n",
        "line 3: parentSourcedId names no session",
        id="roster parent",
    ),
    pytest.param(
        oneroster.read,
        ROSTER_HEAD
        + b"y,Y,schoolYear,2026-08-31,2027-06-10,\na,A,term,2026-08-31,2026-12-18,b\nb,B,term,2026-08-31,2026-12-18,a\n",
        "go round in a circle",
        id="roster circle",
    ),
    pytest.param(
        oneroster.read, ROSTER_HEAD + b"y,Y,schoolYear,2026-08-31,2026-08-31,\n", "is not after startDate", id="roster order"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("read", "content", "sentence"), BAD)
def test_bad_file_is_refused_with_what_to_change(read: Reader, content: bytes, sentence: str) -> None:
    with pytest.raises(errors.SpecError) as caught:
        read(content, FRAME)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        pytest.param({"first_day": "12 June"}, "first_day: write a date", id="first day"),
        pytest.param({"breaks": "Dasara in October"}, "breaks: write dates such as", id="breaks"),
        pytest.param({"exams": "2027-13-01"}, "exams: write a date", id="exams"),
        pytest.param({"last_day": "9999-12-31", "make_up": "extend 5"}, "last_day: write a date", id="last year"),
        pytest.param({"last_day": "2026-06-01"}, "before it starts", id="order"),
        pytest.param({"make_up": "maybe"}, "make_up: write dates such as", id="policy"),
    ],
)
def test_answer_that_does_not_fit_is_named(answers: dict[str, str], sentence: str) -> None:
    with pytest.raises(errors.SpecError) as caught:
        questions.read(questions.Answers(**{"first_day": "2026-06-12", "last_day": "2027-04-23", **answers}), FRAME)
    assert sentence in str(caught.value)


@given(content=st.binary(max_size=400), reader=st.sampled_from([tables.read, ical.read, oneroster.read]))
def test_any_bytes_give_a_calendar_or_a_named_error(content: bytes, reader: Reader) -> None:
    for given_ in (content, HEAD + content, ROSTER_HEAD + content, b"BEGIN:VCALENDAR\r\n" + content):
        try:
            reader(given_, FRAME)
        except errors.SpecError as exc:
            assert str(exc)  # noqa: PT017 - either outcome is right


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(errors.SpecError, match=r"nowhere.csv cannot be read"):
        frames.read_file(tmp_path / "nowhere.csv")
