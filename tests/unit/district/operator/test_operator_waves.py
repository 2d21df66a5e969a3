"""The pass over waves on a real database, with objects and reports in memory."""

import pathlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests import builders
from tests.unit.district.operator import fakes

from homeroom.district import database, publishing
from homeroom.district.database import assignments as published
from homeroom.district.database import reports as report_rows
from homeroom.district.database import sites as site_rows
from homeroom.district.operator import metrics, sweep, waves
from homeroom.domain import assignments, closurestatements, errors, reports
from homeroom.resources import modelreleases, regionalhubs, rolloutwaves, schoolsites
from homeroom.trust import bundles, director, director_client

WAVE = rolloutwaves.KIND
SCHOOLS = ("s-1", "s-2", "s-3")


class District:
    """A wave pass and a sweep on one database, and schools that report when told to."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.clock, self.cluster = fakes.Clock(), fakes.Cluster()
        self.rows = database.Database.open(f"sqlite:///{directory}/district.db")
        self.keys = director.DirectorKeys.create(directory / "director")
        self.epoch = 1
        self.publisher = publishing.Publisher(
            keys=self.keys,
            district=assignments.Endpoint("district", "https://d:1", "https://d:2"),
            min_agent="0.1.0",
            lifetime=timedelta(days=30),
            epoch=lambda: self.epoch,
            clock=self.clock,
        )
        self.seq = 0
        shared: dict[str, Any] = {
            "look": self.cluster.world,
            "kube": self.cluster,
            "rows": self.rows,
            "offline_after": timedelta(seconds=30),
            "counts": metrics.Metrics(),
            "clock": self.clock,
        }
        self.waves = waves.WavePass(publisher=self.publisher, **shared)
        self.sweep = sweep.Sweep(publisher=self.publisher, **shared)

    def report(self, *names: str, healthy: bool = True) -> None:
        """Each school says that it serves what it was told."""
        for name in names:
            self.seq += 1
            told = self.told(name)
            entry = None if told is None else told.entry("support-offer", "K-2")
            serving = {"purpose": "support-offer", "band": "K-2", "level": "full", "healthy": healthy}
            payload = {
                "assignmentVersion": 0 if told is None else told.version,
                "serving": [] if entry is None else [{**serving, "release": entry.release}],
            }
            key = reports.ReportKey(builders.a_site_id(name), 1, "status", self.seq)
            with self.rows.write() as connection:
                report_rows.apply(connection, [reports.Report(key, self.clock.now, payload)], self.clock.now)

    def close(self, name: str, day: str) -> None:
        """The school's office says that it is closed."""
        payload = closurestatements.to_payload(closurestatements.read(day, day, "snow"))
        key = reports.ReportKey(builders.a_site_id(name), 1, "audit", 1)
        with self.rows.write() as connection:
            report_rows.apply(connection, [reports.Report(key, self.clock.now, payload)], self.clock.now)

    def told(self, name: str) -> assignments.Assignment | None:
        with self.rows.read() as connection:
            latest = published.latest(connection, builders.a_site_id(name))
        return None if latest is None else latest[1]

    def versions(self) -> dict[str, int]:
        found = {name: self.told(name) for name in SCHOOLS}
        return {name: told.version for name, told in found.items() if told is not None}

    async def until_still(self, wave: str, *reporting: str) -> dict[str, Any]:
        """Passes and reports until a pass writes nothing; the status."""
        for _ in range(30):
            self.report(*reporting)
            if not await self.waves.reconcile(wave):
                break
        else:
            pytest.fail("the wave never comes to rest")
        return self.cluster.status(WAVE, wave)


@pytest.fixture
def district(tmp_path: pathlib.Path) -> Iterator[District]:
    made = District(tmp_path)
    fakes.put_sites(made.cluster, *SCHOOLS)
    fakes.put_ready_release(made.cluster, "r-1")
    with made.rows.write() as connection:
        for name in SCHOOLS:
            site_id = builders.a_site_id(name)
            site_rows.upsert(connection, site_rows.SiteRow(site_id, name, 1, "A" * 43 + "=", None, "north", ("K-2",)))
    yield made
    made.rows.close()


