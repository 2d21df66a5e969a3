"""What the hub's registry was filled with."""

import sqlite3
from collections.abc import Iterable

from homeroom.domain import digests, prefetch
from homeroom.packaging import artifacts


def add(connection: sqlite3.Connection, release: prefetch.Release, blobs: Iterable[artifacts.Blob]) -> None:
    """Notes that the registry holds the release completely."""
    key = (release.repository, release.digest)
    connection.execute("INSERT INTO cached_releases VALUES (?, ?) ON CONFLICT DO NOTHING", key)
    rows = [(*key, blob.digest, blob.size_bytes) for blob in blobs]
    connection.executemany("INSERT INTO cached_blobs VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", rows)


def remove(connection: sqlite3.Connection, release: prefetch.Release) -> None:
    """Notes that the registry has lost it."""
    key = (release.repository, release.digest)
    connection.execute("DELETE FROM cached_releases WHERE repository = ? AND digest = ?", key)
    connection.execute("DELETE FROM cached_blobs WHERE repository = ? AND release_digest = ?", key)


def releases(connection: sqlite3.Connection) -> dict[prefetch.Release, frozenset[digests.Digest]]:
    """Every release that the registry should hold, with the digests of its blobs."""
    rows = connection.execute(
        "SELECT r.repository, r.digest, b.digest FROM cached_releases r"
        " LEFT JOIN cached_blobs b ON b.repository = r.repository AND b.release_digest = r.digest"
    )
    found: dict[prefetch.Release, set[digests.Digest]] = {}
    for repository, release, blob in rows:
        blobs = found.setdefault(prefetch.Release(repository, digests.Digest(release)), set())
        if blob is not None:
            blobs.add(digests.Digest(blob))
    return {release: frozenset(blobs) for release, blobs in found.items()}


def size_bytes(connection: sqlite3.Connection) -> int:
    """What all of it takes; a blob that several releases share counts once, as in the registry."""
    sql = "SELECT coalesce(sum(size_bytes), 0) FROM (SELECT DISTINCT digest, size_bytes FROM cached_blobs)"
    (total,) = connection.execute(sql).fetchone()
    return int(total)
