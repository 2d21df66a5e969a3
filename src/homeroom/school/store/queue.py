"""Reports that wait for the district, numbered without holes, deleted only on its signed receipt.

A number once given is never taken back: the district counts without holes. So a class that is full drops at the door,
before the number: what was dropped is counted in the database and told in a gap record as soon as there is room.
Usage has the smallest share and fills up first; audit is never dropped.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from homeroom.domain import assignments, errors, reports
from homeroom.school.store import database
from homeroom.trust import envelopes, keys

Limits = Mapping[reports.ReportClass, int | None]

DEFAULT_LIMITS: Limits = {
    reports.ReportClass.AUDIT: None,
    reports.ReportClass.STATUS: 16 << 20,
    reports.ReportClass.USAGE: 8 << 20,
}
"""Bytes of waiting envelopes by class, None for no limit; some 24,000 status reports, weeks without a line."""

_UNKNOWN = "numbers_unknown"


class Queue:
    """The reports of one school.

    Args:
        store: where they wait.
        site_id: the school.
        epoch: of its enrolment; numbers start at 1 in each.
        signing_key: signs each report.
        seal_key: of the district; only it can read them, not even this school once they wait.
        ack_key: whose receipts allow deleting.
        limits: bytes by class.
    """

    def __init__(
        self,
        store: database.Database,
        *,
        site_id: assignments.SiteId,
        epoch: int,
        signing_key: keys.SigningKey,
        seal_key: keys.SealPublicKey,
        ack_key: keys.PublicKey,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._store = store
        self._site_id = site_id
        self._epoch = epoch
        self._signing_key = signing_key
        self._seal_key = seal_key
        self._ack_key = ack_key
        self._limits = limits
        if store.quarantined is not None:
            store.set_fact(_UNKNOWN, str(epoch))

    @property
    def numbers_known(self) -> bool:
        """False after the database was lost, until the district has said which numbers it has."""
        return self._store.fact(_UNKNOWN) != str(self._epoch)

    def append(self, class_: reports.ReportClass, payload: dict[str, Any], at: datetime) -> bool:
        """Queue one report, on disk when this returns; False when it was dropped and counted."""
        with self._store.transaction() as connection:
            return self.append_within(connection, class_, payload, at)

    def append_within(
        self, connection: sqlite3.Connection, class_: reports.ReportClass, payload: dict[str, Any], at: datetime
    ) -> bool:
        """``append`` in the caller's transaction, together with what the report tells of."""
        connection.execute(
            "INSERT OR IGNORE INTO numbers (epoch, class, next) VALUES (?, ?, 1)", (self._epoch, class_.value)
        )
        if not self._has_room(connection, class_):
            _count_dropped(connection, self._epoch, class_, at)
            return False
        self._tell_gap(connection, class_, at)
        self._insert(connection, class_, payload, at)
        return True

    def last_key(self, connection: sqlite3.Connection, class_: reports.ReportClass) -> reports.ReportKey:
        """Key of the report that was queued last in that class and this epoch; its number is 0 when there was none."""
        query = "SELECT next - 1 FROM numbers WHERE epoch = ? AND class = ?"
        row = connection.execute(query, (self._epoch, class_.value)).fetchone()
        return self.key(class_, self._epoch, 0 if row is None else int(row[0]))

    def key(self, class_: reports.ReportClass, epoch: int, seq: int) -> reports.ReportKey:
        """The key of a report of this school."""
        return reports.ReportKey(self._site_id, epoch, class_.value, seq)

    def waits(self, key: reports.ReportKey) -> bool:
        """Whether that report still waits for the district's receipt."""
        query = "SELECT 1 FROM queue WHERE epoch = ? AND class = ? AND seq = ?"
        return bool(self._store.rows(query, key.epoch, key.report_class, key.seq))

    def is_past(self, key: reports.ReportKey) -> bool:
        """Whether that report is of an earlier box, so that the district does not take it any more."""
        return key.epoch != self._epoch

    def batch(self, limit: int, beyond: Mapping[str, int] | None = None) -> tuple[envelopes.Envelope, ...]:
        """The oldest waiting reports, most precious class first, at most ``limit``.

        Args:
            limit: how many.
            beyond: by class, numbers of this epoch up to which the other side holds them already.
        """
        held = beyond or {}
        rows = self._store.rows(
            "SELECT envelope FROM queue WHERE epoch < :epoch OR seq >"
            " CASE class WHEN 'audit' THEN :audit WHEN 'status' THEN :status ELSE :usage END"
            " ORDER BY epoch, CASE class WHEN 'audit' THEN 0 WHEN 'status' THEN 1 ELSE 2 END, seq LIMIT :limit",
            {
                "epoch": self._epoch,
                "limit": limit,
                **{class_.value: held.get(class_.value, 0) for class_ in reports.ReportClass},
            },
        )
        return tuple(envelopes.parse_envelope(json.loads(str(row[0]))) for row in rows)

    def count(self) -> int:
        """Reports that wait."""
        return int(str(self._store.rows("SELECT count(*) FROM queue")[0][0]))

    def bytes_by_class(self) -> dict[str, int]:
        """Bytes that wait, by class; classes that are empty are missing."""
        rows = self._store.rows("SELECT class, sum(size_bytes) FROM queue GROUP BY class")
        return {str(name): int(str(total)) for name, total in rows}

    def acknowledge(self, acks: Iterable[envelopes.SignedAck]) -> int:
        """Delete what the district has applied; how many.

        Raises:
            Refused: a receipt is not the district's (``Altered``) or another school's (``Foreign``); none is used.
        """
        verified = [envelopes.verify_ack(ack, self._ack_key) for ack in acks]
        for ack in verified:
            if ack.site_id != self._site_id:
                raise errors.Refused("Foreign", f"the receipt is for site {ack.site_id}")
        with self._store.transaction() as connection:
            deleted = sum(self._delete(connection, ack) for ack in verified)
            if not self.numbers_known:
                self._learn_numbers(connection, verified)
        return deleted

    def _has_room(self, connection: sqlite3.Connection, class_: reports.ReportClass) -> bool:
        if not self.numbers_known:
            return False
        limit = self._limits[class_]
        if limit is None:
            return True
        query = "SELECT coalesce(sum(size_bytes), 0) FROM queue WHERE class = ?"
        return bool(connection.execute(query, (class_.value,)).fetchone()[0] < limit)

    def _tell_gap(self, connection: sqlite3.Connection, class_: reports.ReportClass, at: datetime) -> None:
        key = (self._epoch, class_.value)
        query = "SELECT dropped, dropped_from, dropped_to FROM numbers WHERE epoch = ? AND class = ?"
        dropped, first, last = connection.execute(query, key).fetchone()
        if dropped:
            self._insert(connection, class_, {"gap": {"records": dropped, "from": first, "to": last}}, at)
            connection.execute(
                "UPDATE numbers SET dropped = 0, dropped_from = NULL, dropped_to = NULL WHERE epoch = ? AND class = ?",
                key,
            )

    def _insert(
        self, connection: sqlite3.Connection, class_: reports.ReportClass, payload: dict[str, Any], at: datetime
    ) -> None:
        key = (self._epoch, class_.value)
        seq = connection.execute("SELECT next FROM numbers WHERE epoch = ? AND class = ?", key).fetchone()[0]
        report = reports.Report(reports.ReportKey(self._site_id, self._epoch, class_.value, seq), at, payload)
        envelope = envelopes.seal(report, signing_key=self._signing_key, district_seal_key_public=self._seal_key)
        text = json.dumps(envelope.to_json(), separators=(",", ":"))
        connection.execute("INSERT INTO queue VALUES (?, ?, ?, ?, ?)", (*key, seq, text, len(text)))
        connection.execute("UPDATE numbers SET next = ? WHERE epoch = ? AND class = ?", (seq + 1, *key))

    def _delete(self, connection: sqlite3.Connection, ack: reports.Acknowledgement) -> int:
        return connection.execute(
            "DELETE FROM queue WHERE epoch = ? AND class = ? AND seq <= ?",
            (ack.epoch, ack.report_class.value, ack.through),
        ).rowcount

    def _learn_numbers(self, connection: sqlite3.Connection, acks: Iterable[reports.Acknowledgement]) -> None:
        for ack in acks:
            if ack.epoch == self._epoch:
                connection.execute(
                    "INSERT INTO numbers (epoch, class, next) VALUES (?, ?, ?)"
                    " ON CONFLICT (epoch, class) DO UPDATE SET next = max(next, excluded.next)",
                    (ack.epoch, ack.report_class.value, ack.through + 1),
                )
        database.put_fact(connection, _UNKNOWN, "")


def _count_dropped(connection: sqlite3.Connection, epoch: int, class_: reports.ReportClass, at: datetime) -> None:
    connection.execute(
        "UPDATE numbers SET dropped = dropped + 1, dropped_from = coalesce(dropped_from, ?), dropped_to = ?"
        " WHERE epoch = ? AND class = ?",
        (at.isoformat(), at.isoformat(), epoch, class_.value),
    )
