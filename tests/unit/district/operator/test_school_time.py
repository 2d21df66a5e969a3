"""What a school reports of closed days is laid over its calendar, shown, and written only when it changes."""

import pathlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import yaml
from tests import builders
from tests.unit.district.operator import fakes

from homeroom.district import database, publishing
from homeroom.district.database import reports as report_rows
from homeroom.district.operator import calendars, metrics, schools, sweep
from homeroom.domain import assignments, closurestatements, dayspans, errors, reports, schooldays, schooltoday
from homeroom.resources import academiccalendars, kinds, schoolsites
from homeroom.trust import director

EXAMPLE = yaml.safe_load((pathlib.Path(__file__).parents[4] / "examples/manifests/academiccalendar.yaml").read_text())[
    "spec"
]
TUESDAY = datetime(2027, 2, 2, 18, tzinfo=UTC)
"""Noon in Chicago, in the second term of the example."""


class World:
    """A sweep over one school, whose reports are applied as the control channel does."""

    def __init__(self, directory: pathlib.Path, **spec: Any) -> None:
        self.clock, self.cluster, self.seq = fakes.Clock(), fakes.Cluster(), 0
        self.clock.now = TUESDAY
        self.rows = database.Database.open(f"sqlite:///{directory}/district.db")
        named = {**fakes.a_site_spec("oak"), "calendarRef": {"name": "west"}, **spec}
        named.pop("calendar")
        self.cluster.put(schoolsites.KIND, "oak", named)
        self.cluster.put(academiccalendars.KIND, "west", EXAMPLE)
        publisher = publishing.Publisher(
            keys=director.DirectorKeys.create(directory / "director"),
            district=assignments.Endpoint("district", "https://d:1", "https://d:2"),
            min_agent="0.1.0",
            lifetime=timedelta(days=30),
            epoch=lambda: 1,
            clock=self.clock,
        )
        self.sweep = sweep.Sweep(
            look=self.cluster.world,
            kube=self.cluster,
            rows=self.rows,
            publisher=publisher,
            offline_after=timedelta(days=30),
            counts=metrics.Metrics(),
            clock=self.clock,
        )

    def say(
        self, start: str, end: str = "", cause: closurestatements.Cause | None = closurestatements.Cause.SNOW
    ) -> None:
        days = dayspans.Span(date.fromisoformat(start), date.fromisoformat(end or start))
        note = "the ramp of the north entrance" if cause else ""
        payload = closurestatements.to_payload(closurestatements.Statement(days, cause, note))
        self.seq += 1
        report = reports.Report(
            reports.ReportKey(builders.a_site_id("oak"), 1, "audit", self.seq), self.clock.now, payload
        )
        with self.rows.write() as connection:
            report_rows.apply(connection, [report], self.clock.now)

    @property
    def status(self) -> dict[str, Any]:
        return self.cluster.status(schoolsites.KIND, "oak")

    def condition(self, type_: str) -> tuple[str, str, str]:
        (found,) = [c for c in self.status["conditions"] if c["type"] == type_]
        return found["status"], found["reason"], found.get("message", "")

    def days(self) -> schooldays.SchoolDays:
        """School days as waves count them."""
        seen = self.cluster.world()
        return schools.to_domain(seen.site_models()[0], calendars.Calendars(seen.calendars)).calendar


