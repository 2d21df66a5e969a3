"""What a school's office says about days on which it is closed: kept on the box, and on its way to the district."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from homeroom.domain import closurestatements, errors, reports, schoolclosures
from homeroom.school.store import database, queue

KEPT = 100
"""Statements that are remembered, the newest; the district remembers them all."""
MOST_WAITING = 50
"""Statements that may wait for the line: audit reports are never dropped, so a script that repeats itself must end."""

_FACT = "closures"
_AUDIT = reports.ReportClass.AUDIT


@dataclass(frozen=True, slots=True)
class Said:
    """One statement.

    Attributes:
        statement: what was said.
        report: which carries it; None while the district has yet to say which numbers it knows.
    """

    statement: closurestatements.Statement
    report: reports.ReportKey | None


class Closures:
    """The statements of one school's office.

    Args:
        store: where they are kept; all of them are on disk when a call returns.
        waiting: reports on their way to the district.
        clock: dates the reports; no day is compared with it.
    """

    def __init__(self, store: database.Database, waiting: queue.Queue, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._queue = waiting
        self._clock = clock

    def say(self, statement: closurestatements.Statement) -> bool:
        """Keep ``statement`` and queue its report; False when it was the last thing said already.

        Raises:
            SpecError: too many statements wait for the line.
        """
        self.queue_kept()  # first, because the statement with the highest number holds
        kept = self._kept()
        if kept and kept[-1].statement == statement:
            return False
        if self._count_waiting(kept) >= MOST_WAITING:
            raise errors.SpecError(
                f"{MOST_WAITING} statements wait for the line already: they go up as soon as it is back"
            )
        with self._store.transaction() as connection:
            self._keep(connection, [*kept, Said(statement, self._queued(connection, statement))])
        return True

    def listed(self) -> tuple[schoolclosures.Closure, ...]:
        """The days on which the office says that the school is closed, by date; the district may not count them all."""
        said = [
            # As if each had reached the district on its first day, so that only its form is judged here.
            schoolclosures.Received((1, number), one.statement, one.statement.days.start)
            for number, one in enumerate(self._kept())
        ]
        return schoolclosures.decide(said, schoolclosures.Limits(longest_days=closurestatements.LONGEST))

    def count_waiting(self) -> int:
        """Statements for which the district has given no receipt yet."""
        return self._count_waiting(self._kept())

    def queue_kept(self) -> None:
        """Queue what could not be queued when it was said, or was not received before this box got a new number.

        After a loss of the store the numbers of reports are not known, and reports of an earlier box are not taken.
        """
        kept = self._kept()
        if not self._queue.numbers_known or not any(self._is_due(one) for one in kept):
            return
        with self._store.transaction() as connection:
            self._keep(
                connection,
                [
                    replace(one, report=self._queued(connection, one.statement)) if self._is_due(one) else one
                    for one in kept
                ],
            )

    def _is_due(self, one: Said) -> bool:
        return one.report is None or (self._queue.is_past(one.report) and self._queue.waits(one.report))

    def _queued(
        self, connection: sqlite3.Connection, statement: closurestatements.Statement
    ) -> reports.ReportKey | None:
        if not self._queue.numbers_known:
            return None
        self._queue.append_within(connection, _AUDIT, closurestatements.to_payload(statement), self._clock())
        return self._queue.last_key(connection, _AUDIT)

    def _count_waiting(self, kept: list[Said]) -> int:
        return sum(one.report is None or self._queue.waits(one.report) for one in kept)

    def _kept(self) -> list[Said]:
        return [self._parse(item) for item in json.loads(self._store.fact(_FACT) or "[]")]

    def _keep(self, connection: sqlite3.Connection, said: list[Said]) -> None:
        items = [
            {
                "said": closurestatements.to_payload(one.statement),
                "report": one.report and [one.report.epoch, one.report.seq],
            }
            for one in said[-KEPT:]
        ]
        database.put_fact(connection, _FACT, json.dumps(items))

    def _parse(self, item: dict[str, Any]) -> Said:
        statement = closurestatements.from_payload(item["said"])
        if statement is None:
            raise errors.Defect("a statement about closed days that was kept cannot be read")
        return Said(statement, None if item["report"] is None else self._queue.key(_AUDIT, *item["report"]))