async def test_wave_tells_each_school_once_and_completes(district: District) -> None:
    fakes.put_wave(district.cluster, "w", "r-1", {"region": "north"})
    status = await district.until_still("w", *SCHOOLS)
    assert (status["phase"], status["counts"]["done"]) == ("Complete", 3)
    assert district.versions() == dict.fromkeys(SCHOOLS, 1)
    assert status["startedAt"] == "2026-09-14T10:00:00Z"


async def test_what_is_published_is_believed_by_a_school(district: District, tmp_path: pathlib.Path) -> None:
    """The school's own verification takes the bundle, and finds the release, its slot and its bounds in it."""
    fakes.put_wave(district.cluster, "w", "r-1", {"names": ["s-1"]})
    district.report("s-1")
    await district.waves.reconcile("w")
    site_id = builders.a_site_id("s-1")
    with district.rows.read() as connection:
        bundle = published.bundle(connection, site_id, 0)
    assert isinstance(bundle, bundles.Bundle)
    client = director_client.DirectorClient(tmp_path / "school", site_id, district.keys.root)
    (entry,) = client.accept(bundle, district.clock.now).entries
    assert entry.release == builders.a_digest("release-1")
    assert entry.start_by == district.clock.now + timedelta(hours=1)
    assert entry.parameters == (assignments.Parameter("threshold", 0.5, 0.4, 0.6),)


