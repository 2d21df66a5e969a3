"""The same usage on a German, an Australian and an Indian calendar: only teaching weeks count, so alarms must be the same."""

import zoneinfo
from dataclasses import replace

from homeroom.calendars import frames, packaged, questions
from homeroom.domain import schoolyears

PRESENT = {"Germany, Berlin": "2028-29", "Australia, New South Wales": "2029", "India, Telangana": "2028-29"}
"""Name of the present school year by calendar; two years lie before it."""


def calendars() -> dict[str, schoolyears.SchoolYears]:
    """By name, three school years each."""
    return {"Germany, Berlin": _berlin(), "Australia, New South Wales": _sydney(), "India, Telangana": _hyderabad()}


def _berlin() -> schoolyears.SchoolYears:
    return packaged.read("DE", "BE", range(2026, 2029), frames.Frame(zoneinfo.ZoneInfo("Europe/Berlin")))


def _sydney() -> schoolyears.SchoolYears:
    return packaged.read("AU", "NSW", range(2027, 2030), frames.Frame(zoneinfo.ZoneInfo("Australia/Sydney")))


def _hyderabad() -> schoolyears.SchoolYears:
    """No package knows India's school holidays; the six questions are answered for a usual year, lessons on six days."""
    frame = frames.Frame(zoneinfo.ZoneInfo("Asia/Kolkata"), frozenset(range(6)))
    found = [
        questions.read(
            questions.Answers(
                first_day=f"{year}-06-12",
                last_day=f"{year + 1}-04-23",
                breaks=f"{year}-10-03..{year}-10-15 Dasara; {year + 1}-01-11..{year + 1}-01-17 Sankranti; "
                f"{year + 1}-01-26 Republic Day; {year}-08-15 Independence Day",
            ),
            frame,
        )
        for year in range(2026, 2029)
    ]
    return replace(
        found[0],
        years=tuple(year for part in found for year in part.years),
        breaks=tuple(span for part in found for span in part.breaks),
    )
