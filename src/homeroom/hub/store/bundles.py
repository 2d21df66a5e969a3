"""Assignments at the hub: those that schools may see, and newer ones that wait for their releases."""

import json
import sqlite3
from collections.abc import Iterable, Sequence

from homeroom.domain import assignments, digests, errors, prefetch
from homeroom.trust import bundles

_CURSOR = "assignments"

SiteVersion = tuple[assignments.SiteId, int]


def cursor(connection: sqlite3.Connection) -> int:
    """How far the district's changes have been read; 0 at first."""
    row = connection.execute("SELECT position FROM cursors WHERE name = ?", (_CURSOR,)).fetchone()
    return 0 if row is None else int(row[0])


def keep(connection: sqlite3.Connection, found: Iterable[bundles.Bundle], position: int) -> int:
    """Stores a page of the district's changes and its cursor together, so that a crash repeats the page or has it.

    Returns:
        How many were new.
    """
    new = 0
    for bundle in found:
        row = (bundle.site_id, bundle.version, digests.canonical_json(bundle.to_json()))
        sql = "INSERT INTO bundles (site_id, version, content) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        new += connection.execute(sql, row).rowcount
    sql = "INSERT INTO cursors VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET position = excluded.position"
    connection.execute(sql, (_CURSOR, position))
    return new


def held(connection: sqlite3.Connection) -> tuple[prefetch.HeldBundle, ...]:
    """Every version that lies here; one whose assignment this hub cannot read is left out, so it is never offered."""
    rows = connection.execute("SELECT available, content FROM bundles ORDER BY site_id, version")
    return tuple(bundle for row in rows if (bundle := _held(available=bool(row[0]), content=row[1])) is not None)


def unreadable(connection: sqlite3.Connection) -> int:
    """How many bundles wait because this hub cannot read their assignment; a newer hub can."""
    rows = connection.execute("SELECT content FROM bundles WHERE NOT available")
    return sum(_held(available=False, content=row[0]) is None for row in rows)


def offer(connection: sqlite3.Connection, versions: Sequence[SiteVersion]) -> None:
    """Lets schools see these versions, and forgets older ones of the same school."""
    connection.executemany("UPDATE bundles SET available = 1 WHERE site_id = ? AND version = ?", versions)
    connection.executemany("DELETE FROM bundles WHERE site_id = ? AND version < ?", versions)


def withdraw(connection: sqlite3.Connection, versions: Sequence[SiteVersion]) -> None:
    """Hides these versions again; schools that have seen them go on with what they have."""
    connection.executemany("UPDATE bundles SET available = 0 WHERE site_id = ? AND version = ?", versions)


def newest(connection: sqlite3.Connection, site_id: assignments.SiteId, have: int) -> bundles.Bundle | None:
    """The newest bundle that this school may see, if its version is above ``have``."""
    row = connection.execute(
        "SELECT content FROM bundles WHERE site_id = ? AND available AND version > ? ORDER BY version DESC LIMIT 1",
        (site_id, have),
    ).fetchone()
    return None if row is None else bundles.parse(json.loads(row[0]))


def _held(*, available: bool, content: bytes) -> prefetch.HeldBundle | None:
    bundle = bundles.parse(json.loads(content))
    try:
        assignment = assignments.parse(json.loads(bundle.assignment))
    except (errors.SpecError, ValueError):
        return None
    required, useful = prefetch.releases_of(assignment)
    return prefetch.HeldBundle(bundle.site_id, bundle.version, available, required, useful)
