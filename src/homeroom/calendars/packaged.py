"""Calendars out of the holidays package, for the countries whose school holidays it knows."""

from collections.abc import Iterable
from datetime import date
from importlib import metadata

import holidays

from homeroom.calendars import calendarentries, frames
from homeroom.domain import dayspans, errors, schoolyears

MOST_YEARS = 6
ELSEWHERE = "import iCal, CSV or OneRoster, or answer the six questions (`homeroom calendar make --help`)"


def read(country: str, subdivision: str | None, years: range, frame: frames.Frame) -> schoolyears.SchoolYears:
    """The school years that begin in one of ``years``.

    A year more on each side is asked for, because the package cuts breaks at the turn of the first and last year.

    Raises:
        SpecError: the package knows no school holidays there, or not for these years; the text says what to do.
    """
    if not 1 <= len(years) <= MOST_YEARS:
        raise errors.SpecError(f"ask for 1 to {MOST_YEARS} years, in order, such as 2026-2028")
    around = range(years.start - 1, years.stop + 1)
    school = _days(country, subdivision, around, "school")
    if not school:
        raise errors.SpecError(_nothing(country, subdivision, years))
    public = _days(country, subdivision, around, "public")
    breaks = [*_spans(school), *_spans({day: name for day, name in public.items() if day not in school})]
    off = frozenset(school) | frozenset(public)
    found = calendarentries.years_between(off, _spans(school), frame.weekdays)
    kept = tuple(year for year in found if year.start.year in years)
    if len(kept) != len(years):
        raise errors.SpecError(_nothing(country, subdivision, years))
    first, last = kept[0].start, kept[-1].end
    return schoolyears.SchoolYears(
        zone=frame.zone,
        years=kept,
        weekdays=frame.weekdays,
        breaks=tuple(sorted(span for span in breaks if first <= span.end and span.start <= _summer(last, off, frame))),
        settling_weeks=frame.settling_weeks,
    )


def version() -> str:
    """The version of the package, for provenance."""
    return metadata.version("holidays")


def subdivisions(country: str) -> tuple[str, ...]:
    """Names by which the package tells parts of a country apart.

    Raises:
        SpecError: it does not know the country.
    """
    return tuple(_type(country).subdivisions)


def _type(country: str) -> type[holidays.HolidayBase]:
    found = getattr(holidays, country, None) if country.isalpha() and country.isupper() and len(country) == 2 else None  # noqa: PLR2004 - ISO 3166
    if found is None:
        raise errors.SpecError(
            f"the holidays package knows no country {country!r}: write its two letters, or {ELSEWHERE}"
        )
    kind: type[holidays.HolidayBase] = found
    if "school" not in kind.supported_categories:
        raise errors.SpecError(f"the holidays package has no school holidays for {country}: {ELSEWHERE}")
    return kind


def _days(country: str, subdivision: str | None, years: range, category: str) -> dict[date, str]:
    kind = _type(country)
    if subdivision is not None and subdivision not in kind.subdivisions:
        raise errors.SpecError(
            f"the holidays package knows no part {subdivision!r} of {country}: choose one of {', '.join(kind.subdivisions)}"
        )
    return dict(kind(subdiv=subdivision, years=years, categories=category, observed=True).items())


def _nothing(country: str, subdivision: str | None, years: range) -> str:
    asked = f"{country} {subdivision or ''}".strip()
    parts = subdivisions(country)
    choose = f"choose a part of the country ({', '.join(parts)}), or " if subdivision is None and parts else ""
    return (
        f"the holidays package does not know all school holidays of {asked} for {years.start} to {years.stop - 1}: "
        f"{choose}ask for fewer years, or {ELSEWHERE}"
    )


def _spans(days: dict[date, str]) -> list[dayspans.Span]:
    """Runs of days of one name."""
    found: list[dayspans.Span] = []
    for day, name in sorted(days.items()):
        if found and found[-1].name == name and found[-1].end == day - dayspans.ONE_DAY:
            found[-1] = dayspans.Span(found[-1].start, day, name)
        else:
            found.append(dayspans.Span(day, day, name))
    return found


def _summer(last: date, off: Iterable[date], frame: frames.Frame) -> date:
    """The last day of the break after the last term."""
    free, day = frozenset(off), last + dayspans.ONE_DAY
    while day in free or day.weekday() not in frame.weekdays:
        day += dayspans.ONE_DAY
    return day - dayspans.ONE_DAY
