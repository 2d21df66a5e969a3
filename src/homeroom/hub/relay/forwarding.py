"""The queue's way to the district."""

import asyncio
import contextlib
import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

import structlog

from homeroom.domain import errors
from homeroom.hub.relay import metrics
from homeroom.hub.store import database, queue
from homeroom.transport.control import messages
from homeroom.trust import envelopes

_FIRST_SECONDS = 0.5
_IDLE_SECONDS = 5.0  # looks again even when nobody called: another process may have put records there
_MAX_BATCH_BYTES = 4 * 2**20

log = structlog.get_logger()


class District(Protocol):
    """The part of ``ControlClient`` that forwarding needs."""

    async def hub_reports(self, hub: str, records: Sequence[envelopes.Envelope]) -> messages.Receipt:
        """Hands over records; returns only after the district has stored them."""


class Forwarder:
    """Sends the queue, oldest number of each stream first, one message at a time.

    A record leaves the queue in the same transaction that stores the district's answer for it. If the process dies
    before, the record is sent again and the district knows it already.

    Args:
        store: the hub's database.
        district: where to.
        hub: this hub's name.
        arrived: set when there is something new.
        meters: what is counted.
        limit: records in one message.
        longest: longest wait between attempts.
        chance: source of jitter.
    """

    def __init__(
        self,
        store: database.Database,
        district: District,
        *,
        hub: str,
        arrived: asyncio.Event,
        meters: metrics.Meters,
        limit: int,
        longest: timedelta,
        chance: random.Random,
    ) -> None:
        self._store = store
        self._district = district
        self._hub = hub
        self._arrived = arrived
        self._meters = meters
        self._limit = self._full_limit = limit
        self._longest_seconds = longest.total_seconds()
        self._chance = chance
        self._failures = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Forwards until ``stop`` is set."""
        while not stop.is_set():
            self._arrived.clear()  # before looking: what arrives during the step is seen in the next
            wait_seconds = await self.step()
            if wait_seconds > 0:
                # After a failure new arrivals change nothing, so only the end of the process cuts the wait short.
                await _first_of(stop if self._failures else self._arrived, stop, timeout_seconds=wait_seconds)

    async def step(self) -> float:
        """Sends one message if anything waits.

        Returns:
            Seconds to wait before the next; 0 when more may wait.
        """
        batch = await self._store.run(queue.next_batch, limit=self._limit, max_bytes=_MAX_BATCH_BYTES)
        await self._measure()
        if not batch:
            return _IDLE_SECONDS
        try:
            receipt = await self._district.hub_reports(self._hub, batch)
        except errors.SpecError as exc:
            return await self._narrow(batch, exc)
        except errors.HomeroomError as exc:
            return self._backoff(exc)
        await self._settle(batch, receipt)
        return 0.0

    async def _settle(self, batch: Sequence[envelopes.Envelope], receipt: messages.Receipt) -> None:
        await self._store.run(queue.settle, batch, receipt)
        if self._failures:
            log.info("district_reached", after_failures=self._failures)
        self._failures = 0
        self._limit = min(self._full_limit, self._limit * 2)
        self._meters.attempts.labels(outcome="answered").inc()
        self._meters.forwarded.labels(what="refused").inc(len(receipt.refused))
        self._meters.forwarded.labels(what="accepted").inc(len(batch) - len(receipt.refused))
        for refusal in receipt.refused:
            log.warning(
                "record_refused", report_class=refusal.key.report_class, seq=refusal.key.seq, why=refusal.reason
            )

    async def _narrow(self, batch: Sequence[envelopes.Envelope], error: errors.SpecError) -> float:
        # One record that the district cannot read must not hold up all others: halve until it is alone, then let it
        # go. Its school still has it, and will say so.
        self._meters.attempts.labels(outcome="unreadable").inc()
        if len(batch) > 1:
            self._limit = len(batch) // 2
            return 0.0
        log.error("record_unreadable", report_class=batch[0].key.report_class, seq=batch[0].key.seq, why=str(error))
        await self._store.run(queue.settle, batch, messages.Receipt())
        return 0.0

    def _backoff(self, error: errors.HomeroomError) -> float:
        self._failures += 1
        self._meters.attempts.labels(outcome=type(error).__name__).inc()
        if self._failures == 1:  # once per outage: the metric counts the rest
            log.warning("district_unreachable", why=str(error))
        ceiling = min(self._longest_seconds, _FIRST_SECONDS * 2 ** min(self._failures - 1, 16))
        jittered = self._chance.uniform(ceiling / 2, ceiling)
        if isinstance(error, errors.NotReady):
            return max(jittered, min(error.retry_after.total_seconds(), self._longest_seconds))
        return jittered

    async def _measure(self) -> None:
        size = await self._store.run(queue.size)
        self._meters.waiting.set(size.records)
        self._meters.waiting_bytes.set(size.size_bytes)


async def _first_of(event: asyncio.Event, stop: asyncio.Event, *, timeout_seconds: float) -> None:
    waits = [asyncio.ensure_future(item.wait()) for item in {event, stop}]
    try:
        await asyncio.wait(waits, timeout=timeout_seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await wait
