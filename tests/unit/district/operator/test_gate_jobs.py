"""A gate run in a Job is not lost when the API server is away for a moment."""

import asyncio
import pathlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.gates import cases

from homeroom.district.operator import gatejobs
from homeroom.domain import errors
from homeroom.gates import documents, fairness, jobs, run
from homeroom.resources import kinds

PLAN = jobs.Plan(image="gates:1", claim="rows", user=10001, memory_mib=1024, cpus=1)
AT_ONCE = timedelta(0)


class Flaky:
    """An API server that answers every second question and deletes nothing; its Job is complete or never ends."""

    def __init__(self, *, ends: bool) -> None:
        self.asked = 0
        self.ends = ends
        self.looked = asyncio.Event()

    async def get(self, _kind: kinds.Kind, _name: str) -> dict[str, Any] | None:
        self.asked += 1
        if self.asked % 2:
            raise errors.Unavailable("Kubernetes API: connection refused")
        complete = {"type": "Complete", "status": "True"}
        self.looked.set()
        return {"status": {"conditions": [complete] if self.ends else []}}

    async def create(self, _kind: kinds.Kind, body: Mapping[str, Any]) -> dict[str, Any]:
        return dict(body)

    async def delete(self, _kind: kinds.Kind, _name: str, *, propagation: str | None = None) -> None:
        raise errors.Unavailable(f"Kubernetes API: connection refused ({propagation})")


def _runner(cluster: Flaky, mount: pathlib.Path) -> gatejobs.JobRunner:
    return gatejobs.JobRunner(cluster, PLAN, mount, poll=AT_ONCE, grace=AT_ONCE)


async def test_report_is_not_lost_when_the_api_server_is_away(tmp_path: pathlib.Path) -> None:
    """Rule: neither a question without an answer nor a Job that cannot be deleted costs a run that ended well."""
    known = cases.some_evidence()
    report = documents.build(known, fairness.decide(known))
    work = tmp_path / "run"
    work.mkdir()
    run.write(work, report)

    found = await _runner(Flaky(ends=True), tmp_path)(work, timedelta(seconds=30))

    assert found.digest == report.digest


async def test_deadline_ends_the_wait_whatever_the_api_server_says(tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.Unavailable, match="has not ended"):
        await _runner(Flaky(ends=False), tmp_path)(tmp_path / "run", timedelta(seconds=0.05))


async def test_operator_that_stops_is_not_held_up_by_a_job_that_cannot_be_deleted(tmp_path: pathlib.Path) -> None:
    cluster = Flaky(ends=False)
    running = asyncio.create_task(_runner(cluster, tmp_path)(tmp_path / "run", timedelta(seconds=30)))
    await asyncio.wait_for(cluster.looked.wait(), timeout=10)

    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running
