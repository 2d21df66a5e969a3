"""Takes the counts that serving spooled into the queue, each exactly once."""

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from homeroom.domain import reports
from homeroom.school.serving import spools
from homeroom.school.store import database, queue

_OFFSET = "spool:"


def take_in(directory: Path, store: database.Database, reports_queue: queue.Queue, now: datetime) -> int:
    """Queue one usage report for each purpose that was asked about since the last time; how many answers.

    How far each file was read is kept in the same transaction as the reports: a crash repeats neither.
    """
    found = spools.files(directory)
    counts: dict[str, Counter[str]] = {}
    window: list[str] = []
    offsets: dict[str, int] = {}
    for path in found:
        start = int(store.fact(_OFFSET + path.name) or 0)
        lines, offsets[path.name] = _whole_lines(path, start)
        for line in lines:
            counts.setdefault(line["purpose"], Counter())[line["level"]] += 1
            window.append(line["at"])
    if window:
        _queue(store, reports_queue, counts, (min(window), max(window)), offsets, now)
    _remove_read(found, store)
    return len(window)


def _queue(
    store: database.Database,
    reports_queue: queue.Queue,
    counts: dict[str, Counter[str]],
    window: tuple[str, str],
    offsets: dict[str, int],
    now: datetime,
) -> None:
    with store.transaction() as connection:
        for purpose, by_level in sorted(counts.items()):
            payload = {
                "window": {"from": window[0], "to": window[1]},
                "purpose": purpose,
                "answers": by_level.total(),
                "byLevel": dict(by_level),
            }
            reports_queue.append_within(connection, reports.ReportClass.USAGE, payload, now)
        for name, offset in offsets.items():
            database.put_fact(connection, _OFFSET + name, str(offset))


def _whole_lines(path: Path, start: int) -> tuple[list[dict[str, Any]], int]:
    """Lines from ``start`` on that ended, and where the next one begins; a line without its end is still written."""
    with path.open("rb") as file:
        file.seek(start)
        content = file.read()
    whole = content[: content.rfind(b"\n") + 1]
    return [json.loads(line) for line in whole.splitlines()], start + len(whole)


def _remove_read(found: list[Path], store: database.Database) -> None:
    # The last file is still written to; of the others, what has no line end was cut by a crash and will not go on.
    for path in found[:-1]:
        path.unlink(missing_ok=True)
        with store.transaction() as connection:
            connection.execute("DELETE FROM facts WHERE name = ?", (_OFFSET + path.name,))
