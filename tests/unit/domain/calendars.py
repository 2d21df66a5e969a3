"""Calendars of schools in several parts of the world, for tests; dates as their authorities publish them."""

import zoneinfo
from datetime import date, time

from homeroom.domain import bellschedules, dayspans, schoolyears, terms

SUNDAY_TO_THURSDAY = frozenset({6, 0, 1, 2, 3})
"""Lessons where the weekend is Friday and Saturday."""


def span(start: str, end: str | None = None, name: str = "") -> dayspans.Span:
    return dayspans.Span(date.fromisoformat(start), date.fromisoformat(end or start), name)


def year(*ends: tuple[str, str], name: str = "") -> terms.SchoolYear:
    return terms.year_of([span(start, end) for start, end in ends], name)


def chicago(**changes: object) -> schoolyears.SchoolYears:
    """Two terms with a winter break, exams in May, a staff day in October; the year crosses New Year."""
    values: dict[str, object] = {
        "zone": zoneinfo.ZoneInfo("America/Chicago"),
        "years": (year(("2026-08-31", "2026-12-18"), ("2027-01-04", "2027-06-10")),),
        "breaks": (span("2026-11-25", "2026-11-27", "Thanksgiving"), span("2027-03-29", "2027-04-02", "Spring break")),
        "exams": (span("2027-05-10", "2027-05-14", "Finals"),),
        "staff_days": (span("2026-10-12"),),
    }
    return schoolyears.SchoolYears(**{**values, **changes})  # type: ignore[arg-type] # a table of changes


def sydney(**changes: object) -> schoolyears.SchoolYears:
    """Four terms from late January to December, two years on end (New South Wales, 2026 and 2027)."""
    values: dict[str, object] = {
        "zone": zoneinfo.ZoneInfo("Australia/Sydney"),
        "years": (
            year(("2026-01-27", "2026-04-02"), ("2026-04-20", "2026-07-03"), ("2026-07-20", "2026-09-25"),
                 ("2026-10-12", "2026-12-17")),
            year(("2027-01-28", "2027-04-09"), ("2027-04-26", "2027-07-02"), ("2027-07-19", "2027-09-24"),
                 ("2027-10-11", "2027-12-20")),
        ),
    }  # fmt: skip
    return schoolyears.SchoolYears(**{**values, **changes})  # type: ignore[arg-type] # a table of changes


def hyderabad() -> schoolyears.SchoolYears:
    """June to April, six days a week, Dasara and Sankranti holidays (Telangana)."""
    return schoolyears.SchoolYears(
        zone=zoneinfo.ZoneInfo("Asia/Kolkata"),
        years=(year(("2026-06-12", "2027-04-23")),),
        weekdays=frozenset(range(6)),
        breaks=(span("2026-10-10", "2026-10-21", "Dasara"), span("2027-01-11", "2027-01-16", "Sankranti")),
        exams=(span("2026-10-01", "2026-10-08", "SA 1"), span("2027-04-07", "2027-04-17", "SA 2")),
    )


def cairo() -> schoolyears.SchoolYears:
    """Sunday to Thursday, two terms."""
    return schoolyears.SchoolYears(
        zone=zoneinfo.ZoneInfo("Africa/Cairo"),
        years=(year(("2026-09-20", "2027-01-21"), ("2027-02-07", "2027-06-10")),),
        weekdays=SUNDAY_TO_THURSDAY,
    )


def all_year_round() -> schoolyears.SchoolYears:
    """45 days of lessons, 15 days of break, four times over: a single-track year-round school in California."""
    return schoolyears.SchoolYears(
        zone=zoneinfo.ZoneInfo("America/Los_Angeles"),
        years=(
            year(("2026-07-06", "2026-09-04"), ("2026-09-28", "2026-11-27"), ("2026-12-21", "2027-02-19"),
                 ("2027-03-15", "2027-05-14"), name="2026-27"),
            year(("2027-06-07", "2027-08-06"), ("2027-08-30", "2027-10-29"), name="2027-28"),
        ),
    )  # fmt: skip


def bells() -> bellschedules.Bells:
    """Three lessons in the morning; Friday has the first two only."""
    return bellschedules.Bells(
        (
            bellschedules.Period("1", time(8), time(8, 45)),
            bellschedules.Period("2", time(9), time(9, 45)),
            bellschedules.Period("3", time(10), time(10, 45), weekdays=frozenset(range(4))),
        )
    )


EVERYWHERE = {
    "chicago": chicago(),
    "sydney": sydney(),
    "hyderabad": hyderabad(),
    "cairo": cairo(),
    "all-year-round": all_year_round(),
}
