"""The agent does what it was told, and goes on without anybody."""

import contextlib
import dataclasses
import gc
import os
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests import schoolyard

from homeroom.domain import digests, errors, reports
from homeroom.packaging import artifacts
from homeroom.school import plans
from homeroom.school.agent import agents
from homeroom.school.serving import models, runners, spools
from homeroom.trust import enrolment

PACE = agents.Pace(status=timedelta(hours=1), usage=timedelta(0), resend=timedelta(0))


class Box:
    """A school's box that can lose power: its disk stays, everything in memory goes."""

    def __init__(self, world: schoolyard.District, school: enrolment.Enrolment, place: Path) -> None:
        self.world = world
        self.school = school
        self.place = place
        self.now = schoolyard.NOW
        self.agent: agents.Agent
        self.models: models.Models
        self.boot()

    def boot(self) -> None:
        self.models = models.Models(runners.Pool(), clock=self.clock, reserve_mib=0)
        self.agent = agents.Agent(
            self.school,
            self.place / "state",
            links=schoolyard.Links(self.world),
            models=self.models,
            clock=self.clock,
            spool=self.place / "spool",
            pace=PACE,
        )

    def clock(self) -> datetime:
        return self.now

    async def reboot(self) -> None:
        await self.agent.aclose()
        self.boot()

    @property
    def served(self) -> tuple[digests.Digest | None, str]:
        return schoolyard.served(self.models.state())


@pytest.fixture
async def box(world: schoolyard.District, school: enrolment.Enrolment, tmp_path: Path) -> AsyncIterator[Box]:
    made = Box(world, school, tmp_path)
    yield made
    await made.agent.aclose()


def cut(*names: str) -> Callable[[str], None]:
    """A line that fails for calls with these names, all calls without names."""

    def before(name: str) -> None:
        if not names or any(name.startswith(prefix) for prefix in names):
            raise errors.Unavailable(f"{name} is cut")

    return before


async def test_a_release_arrives_and_serves(world: schoolyard.District, box: Box) -> None:
    release = schoolyard.a_release()
    world.publish(release)
    world.assign(schoolyard.an_entry(release))
    await box.agent.step()
    assert box.served == (release.digest, "full")
    assert world.events() == ["installed"]
    assert world.payloads(reports.ReportClass.STATUS)[-1] == {
        "assignmentVersion": 1,
        "serving": [
            {"purpose": "support-offer", "band": "K-2", "release": release.digest, "level": "full", "healthy": True}
        ],
        "answers": 0,
        "agentVersion": "0.1.0",
        "refused": None,
    }
    assert box.agent.waiting == 0


async def test_stages_serve_as_they_arrive(world: schoolyard.District, box: Box) -> None:
    """Fallback first, then core, then full: a slow line gives something useful early."""
    release = schoolyard.a_release()
    world.publish(release)
    world.assign(schoolyard.an_entry(release))
    seen = []

    class Watching:
        async def serving(self) -> plans.Serving:
            return await box.models.serving()

        async def apply(self, plan: plans.Plan, read: plans.ReadBlob) -> plans.Serving:
            serving = await box.models.apply(plan, read)
            seen.append(serving.served[0].level.value)
            return serving

    box.agent._models = Watching()
    await box.agent.step()
    assert seen == ["none", "fallback", "core", "full"]


async def test_a_second_pass_over_an_unchanged_world_does_nothing(world: schoolyard.District, box: Box) -> None:
    release = schoolyard.a_release()
    world.publish(release)
    world.assign(schoolyard.an_entry(release))
    await box.agent.step()
    before = len(world.applied)
    await box.agent.step()
    assert (len(world.applied), world.duplicates, box.agent.waiting) == (before, 0, 0)


async def test_the_previous_release_answers_until_the_next_is_here(world: schoolyard.District, box: Box) -> None:
    first, second = schoolyard.a_release(1.0), schoolyard.a_release(2.0)
    world.publish(first)
    world.assign(schoolyard.an_entry(first))
    await box.agent.step()
    world.blobs[second.digest] = second.manifest  # its stages are not there yet
    world.blobs[digests.of_bytes(second.layers[0].content)] = second.layers[0].content
    world.assign(schoolyard.an_entry(second, previous=first.digest), version=2)
    await box.agent.step()
    assert box.served == (first.digest, "previous")
    world.publish(second)
    await box.agent.step()
    assert box.served == (second.digest, "full")


