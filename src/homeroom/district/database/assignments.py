"""Assignments that were reserved, signed and published: (site, version) is published once, versions only rise.

A version is reserved before it is signed, with the epoch of the writer's lease. A writer whose lease has passed to
another cannot reserve or publish any more, whatever it still believes.
"""

from datetime import datetime

import sqlalchemy as sa

from homeroom.district.database import tables
from homeroom.domain import assignments, digests, errors
from homeroom.trust import bundles

_T = tables.ASSIGNMENTS

PAGE = 100
"""Bundles in one answer to a hub: about 1 MB, well under any body cap."""


def reserve(connection: sa.Connection, site_id: assignments.SiteId, lease_epoch: int) -> int:
    """The version to sign next: one more than the newest published; the same again until it is published.

    Raises:
        Refused: a later lease epoch has written already.
    """
    _check_epoch(connection, lease_epoch)
    newest = sa.select(sa.func.max(_T.c.version)).where(_T.c.site_id == site_id, _T.c.published_at.is_not(None))
    version = (connection.execute(newest).scalar() or 0) + 1
    taken = sa.update(_T).where(_T.c.site_id == site_id, _T.c.version == version).values(lease_epoch=lease_epoch)
    if connection.execute(taken).rowcount == 0:
        connection.execute(sa.insert(_T).values(site_id=site_id, version=version, lease_epoch=lease_epoch))
    return version


def publish(
    connection: sa.Connection,
    bundle: bundles.Bundle,
    document: assignments.Assignment,
    *,
    lease_epoch: int,
    now: datetime,
) -> None:
    """Make a reserved version visible to hub and school; again with the same document is no change.

    Raises:
        Refused: the version was not reserved by this writer, or was published with another document.
        Defect: bundle and document are of different sites or versions.
    """
    if (bundle.site_id, bundle.version) != (document.site_id, document.version):
        raise errors.Defect(f"bundle of {bundle.site_id} {bundle.version} does not hold its document")
    _check_epoch(connection, lease_epoch)
    where = (_T.c.site_id == document.site_id, _T.c.version == document.version)
    mine = sa.update(_T).where(*where, _T.c.lease_epoch == lease_epoch, _T.c.published_at.is_(None))
    position = sa.select(sa.func.coalesce(sa.func.max(_T.c.position), 0) + 1)
    values = {
        "bundle": bundle.to_json(),
        "document": document.to_json(),
        "published_at": now,
        "position": connection.execute(position).scalar_one(),
    }
    if connection.execute(mine.values(values)).rowcount == 1:
        return
    stored = connection.execute(sa.select(_T.c.document).where(*where)).scalar()
    if stored is None or digests.of_json(stored) != digests.of_json(document.to_json()):
        raise errors.Refused(
            "NotReserved",
            f"assignment {document.version} of {document.site_id} is not this writer's to publish: reserve it again",
        )


def latest(connection: sa.Connection, site_id: assignments.SiteId) -> tuple[int, assignments.Assignment] | None:
    """The newest published assignment of that school, if there is one."""
    row = connection.execute(_newest(site_id)).one_or_none()
    return None if row is None else (row.version, assignments.parse(row.document))


def numbered(connection: sa.Connection, site_id: assignments.SiteId, version: int) -> assignments.Assignment | None:
    """The assignment of that school that was published under that version."""
    where = (_T.c.site_id == site_id, _T.c.version == version, _T.c.published_at.is_not(None))
    document = connection.execute(sa.select(_T.c.document).where(*where)).scalar()
    return None if document is None else assignments.parse(document)


def every_latest(connection: sa.Connection) -> dict[assignments.SiteId, assignments.Assignment]:
    """The newest published assignment of every school that has one."""
    newest = _newest_versions().subquery()
    rows = connection.execute(
        sa.select(_T.c.document).join(
            newest, sa.and_(_T.c.site_id == newest.c.site_id, _T.c.version == newest.c.version)
        )
    ).scalars()
    return {found.site_id: found for found in map(assignments.parse, rows)}


def bundle(connection: sa.Connection, site_id: assignments.SiteId, newer_than: int) -> bundles.Bundle | None:
    """The newest published bundle, when it is newer than what the school has."""
    row = connection.execute(_newest(site_id)).one_or_none()
    return None if row is None or row.version <= newer_than else bundles.parse(row.bundle)


def changed_for_hub(connection: sa.Connection, hub: str, after: int) -> tuple[int, list[bundles.Bundle]]:
    """What was published for the schools of ``hub`` since cursor ``after``: the newest bundle of each, oldest first.

    Returns:
        the cursor to ask with next and at most ``PAGE`` bundles. A cursor from the future (the database was restored
        from a backup) starts over.
    """
    end = connection.execute(sa.select(sa.func.coalesce(sa.func.max(_T.c.position), 0))).scalar_one()
    start = after if after <= end else 0
    newest, site = _newest_versions().subquery(), tables.SITES
    rows = connection.execute(
        sa.select(_T.c.position, _T.c.bundle)
        .join(newest, sa.and_(_T.c.site_id == newest.c.site_id, _T.c.version == newest.c.version))
        .join(site, site.c.site_id == _T.c.site_id)
        .where(site.c.hub == hub, _T.c.position > start)
        .order_by(_T.c.position)
        .limit(PAGE)
    ).all()
    cursor = rows[-1].position if len(rows) == PAGE else end
    return cursor, [bundles.parse(row.bundle) for row in rows]


def _newest(site_id: assignments.SiteId) -> sa.Select[tuple[int, dict[str, object], dict[str, object]]]:
    return (
        sa.select(_T.c.version, _T.c.document, _T.c.bundle)
        .where(_T.c.site_id == site_id, _T.c.published_at.is_not(None))
        .order_by(_T.c.version.desc())
        .limit(1)
    )


def _newest_versions() -> sa.Select[tuple[str, int]]:
    return (
        sa.select(_T.c.site_id, sa.func.max(_T.c.version).label("version"))
        .where(_T.c.published_at.is_not(None))
        .group_by(_T.c.site_id)
    )


def _check_epoch(connection: sa.Connection, lease_epoch: int) -> None:
    highest = connection.execute(sa.select(sa.func.max(_T.c.lease_epoch))).scalar() or 0
    if lease_epoch < highest:
        raise errors.Refused(
            "LeaseLost", f"writer of lease epoch {lease_epoch} was replaced by epoch {highest}: it must stop"
        )
