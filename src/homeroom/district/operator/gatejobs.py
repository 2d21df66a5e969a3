"""Gate runs as Kubernetes Jobs: created, followed, and read from the claim that both sides have mounted."""

import asyncio
import contextlib
import pathlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Protocol

from homeroom.domain import errors
from homeroom.gates import documents, jobs, run, workfiles
from homeroom.resources import kinds

POLL = timedelta(seconds=2)
GRACE = timedelta(seconds=30)
"""Past the deadline of the Job, so that the Job controller says by itself why it ended."""


class Cluster(Protocol):
    """The district's Kubernetes API, as far as Jobs need it."""

    async def get(self, kind: kinds.Kind, name: str) -> dict[str, Any] | None:
        """That object; None when there is none."""

    async def create(self, kind: kinds.Kind, body: Mapping[str, Any]) -> dict[str, Any]:
        """The object as created."""

    async def delete(self, kind: kinds.Kind, name: str, *, propagation: str | None = None) -> None:
        """Deletes it; nothing happens when there is none."""


class JobRunner:
    """Runs the gates in a Job.

    Args:
        cluster: where Jobs are made.
        plan: how.
        mount: where this process sees the root of the claim; work directories lie below.
        poll: time between two looks at the Job.
        grace: how long past the deadline to wait for the Job controller's own word.
    """

    def __init__(
        self,
        cluster: Cluster,
        plan: jobs.Plan,
        mount: pathlib.Path,
        *,
        poll: timedelta = POLL,
        grace: timedelta = GRACE,
    ) -> None:
        self._cluster = cluster
        self._plan = plan
        self._mount = mount
        self._poll = poll
        self._grace = grace

    async def __call__(
        self, directory: pathlib.Path, deadline: timedelta, say: Callable[[str], None] | None = None
    ) -> documents.GateReport:
        """The report on what ``inputs.write`` laid out in ``directory``.

        Raises:
            SpecError: what was given cannot be judged.
            Unavailable: the Job did not end in time, was deleted, or failed without saying why.
        """
        inside = directory.relative_to(self._mount).as_posix()
        name = jobs.name_of(directory.name)
        await self._cluster.create(jobs.KIND, jobs.build(inside, self._plan, deadline))
        try:
            async with asyncio.timeout((deadline + self._grace).total_seconds()):
                seen = await self._ended(name, directory, say)
        except BaseException as exc:
            # Also when the operator stops: no Job outlives whoever asked for it.
            await asyncio.shield(self._delete(name))
            if isinstance(exc, TimeoutError):
                raise errors.Unavailable(
                    f"the gate Job {name} has not ended {deadline.total_seconds():g} s after it was made, and no Job "
                    "controller says why: is one running?"
                ) from exc
            raise
        if seen.state is not jobs.State.COMPLETE:
            workfiles.refuse(directory)
            raise errors.Unavailable(
                f"the gate Job {name} ended without a report ({seen.reason}: {seen.message:.200}); `kubectl describe job "
                f"{name}` shows more for an hour"
            )
        report = run.read(directory)
        await self._delete(name)
        return report

    async def _ended(self, name: str, directory: pathlib.Path, say: Callable[[str], None] | None) -> jobs.Seen:
        told = 0
        while True:
            seen = await self._look(name)
            told = await asyncio.to_thread(_tell, directory / workfiles.PROGRESS, told, say)
            if seen.state is not jobs.State.RUNNING:
                return seen
            await asyncio.sleep(self._poll.total_seconds())

    async def _look(self, name: str) -> jobs.Seen:
        try:
            return jobs.look_at(await self._cluster.get(jobs.KIND, name))
        except errors.Unavailable:
            # An API server that is away for a moment says nothing about the Job; the deadline ends the wait.
            return jobs.Seen(jobs.State.RUNNING)

    async def _delete(self, name: str) -> None:
        # What cannot be deleted now is ended by its own deadline and goes by its own time to live; to say so would cost the
        # report that is there, or hide why the Job was given up.
        with contextlib.suppress(errors.Unavailable):
            # By default the API server keeps the pods of a deleted Job, and they would go on reading rows.
            await self._cluster.delete(jobs.KIND, name, propagation="Background")


def _tell(path: pathlib.Path, told: int, say: Callable[[str], None] | None) -> int:
    """Tells the whole lines of ``path`` after the first ``told``; how many there are now."""
    if say is None or not path.exists():
        return told
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]
    for line in lines[told:]:
        say(line)
    return len(lines)
