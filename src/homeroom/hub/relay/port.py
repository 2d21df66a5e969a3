"""What schools ask of the hub, answered from its store alone."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime

from homeroom.domain import assignments
from homeroom.hub.relay import metrics
from homeroom.hub.store import bundles as held
from homeroom.hub.store import database, queue
from homeroom.transport.control import messages
from homeroom.trust import bundles, envelopes


class RelayPort:
    """``SitePort`` of the relay.

    Args:
        store: the hub's database.
        room: how much may wait.
        arrived: set when there is something to forward.
        meters: what is counted.
        clock: aware time of day, for how long records wait.
    """

    def __init__(
        self,
        store: database.Database,
        *,
        room: queue.Room,
        arrived: asyncio.Event,
        meters: metrics.Meters,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._room = room
        self._arrived = arrived
        self._meters = meters
        self._clock = clock

    async def bundle(self, site_id: assignments.SiteId, have: int) -> bundles.Bundle | None:
        """The newest bundle whose releases are in the hub's registry, if it is above ``have``."""
        bundle = await self._store.run(held.newest, site_id, have)
        self._meters.polls.labels(answer="nothing_new" if bundle is None else "bundle").inc()
        return bundle

    async def take(self, site_id: assignments.SiteId, records: Sequence[envelopes.Envelope]) -> messages.Receipt:
        """Stores ``records`` durably and answers with what the district has acknowledged so far."""
        try:
            new, receipt = await self._store.run(self._take, site_id, records)
        except messages.QueueFull:
            self._meters.queue_full.inc()
            raise
        self._meters.taken.labels(what="new").inc(new)
        self._meters.taken.labels(what="known").inc(len(records) - new)
        if new:
            self._arrived.set()
        return receipt

    def _take(
        self, connection: sqlite3.Connection, site_id: assignments.SiteId, records: Sequence[envelopes.Envelope]
    ) -> tuple[int, messages.Receipt]:
        new = queue.add(connection, site_id, records, room=self._room, now=self._clock()) if records else 0
        receipt = messages.Receipt(stored=queue.stored(connection, site_id), acks=queue.acks(connection, site_id))
        return new, receipt
