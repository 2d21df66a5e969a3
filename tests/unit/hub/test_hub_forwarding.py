"""The queue's way to a district that is slow, away or picky."""

import asyncio
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import prometheus_client
import pytest
from tests import builders

from homeroom.domain import errors, reports
from homeroom.hub.relay import forwarding, metrics, port
from homeroom.hub.store import database, queue
from homeroom.transport.control import messages
from homeroom.trust import envelopes

SITE = builders.a_site_id("school-01")


def sealed(seq: int) -> envelopes.Envelope:
    return envelopes.Envelope(reports.ReportKey(SITE, 1, "status", seq), b"sealed", b"signature")


@dataclass
class District:
    """Takes records, unless it is told to fail."""

    got: list[int] = field(default_factory=list)
    error: errors.HomeroomError | None = None
    unreadable: frozenset[int] = frozenset()
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def hub_reports(self, _: str, records: Sequence[envelopes.Envelope]) -> messages.Receipt:
        if self.error is not None:
            raise self.error
        if self.unreadable & {record.key.seq for record in records}:
            raise errors.SpecError("the message is not readable")
        self.got += [record.key.seq for record in records]
        self.came.set()
        through = reports.Acknowledgement(SITE, 1, reports.ReportClass.STATUS, max(self.got))
        return messages.Receipt(acks=(envelopes.SignedAck(through, b"signature"),))


@dataclass
class Rig:
    """A relay and its forwarder over one store."""

    store: database.Database
    district: District
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        meters = metrics.Meters(prometheus_client.CollectorRegistry())
        self.relay = port.RelayPort(
            self.store, room=queue.Room(10**6, 10**6), arrived=self.arrived, meters=meters, clock=lambda: builders.NOW
        )
        self.forwarder = forwarding.Forwarder(
            self.store,
            self.district,
            hub="north",
            arrived=self.arrived,
            meters=meters,
            limit=8,
            longest=timedelta(seconds=8),
            chance=random.Random(1),  # noqa: S311 - jitter, no secret
        )

    async def drain(self) -> None:
        while await self.forwarder.step() == 0:
            pass


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    store = database.Database(tmp_path / "hub.sqlite")
    yield Rig(store, District())
    store.close()


async def test_what_waited_for_the_district_is_forwarded_in_order_and_acknowledged(rig: Rig) -> None:
    rig.district.error = errors.Unavailable("away")
    for seq in (2, 1, 3, *range(4, 30)):
        await rig.relay.take(SITE, [sealed(seq)])
    assert await rig.forwarder.step() > 0
    assert (await rig.relay.take(SITE, [])).acks == ()
    rig.district.error = None
    await rig.drain()
    assert rig.district.got == list(range(1, 30))
    receipt = await rig.relay.take(SITE, [])
    assert [ack.acknowledgement.through for ack in receipt.acks] == [29]
    assert receipt.stored == {"status": 29}


async def test_waits_grow_with_jitter_and_never_beyond_the_longest(rig: Rig) -> None:
    """A hub that lost its district must not hammer it, and a hundred hubs must not come back in step."""
    rig.district.error = errors.Unavailable("away")
    await rig.relay.take(SITE, [sealed(1)])
    waits = [await rig.forwarder.step() for _ in range(10)]
    assert 0.25 <= waits[0] <= 0.5
    assert all(4 <= wait <= 8 for wait in waits[-4:])
    assert len(set(waits)) == len(waits)


async def test_a_district_that_says_when_to_come_back_is_obeyed(rig: Rig) -> None:
    rig.district.error = errors.NotReady("later", retry_after=timedelta(seconds=7))
    await rig.relay.take(SITE, [sealed(1)])
    assert await rig.forwarder.step() == 7


async def test_one_unreadable_record_does_not_hold_up_the_others(rig: Rig) -> None:
    rig.district.unreadable = frozenset({5})
    await rig.relay.take(SITE, [sealed(seq) for seq in range(1, 20)])
    await rig.drain()
    assert sorted(rig.district.got) == [seq for seq in range(1, 20) if seq != 5]


async def test_a_new_record_wakes_the_forwarder(rig: Rig) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(rig.forwarder.run(stop))
    await rig.relay.take(SITE, [sealed(1)])
    async with asyncio.timeout(4):  # well under the idle poll
        await rig.district.came.wait()
    stop.set()
    await asyncio.wait_for(running, 2)


async def test_stopping_does_not_wait_for_the_backoff(rig: Rig) -> None:
    rig.district.error = errors.NotReady("later", retry_after=timedelta(seconds=8))
    await rig.relay.take(SITE, [sealed(1)])
    stop = asyncio.Event()
    running = asyncio.create_task(rig.forwarder.run(stop))
    await asyncio.sleep(0)
    stop.set()
    await asyncio.wait_for(running, 2)