async def test_a_release_that_was_missed_does_not_silence_the_school(world: schoolyard.District, box: Box) -> None:
    """The assignment names a previous release that this school never got: what it has goes on answering."""
    first, missed, third = (schoolyard.a_release(weight) for weight in (1.0, 2.0, 3.0))
    world.publish(first)
    world.assign(schoolyard.an_entry(first))
    await box.agent.step()
    world.assign(schoolyard.an_entry(third, previous=missed.digest), version=3)
    await box.agent.step()
    assert box.served == (first.digest, "previous")


async def test_rollback_needs_no_line_to_the_registry(world: schoolyard.District, box: Box) -> None:
    """The release before is still here, so a higher assignment that names it takes effect at once."""
    first, second = schoolyard.a_release(1.0), schoolyard.a_release(2.0)
    for release, version, previous in ((first, 1, None), (second, 2, first.digest)):
        world.publish(release)
        world.assign(schoolyard.an_entry(release, previous=previous), version=version)
        await box.agent.step()
    world.blobs.clear()
    world.assign(schoolyard.an_entry(first, previous=second.digest), version=3)
    await box.agent.step()
    assert box.served == (first.digest, "full")


async def test_old_releases_are_cleared_away(world: schoolyard.District, box: Box) -> None:
    made = [schoolyard.a_release(weight) for weight in (1.0, 2.0, 3.0)]
    for number, release in enumerate(made):
        world.publish(release)
        previous = made[number - 1].digest if number else None
        world.assign(schoolyard.an_entry(release, previous=previous), version=number + 1)
        await box.agent.step()
    kept = {path.name for path in (box.place / "state" / "blobs").iterdir()}
    assert made[0].digest.removeprefix("sha256:") not in kept
    assert {release.digest.removeprefix("sha256:") for release in made[1:]} <= kept


async def test_without_any_line_a_restarted_school_answers_from_its_store(world: schoolyard.District, box: Box) -> None:
    release = schoolyard.a_release()
    world.publish(release)
    world.assign(schoolyard.an_entry(release))
    await box.agent.step()
    world.before = cut()
    await box.reboot()
    await box.agent.step()
    assert box.served == (release.digest, "full")


async def test_an_expired_assignment_stops_installs_and_nothing_else(world: schoolyard.District, box: Box) -> None:
    first, second = schoolyard.a_release(1.0), schoolyard.a_release(2.0)
    world.publish(first)
    world.assign(schoolyard.an_entry(first))
    await box.agent.step()
    world.assign(schoolyard.an_entry(second, previous=first.digest), version=2)
    await box.agent.step()  # accepted, but the registry has nothing of it yet
    box.now += timedelta(days=31)
    world.publish(second)
    await box.reboot()
    await box.agent.step()
    assert box.served == (first.digest, "previous")
    assert box.agent.refused == "Expired"
    world.assign(schoolyard.an_entry(second, previous=first.digest), version=3, expires=box.now + timedelta(days=30))
    await box.agent.step()
    assert box.served == (second.digest, "full")
    assert box.agent.refused is None


async def test_an_assignment_for_newer_agents_is_not_followed(world: schoolyard.District, box: Box) -> None:
    first, second = schoolyard.a_release(1.0), schoolyard.a_release(2.0)
    for release in (first, second):
        world.publish(release)
    world.assign(schoolyard.an_entry(first))
    await box.agent.step()
    world.assign(schoolyard.an_entry(second), version=2, min_agent="9.0.0")
    await box.agent.step()
    await box.agent.step()
    assert box.served == (first.digest, "full")
    assert box.agent.refused == "AgentTooOld"
    assert world.events() == ["installed", "refused"]
    assert world.payloads(reports.ReportClass.STATUS)[-1]["refused"] == "AgentTooOld"


