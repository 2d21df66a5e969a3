"""School time as the operator process writes it on a real API server; schools are simulated by their reports."""

import pathlib
import re
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests import polling
from tests.integration.district import operating

from homeroom.district.database import reports as report_rows
from homeroom.domain import closurestatements, reports, schoolyears, terms
from homeroom.embedded import kubectl, kubernetes, registry, toolchain
from homeroom.kube import client as kube
from homeroom.resources import academiccalendars, objects, schoolsites

pytestmark = [pytest.mark.real, pytest.mark.timeout(540)]

SITE, CALENDAR = schoolsites.KIND, academiccalendars.KIND
NAME, OTHER = operating.site_names(2)
TODAY = datetime.now(UTC).date()
"""Also the date at the schools, whose calendar is in UTC; a run over midnight is one in ten thousand."""


@pytest.fixture(scope="module")
def plane(start_plane: Callable[[str], kubernetes.ControlPlane]) -> kubernetes.ControlPlane:
    """An API server of its own, because roles are bound in one namespace only."""
    return start_plane("district-calendars")


@pytest.fixture
def rig(plane: kubernetes.ControlPlane, registry: registry.Registry, tmp_path: pathlib.Path) -> Iterator[operating.Rig]:
    made = operating.Rig(
        directory=tmp_path / "rig",
        plane=plane,
        registry_part=registry,
        registry_files=registry.client_files("operator"),
        mlflow_url="http://127.0.0.1:9",  # no release is made, so nobody asks
        tables=tmp_path / "tables",
    )
    yield made
    made.close()


@pytest.fixture
async def cluster(plane: kubernetes.ControlPlane) -> AsyncIterator[kube.Kubernetes]:
    async with kube.connect(plane.kubeconfig("ada", ["system:masters"]), field_manager="ada") as connected:
        for kind in (SITE, CALENDAR):
            for body in await connected.list(kind):
                await connected.delete(kind, body["metadata"]["name"])
        named = operating.a_site(NAME, calendarRef={"name": "west"})
        del named["spec"]["calendar"]
        await connected.create(SITE, named)
        await connected.create(SITE, operating.a_site(OTHER))
        yield connected


def a_calendar(**changes: Any) -> dict[str, Any]:
    """One term around today with lessons on every day of the week, in its 15th week."""
    start = TODAY - timedelta(days=TODAY.weekday() + 14 * 7)
    plan = schoolyears.SchoolYears(
        zone=schoolyears.zone_named("UTC"),
        years=(terms.SchoolYear("this-year", (terms.Term("Long", 1, start, start + timedelta(days=300)),)),),
        weekdays=frozenset(range(7)),
    )
    source = academiccalendars.Source(kind=academiccalendars.SourceKind.MANUAL, detail="a test")
    spec = academiccalendars.from_plan(plan, zone="UTC", display_name="West", source=source)
    body = objects.build(CALENDAR, "west", spec)
    return {**body, "spec": {**body["spec"], **changes}}


def days(start: date, end: date | None = None) -> dict[str, str]:
    return {"start": start.isoformat(), "end": (end or start).isoformat(), "name": "Snow"}


async def until_time(cluster: kube.Kubernetes, **expected: Any) -> dict[str, Any]:
    """The status of the school once its school time is as expected."""
    seen: dict[str, Any] = {}

    async def look() -> dict[str, Any] | None:
        body = await cluster.get(SITE, NAME)
        seen.update(body or {})
        status: dict[str, Any] = (body or {}).get("status") or {}
        time = status.get("schoolTime") or {}
        return status if time and all(time.get(key) == value for key, value in expected.items()) else None

    try:
        return await polling.until(look, timedelta(seconds=120))
    except AssertionError as exc:
        raise AssertionError(f"{expected} never came: {seen.get('status')}") from exc


def say(rig: operating.Rig, seq: int, start: date, end: date, cause: str | None) -> None:
    """A statement of the school's office, applied as the control channel does."""
    statement = closurestatements.read(start.isoformat(), end.isoformat(), cause)
    key = reports.ReportKey(operating.a_site_id(NAME), 1, "audit", seq)
    now = datetime.now(UTC)
    with rig.rows.write() as connection:
        report_rows.apply(connection, [reports.Report(key, now, closurestatements.to_payload(statement))], now)


