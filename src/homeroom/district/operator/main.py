"""The district's operator as a process."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any

import structlog

from homeroom.district import database
from homeroom.district.operator import health, logs, loops, metrics, settings, wiring
from homeroom.kube import client as kube
from homeroom.kube import kopf_watching, leases
from homeroom.processes import environment
from homeroom.resources import gatepolicies, modelreleases, regionalhubs, releaseapprovals, rolloutwaves
from homeroom.transport.control import serve

FIELD_MANAGER = "homeroom-district-operator"
LEASE = "homeroom-district-operator"

WATCHED = (modelreleases.KIND, gatepolicies.KIND, releaseapprovals.KIND, rolloutwaves.KIND, regionalhubs.KIND)
"""Never SchoolSite: there are thousands, and the sweep looks at them from its own cache."""

_STUCK_SECONDS = 120.0
"""A pass waits for nothing longer than a minute, so this is twice the worst."""

_log = structlog.get_logger()


def run() -> None:
    """Reconciles releases, waves and schools until SIGTERM; settings ``HOMEROOM_OPERATOR_*``.

    Raises:
        SpecError: settings are missing or bad, a file is unreadable, or the port is in use.
        Refused: the API server does not know us.
        Unavailable: the database or the API server cannot be used.
    """
    chosen = environment.load(settings.Settings)
    logs.configure()
    structlog.contextvars.bind_contextvars(process="operator", tier="district")
    meters = metrics.Metrics()
    rows = database.Database.open(chosen.database_url)
    running: list[loops.Loops] = []

    async def work(stop: asyncio.Event) -> None:
        await _work(chosen, rows, meters, running, stop)

    _log.info("operator_starting", metrics_port=chosen.metrics_port)
    app = health.build_app(meters, lambda: _health(running))
    try:
        serve.run([serve.Listener(app, chosen.metrics_host, chosen.metrics_port)], [work])
    finally:
        rows.close()
    _log.info("operator_ended")


def _health(running: list[loops.Loops]) -> str | None:
    stuck = any(one.silent_seconds > _STUCK_SECONDS for one in running)
    return "no pass has ended for two minutes" if stuck else None


async def _work(
    chosen: settings.Settings,
    rows: database.Database,
    meters: metrics.Metrics,
    running: list[loops.Loops],
    stop: asyncio.Event,
) -> None:
    async with AsyncExitStack() as stack:
        kubernetes = await stack.enter_async_context(
            kube.connect(chosen.kubeconfig, chosen.namespace, field_manager=FIELD_MANAGER)
        )
        # A writer that lost its lease must stop; a supervisor starts it again, and it waits for its turn.
        lease = leases.Lease(kubernetes, LEASE, on_loss=stop.set, timing=wiring.lease_timing(chosen))
        if not await wiring.taken(lease, stop):
            return
        stack.push_async_exit(lease.__aexit__)
        meters.lease.set_function(lambda: float(lease.is_held))
        outside = await stack.enter_async_context(wiring.opening(chosen, rows, kubernetes, lease))
        built = await stack.enter_async_context(wiring.building(chosen, outside, meters))
        running.append(built)
        watching = kopf_watching.watch(chosen.kubeconfig, WATCHED, chosen.namespace, built.wake, stop)
        async with asyncio.TaskGroup() as group:
            tasks = [built.run(stop), built.run_sweeps(stop), watching]
            for task in tasks:
                group.create_task(_ending_all(task, stop))


async def _ending_all(task: Coroutine[Any, Any, None], stop: asyncio.Event) -> None:
    try:
        await task
    finally:
        stop.set()  # a loop that ended early must not leave half an operator
