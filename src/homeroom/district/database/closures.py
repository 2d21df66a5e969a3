"""What schools said about days on which they are closed; written only by applying reports, never changed."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from homeroom.district.database import tables
from homeroom.domain import assignments, closurestatements, dayspans, reports

_T = tables.CLOSURE_STATEMENTS

NEWEST = 200
"""Statements of one school that are looked at; a box that says more has a fault, and must not slow the others down."""


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One statement.

    Attributes:
        epoch: of its report.
        seq: number of its report.
        received_at: when it reached the district, by the district's clock.
        statement: what was said.
    """

    epoch: int
    seq: int
    received_at: datetime
    statement: closurestatements.Statement


def keep(connection: sa.Connection, new: Iterable[reports.Report], received_at: datetime) -> None:
    """Store the statements among ``new``, which are reports that were never applied before."""
    rows = [row for report in new if (row := _to_values(report, received_at)) is not None]
    if rows:
        connection.execute(sa.insert(_T), rows)


def since(connection: sa.Connection, day: date) -> dict[assignments.SiteId, tuple[StatementRow, ...]]:
    """By school, its newest statements about days that ended on ``day`` or later, oldest first; at most ``NEWEST``."""
    number = sa.func.row_number().over(partition_by=_T.c.site_id, order_by=(_T.c.epoch.desc(), _T.c.seq.desc()))
    ranked = sa.select(_T, number.label("position")).where(_T.c.last_day >= day).subquery()
    query = sa.select(ranked).where(ranked.c.position <= NEWEST)
    found: dict[assignments.SiteId, list[StatementRow]] = defaultdict(list)
    for row in connection.execute(query.order_by(ranked.c.site_id, ranked.c.epoch, ranked.c.seq)):
        found[assignments.SiteId(row.site_id)].append(_parse(row))
    return {site_id: tuple(rows) for site_id, rows in found.items()}


def _to_values(report: reports.Report, received_at: datetime) -> dict[str, object] | None:
    statement = closurestatements.from_payload(report.payload)
    if statement is None or report.key.report_class != reports.ReportClass.AUDIT.value:
        return None
    return {
        "site_id": report.key.site_id,
        "epoch": report.key.epoch,
        "seq": report.key.seq,
        "received_at": received_at,
        "first_day": statement.days.start,
        "last_day": statement.days.end,
        "cause": None if statement.cause is None else statement.cause.value,
        "note": statement.note,
    }


def _parse(row: sa.Row[tuple[object, ...]]) -> StatementRow:
    cause = None if row.cause is None else closurestatements.cause_named(row.cause)
    statement = closurestatements.Statement(dayspans.Span(row.first_day, row.last_day), cause, row.note)
    return StatementRow(row.epoch, row.seq, row.received_at, statement)
