"""The schools as the control channel must know them: copied from SchoolSite by the operator, read on every request."""

from dataclasses import asdict, dataclass

import sqlalchemy as sa

from homeroom.district.database import tables
from homeroom.domain import assignments

_T = tables.SITES


@dataclass(frozen=True, slots=True)
class SiteRow:
    """One school.

    Attributes:
        site_id: our own UUID.
        name: name of its SchoolSite.
        epoch: the only one whose reports are accepted; a replaced box gets a new one.
        public_key: base64 of the raw ed25519 key that signs its reports.
        hub: where its assignments and reports go through; None for straight to the district.
        region: as in SchoolSite.
        bands: year-group bands taught there.
    """

    site_id: assignments.SiteId
    name: str
    epoch: int
    public_key: str
    hub: str | None
    region: str
    bands: tuple[str, ...]


def upsert(connection: sa.Connection, row: SiteRow) -> None:
    """Store ``row``; a row of another school that had its name goes, since SchoolSite names are unique now."""
    values = {**asdict(row), "bands": list(row.bands)}
    connection.execute(sa.delete(_T).where(_T.c.name == row.name, _T.c.site_id != row.site_id))
    if connection.execute(sa.update(_T).where(_T.c.site_id == row.site_id).values(values)).rowcount == 0:
        connection.execute(sa.insert(_T).values(values))


def remove(connection: sa.Connection, site_id: assignments.SiteId) -> None:
    """Forget the school and its state: its requests are refused from now on. Versions and reports stay."""
    connection.execute(sa.delete(_T).where(_T.c.site_id == site_id))


def get(connection: sa.Connection, site_id: assignments.SiteId) -> SiteRow | None:
    """That school; None when it is not enrolled."""
    row = connection.execute(sa.select(_T).where(_T.c.site_id == site_id)).one_or_none()
    return None if row is None else _parse(row)


def every(connection: sa.Connection) -> tuple[SiteRow, ...]:
    """All schools by name."""
    return tuple(_parse(row) for row in connection.execute(sa.select(_T).order_by(_T.c.name)))


def _parse(row: sa.Row[tuple[object, ...]]) -> SiteRow:
    return SiteRow(**{**row._mapping, "bands": tuple(row.bands)})  # noqa: SLF001 - SQLAlchemy's public spelling
