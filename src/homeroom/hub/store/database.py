"""The SQLite file: opened once per process, every transaction durable before it returns."""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from homeroom.domain import errors

SCHEMA_VERSION = 1
_BUSY_SECONDS = 5.0  # the other process commits in milliseconds; a minute would hang the relay behind a stuck one

_SCHEMA = """
CREATE TABLE bundles (
    site_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    available INTEGER NOT NULL DEFAULT 0,
    content BLOB NOT NULL,
    PRIMARY KEY (site_id, version)
);
CREATE TABLE cursors (name TEXT PRIMARY KEY, position INTEGER NOT NULL);
CREATE TABLE cached_releases (repository TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (repository, digest));
CREATE TABLE cached_blobs (
    repository TEXT NOT NULL, release_digest TEXT NOT NULL, digest TEXT NOT NULL, size_bytes INTEGER NOT NULL,
    PRIMARY KEY (repository, release_digest, digest)
);
CREATE TABLE envelopes (
    id INTEGER PRIMARY KEY,
    site_id TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    class TEXT NOT NULL,
    seq INTEGER NOT NULL,
    received_at REAL NOT NULL,
    size_bytes INTEGER NOT NULL,
    content BLOB NOT NULL,
    UNIQUE (site_id, epoch, class, seq)
);
CREATE INDEX envelopes_by_age ON envelopes (received_at);
-- Kept by triggers, because counting a long queue at each request would make a full hub slow when it matters most.
CREATE TABLE queue_sizes (site_id TEXT PRIMARY KEY, records INTEGER NOT NULL, size_bytes INTEGER NOT NULL);
CREATE TRIGGER envelope_added AFTER INSERT ON envelopes BEGIN
    INSERT INTO queue_sizes VALUES (new.site_id, 1, new.size_bytes)
    ON CONFLICT (site_id) DO UPDATE SET records = records + 1, size_bytes = size_bytes + excluded.size_bytes;
END;
CREATE TRIGGER envelope_removed AFTER DELETE ON envelopes BEGIN
    UPDATE queue_sizes SET records = records - 1, size_bytes = size_bytes - old.size_bytes WHERE site_id = old.site_id;
END;
-- How far the hub has held a stream without a hole since its last acknowledgement.
CREATE TABLE streams (
    site_id TEXT NOT NULL, epoch INTEGER NOT NULL, class TEXT NOT NULL, through INTEGER NOT NULL,
    PRIMARY KEY (site_id, epoch, class)
);
CREATE TABLE acks (
    site_id TEXT NOT NULL, epoch INTEGER NOT NULL, class TEXT NOT NULL, through INTEGER NOT NULL, content BLOB NOT NULL,
    PRIMARY KEY (site_id, epoch, class)
);
"""

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


class Database:
    """One process's connection; threads take turns on it.

    Args:
        path: made when missing.

    Raises:
        SpecError: a newer version of Homeroom wrote the file.
        Unavailable: the file cannot be opened, is damaged, or stays locked.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        with _translated(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            # FULL: a report that was answered for must survive the power going, not only the process.
            self._connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
        self._migrate()

    def close(self) -> None:
        """Lets go of the file."""
        with self._lock:
            self._connection.close()

    @contextlib.contextmanager
    def transaction(self) -> Generator[sqlite3.Connection]:
        """A write transaction: all of it is on disk afterwards, or none when the block raises."""
        with self._lock, _translated(self._path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    async def run(
        self,
        function: Callable[Concatenate[sqlite3.Connection, _Arguments], _Result],
        *arguments: _Arguments.args,
        **named: _Arguments.kwargs,
    ) -> _Result:
        """``function(connection, ...)`` in a transaction of its own, on a thread: a disk may be slow."""

        def call() -> _Result:
            with self.transaction() as connection:
                return function(connection, *arguments, **named)

        return await asyncio.to_thread(call)

    def _migrate(self) -> None:
        with self.transaction() as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > SCHEMA_VERSION:
                raise errors.SpecError(
                    f"{self._path} was written by a newer Homeroom (schema {version}, this one knows {SCHEMA_VERSION}): "
                    "install that version again, or move the file away and let the hub fetch everything anew"
                )
            if version == 0:
                # executescript would commit the transaction that guards against the other process doing the same.
                for statement in _statements(_SCHEMA):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


@contextlib.contextmanager
def _translated(path: Path) -> Generator[None]:
    try:
        yield
    except (sqlite3.DatabaseError, OSError) as exc:
        raise errors.Unavailable(f"the hub's database {path} cannot be used: {exc}") from exc


def _statements(script: str) -> Generator[str]:
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
