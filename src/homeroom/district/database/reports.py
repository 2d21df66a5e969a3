"""Records from schools, each applied exactly once, in any order of arrival."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from homeroom.district.database import closures, states, tables
from homeroom.domain import assignments, reports

_T = tables.REPORTS
_P = tables.PROGRESS

MAX_NUMBER = 2**53
"""Largest ``seq`` and ``epoch`` that is stored: what JSON numbers carry exactly in every language."""

_CHUNK = 500
"""Keys in one query; SQLite's limit is 32,766 variables, four to a key."""


class Applied(NamedTuple):
    """How many records of a batch were new, and how many had been applied before."""

    applied: int
    duplicates: int


class Stream(NamedTuple):
    """One numbered sequence of one school."""

    site_id: assignments.SiteId
    epoch: int
    report_class: str


def apply(connection: sa.Connection, batch: Sequence[reports.Report], received_at: datetime) -> Applied:
    """Store what is new in ``batch`` and let it take effect, all in the caller's transaction.

    Args:
        connection: of ``Database.write()``.
        batch: verified records, in any order, with repetitions.
        received_at: now; bounds the schools' own clocks.
    """
    _lock(connection, batch)
    new = _unseen(connection, batch)
    if new:
        connection.execute(sa.insert(_T), [_to_values(report, received_at) for report in new])
        _advance(connection, {_stream(report) for report in new})
        _change_states(connection, new, received_at)
        closures.keep(connection, new, received_at)
    return Applied(len(new), len(batch) - len(new))


def through(
    connection: sa.Connection, site_id: assignments.SiteId, epoch: int, report_class: reports.ReportClass
) -> int:
    """The largest number up to which every record of that stream is stored; 0 when the first one is missing."""
    return _through(connection, Stream(site_id, epoch, report_class.value))


def of_site(connection: sa.Connection, site_id: assignments.SiteId) -> tuple[reports.Report, ...]:
    """Every stored record of that school, in the order of their keys; for comparing record by record."""
    rows = connection.execute(
        sa.select(_T).where(_T.c.site_id == site_id).order_by(_T.c.epoch, _T.c.report_class, _T.c.seq)
    )
    return tuple(
        reports.Report(reports.ReportKey(site_id, row.epoch, row.report_class, row.seq), row.at, row.payload)
        for row in rows
    )


def count(connection: sa.Connection) -> int:
    """Number of stored records."""
    return connection.execute(sa.select(sa.func.count()).select_from(_T)).scalar_one()


def _lock(connection: sa.Connection, batch: Iterable[reports.Report]) -> None:
    """Let two batches of one school wait for each other; SQLite's only writer lock is held already."""
    wanted = sorted({report.key.site_id for report in batch})
    site = tables.SITES.c.site_id
    connection.execute(sa.select(site).where(site.in_(wanted)).order_by(site).with_for_update()).all()


def _unseen(connection: sa.Connection, batch: Sequence[reports.Report]) -> list[reports.Report]:
    by_key = {report.key: report for report in batch}
    known: set[reports.ReportKey] = set()
    for stream, seqs in _seqs_by_stream(by_key).items():
        for start in range(0, len(seqs), _CHUNK):
            where = (*_where(_T, stream), _T.c.seq.in_(seqs[start : start + _CHUNK]))
            found = connection.execute(sa.select(_T.c.seq).where(*where)).scalars()
            known |= {reports.ReportKey(*stream, seq) for seq in found}
    return [by_key[key] for key in sorted(by_key.keys() - known)]


def _seqs_by_stream(keys: Iterable[reports.ReportKey]) -> dict[Stream, list[int]]:
    found: dict[Stream, list[int]] = defaultdict(list)
    for key in keys:
        found[Stream(key.site_id, key.epoch, key.report_class)].append(key.seq)
    return found


def _advance(connection: sa.Connection, streams: set[Stream]) -> None:
    for stream in streams:
        before = _through(connection, stream)
        later = connection.execute(
            sa.select(_T.c.seq).where(*_where(_T, stream), _T.c.seq > before).order_by(_T.c.seq)
        ).scalars()
        now = before
        for seq in later:
            if seq != now + 1:
                break
            now = seq
        if now == before:
            continue
        update = sa.update(_P).where(*_where(_P, stream)).values(through=now)
        if connection.execute(update).rowcount == 0:
            connection.execute(sa.insert(_P).values(**stream._asdict(), through=now))


def _change_states(connection: sa.Connection, new: list[reports.Report], received_at: datetime) -> None:
    by_site: dict[assignments.SiteId, list[reports.Report]] = defaultdict(list)
    for report in new:
        by_site[report.key.site_id].append(report)
    site = tables.SITES.c.site_id
    enrolled = connection.execute(sa.select(site).where(site.in_(sorted(by_site)))).scalars()
    for site_id in (assignments.SiteId(name) for name in enrolled):
        state = states.get(connection, site_id) or states.StateRow(site_id)
        for report in by_site[site_id]:
            state = states.after(state, report, received_at)
        states.put(connection, state)


def _through(connection: sa.Connection, stream: Stream) -> int:
    return connection.execute(sa.select(_P.c.through).where(*_where(_P, stream))).scalar() or 0


def _where(table: sa.Table, stream: Stream) -> tuple[sa.ColumnElement[bool], ...]:
    return tuple(table.c[name] == value for name, value in stream._asdict().items())


def _stream(report: reports.Report) -> Stream:
    return Stream(report.key.site_id, report.key.epoch, report.key.report_class)


def _to_values(report: reports.Report, received_at: datetime) -> dict[str, object]:
    return {
        **_stream(report)._asdict(),
        "seq": report.key.seq,
        "at": report.at,
        "received_at": received_at,
        "payload": report.payload,
    }
