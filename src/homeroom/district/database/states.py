"""What each school last said of itself; changed only by applying reports."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from homeroom.district.database import tables
from homeroom.domain import assignments, reports

_T = tables.STATES
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Serving:
    """What answers for one purpose and band.

    Attributes:
        purpose: such as ``support-offer``.
        band: such as ``K-2``.
        release: digest in use; None when only staff's usual way is left.
        level: ``full``, ``core``, ``previous``, ``fallback`` or ``none``.
        healthy: the level is the best that the assigned release has.
    """

    purpose: str
    band: str
    release: str | None
    level: str
    healthy: bool


@dataclass(frozen=True, slots=True)
class StateRow:
    """One school as of its newest status report.

    Attributes:
        site_id: which school.
        last_report_at: when its newest record of any class was written, never later than it arrived.
        status_epoch: epoch of the status report that is shown; 0 when there was none yet.
        status_seq: its number; 0 when there was none yet.
        assignment_version: the assignment that it has taken; 0 for none.
        serving: what answers there.
        answers: suggestions given since its process started.
        agent_version: of Homeroom there; empty when unknown.
        refused: why it refused an assignment; None when it did not.
    """

    site_id: assignments.SiteId
    last_report_at: datetime = _NEVER
    status_epoch: int = 0
    status_seq: int = 0
    assignment_version: int = 0
    serving: tuple[Serving, ...] = ()
    answers: int = 0
    agent_version: str = ""
    refused: str | None = None


def get(connection: sa.Connection, site_id: assignments.SiteId) -> StateRow | None:
    """That school's state; None before its first report."""
    row = connection.execute(sa.select(_T).where(_T.c.site_id == site_id)).one_or_none()
    return None if row is None else _parse(row)


def every(connection: sa.Connection) -> dict[assignments.SiteId, StateRow]:
    """State of every school that ever reported."""
    return {state.site_id: state for state in map(_parse, connection.execute(sa.select(_T)))}


def put(connection: sa.Connection, state: StateRow) -> None:
    """Store ``state``; only ``reports.apply`` calls this, in the transaction that stores the records."""
    values = _to_values(state)
    if connection.execute(sa.update(_T).where(_T.c.site_id == state.site_id).values(values)).rowcount == 0:
        connection.execute(sa.insert(_T).values(values))


def after(state: StateRow, report: reports.Report, received_at: datetime) -> StateRow:
    """``state`` once ``report`` is known; the same whatever the order and number of calls.

    A clock that runs ahead cannot keep a dead school alive: a record counts as written no later than it arrived.
    A status report that cannot be read counts as a sign of life and changes nothing else.
    """
    heard = replace(state, last_report_at=max(state.last_report_at, min(report.at, received_at)))
    older = (report.key.epoch, report.key.seq) <= (state.status_epoch, state.status_seq)
    if report.key.report_class != reports.ReportClass.STATUS.value or older:
        return heard
    try:
        return replace(
            heard,
            status_epoch=report.key.epoch,
            status_seq=report.key.seq,
            assignment_version=int(report.payload["assignmentVersion"]),
            serving=tuple(_parse_serving(entry) for entry in report.payload["serving"]),
            answers=int(report.payload.get("answers", 0)),
            agent_version=str(report.payload.get("agentVersion", ""))[:64],
            refused=_text_or_none(report.payload.get("refused")),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return heard


def _parse_serving(value: dict[str, Any]) -> Serving:
    return Serving(
        purpose=str(value["purpose"]),
        band=str(value["band"]),
        release=_text_or_none(value["release"]),
        level=str(value["level"]),
        healthy=value["healthy"] is True,
    )


def _text_or_none(value: Any) -> str | None:
    return None if value is None else str(value)


def _to_values(state: StateRow) -> dict[str, Any]:
    serving = [
        {"purpose": s.purpose, "band": s.band, "release": s.release, "level": s.level, "healthy": s.healthy}
        for s in state.serving
    ]
    return {**{name: getattr(state, name) for name in StateRow.__dataclass_fields__}, "serving": serving}


def _parse(row: sa.Row[Any]) -> StateRow:
    serving = tuple(Serving(**entry) for entry in row.serving)
    return StateRow(**{**row._mapping, "serving": serving})  # noqa: SLF001 - SQLAlchemy's public spelling
