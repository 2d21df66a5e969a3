"""What the office may say, and how it survives its journey to a district of another version."""

from datetime import date

import pytest

from homeroom.domain import closurestatements, dayspans, errors

Cause = closurestatements.Cause


def span(start: str, end: str = "") -> dayspans.Span:
    return dayspans.Span(date.fromisoformat(start), date.fromisoformat(end or start))


@pytest.mark.parametrize(
    "statement",
    [
        closurestatements.Statement(span("2027-02-03", "2027-02-04"), Cause.POWER, "transformer"),
        closurestatements.Statement(span("2027-02-03"), None),
    ],
    ids=["closed", "open after all"],
)
def test_statement_survives_its_journey(statement: closurestatements.Statement) -> None:
    assert closurestatements.from_payload(closurestatements.to_payload(statement)) == statement


CLOSED = {"event": "school-closed", "from": "2027-02-03", "to": "2027-02-03", "cause": "snow", "note": ""}


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"event": "installed"},
        {**CLOSED, "from": "yesterday"},
        {**CLOSED, "to": None},
        {**CLOSED, "to": "2027-02-01"},
        {**CLOSED, "to": "2027-04-04"},
        {**CLOSED, "event": "school-open-after-all", "from": "0001-01-01", "to": "9999-12-31"},
        {"event": "school-closed"},
        {**CLOSED, "event": ["school-closed"]},
    ],
)
def test_report_about_something_else_is_no_statement(payload: dict[str, object]) -> None:
    assert closurestatements.from_payload(payload) is None


def test_closure_of_a_newer_school_counts_with_what_is_understood() -> None:
    found = closurestatements.from_payload({**CLOSED, "cause": "meteorite", "note": "call 555 0100", "more": 1})
    assert found == closurestatements.Statement(span("2027-02-03"), Cause.OTHER, "")


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        pytest.param(
            closurestatements.Statement(span("2027-02-03", "2027-02-01"), Cause.SNOW), "swap them", id="order"
        ),
        pytest.param(
            closurestatements.Statement(span("2027-02-03", "2027-04-04"), Cause.SNOW),
            "60 can be reported",
            id="61 days",
        ),
        pytest.param(
            closurestatements.Statement(span("2027-02-03"), Cause.OTHER, "x" * 81), "at most 80", id="long note"
        ),
        pytest.param(
            closurestatements.Statement(span("2027-02-03"), Cause.OTHER, "pupil 4711"), "no names", id="a number"
        ),
        pytest.param(
            closurestatements.Statement(span("2027-02-03"), Cause.OTHER, "ask a@b.example"), "no names", id="an address"
        ),
        pytest.param(closurestatements.Statement(span("2027-02-03"), Cause.OTHER, "a\nb"), "one line", id="two lines"),
    ],
)
def test_office_is_told_what_to_change(statement: closurestatements.Statement, message: str) -> None:
    with pytest.raises(errors.SpecError, match=message):
        closurestatements.check(statement)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        pytest.param(("3.2.2027", "2027-02-03", "snow"), "'3.2.2027' is no date: write it as 2027-02-03", id="date"),
        pytest.param(("2027-02-03", "2027-02-30", "snow"), "'2027-02-30' is no date", id="no such day"),
        pytest.param(("2027-W05-3", "2027-02-03", "snow"), "'2027-W05-3' is no date", id="week date"),
        pytest.param(("20270203", "2027-02-03", "snow"), "'20270203' is no date", id="without dashes"),
        pytest.param(("2027-02-03", "2027-02-03", "Snow!"), "no cause: choose one of snow, storm, flood", id="cause"),
        pytest.param(("2027-02-03", "2027-02-01", None), "swap them", id="order"),
    ],
)
def test_what_is_typed_wrongly_is_named(typed: tuple[str, str, str | None], message: str) -> None:
    with pytest.raises(errors.SpecError, match=message):
        closurestatements.read(*typed)


def test_dates_are_never_compared_with_a_clock() -> None:
    """A box whose clock was never set still reports what people typed; the district judges by its own clock."""
    assert closurestatements.read("2072-02-03", "2072-02-03", "snow").days == span("2072-02-03")


def test_sixty_days_and_eighty_characters_can_be_sent() -> None:
    statement = closurestatements.Statement(span("2027-02-03", "2027-04-03"), Cause.OTHER, "x" * 80)
    assert closurestatements.check(statement) is statement
