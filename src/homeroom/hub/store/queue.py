"""Sealed reports on their way to the district, and the acknowledgements that came back.

The queue is keyed by a record's number, so what arrives twice is there once. Nothing here deletes anything for a
school: a school deletes on the district's signed acknowledgement, whatever the hub says or loses.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from homeroom.domain import assignments, digests, reports
from homeroom.transport.control import messages
from homeroom.trust import envelopes


@dataclass(frozen=True, slots=True)
class Room:
    """How much the queue may hold.

    Attributes:
        queue_bytes: of all schools together.
        site_bytes: of one school, so that a broken one cannot shut the others out.
    """

    queue_bytes: int
    site_bytes: int


@dataclass(frozen=True, slots=True)
class Size:
    """How much the queue holds."""

    records: int
    size_bytes: int


def add(
    connection: sqlite3.Connection,
    site_id: assignments.SiteId,
    records: Sequence[envelopes.Envelope],
    *,
    room: Room,
    now: datetime,
) -> int:
    """Stores those of ``records`` that are neither here nor acknowledged already; all of them or none.

    Returns:
        How many were new.

    Raises:
        QueueFull: there is no room; the school keeps its records and comes back.
    """
    acknowledged = _through(connection, "acks", site_id)
    rows = [_row(record, now) for record in records if record.key.seq > acknowledged.get(_stream(record.key), 0)]
    new = 0
    for row in rows:
        sql = (
            "INSERT INTO envelopes (site_id, epoch, class, seq, received_at, size_bytes, content)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
        )
        new += connection.execute(sql, row).rowcount
    if new:
        _check_room(connection, site_id, room)
    _advance(connection, site_id, {_stream(record.key) for record in records}, acknowledged)
    return new


def next_batch(connection: sqlite3.Connection, *, limit: int, max_bytes: int) -> list[envelopes.Envelope]:
    """What to forward next, at most ``limit`` records and, beyond the first, ``max_bytes``.

    Streams take turns, so a school with a long backlog does not hold up the others. Within a stream the order is that
    of the numbers, whatever the order of arrival.
    """
    rows = connection.execute(
        "SELECT e.size_bytes, e.content FROM ("
        "  SELECT id, row_number() OVER (PARTITION BY site_id, epoch, class ORDER BY seq) AS turn FROM envelopes"
        "  ORDER BY turn, id LIMIT ?) t JOIN envelopes e ON e.id = t.id ORDER BY t.turn, e.id",
        (limit,),
    )
    batch: list[envelopes.Envelope] = []
    total = 0
    for size_bytes, content in rows:
        total += size_bytes
        if batch and total > max_bytes:
            break
        batch.append(envelopes.parse_envelope(json.loads(content)))
    return batch


def settle(connection: sqlite3.Connection, sent: Iterable[envelopes.Envelope], receipt: messages.Receipt) -> None:
    """Takes what the district has answered for out of the queue, and keeps its acknowledgements for the schools."""
    for ack in receipt.acks:
        _keep_ack(connection, ack)
    connection.executemany(
        "DELETE FROM envelopes WHERE site_id = ? AND epoch = ? AND class = ? AND seq = ?",
        [(key.site_id, key.epoch, key.report_class, key.seq) for key in (record.key for record in sent)],
    )


def acks(connection: sqlite3.Connection, site_id: assignments.SiteId) -> tuple[envelopes.SignedAck, ...]:
    """The district's newest acknowledgement of each of the school's streams."""
    rows = connection.execute("SELECT content FROM acks WHERE site_id = ? ORDER BY epoch, class", (site_id,))
    return tuple(envelopes.parse_ack(json.loads(row[0])) for row in rows)


def stored(connection: sqlite3.Connection, site_id: assignments.SiteId) -> dict[str, int]:
    """Per class of the school's newest epoch, how far its records are here or acknowledged, without a hole."""
    rows = connection.execute(
        "SELECT class, through FROM streams WHERE site_id = ?1"
        " AND epoch = (SELECT max(epoch) FROM streams WHERE site_id = ?1)",
        (site_id,),
    )
    return {str(name): int(through) for name, through in rows}


def size(connection: sqlite3.Connection) -> Size:
    """How much waits."""
    sql = "SELECT coalesce(sum(records), 0), coalesce(sum(size_bytes), 0) FROM queue_sizes"
    return Size(*connection.execute(sql).fetchone())


def waiting_since(connection: sqlite3.Connection, moment: datetime) -> int:
    """How many records have waited since before ``moment``."""
    sql = "SELECT count(*) FROM envelopes WHERE received_at < ?"
    (count,) = connection.execute(sql, (moment.timestamp(),)).fetchone()
    return int(count)


_Stream = tuple[int, str]


def _stream(key: reports.ReportKey) -> _Stream:
    return (key.epoch, key.report_class)


def _row(record: envelopes.Envelope, now: datetime) -> tuple[str, int, str, int, float, int, bytes]:
    content = digests.canonical_json(record.to_json())
    key = record.key
    return (key.site_id, key.epoch, key.report_class, key.seq, now.timestamp(), len(content), content)


def _check_room(connection: sqlite3.Connection, site_id: assignments.SiteId, room: Room) -> None:
    sql = "SELECT coalesce(sum(size_bytes), 0) FROM queue_sizes WHERE site_id = ?"
    (site_bytes,) = connection.execute(sql, (site_id,)).fetchone()
    if size(connection).size_bytes > room.queue_bytes:
        raise messages.QueueFull("the hub's queue is full because the district is away: keep your records")
    if site_bytes > room.site_bytes:
        raise messages.QueueFull("this school's share of the hub's queue is full: keep your records")


def _through(connection: sqlite3.Connection, table: str, site_id: assignments.SiteId) -> dict[_Stream, int]:
    sql = f"SELECT epoch, class, through FROM {table} WHERE site_id = ?"  # noqa: S608 - one of two names of ours
    return {(epoch, name): through for epoch, name, through in connection.execute(sql, (site_id,))}


def _advance(
    connection: sqlite3.Connection,
    site_id: assignments.SiteId,
    changed: set[_Stream],
    acknowledged: Mapping[_Stream, int],
) -> None:
    known = _through(connection, "streams", site_id)
    for stream in changed:
        through = max(known.get(stream, 0), acknowledged.get(stream, 0))
        later = connection.execute(
            "SELECT seq FROM envelopes WHERE site_id = ? AND epoch = ? AND class = ? AND seq > ? ORDER BY seq",
            (site_id, *stream, through),
        )
        for (seq,) in later:
            if seq != through + 1:
                break
            through = seq
        _set_through(connection, site_id, stream, through)


def _set_through(connection: sqlite3.Connection, site_id: assignments.SiteId, stream: _Stream, through: int) -> None:
    connection.execute(
        "INSERT INTO streams VALUES (?, ?, ?, ?)"
        " ON CONFLICT (site_id, epoch, class) DO UPDATE SET through = max(through, excluded.through)",
        (site_id, *stream, through),
    )


def _keep_ack(connection: sqlite3.Connection, ack: envelopes.SignedAck) -> None:
    said = ack.acknowledgement
    stream = (said.epoch, said.report_class.value)
    connection.execute(
        "INSERT INTO acks VALUES (?, ?, ?, ?, ?) ON CONFLICT (site_id, epoch, class)"
        " DO UPDATE SET through = excluded.through, content = excluded.content WHERE excluded.through >= through",
        (said.site_id, *stream, said.through, digests.canonical_json(ack.to_json())),
    )
    _set_through(connection, said.site_id, stream, said.through)