async def test_a_forged_bundle_is_refused_and_reported_once(world: schoolyard.District, box: Box) -> None:
    release = schoolyard.a_release()
    world.publish(release)
    world.assign(schoolyard.an_entry(release))
    await box.agent.step()
    world.assign(schoolyard.an_entry(release), version=2)
    assert world.bundle is not None
    world.bundle = dataclasses.replace(world.bundle, assignment=world.bundle.assignment.replace(b"pilot", b"pirat"))
    await box.agent.step()
    await box.agent.step()
    assert box.agent.refused == "Altered"
    assert world.events() == ["installed", "refused"]
    assert box.served == (release.digest, "full")


@pytest.mark.parametrize(
    ("change", "reason"), [({"purpose": "risk-label"}, "WrongUse"), ({"bands": ("9-12",)}, "WrongUse")]
)
async def test_a_release_is_not_used_for_what_it_was_not_made_for(
    world: schoolyard.District, box: Box, change: dict[str, Any], reason: str
) -> None:
    """A stolen online key can at worst choose among releases that are meant for this."""
    release = schoolyard.a_release(**change)
    world.publish(release)
    world.assign(schoolyard.an_entry(release))
    await box.agent.step()
    assert box.agent.refused == reason
    assert box.served == (None, "none")


async def test_parameters_stay_within_the_release(world: schoolyard.District, box: Box) -> None:
    release = schoolyard.a_release()
    world.publish(release)
    wide = dataclasses.replace(schoolyard.an_entry(release).parameters[0], value=0.9, maximum=1.0)
    world.assign(schoolyard.an_entry(release, parameters=(wide,)))
    await box.agent.step()
    answer = box.models.answer("support-offer", "K-2", lambda _: np.zeros((1, 3), np.float32))
    assert answer.threshold == 0.35


async def test_a_blob_with_other_bytes_is_never_activated(world: schoolyard.District, box: Box) -> None:
    release = schoolyard.a_release()
    world.publish(release)
    full = release.layers[-2].content
    world.blobs[digests.of_bytes(full)] = full[:-1] + b"\0"
    world.assign(schoolyard.an_entry(release))
    await box.agent.step()
    assert box.served == (release.digest, "core")
    assert box.agent.refused == "Altered"


async def test_the_next_endpoint_is_asked_when_the_first_does_not_answer(world: schoolyard.District, box: Box) -> None:
    release = schoolyard.a_release()
    world.publish(release)
    world.assign(schoolyard.an_entry(release))
    calls: list[str] = []

    def before(name: str) -> None:
        calls.append(name)
        if name.startswith("hub"):
            raise errors.Unavailable("hub hangs")

    world.before = before
    await box.agent.step()
    assert box.served == (release.digest, "full")
    calls.clear()
    await box.agent.poll()
    assert calls == ["district.assignment"], "an endpoint that just failed is asked last"


class PowerCut(BaseException):
    """Ends everything, as a power cut does: nothing of ours catches it."""


async def one_life(
    world: schoolyard.District, school: enrolment.Enrolment, place: Path
) -> tuple[digests.Digest | None, str]:
    """Boot, one pass, shut down; what was served."""
    fresh = Box(world, school, place)
    try:
        await fresh.agent.step()
        return fresh.served
    finally:
        await fresh.agent.aclose()


@pytest.mark.parametrize("skip", range(9))
async def test_a_power_cut_at_any_call_converges(world: schoolyard.District, box: Box, skip: int) -> None:
    """Cut at the n-th call of an install; after the reboot the end is the same as without a cut."""
    release = schoolyard.a_release()
    world.publish(release)
    world.assign(schoolyard.an_entry(release))
    calls = 0

    def before(_: str) -> None:
        nonlocal calls
        calls += 1
        if calls == skip + 1:
            raise PowerCut

    world.before = before
    with pytest.raises(PowerCut):
        await box.agent.step()
    await box.reboot()
    await box.agent.step()
    assert box.served == (release.digest, "full")
    assert box.agent.waiting == 0
    assert world.events().count("installed") == 1
    numbers = [key.seq for key in sorted(world.applied) if key.report_class == "status"]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.fixture
