"""Opening the database: migrated to this version's schema, and safe for two processes at once."""

import pathlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from homeroom.district.database import revisions
from homeroom.domain import errors

BUSY_TIMEOUT_MS = 15_000
"""How long a writer waits for the other process; applying a full batch of reports takes well under one second."""

_BEGIN = "homeroom_begin"


class Database:
    """One open database.

    Use ``read()`` and ``write()``: each gives a connection inside one transaction, committed when the block ends and
    rolled back when it raises.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})

    @classmethod
    def open(cls, url: str) -> "Database":
        """The database at ``url``, created or migrated when needed.

        Args:
            url: SQLAlchemy URL, such as ``sqlite:////var/lib/homeroom/district.db``.

        Raises:
            SpecError: the URL is unusable, or the database was made by a newer Homeroom.
            Unavailable: the database server does not answer.
        """
        database = cls(_engine(url))
        try:
            with database.write() as connection:
                revisions.upgrade(connection)
        except BaseException:
            database.close()
            raise
        return database

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """One consistent view; nothing that happens meanwhile is seen.

        Raises:
            Unavailable: the database does not answer.
        """
        with _translated(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One writer at a time on SQLite, so that reading first and then writing cannot lose an update.

        Raises:
            Unavailable: the database does not answer, or stayed locked for ``BUSY_TIMEOUT_MS``.
        """
        with _translated(), self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sa.exc.OperationalError as exc:
        raise errors.Unavailable(f"the district database did not answer: {exc.orig}") from exc


def _engine(url: str) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
        engine = sa.create_engine(parsed)
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ModuleNotFoundError) as exc:
        # The URL may hold a password: it is not repeated.
        raise errors.SpecError(
            f"the database URL cannot be used ({exc}): write it like sqlite:////dir/file.db"
        ) from exc
    if engine.dialect.name == "sqlite":
        _check_directory(parsed)
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _check_directory(url: sa.URL) -> None:
    if url.database and url.database != ":memory:" and not pathlib.Path(url.database).parent.is_dir():
        raise errors.SpecError(f"the directory of the database {url.database} does not exist: create it first")


def _configure_sqlite(connection: Any, _record: object) -> None:
    """Take over transactions from the driver, which would start them late and never as a writer."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", f"busy_timeout={BUSY_TIMEOUT_MS}", "foreign_keys=ON", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: sa.Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))
