"""One pass of the school operator: gather, decide, apply."""

import asyncio
import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import structlog

from homeroom.domain import assignments, errors
from homeroom.kube import client as kube
from homeroom.resources import siteassignments
from homeroom.school import plans
from homeroom.school.operator import projections
from homeroom.school.runtime import runtimes

_LOG = structlog.get_logger()
_AGENT_SECONDS = 5.0


class Sweep:
    """Looks after one school.

    Args:
        cluster: the school's own API.
        runtime: what runs the workload.
        programs: the workload.
        agent_socket: where the agent shows what it has verified.
        name: of the SiteAssignment.
    """

    def __init__(
        self,
        cluster: kube.Kubernetes,
        runtime: runtimes.Runtime,
        programs: tuple[runtimes.Program, ...],
        agent_socket: Path,
        name: str,
    ) -> None:
        self._cluster = cluster
        self._runtime = runtime
        self._programs = programs
        self._name = name
        self.wake = asyncio.Event()
        self._http = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(uds=str(agent_socket)),
            base_url="http://agent",
            timeout=_AGENT_SECONDS,
            trust_env=False,
        )

    async def run(self, stop: asyncio.Event, pause_seconds: float) -> None:
        """Pass after pass until ``stop``; then the workload ends too.

        Only then: when a fault ends this operator, the school goes on answering and the next operator takes over.
        """
        try:
            while not stop.is_set():
                self.wake.clear()
                try:
                    await self.reconcile()
                except errors.HomeroomError as exc:
                    _LOG.warning("pass_failed", error=str(exc), kind=type(exc).__name__)
                await _first(self.wake, stop, pause_seconds)
        finally:
            await self._http.aclose()
        await self._runtime.stop()

    async def reconcile(self) -> None:
        """One pass. The workload comes first: an API server that is gone must not keep a school from answering."""
        running = await self._runtime.ensure(self._programs)
        shown = await self._ask_agent()
        existing = await self._cluster.get(siteassignments.KIND, self._name)
        observed = _observe(shown, existing, workload_up=all(program.is_up for program in running.values()))
        await self._apply(projections.decide(observed, datetime.now(UTC)), existing)

    async def _apply(self, decision: projections.Decision, existing: dict[str, Any] | None) -> None:
        if decision.recreate:
            _LOG.warning("assignment_object_differs", name=self._name, action="recreate")
            await self._cluster.delete(siteassignments.KIND, self._name)
        if decision.spec is not None:
            body = {"metadata": {"name": self._name}, "spec": decision.spec}
            if existing is None or decision.recreate:
                await self._cluster.create(siteassignments.KIND, body)
            else:
                # Replaced, not applied: fields that somebody else added must go as well.
                version = existing["metadata"]["resourceVersion"]
                body["metadata"] = {
                    "name": self._name,
                    "namespace": self._cluster.namespace,
                    "resourceVersion": version,
                }
                await self._cluster.replace(siteassignments.KIND, body)
            _LOG.info("assignment_shown", name=self._name, version=decision.spec["version"])
            self.wake.set()  # its status is for the next pass, which sees the generation that it is about
        elif decision.status is not None and existing is not None:
            version = existing["metadata"]["resourceVersion"]
            await self._cluster.write_status(siteassignments.KIND, self._name, decision.status, version)

    async def _ask_agent(self) -> dict[str, Any] | None:
        try:
            response = await self._http.get("/assignment")
            value = response.raise_for_status().json()
        except (httpx.HTTPError, ValueError):
            return None
        return value if isinstance(value, dict) else None


def _observe(
    shown: dict[str, Any] | None, existing: dict[str, Any] | None, *, workload_up: bool
) -> projections.Observed:
    if shown is None:
        return projections.Observed(None, None, None, workload_up=False, existing=existing)
    return projections.Observed(
        assignment=None if shown["assignment"] is None else assignments.parse(shown["assignment"]),
        refused=shown["refused"],
        serving=None if shown["serving"] is None else plans.parse_serving(shown["serving"]),
        workload_up=workload_up,
        existing=existing,
    )


async def _first(wake: asyncio.Event, stop: asyncio.Event, seconds: float) -> None:
    waits = [asyncio.create_task(wake.wait()), asyncio.create_task(stop.wait())]
    await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*waits)
