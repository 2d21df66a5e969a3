"""The relay as a process: the place that builds its parts and joins them."""

import asyncio
import random
from datetime import UTC, datetime

import fastapi
import structlog

from homeroom.hub import observability, settings
from homeroom.hub.relay import forwarding, metrics, port
from homeroom.hub.store import database, queue
from homeroom.processes import environment
from homeroom.transport.control import client, serve, server

log = structlog.get_logger()

_MIB = 2**20


def run() -> None:
    """Serves schools and forwards their reports until SIGTERM; settings ``HOMEROOM_RELAY_*``.

    Raises:
        SpecError: settings are missing or bad, or a port is in use.
        Unavailable: the database cannot be used.
    """
    chosen = environment.load(settings.RelaySettings)
    observability.configure_logging()
    structlog.contextvars.bind_contextvars(process="relay", hub=chosen.hub)
    registry = observability.build_registry()
    meters = metrics.Meters(registry)
    store = database.Database(chosen.database)
    arrived = asyncio.Event()
    relay = port.RelayPort(
        store,
        room=queue.Room(chosen.queue_mib * _MIB, chosen.site_queue_mib * _MIB),
        arrived=arrived,
        meters=meters,
        clock=lambda: datetime.now(UTC),
    )

    async def forward(stop: asyncio.Event) -> None:
        async with client.ControlClient(chosen.district_url, chosen.tls) as district:
            forwarder = forwarding.Forwarder(
                store,
                district,
                hub=chosen.hub,
                arrived=arrived,
                meters=meters,
                limit=chosen.batch_records,
                longest=chosen.retry_longest,
                chance=random.Random(),  # noqa: S311 - jitter, no secret
            )
            await forwarder.run(stop)

    log.info("relay_starting", port=chosen.port, metrics_port=chosen.metrics_port)
    try:
        serve.run(
            [
                serve.Listener(build_app(relay), chosen.host, chosen.port, chosen.tls),
                serve.Listener(
                    observability.build_app(registry, lambda: None), chosen.metrics_host, chosen.metrics_port
                ),
            ],
            [forward],
        )
    finally:
        store.close()
    log.info("relay_ended")


def build_app(relay: server.SitePort) -> fastapi.FastAPI:
    """The control channel's app for schools."""
    app = fastapi.FastAPI(title="Homeroom relay", openapi_url=None)
    app.include_router(server.site_router(relay))
    return app
