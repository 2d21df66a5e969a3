"""Whoever answers with the models does so in the same way: in this process, or behind a Unix socket.

Hosted schools use the first, a pair of processes the second; the agent does not know which it has.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import uvicorn
from tests import schoolyard

from homeroom.domain import digests, errors, ladder, releases
from homeroom.packaging import artifacts
from homeroom.school import plans, servers
from homeroom.school.agent import sockets
from homeroom.school.serving import handover, models, runners

FULL, CORE, FALLBACK = releases.Stage.FULL, releases.Stage.CORE, releases.Stage.FALLBACK


@pytest.fixture
def answers() -> models.Models:
    """What answers in the end; a test asks it what a request would get."""
    return models.Models(runners.Pool(), clock=lambda: schoolyard.NOW, reserve_mib=0)


@pytest.fixture(params=["in-process", "socket"])
async def port(request: pytest.FixtureRequest, answers: models.Models) -> AsyncIterator[plans.ModelPort]:
    if request.param == "in-process":
        yield answers
        return
    with tempfile.TemporaryDirectory() as place:  # not tmp_path: a socket's path has at most 107 characters
        path = Path(place) / "serve.sock"
        config = uvicorn.Config(handover.HandoverApp(answers), lifespan="off", ws="none", log_config=None)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([servers.bind_unix(path)]))
        client = sockets.SocketPort(path)
        yield client
        await client.aclose()
        server.should_exit = True
        await serving


class Store:
    """Gives stages, and remembers which were asked for."""

    def __init__(self, *made: artifacts.Artifact) -> None:
        self._content = {digests.of_bytes(blob): blob for release in made for blob in release.blobs}
        self.asked: list[digests.Digest] = []
        self.fault: dict[digests.Digest, errors.HomeroomError] = {}

    def __call__(self, digest: digests.Digest) -> bytes:
        self.asked.append(digest)
        if digest in self.fault:
            raise self.fault[digest]
        return self._content[digest]


def planned(release: artifacts.Artifact, *installed: releases.Stage) -> plans.PlannedRelease:
    config = artifacts.parse_config(release.layers[0].content)
    return plans.PlannedRelease(release.digest, config, installed or (FALLBACK, CORE, FULL))


def a_plan(current: plans.PlannedRelease, previous: plans.PlannedRelease | None = None) -> plans.Plan:
    entry = plans.PlannedEntry(
        schoolyard.PURPOSE, schoolyard.BAND, current.digest, current, previous, (("threshold", 0.25),)
    )
    return plans.Plan(schoolyard.SITE, (entry,))


def stage(release: plans.PlannedRelease, wanted: releases.Stage) -> digests.Digest:
    return next(file.digest for file in release.config.stages if file.stage is wanted)


def answered(answers: models.Models) -> tuple[str, list[float]]:
    """Level and scores of one question."""
    rows = np.array([[1.0, 0.0, 0.0]], dtype=np.float32)
    answer = answers.answer(schoolyard.PURPOSE, schoolyard.BAND, lambda _: rows)
    return answer.level.value, [] if answer.scores is None else [round(float(one), 2) for one in answer.scores]


async def test_nothing_is_served_before_the_first_plan(port: plans.ModelPort) -> None:
    serving = await port.serving()
    assert (serving.plan, serving.served, serving.answers) == ("", (), 0)
    assert serving.instance


async def test_an_applied_plan_is_what_is_answered_from(port: plans.ModelPort, answers: models.Models) -> None:
    release = schoolyard.a_release()
    plan = a_plan(planned(release))
    serving = await port.apply(plan, Store(release))
    assert serving.plan == plan.digest
    assert serving.served == (
        plans.Served(
            schoolyard.PURPOSE, schoolyard.BAND, release.digest, ladder.Level.FULL, "AsAssigned", healthy=True
        ),
    )
    assert answered(answers) == ("full", [0.5])
    assert await port.serving() == plans.Serving(serving.instance, plan.digest, serving.served, 1)


async def test_the_same_plan_twice_reads_nothing_and_changes_nothing(port: plans.ModelPort) -> None:
    release = schoolyard.a_release()
    store = Store(release)
    first = await port.apply(a_plan(planned(release)), store)
    store.asked.clear()
    assert await port.apply(a_plan(planned(release)), store) == first
    assert store.asked == []


async def test_only_what_is_not_loaded_is_read(port: plans.ModelPort) -> None:
    """The line between agent and serving is short, but a Raspberry Pi's card is slow."""
    release = schoolyard.a_release()
    store, whole = Store(release), planned(release)
    await port.apply(a_plan(planned(release, FALLBACK)), store)
    assert store.asked == [stage(whole, FALLBACK)]
    store.asked.clear()
    await port.apply(a_plan(whole), store)
    assert sorted(store.asked) == sorted([stage(whole, CORE), stage(whole, FULL)])


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(errors.NotReady("not here"), id="missing"),
        pytest.param(errors.Refused("Altered", "damaged"), id="damaged"),
    ],
)
async def test_a_stage_that_cannot_be_read_is_a_fault_of_its_rung_only(
    port: plans.ModelPort, answers: models.Models, fault: errors.HomeroomError
) -> None:
    release = schoolyard.a_release()
    store = Store(release)
    store.fault[stage(planned(release), FULL)] = fault
    serving = await port.apply(a_plan(planned(release)), store)
    assert schoolyard.served(serving) == (release.digest, "core")
    assert not serving.served[0].healthy
    assert answered(answers)[0] == "core"


async def test_a_stage_that_is_no_model_is_a_fault_of_its_rung_only(port: plans.ModelPort) -> None:
    release = schoolyard.a_release(full=b"no model")
    serving = await port.apply(a_plan(planned(release)), Store(release))
    assert schoolyard.served(serving) == (release.digest, "core")


async def test_the_previous_release_answers_for_what_is_not_here_yet(port: plans.ModelPort) -> None:
    old, new = schoolyard.a_release(1.0), schoolyard.a_release(2.0)
    serving = await port.apply(a_plan(planned(new, FALLBACK), planned(old)), Store(old, new))
    assert schoolyard.served(serving) == (old.digest, "previous")


async def test_a_plan_without_entries_ends_all_answers(port: plans.ModelPort, answers: models.Models) -> None:
    release = schoolyard.a_release()
    await port.apply(a_plan(planned(release)), Store(release))
    serving = await port.apply(plans.Plan(schoolyard.SITE, ()), Store())
    assert serving.served == ()
    with pytest.raises(errors.NotReady):
        answered(answers)


async def test_nobody_behind_the_socket_is_unavailable(tmp_path: Path) -> None:
    client = sockets.SocketPort(tmp_path / "none.sock")
    with pytest.raises(errors.Unavailable, match="nobody serves"):
        await client.serving()
    await client.aclose()
