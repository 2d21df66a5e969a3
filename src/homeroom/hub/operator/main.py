"""The hub's operator as a process: the place that builds its parts and joins them."""

import asyncio
import random
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from homeroom.hub import observability, settings
from homeroom.hub.operator import metrics, sweep
from homeroom.hub.store import database
from homeroom.kube import client as kube
from homeroom.kube import kopf_watching
from homeroom.processes import environment
from homeroom.resources import regionalhubs
from homeroom.transport.control import client, serve
from homeroom.transport.oci import client as oci

log = structlog.get_logger()

FIELD_MANAGER = "homeroom-hub-operator"
_STUCK_AFTER = timedelta(minutes=2)  # a pass has a deadline on each of its waits, and ends far sooner


def run() -> None:
    """Keeps the hub at what its schools need until SIGTERM; settings ``HOMEROOM_OPERATOR_*``.

    Raises:
        SpecError: settings are missing or bad, or a port is in use.
        Refused: the API server does not know us.
        Unavailable: the database cannot be used.
    """
    chosen = environment.load(settings.OperatorSettings)
    observability.configure_logging()
    structlog.contextvars.bind_contextvars(process="operator", tier="hub", hub=chosen.hub)
    registry = observability.build_registry()
    meters = metrics.Meters(registry)
    store = database.Database(chosen.database)
    passed: list[sweep.Sweep] = []

    def health() -> str | None:
        late = [item for item in passed if datetime.now(UTC) - item.passed_at > _STUCK_AFTER]
        return "the sweep is stuck" if late else None

    async def work(stop: asyncio.Event) -> None:
        await _work(chosen, store, meters, passed, stop)

    log.info("operator_starting", metrics_port=chosen.metrics_port)
    app = observability.build_app(registry, health)
    try:
        serve.run([serve.Listener(app, chosen.metrics_host, chosen.metrics_port)], [work])
    finally:
        store.close()
    log.info("operator_ended")


async def _work(
    chosen: settings.OperatorSettings,
    store: database.Database,
    meters: metrics.Meters,
    passed: list[sweep.Sweep],
    stop: asyncio.Event,
) -> None:
    async with AsyncExitStack() as stack:
        parts = sweep.Parts(
            hub=chosen.hub,
            store=store,
            cluster=await stack.enter_async_context(
                kube.connect(chosen.kubeconfig, chosen.namespace, field_manager=FIELD_MANAGER)
            ),
            district=await stack.enter_async_context(client.ControlClient(chosen.district_url, chosen.tls)),
            source=await stack.enter_async_context(
                oci.OciClient(chosen.district_registry_url, chosen.tls, chosen.download_kbit)
            ),
            target=await stack.enter_async_context(oci.OciClient(chosen.registry_url, chosen.tls)),
            directory=chosen.cache_directory,
            meters=meters,
            clock=lambda: datetime.now(UTC),
            chance=random.Random(),  # noqa: S311 - jitter, no secret
        )
        loops = sweep.Sweep(parts, _timing(chosen))
        passed.append(loops)

        def wake() -> None:
            meters.kopf_events.inc()
            loops.wake.set()

        watching = kopf_watching.watch(chosen.kubeconfig, (regionalhubs.KIND,), chosen.namespace, wake, stop)
        async with asyncio.TaskGroup() as group:
            tasks = [loops.run(stop), loops.run_fetching(stop), watching]
            for task in tasks:
                group.create_task(_ending_all(task, stop))


async def _ending_all(task: Coroutine[Any, Any, None], stop: asyncio.Event) -> None:
    try:
        await task
    finally:
        stop.set()  # one part that ended early must not leave half an operator


def _timing(chosen: settings.OperatorSettings) -> sweep.Timing:
    return sweep.Timing(
        poll=timedelta(seconds=chosen.poll_seconds),
        offline_after=timedelta(seconds=chosen.offline_after_seconds),
        recheck=timedelta(seconds=chosen.recheck_seconds),
    )
