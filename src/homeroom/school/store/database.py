"""The one SQLite file of a school."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from homeroom.domain import errors

SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE blobs (digest TEXT PRIMARY KEY, size_bytes INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE active (purpose TEXT, band TEXT, release TEXT NOT NULL, PRIMARY KEY (purpose, band)) WITHOUT ROWID;
CREATE TABLE numbers (
    epoch INTEGER, class TEXT, next INTEGER NOT NULL,
    dropped INTEGER NOT NULL DEFAULT 0, dropped_from TEXT, dropped_to TEXT,
    PRIMARY KEY (epoch, class)
) WITHOUT ROWID;
CREATE TABLE queue (
    epoch INTEGER, class TEXT, seq INTEGER, envelope TEXT NOT NULL, size_bytes INTEGER NOT NULL,
    PRIMARY KEY (epoch, class, seq)
) WITHOUT ROWID;
"""


class Database:
    """An open store file. Use it from one thread only.

    Attributes:
        quarantined: where a damaged file was moved at opening; None when the file was whole.
    """

    def __init__(self, connection: sqlite3.Connection, quarantined: Path | None) -> None:
        self._connection = connection
        self.quarantined = quarantined

    @classmethod
    def open(cls, path: Path) -> "Database":
        """The store at ``path``, made if missing; a damaged file is moved aside and a fresh one begun.

        Models and assignment lie beside the file and are checked by digest and signature, so a school goes on
        answering; what is lost is the queue, and the numbers of its reports are asked for again.

        Raises:
            Unavailable: the file cannot be used now: another process has it, or the disk fails. Nothing is moved.
        """
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            return cls(_checked(path), None)
        except sqlite3.OperationalError as exc:
            raise errors.Unavailable(f"{path} cannot be opened: {exc}: does another agent use it?") from exc
        except sqlite3.DatabaseError:
            moved_to = _quarantine(path)
            return cls(_checked(path), moved_to)

    def close(self) -> None:
        """End the connection; everything committed is on disk already."""
        self._connection.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; on disk when the block has ended. No ``await`` inside: the connection is shared by tasks."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
        except BaseException:
            if self._connection.in_transaction:  # a full disk makes SQLite roll back by itself
                self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def fact(self, name: str) -> str | None:
        """A remembered word, None when it was never set."""
        row = self._connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_fact(self, name: str, value: str) -> None:
        """Remember a word."""
        with self.transaction() as connection:
            put_fact(connection, name, value)

    def rows(self, query: str, *values: Any) -> list[tuple[object, ...]]:
        """Result of a reading query; one mapping for named values, else values in order."""
        named = len(values) == 1 and isinstance(values[0], dict)
        return self._connection.execute(query, values[0] if named else values).fetchall()


def put_fact(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Remember a word within the caller's transaction."""
    connection.execute(
        "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value)
    )


def _checked(path: Path) -> sqlite3.Connection:
    """An open connection to a whole file.

    Raises:
        sqlite3.DatabaseError: the file is damaged.
    """
    connection = sqlite3.connect(path, isolation_level=None, timeout=2)
    try:
        # One process owns the store: the lock keeps a second agent out, and WAL then needs no shared memory.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # 0 acknowledged rows lost in 930 crash states; NORMAL loses
        connection.execute("PRAGMA cache_size = -128")  # KiB; a host keeps many of these open
        connection.execute("PRAGMA mmap_size = 0")
        _refuse_damage(connection)
        _migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _refuse_damage(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
        raise sqlite3.DatabaseError("integrity_check found damage")


def _migrate(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
        connection.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")


def _quarantine(path: Path) -> Path:
    number = 1
    while (target := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    path.rename(target)
    for suffix in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(target.with_name(target.name + suffix))
    return target
