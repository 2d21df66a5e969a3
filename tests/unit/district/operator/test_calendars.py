"""Which days count at a school, and what is said where nobody can tell."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.district.operator import fakes

from homeroom.district.operator import calendars, calendarsweep, schools, waveplans
from homeroom.domain import calendarconditions, schooldays
from homeroom.resources import academiccalendars, schoolsites

EXAMPLE = yaml.safe_load((Path(__file__).parents[4] / "examples/manifests/academiccalendar.yaml").read_text())["spec"]
SNOW = {"start": "2027-02-03", "end": "2027-02-05", "name": "Snow"}


def a_cluster(*, named: dict[str, Any] | None = None, **site: Any) -> fakes.Cluster:
    spec = {**fakes.a_site_spec("lincoln"), "calendarRef": {"name": "west-side"}, **site}
    if "calendar" not in site:
        spec.pop("calendar")
    cluster = fakes.Cluster()
    cluster.put(schoolsites.KIND, "lincoln", spec)
    if named is not None:
        cluster.put(academiccalendars.KIND, "west-side", named)
    return cluster


def resolved(cluster: fakes.Cluster) -> calendars.Resolved:
    seen = cluster.world()
    return calendars.Calendars(seen.calendars).of(seen.site_models()[0])


@pytest.mark.parametrize(
    ("day", "held"),
    [
        pytest.param("2026-09-01", True, id="in term"),
        pytest.param("2026-11-26", False, id="in a break"),
        pytest.param("2026-12-28", False, id="between terms, listed nowhere"),
        pytest.param("2026-10-12", False, id="staff day"),
        pytest.param("2027-02-03", False, id="closed by snow here"),
        pytest.param("2030-09-02", False, id="in no known year"),
    ],
)
def test_school_counts_the_days_of_the_calendar_it_names(day: str, held: bool) -> None:  # noqa: FBT001 - a table
    cluster = a_cluster(named=EXAMPLE, closures=[SNOW])
    (site,) = waveplans.known_sites(cluster.world())
    assert site.calendar.is_school_day(date.fromisoformat(day)) is held


def test_soak_skips_a_break_of_the_named_calendar() -> None:
    """Healthy since Tuesday noon before Thanksgiving, asked on the Tuesday after: only Monday counts."""
    (site,) = waveplans.known_sites(a_cluster(named=EXAMPLE).world())
    since, now = (datetime(2026, *day, 18, tzinfo=UTC) for day in ((11, 24), (12, 1)))
    evidence = [date(2026, 11, day) for day in range(24, 31)]
    assert schooldays.soaked(site.calendar, since=since, evidence=evidence, now=now) == 1


@pytest.mark.parametrize(
    ("calendar", "reason", "sentence"),
    [
        pytest.param(None, "CalendarMissing", "there is no AcademicCalendar west-side", id="missing"),
        pytest.param({"displayName": "x"}, "CalendarUnusable", "west-side cannot be read", id="unreadable"),
        pytest.param({**EXAMPLE, "timeZone": "Middle/Earth"}, "CalendarUnusable", "no time zone", id="unknown zone"),
        pytest.param(
            {**EXAMPLE, "years": [{"name": "x", "terms": [EXAMPLE["years"][0]["terms"][0]] * 2}]},
            "CalendarUnusable",
            "west-side contradicts itself: term Autumn of x starts on 2026-08-31",
            id="overlapping terms",
        ),
    ],
)
def test_school_without_a_usable_calendar_has_no_school_day_and_says_why(
    calendar: dict[str, Any] | None, reason: str, sentence: str
) -> None:
    cluster = a_cluster(named=calendar)
    found = resolved(cluster)
    assert found.reason == reason
    assert sentence in found.message
    assert found.days is schooldays.NEVER
    assert schools.to_domain(cluster.world().site_models()[0], calendars.Calendars({})).calendar is schooldays.NEVER


def test_dates_in_the_school_itself_still_count_with_its_own_closures() -> None:
    inline = {"timeZone": "America/Chicago", "schoolDays": ["Mon"], "closures": []}
    found = resolved(a_cluster(calendarRef=None, calendar=inline, closures=[{**SNOW, "start": "2027-02-01"}]))
    assert found.reason is calendarconditions.Reason.KNOWN
    assert [found.days.is_school_day(date(2027, month, day)) for month, day in ((1, 25), (1, 26), (2, 1))] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("calendar", "now", "reasons", "message"),
    [
        pytest.param(EXAMPLE, (2026, 10, 1), ("Sound", "Known"), None, id="sound"),
        pytest.param(EXAMPLE, (2027, 5, 1), ("Sound", "RunsOut"), "it ends on 2027-06-13: add the next", id="runs out"),
        pytest.param(EXAMPLE, (2028, 5, 1), ("Sound", "RanOut"), "add the year that is missing", id="ran out"),
        pytest.param({}, (2026, 10, 1), ("Unreadable", "Unknown"), "Field required", id="unreadable"),
        pytest.param(
            {**EXAMPLE, "exams": [{"name": "Resits", "start": "2027-07-05", "end": "2027-07-09"}]},
            (2026, 10, 1),
            ("HasGaps", "Known"),
            "lies in no term",
            id="gap",
        ),
    ],
)
async def test_calendar_says_what_is_wrong_with_it_and_then_nothing_new(
    calendar: dict[str, Any], now: tuple[int, int, int], reasons: tuple[str, str], message: str | None
) -> None:
    cluster, moment = a_cluster(named=calendar), datetime(*now, 12, tzinfo=UTC)
    assert await calendarsweep.once(cluster, cluster.world().calendars, moment) == 1
    status = cluster.status(academiccalendars.KIND, "west-side")
    assert tuple(condition["reason"] for condition in status["conditions"]) == reasons
    assert (message or "") in (status.get("message") or "")
    assert ("message" in status) is (message is not None)
    assert await calendarsweep.once(cluster, cluster.world().calendars, moment) == 0