@pytest.fixture
def world(tmp_path: pathlib.Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.rows.close()


async def test_reported_closure_stops_counting_as_a_closure_of_the_district_does(world: World) -> None:
    """Healthy since Monday, seen on every day: without the snow Tuesday and Wednesday count, with it Tuesday alone."""
    since, now = TUESDAY - timedelta(days=1), TUESDAY + timedelta(days=2)
    evidence = [since.date() + timedelta(days=n) for n in range(4)]
    await world.sweep.once()
    assert schooldays.soaked(world.days(), since=since, evidence=evidence, now=now) == 2
    world.say("2027-02-03")
    await world.sweep.once()
    assert schooldays.soaked(world.days(), since=since, evidence=evidence, now=now) == 1
    world.say("2027-02-03", cause=None)
    await world.sweep.once()
    assert schooldays.soaked(world.days(), since=since, evidence=evidence, now=now) == 2


async def test_reported_closure_is_in_the_status_and_never_in_the_spec(world: World) -> None:
    before = dict(world.cluster.objects[schoolsites.KIND.plural]["oak"]["spec"])
    world.say("2027-02-02", "2027-02-03")
    await world.sweep.once()
    assert world.status["closures"] == [
        {"start": "2027-02-02", "end": "2027-02-03", "cause": "snow", "note": "the ramp of the north entrance"}
    ]
    assert world.condition("ClosuresCounted") == ("True", "Counted", "")
    assert world.status["schoolTime"] == {
        "schoolDay": False, "nextSchoolDay": "2027-02-04", "academicYear": "2026-27", "term": "Spring",
        "teachingWeek": 21, "phase": "closure", "openUntil": "2027-05-05T05:00:00Z",
    }  # fmt: skip
    assert world.cluster.objects[schoolsites.KIND.plural]["oak"]["spec"] == before


async def test_closure_that_is_taken_back_leaves_nothing(world: World) -> None:
    world.say("2027-02-03")
    await world.sweep.once()
    world.say("2027-02-03", cause=None)
    await world.sweep.once()
    assert "closures" not in world.status
    assert world.condition("ClosuresCounted") == ("True", "NothingReported", "")


async def test_closure_beyond_the_limits_is_kept_and_the_condition_says_why(world: World) -> None:
    """The words of the office are in the status for the district's staff, and never in a condition."""
    world.say("2027-02-04", "2027-02-24")
    await world.sweep.once()
    status, reason, message = world.condition("ClosuresCounted")
    assert (status, reason) == ("False", "TooLong")
    assert message.startswith(
        "the school reported that it is closed from 2027-02-04 to 2027-02-24 (more than 14 days); these days do not"
    )
    assert "ramp" not in str(world.status["conditions"]) + world.status["message"]
    assert world.status["closures"][0]["refused"] == "TooLong"
    assert world.days().is_school_day(date(2027, 2, 4))
    world.cluster.objects[schoolsites.KIND.plural]["oak"]["spec"]["closureReports"] = {"longestDays": 21}
    await world.sweep.once()
    assert world.condition("ClosuresCounted") == ("True", "Counted", "")
    assert not world.days().is_school_day(date(2027, 2, 4))


async def test_district_may_take_no_closures_from_a_school(tmp_path: pathlib.Path) -> None:
    world = World(tmp_path, closureReports={"taken": False})
    world.say("2027-02-03")
    await world.sweep.once()
    assert world.condition("ClosuresCounted")[:2] == ("False", "NotTaken")
    assert world.days().is_school_day(date(2027, 2, 3))
    world.rows.close()


async def test_district_may_say_that_a_school_was_open_after_all(tmp_path: pathlib.Path) -> None:
    world = World(tmp_path, closureReports={"openDays": [{"start": "2027-02-03", "end": "2027-02-03"}]})
    world.say("2027-02-03", "2027-02-04")
    await world.sweep.once()
    status, reason, message = world.condition("ClosuresCounted")
    assert (status, reason) == ("False", "OpenByDistrict")
    assert "closed on 2027-02-03 (spec.closureReports.openDays says otherwise)" in message
    assert [world.days().is_school_day(date(2027, 2, day)) for day in (3, 4)] == [True, False]
    world.rows.close()


async def test_many_refusals_are_named_in_one_bounded_sentence(world: World) -> None:
    for day in range(1, 9):
        world.say(f"2027-06-{2 * day:02}")
    await world.sweep.once()
    message = world.condition("ClosuresCounted")[2]
    assert "on 2027-06-16 (more than 14 days ahead); and 3 more; these days" in message
    assert "2027-06-06" not in message


async def test_status_is_written_when_the_day_changes_and_not_before(world: World) -> None:
    """From noon to a minute before midnight nothing is written; on the next morning once."""
    assert await world.sweep.once() > 0
    assert await world.sweep.once() <= 1  # the calendar's own status is a newer version of it
    writes = world.cluster.writes
    for hours in (1, 4, 6.9):
        world.clock.now = TUESDAY + timedelta(hours=hours)
        assert await world.sweep.once() == 0
    world.clock.now = TUESDAY + timedelta(hours=12.1)
    assert await world.sweep.once() == 1
    assert await world.sweep.once() == 0
    assert world.cluster.writes == writes + 1
    assert world.status["schoolTime"]["nextSchoolDay"] == "2027-02-04"


async def test_calendar_that_changes_changes_school_time_at_once(world: World) -> None:
    await world.sweep.once()
    assert world.status["schoolTime"]["phase"] == "teaching"
    body = world.cluster.objects[academiccalendars.KIND.plural]["west"]
    body["spec"] = {**EXAMPLE, "staffDays": [{"start": "2027-02-02", "end": "2027-02-02", "name": "Training"}]}
    body["metadata"]["resourceVersion"] = "77"
    await world.sweep.once()
    assert world.status["schoolTime"]["phase"] == "staff-day"


async def test_school_without_a_usable_calendar_shows_no_school_time(world: World) -> None:
    world.say("2027-02-03")
    del world.cluster.objects[academiccalendars.KIND.plural]["west"]
    await world.sweep.once()
    assert "schoolTime" not in world.status
    assert world.condition("SchoolTime")[1] == "CalendarMissing"
    assert world.condition("ClosuresCounted")[1] == "Counted"


async def test_closure_that_spoils_a_calendar_is_named_and_stops_no_other_school(tmp_path: pathlib.Path) -> None:
    world = World(tmp_path, closures=[{"start": "2026-09-01", "end": "2036-09-01", "name": "Flood"}])
    fakes.put_sites(world.cluster, "elm")
    await world.sweep.once()
    status, reason, message = world.condition("SchoolTime")
    assert (status, reason) == ("False", "CalendarUnusable")
    assert "closures of the school do not fit AcademicCalendar west: closure Flood lasts from 2026-09-01" in message
    assert world.cluster.status(schoolsites.KIND, "elm")["schoolTime"]["nextSchoolDay"] == "2027-02-03"
    world.rows.close()


async def test_status_that_is_refused_stops_no_other_school(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The API server may refuse a status, or one of two objects may be gone: the school after it is shown all the same."""
    fakes.put_sites(world.cluster, "pine")
    write = world.cluster.write_status

    async def refuse_oak(kind: kinds.Kind, name: str, status: Any, resource_version: str) -> dict[str, Any]:
        if name == "oak":
            raise errors.SpecError("status.closures: Too many: 41: must have at most 40 items")
        return await write(kind, name, status, resource_version)

    monkeypatch.setattr(world.cluster, "write_status", refuse_oak)
    await world.sweep.once()
    assert world.status == {}
    assert world.cluster.status(schoolsites.KIND, "pine")["schoolTime"]["schoolDay"] is True


async def test_calendar_is_worked_out_once_for_all_its_schools(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """500 schools of one calendar, three sweeps in a day: one look at the day."""
    looks: list[date] = []
    look = schooltoday.look

    def counting(days: schooldays.SchoolDays, today: date) -> schooltoday.Today:
        looks.append(today)
        return look(days, today)

    monkeypatch.setattr(schooltoday, "look", counting)
    spec = world.cluster.objects[schoolsites.KIND.plural]["oak"]["spec"]
    for number in range(500):
        site_id = builders.a_site_id(f"s-{number}")
        world.cluster.put(schoolsites.KIND, f"s-{number}", {**spec, "siteId": site_id})
    await world.sweep.once()
    looks.clear()  # the first sweep wrote the calendar's own status
    for _ in range(3):
        await world.sweep.once()
    assert looks == [date(2027, 2, 2)]
