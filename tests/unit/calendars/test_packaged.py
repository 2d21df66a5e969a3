"""Real calendars out of the holidays package; dates as the authorities publish them."""

import csv
import gzip
import zoneinfo
from datetime import date
from pathlib import Path

import pytest

from homeroom.calendars import frames, packaged
from homeroom.domain import dayspans, errors, schooltime

SAVED = Path(__file__).parents[4] / "shared/data/academic_calendars/python_holidays_school_breaks.csv.gz"


def frame(zone: str = "Europe/Berlin") -> frames.Frame:
    return frames.Frame(zoneinfo.ZoneInfo(zone))


@pytest.mark.parametrize(
    ("country", "part", "names", "first", "last"),
    [
        pytest.param("DE", "BE", ["2026-27", "2027-28"], "2026-08-24", "2028-06-30", id="Berlin"),
        pytest.param("DE", "BY", ["2026-27", "2027-28"], "2026-09-15", "2028-07-28", id="Bavaria"),
        pytest.param("AU", "NSW", ["2026", "2027"], "2026-01-27", "2027-12-20", id="New South Wales"),
        pytest.param("AU", "NSW Western", ["2026", "2027"], "2026-02-03", "2027-12-20", id="its western division"),
        pytest.param("PL", "14", ["2026-27", "2027-28"], "2026-09-01", "2028-06-23", id="Mazovia"),
        pytest.param("FR", "Zone A", ["2026-27", "2027-28"], "2026-09-01", "2028-07-04", id="zone A"),
    ],
)
def test_country_has_the_school_years_it_publishes(
    country: str, part: str, names: list[str], first: str, last: str
) -> None:
    years = packaged.read(country, part, range(2026, 2028), frame())
    assert [year.name for year in years.years] == names
    assert (str(years.years[0].start), str(years.years[-1].end)) == (first, last)
    assert years.gaps() == ()


def test_terms_are_what_long_breaks_leave() -> None:
    """New South Wales publishes four terms; Anzac Day on a Monday is part of no term in 2027."""
    (year,) = packaged.read("AU", "NSW", range(2026, 2027), frame("Australia/Sydney")).years
    assert [(str(term.start), str(term.end)) for term in year.terms] == [
        ("2026-01-27", "2026-04-02"),
        ("2026-04-20", "2026-07-03"),
        ("2026-07-20", "2026-09-25"),
        ("2026-10-12", "2026-12-17"),
    ]


def test_public_holiday_in_term_is_no_school_day() -> None:
    years = packaged.read("DE", "BE", range(2026, 2027), frame())
    assert years.stamp(date(2027, 5, 17)).phase is schooltime.Phase.HOLIDAY
    assert years.stamp(date(2027, 8, 1)).academic_year == "2026-27"


@pytest.mark.parametrize(
    ("country", "part", "years", "sentence"),
    [
        pytest.param("US", None, (2026, 2027), "no school holidays for US: import iCal, CSV or OneRoster", id="none"),
        pytest.param("IN", None, (2026, 2027), "answer the six questions", id="India"),
        pytest.param("XX", None, (2026, 2027), "knows no country 'XX'", id="no such country"),
        pytest.param("HolidayBase", None, (2026, 2027), "write its two letters", id="another name of the package"),
        pytest.param("DE", "XX", (2026, 2027), "knows no part 'XX' of DE: choose one of BB, BE", id="no such part"),
        pytest.param("DE", None, (2026, 2027), "choose a part of the country (BB, BE", id="part left out"),
        pytest.param("DE", "BE", (2045, 2046), "does not know all school holidays of DE BE for 2045", id="too far"),
        pytest.param("TH", None, (2026, 2027), "does not know all school holidays of TH", id="single days only"),
        pytest.param("DE", "BE", (2026, 2040), "ask for 1 to 6 years", id="too many years"),
        pytest.param("DE", "BE", (2026, 2026), "ask for 1 to 6 years", id="no year"),
    ],
)
def test_what_the_package_does_not_know_is_said_with_what_to_do(
    country: str, part: str | None, years: tuple[int, int], sentence: str
) -> None:
    with pytest.raises(errors.SpecError) as caught:
        packaged.read(country, part, range(*years), frame())
    assert sentence in str(caught.value)


@pytest.mark.skipif(not SAVED.exists(), reason="the saved calendars are not on this machine")
@pytest.mark.parametrize(("country", "part"), [("DE", "BE"), ("DE", "BY"), ("AU", "NSW Western"), ("PL", "14")])
def test_no_saved_break_day_is_a_school_day(country: str, part: str) -> None:
    years = packaged.read(country, part, range(2026, 2028), frame())
    with gzip.open(SAVED, "rt", encoding="utf-8") as file:
        saved = [row for row in csv.DictReader(file) if (row["country"], row["subdivision"]) == (country, part)]
    spans = [dayspans.Span(date.fromisoformat(row["start"]), date.fromisoformat(row["end"])) for row in saved]
    known = [day for span in spans for day in span.days() if years.covers(day)]
    assert len(known) > 100
    assert not any(years.is_school_day(day) for day in known)
