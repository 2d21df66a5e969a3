"""Where each school is in each wave; the wave's own status holds counts only."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from homeroom.district.database import tables
from homeroom.domain import assignments

_T = tables.WAVE_SITES


@dataclass(frozen=True, slots=True)
class WaveSiteRow:
    """One school in one wave.

    Attributes:
        site_id: which school.
        state: as the wave counts it: ``pending``, ``assigned``, ``soaking``, ``done``, ``failed``, ``missed`` or
            ``rolledBack``.
        assignment_version: the first assignment that put the release there; None before.
        assigned_at: when that was published.
        start_by: the slot is held until then.
        waiting_since: since when it has been reachable without serving the release well.
        healthy_since: since when it has been serving the release well without a break.
        evidence_days: ISO dates, by the school's own clock, on which it said so since then.
        ended_at: when it became done, failed, missed or rolled back.
        reason: why, in a sentence; empty while nothing is to be said.
    """

    site_id: assignments.SiteId
    state: str
    assignment_version: int | None = None
    assigned_at: datetime | None = None
    start_by: datetime | None = None
    waiting_since: datetime | None = None
    healthy_since: datetime | None = None
    evidence_days: tuple[str, ...] = ()
    ended_at: datetime | None = None
    reason: str = ""


def rows(connection: sa.Connection, wave: str) -> tuple[WaveSiteRow, ...]:
    """Every school of that wave, by id; empty before the wave was planned."""
    found = connection.execute(sa.select(_T).where(_T.c.wave == wave).order_by(_T.c.site_id))
    return tuple(_parse(row) for row in found)


def every(connection: sa.Connection) -> dict[str, tuple[WaveSiteRow, ...]]:
    """Every school of every wave, by wave."""
    found: dict[str, list[WaveSiteRow]] = defaultdict(list)
    for row in connection.execute(sa.select(_T).order_by(_T.c.wave, _T.c.site_id)):
        found[row.wave].append(_parse(row))
    return {wave: tuple(found_rows) for wave, found_rows in found.items()}


def put(connection: sa.Connection, wave: str, changed: Iterable[WaveSiteRow]) -> None:
    """Store ``changed``, in place of what was stored of these schools; the others of the wave stay."""
    values = [{"wave": wave, **asdict(row), "evidence_days": list(row.evidence_days)} for row in changed]
    if not values:
        return
    connection.execute(sa.delete(_T).where(_T.c.wave == wave, _T.c.site_id.in_([value["site_id"] for value in values])))
    connection.execute(sa.insert(_T), values)


def remove(connection: sa.Connection, wave: str) -> None:
    """Forget a wave that was deleted."""
    connection.execute(sa.delete(_T).where(_T.c.wave == wave))


def _parse(row: sa.Row[tuple[object, ...]]) -> WaveSiteRow:
    values = {name: value for name, value in row._mapping.items() if name != "wave"}  # noqa: SLF001 - public spelling
    return WaveSiteRow(**{**values, "evidence_days": tuple(row.evidence_days)})