async def test_crash_between_two_schools_tells_nobody_twice(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The transaction of the first school stands; the pass after the restart tells the second and only that."""
    fakes.put_wave(district.cluster, "w", "r-1", {"region": "north"})
    district.report(*SCHOOLS)
    sign, calls = director.sign_assignment, []

    def dying(*arguments: Any) -> bundles.Bundle:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return sign(*arguments)

    monkeypatch.setattr(director, "sign_assignment", dying)
    with pytest.raises(KeyboardInterrupt):
        await district.waves.reconcile("w")
    assert district.versions() == {"s-1": 1}
    monkeypatch.setattr(director, "sign_assignment", sign)
    district.epoch = 2
    status = await district.until_still("w", *SCHOOLS)
    assert (status["phase"], district.versions()) == ("Complete", dict.fromkeys(SCHOOLS, 1))


async def test_operator_that_lost_its_lease_publishes_nothing(district: District) -> None:
    fakes.put_wave(district.cluster, "w", "r-1", {"names": ["s-1"]})
    fakes.put_wave(district.cluster, "x", "r-1", {"names": ["s-2"]})
    district.epoch = 7
    district.report(*SCHOOLS)
    await district.waves.reconcile("w")
    district.epoch = 6
    with pytest.raises(errors.Refused, match="replaced by epoch 7"):
        await district.waves.reconcile("x")
    assert district.versions() == {"s-1": 1}


async def test_offline_school_is_missed_and_a_later_wave_takes_it(district: District) -> None:
    """It blocks its wave for startWithin, is no failure, and is among the remaining ones afterwards."""
    fakes.put_wave(district.cluster, "w", "r-1", {"region": "north"})
    before = await district.until_still("w", "s-1", "s-2")
    assert (before["phase"], before["counts"]["pending"]) == ("Waiting", 1)
    district.clock.move(hours=1)
    after = await district.until_still("w", "s-1", "s-2")
    assert (after["phase"], after["counts"]["missed"], after["counts"]["failed"]) == ("Complete", 1, 0)
    fakes.put_wave(district.cluster, "rest", "r-1", {"remaining": True})
    rest = await district.until_still("rest", *SCHOOLS)
    assert (rest["phase"], rest["counts"]["total"], rest["counts"]["done"]) == ("Complete", 1, 1)


async def test_rollback_restores_the_release_before(district: District) -> None:
    """A second release replaced the first; going back names the first again, under a higher version."""
    fakes.put_wave(district.cluster, "w", "r-1", {"names": ["s-1", "s-2"]})
    await district.until_still("w", *SCHOOLS)
    fakes.put_ready_release(district.cluster, "r-2", "release-2")
    fakes.put_wave(district.cluster, "x", "r-2", {"names": ["s-1", "s-2", "s-3"]})
    await district.until_still("x", *SCHOOLS)
    assert district.versions() == {"s-1": 2, "s-2": 2, "s-3": 1}
    district.cluster.objects["rolloutwaves"]["x"]["spec"]["rollback"] = True
    status = await district.until_still("x", *SCHOOLS)
    assert (status["phase"], status["counts"]["rolledBack"]) == ("RolledBack", 3)
    assert district.versions() == {"s-1": 3, "s-2": 3, "s-3": 2}
    told = {name: district.told(name) for name in SCHOOLS}
    releases = {name: [e.release for e in t.entries] for name, t in told.items() if t is not None}
    first = builders.a_digest("release-1")
    assert releases == {"s-1": [first], "s-2": [first], "s-3": []}


async def test_failing_schools_halt_the_wave(district: District) -> None:
    fakes.put_wave(district.cluster, "w", "r-1", {"region": "north"}, maxConcurrency=1)
    district.report(*SCHOOLS)
    await district.waves.reconcile("w")
    district.clock.move(minutes=10)
    district.report(*SCHOOLS, healthy=False)
    await district.waves.reconcile("w")
    status = district.cluster.status(WAVE, "w")
    assert (status["phase"], status["counts"]["failed"], status["counts"]["pending"]) == ("Halted", 1, 2)
    assert district.versions() == {"s-1": 1}


@pytest.mark.parametrize(
    ("wave", "reason", "said"),
    [
        pytest.param({"release": "nope", "schools": {"region": "north"}}, "ReleaseNotFound", "nope", id="release"),
        pytest.param({"release": "raw", "schools": {"region": "north"}}, "ReleaseNotReady", "approval", id="not ready"),
        pytest.param({"release": "r-1", "schools": {"names": ["s-9"]}}, "SiteNotFound", "s-9", id="school"),
        pytest.param({"release": "r-1", "schools": {"region": "moon"}}, "NoSchools", "no school", id="region"),
        pytest.param(
            {"release": "r-1", "schools": {"region": "north"}, "after": "nope"}, "AfterNotFound", "nope", id="after"
        ),
        pytest.param({"release": "r-1", "schools": {"region": "west"}}, "HubNotFound", "cedar", id="hub"),
    ],
)
async def test_wave_names_what_is_missing(district: District, wave: dict[str, Any], reason: str, said: str) -> None:
    """Nothing is told, nothing is remembered, and the message says what to change."""
    fakes.put_ready_release(district.cluster, "raw", ready=False)
    fakes.put_sites(district.cluster, "s-w", region="west", hub="cedar")
    fakes.put_wave(district.cluster, "w", **wave)
    status = await district.until_still("w", *SCHOOLS)
    assert (status["conditions"][0]["status"], status["conditions"][0]["reason"]) == ("False", reason)
    assert said in status["message"]
    assert district.versions() == {}


async def test_waves_after_each_other_are_no_conflict_and_others_are(district: District) -> None:
    fakes.put_wave(district.cluster, "a", "r-1", {"names": ["s-1"]})
    fakes.put_wave(district.cluster, "b", "r-1", {"region": "north"}, after="a")
    fakes.put_wave(district.cluster, "c", "r-1", {"names": ["s-1", "s-2"]})
    for name in "abc":
        await district.waves.reconcile(name)
    found = {name: district.cluster.status(WAVE, name)["conditions"] for name in "abc"}
    assert [found[name][0]["reason"] for name in "abc"] == ["Valid", "Valid", "ConflictingWave"]
    assert found["b"][1]["reason"] == "WaitingForWave"


async def test_day_that_a_school_reports_closed_soaks_nothing(district: District) -> None:
    """Told on Monday, seen every day: on Wednesday one school day is over, and none where Tuesday was a snow day."""
    fakes.put_wave(district.cluster, "w", "r-1", {"names": ["s-1", "s-2"]}, requiredSoak={"schoolDays": 1})
    district.close("s-2", "2026-09-15")
    states = []
    for _ in range(4):
        await district.sweep.once()
        status = await district.until_still("w", *SCHOOLS)
        states.append((status["counts"]["soaking"], status["counts"]["done"]))
        district.clock.move(hours=24)
    assert states == [(2, 0), (2, 0), (1, 1), (0, 2)]


async def test_deleted_wave_is_forgotten(district: District) -> None:
    """A new wave of the same name starts from nothing."""
    fakes.put_wave(district.cluster, "w", "r-1", {"names": ["s-1"]})
    await district.until_still("w", *SCHOOLS)
    del district.cluster.objects["rolloutwaves"]["w"]
    await district.waves.forget_deleted()
    fakes.put_wave(district.cluster, "w", "r-1", {"names": ["s-2"]})
    assert (await district.until_still("w", *SCHOOLS))["counts"]["total"] == 1


async def test_sweep_mirrors_schools_and_shows_transitions_only(district: District) -> None:
    fakes.put_sites(district.cluster, "s-4")
    with district.rows.write() as connection:
        gone = site_rows.SiteRow(builders.a_site_id("gone"), "gone", 1, "A" * 43 + "=", None, "north", ("K-2",))
        site_rows.upsert(connection, gone)
    assert await district.sweep.once() > 0
    with district.rows.read() as connection:
        assert [row.name for row in site_rows.every(connection)] == ["s-1", "s-2", "s-3", "s-4"]
    assert await district.sweep.once() == 0
    district.report("s-1")
    assert await district.sweep.once() == 1
    district.clock.move(seconds=10)
    district.report("s-1")
    assert await district.sweep.once() == 0
    district.clock.move(seconds=31)
    assert await district.sweep.once() == 1
    status = district.cluster.status(schoolsites.KIND, "s-1")
    assert (status["conditions"][0]["reason"], status["offlineSince"]) == ("Silent", "2026-09-14T10:00:10Z")


async def test_moved_hub_is_told_to_its_schools(district: District) -> None:
    """A new, higher assignment with the same entries; nothing when there is nothing new."""
    fakes.put_wave(district.cluster, "w", "r-1", {"names": ["s-1"]})
    await district.until_still("w", *SCHOOLS)
    before = district.told("s-1")
    fakes.put_sites(district.cluster, "s-1", hub="cedar")
    district.cluster.put(
        regionalhubs.KIND, "cedar",
        {"region": "north", "endpoints": {"control": "https://h:1", "bulk": "https://h:2"}, "cacheMiB": 10},
    )  # fmt: skip
    await district.sweep.once()
    after = district.told("s-1")
    assert before is not None
    hub = assignments.Endpoint("hub", "https://h:1", "https://h:2")
    assert after == replace(before, version=2, endpoints=(hub, *before.endpoints))
    assert await district.sweep.once() == 0


def _waive(district: District, reason: str = "Waived") -> None:
    """Says of the release that what lacks evidence is waived."""
    status = district.cluster.status(modelreleases.KIND, "r-1")
    gates = {**status["conditions"][0], "type": "GatesPassed", "reason": reason, "message": "waived by dora"}
    status["conditions"] = [gates, *(c for c in status["conditions"] if c["type"] != "GatesPassed")]


async def test_waived_release_goes_to_pilots_until_a_second_person_lets_it_go_to_all(district: District) -> None:
    """A wave over a region waits and says why; a pilot runs; after the override the region follows."""
    _waive(district)
    fakes.put_wave(district.cluster, "pilot", "r-1", {"pilot": {"count": 1}})
    fakes.put_wave(district.cluster, "region", "r-1", {"region": "north"}, after="pilot")
    assert (await district.until_still("pilot", *SCHOOLS))["phase"] == "Complete"
    held = await district.until_still("region", *SCHOOLS)
    valid = held["conditions"][0]
    assert (valid["type"], valid["status"], valid["reason"]) == ("Valid", "False", "PilotsOnly")
    assert held["message"].startswith(
        "release r-1 may go to pilots only (waived by dora): choose schools by pilot or names"
    )
    assert sorted(district.versions()) == ["s-1"]
    _waive(district, "Overridden")
    assert (await district.until_still("region", *SCHOOLS))["phase"] == "Complete"
    assert sorted(district.versions()) == list(SCHOOLS)


async def test_wave_that_runs_starts_no_further_school_when_an_override_has_ended(district: District) -> None:
    """What was told is followed on; nothing is rolled back."""
    _waive(district, "Overridden")
    fakes.put_wave(district.cluster, "w", "r-1", {"region": "north"}, maxConcurrency=1)
    district.report("s-1")
    await district.waves.reconcile("w")
    _waive(district)
    status = await district.until_still("w", *SCHOOLS)
    assert status["conditions"][0]["reason"] == "PilotsOnly"
    assert sorted(district.versions()) == ["s-1"]