async def test_school_time_follows_the_calendar_that_a_school_names(
    rig: operating.Rig, cluster: kube.Kubernetes
) -> None:
    """Missing, then created, changed, spoiled, mended and deleted: condition and school days follow each time."""
    rig.start()
    missing = await operating.until_condition(cluster, SITE, NAME, "SchoolTime", ("False", "CalendarMissing"))
    assert "schoolTime" not in missing["status"]
    await cluster.create(CALENDAR, a_calendar())
    await operating.until_condition(cluster, SITE, NAME, "SchoolTime", ("True", "Known"))
    status = await until_time(cluster, phase="teaching")
    assert status["schoolTime"] == {
        "schoolDay": True,
        "nextSchoolDay": (TODAY + timedelta(days=1)).isoformat(),
        "academicYear": "this-year",
        "term": "Long",
        "teachingWeek": 15,
        "phase": "teaching",
    }
    await operating.until_condition(cluster, CALENDAR, "west", "Valid", ("True", "Sound"))
    tomorrow, after = TODAY + timedelta(days=1), TODAY + timedelta(days=2)
    await cluster.patch_spec(CALENDAR, "west", {"closures": [days(TODAY, tomorrow)]})
    closed = await until_time(cluster, phase="closure", schoolDay=False)
    assert closed["schoolTime"]["nextSchoolDay"] == after.isoformat()
    term = a_calendar()["spec"]["years"][0]["terms"][0]
    spoiled = {"name": "this-year", "terms": [term, {**term, "name": "Again"}]}
    await cluster.patch_spec(CALENDAR, "west", {"years": [spoiled]})
    unusable = await operating.until_condition(cluster, SITE, NAME, "SchoolTime", ("False", "CalendarUnusable"))
    assert "schoolTime" not in unusable["status"]
    (said,) = [c["message"] for c in unusable["status"]["conditions"] if c["type"] == "SchoolTime"]
    assert said.startswith("AcademicCalendar west contradicts itself: term Again of this-year starts on")
    await cluster.patch_spec(CALENDAR, "west", {"years": a_calendar()["spec"]["years"], "closures": []})
    await until_time(cluster, phase="teaching")
    await cluster.delete(CALENDAR, "west")
    await operating.until_condition(cluster, SITE, NAME, "SchoolTime", ("False", "CalendarMissing"))


async def test_closure_that_a_school_reports_is_laid_over_its_calendar(
    rig: operating.Rig, cluster: kube.Kubernetes, tools: toolchain.Tools
) -> None:
    """Reported, refused, allowed by the district, taken back; the spec that the district wrote is never touched."""
    await cluster.create(CALENDAR, a_calendar())
    rig.start()
    await until_time(cluster, phase="teaching")
    before = await cluster.get(SITE, NAME)
    say(rig, 1, TODAY, TODAY, "snow")
    status = await until_time(cluster, phase="closure")
    assert status["closures"] == [{"start": TODAY.isoformat(), "end": TODAY.isoformat(), "cause": "snow"}]
    shown = kubectl.Kubectl(tools.kubectl, rig.plane.kubeconfig("ada", ["system:masters"]))
    heading, line = shown.run("get", "site", NAME, "-n", "homeroom", "-o", "wide").splitlines()
    starts = {name.group(): name.start() for name in re.finditer(r"\S+( \S+)*", heading)}
    columns = {name: re.split(r"\s{2,}", line[start:])[0] for name, start in starts.items()}
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    assert [columns[name] for name in ("PHASE", "TERM", "WEEK", "NEXT SCHOOL DAY", "CLOSURES COUNTED")] == [
        "closure", "Long", "15", tomorrow, "True",
    ]  # fmt: skip
    say(rig, 2, TODAY, TODAY + timedelta(days=20), "flood")
    body = await operating.until_condition(cluster, SITE, NAME, "ClosuresCounted", ("False", "TooLong"))
    assert body["status"]["schoolTime"]["nextSchoolDay"] == (TODAY + timedelta(days=1)).isoformat()
    await cluster.patch_spec(SITE, NAME, {"closureReports": {"longestDays": 21}})
    await operating.until_condition(cluster, SITE, NAME, "ClosuresCounted", ("True", "Counted"))
    await until_time(cluster, nextSchoolDay=(TODAY + timedelta(days=21)).isoformat())
    say(rig, 3, TODAY, TODAY + timedelta(days=20), None)
    opened = await until_time(cluster, phase="teaching", schoolDay=True)
    assert "closures" not in opened
    after = await cluster.get(SITE, NAME)
    assert before is not None
    assert after is not None
    allowed = {"taken": True, "daysAhead": 14, "longestDays": 21}
    assert after["spec"] == {**before["spec"], "closureReports": allowed}


async def test_unchanged_school_time_is_written_once(rig: operating.Rig, cluster: kube.Kubernetes) -> None:
    """Sweeps come every second; the status keeps its version while another school's transitions show that they came."""
    await cluster.create(CALENDAR, a_calendar())
    say(rig, 1, TODAY, TODAY, "power")
    rig.start()
    await until_time(cluster, phase="closure")
    seen = await cluster.get(SITE, NAME)
    for epoch in (2, 3):
        rig.report(OTHER, None)
        await cluster.patch_spec(SITE, OTHER, {"epoch": epoch})
        await operating.until_condition(cluster, SITE, OTHER, "Reachable", ("False", "OldEpoch"))
        await cluster.patch_spec(SITE, OTHER, {"calendar": None, "calendarRef": {"name": f"none-{epoch}"}})
        await operating.until_condition(cluster, SITE, OTHER, "SchoolTime", ("False", "CalendarMissing"))
        again = {**operating.a_site(OTHER)["spec"]["calendar"]}
        await cluster.patch_spec(SITE, OTHER, {"calendar": again, "calendarRef": None})
        await operating.until_condition(cluster, SITE, OTHER, "SchoolTime", ("True", "Known"))
    after = await cluster.get(SITE, NAME)
    assert seen is not None
    assert after is not None
    assert after["metadata"]["resourceVersion"] == seen["metadata"]["resourceVersion"]