def memory_place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory in memory where syncs cost nothing.

    For tests that crash a life by an exception: what the process wrote stays readable without any sync, so syncing
    proves nothing there. Whether syncs are in the right order is for the tests that kill a process.
    """
    monkeypatch.setattr(os, "fsync", lambda _: None)
    memory = Path("/dev/shm")  # noqa: S108 - the only file system in memory that every Linux has
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as place:
        gc.collect()
        gc.freeze()  # collecting after each crash then looks at the objects of that life only
        try:
            yield Path(place)
        finally:
            gc.unfreeze()


async def test_a_crash_between_any_two_writes_converges(
    world: schoolyard.District, box: Box, memory_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every durable write of an install is a crash point: before it, and right after it."""
    from homeroom.trust import durable  # noqa: PLC0415 - patched here

    release = schoolyard.a_release()
    world.publish(release)
    world.assign(schoolyard.an_entry(release))
    real, points = durable.write, 0
    while True:
        points += 1
        left = points

        def write(path: Path, content: bytes, *, mode: int = 0o600) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise PowerCut
            real(path, content, mode=mode)
            left -= 1
            if left == 0:
                raise PowerCut

        monkeypatch.setattr(durable, "write", write)
        place = memory_place / f"point-{points}"
        whole = False
        with contextlib.suppress(PowerCut):
            await one_life(world, box.school, place)
            whole = True
        monkeypatch.setattr(durable, "write", real)
        if whole:
            break
        gc.collect()  # the dead box still holds the lock of its store, as a dead process would not
        assert await one_life(world, box.school, place) == (release.digest, "full"), f"crash point {points}"
        world.applied.clear()
    assert points > 15


async def test_a_lost_database_is_put_aside_and_the_school_still_answers(world: schoolyard.District, box: Box) -> None:
    release = schoolyard.a_release()
    world.publish(release)
    world.assign(schoolyard.an_entry(release))
    await box.agent.step()
    applied = len(world.applied)
    await box.agent.aclose()
    (box.place / "state" / "store.db").write_bytes(b"not a database" * 1000)
    world.before = cut()
    box.boot()
    await box.agent.step()
    assert box.served == (release.digest, "full")
    assert (box.place / "state" / "store.db.damaged-1").exists()
    # No number is given until the district has said which it has: else new reports would pass for old ones.
    assert box.agent.waiting == 0
    world.before = lambda _: None
    for _ in range(3):
        await box.agent.step()
        box.agent._queue_status()
    await box.agent.step()
    assert len(world.applied) > applied
    assert world.duplicates == 0
    assert any("gap" in payload for payload in world.payloads(reports.ReportClass.STATUS))


async def test_two_agents_cannot_share_a_store(world: schoolyard.District, box: Box) -> None:
    with pytest.raises(errors.Unavailable, match="another agent"):
        Box(world, box.school, box.place)


async def test_offline_and_online_are_told_once_each(world: schoolyard.District, box: Box) -> None:
    await box.agent.step()
    world.before = cut()
    for _ in range(3):
        await box.agent.step()
    world.before = lambda _: None
    await box.agent.step()
    assert world.events() == ["offline", "online"]


async def test_counts_of_answers_are_reported_exactly_once(world: schoolyard.District, box: Box) -> None:
    """Also when the box goes down between taking in and removing the spool."""
    release = schoolyard.a_release()
    world.publish(release)
    world.assign(schoolyard.an_entry(release))
    for level in ("full", "full", "fallback"):
        spool = spools.SpoolWriter(box.place / "spool")
        spool.note(schoolyard.NOW, "support-offer", level)
        spool.close()
        await box.agent.step()
        await box.reboot()
    await box.agent.step()
    usage = world.payloads(reports.ReportClass.USAGE)
    assert sum(payload["answers"] for payload in usage) == 3
    assert [payload["byLevel"] for payload in usage] == [{"full": 1}, {"full": 1}, {"fallback": 1}]


async def test_a_full_disk_error_of_the_store_is_not_swallowed(box: Box) -> None:
    """An error of the disk ends the agent: pages may be marked clean, and going on would be a lie."""
    box.agent._store._connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(sqlite3.OperationalError, match="full"):  # noqa: PT012 - which call finds it full is not the point
        for _ in range(200):
            box.agent._queue_status()


def test_artifacts_are_equal_for_equal_input() -> None:
    assert isinstance(schoolyard.a_release(), artifacts.Artifact)
    assert schoolyard.a_release().digest == schoolyard.a_release().digest
