"""The queue of sealed reports: nothing twice, nothing out of order, nothing beyond its room."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests import builders

from homeroom.domain import assignments, errors, reports
from homeroom.hub.store import database, queue
from homeroom.transport.control import messages
from homeroom.trust import envelopes

SITE, OTHER = builders.a_site_id("school-01"), builders.a_site_id("school-02")
ROOM = queue.Room(queue_bytes=10**6, site_bytes=10**6)


def sealed(
    seq: int, *, site: assignments.SiteId = SITE, report_class: str = "status", epoch: int = 1
) -> envelopes.Envelope:
    return envelopes.Envelope(reports.ReportKey(site, epoch, report_class, seq), b"sealed", b"signature")


def ack(through: int) -> envelopes.SignedAck:
    return envelopes.SignedAck(reports.Acknowledgement(SITE, 1, reports.ReportClass.STATUS, through), b"signature")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[database.Database]:
    opened = database.Database(tmp_path / "hub.sqlite")
    yield opened
    opened.close()


def add(store: database.Database, *records: envelopes.Envelope, room: queue.Room = ROOM) -> int:
    with store.transaction() as connection:
        return queue.add(connection, records[0].key.site_id, records, room=room, now=builders.NOW)


def batch(store: database.Database, limit: int = 100) -> list[tuple[assignments.SiteId, str, int]]:
    with store.transaction() as connection:
        found = queue.next_batch(connection, limit=limit, max_bytes=10**6)
    return [(record.key.site_id, record.key.report_class, record.key.seq) for record in found]


def test_what_arrives_twice_is_there_once(store: database.Database) -> None:
    assert add(store, sealed(1), sealed(2)) == 2
    assert add(store, sealed(2), sealed(1), sealed(3)) == 1
    assert [seq for _, _, seq in batch(store)] == [1, 2, 3]


def test_reordered_arrivals_leave_in_the_order_of_their_numbers(store: database.Database) -> None:
    for seq in (3, 1, 5, 2, 4):
        add(store, sealed(seq))
    assert [seq for _, _, seq in batch(store)] == [1, 2, 3, 4, 5]


def test_a_long_backlog_of_one_school_does_not_hold_up_another(store: database.Database) -> None:
    add(store, *(sealed(seq) for seq in range(1, 50)))
    add(store, sealed(1, site=OTHER))
    assert (OTHER, "status", 1) in batch(store, limit=2)


def test_stored_counts_to_the_first_hole(store: database.Database) -> None:
    add(store, sealed(1), sealed(2), sealed(4))
    with store.transaction() as connection:
        assert queue.stored(connection, SITE) == {"status": 2}
    add(store, sealed(3))
    with store.transaction() as connection:
        assert queue.stored(connection, SITE) == {"status": 4}


def test_stored_speaks_of_the_newest_epoch(store: database.Database) -> None:
    add(store, sealed(9), sealed(1, epoch=2))
    with store.transaction() as connection:
        assert queue.stored(connection, SITE) == {"status": 1}


def test_settling_empties_the_queue_and_keeps_the_acknowledgement(store: database.Database) -> None:
    records = [sealed(1), sealed(2)]
    add(store, *records)
    with store.transaction() as connection:
        queue.settle(connection, records, messages.Receipt(acks=(ack(2),)))
        assert queue.acks(connection, SITE) == (ack(2),)
        assert queue.size(connection) == queue.Size(0, 0)
    assert add(store, sealed(2)) == 0, "what the district has acknowledged is not sent again"
    assert add(store, sealed(3)) == 1


def test_an_older_acknowledgement_does_not_replace_a_newer_one(store: database.Database) -> None:
    with store.transaction() as connection:
        queue.settle(connection, [], messages.Receipt(acks=(ack(5), ack(3))))
        assert queue.acks(connection, SITE) == (ack(5),)


def test_a_full_queue_takes_all_of_a_message_or_nothing(store: database.Database) -> None:
    add(store, sealed(1))
    with store.transaction() as connection:
        one = queue.size(connection).size_bytes
    with pytest.raises(messages.QueueFull, match="share"):
        add(store, sealed(2), sealed(3), room=queue.Room(10**6, 2 * one))
    assert [seq for _, _, seq in batch(store)] == [1]
    with pytest.raises(messages.QueueFull, match="district is away"):
        add(store, sealed(1, site=OTHER), room=queue.Room(one, 10**6))
    assert add(store, sealed(1), room=queue.Room(one, one)) == 0, "repeating needs no room"


def test_waiting_counts_only_what_has_waited(store: database.Database) -> None:
    add(store, sealed(1))
    with store.transaction() as connection:
        assert queue.waiting_since(connection, builders.NOW) == 0
        assert queue.waiting_since(connection, builders.NOW + timedelta(seconds=1)) == 1


def test_the_queue_is_there_after_the_file_was_opened_again(tmp_path: Path) -> None:
    first = database.Database(tmp_path / "hub.sqlite")
    add(first, sealed(1))
    first.close()
    second = database.Database(tmp_path / "hub.sqlite")
    assert [seq for _, _, seq in batch(second)] == [1]
    second.close()


def test_a_file_of_a_newer_version_is_refused_with_what_to_do(tmp_path: Path) -> None:
    opened = database.Database(tmp_path / "hub.sqlite")
    with opened.transaction() as connection:
        connection.execute("PRAGMA user_version = 99")
    opened.close()
    with pytest.raises(errors.SpecError, match="newer Homeroom"):
        database.Database(tmp_path / "hub.sqlite")
