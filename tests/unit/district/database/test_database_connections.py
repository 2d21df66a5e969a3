import pathlib
import threading

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime import migration

from homeroom.district.database import Database, evidence, tables
from homeroom.domain import digests, errors


def test_migrations_make_exactly_the_tables_that_the_code_uses(database: Database) -> None:
    with database.read() as connection:
        context = migration.MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.METADATA) == []


def test_opening_again_keeps_what_is_stored(url: str) -> None:
    first = Database.open(url)
    with first.write() as connection:
        digest = evidence.put(connection, "gate-report", b"{}")
    first.close()
    second = Database.open(url)
    with second.read() as connection:
        assert evidence.get(connection, digest) == b"{}"
    second.close()


def test_a_database_of_a_newer_homeroom_is_refused_and_says_what_to_do(url: str) -> None:
    opened = Database.open(url)
    with opened.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    opened.close()
    with pytest.raises(errors.SpecError, match="made by a newer Homeroom") as caught:
        Database.open(url)
    assert "update Homeroom" in str(caught.value)


@pytest.mark.parametrize(
    "bad", ["nonsense", "fantasy://x/y", "sqlite:////no-such-directory/district.db"], ids=["no url", "driver", "dir"]
)
def test_an_unusable_url_says_what_to_change(bad: str) -> None:
    with pytest.raises(errors.SpecError, match="database"):
        Database.open(bad)


def test_the_password_of_a_url_is_in_no_message() -> None:
    with pytest.raises(errors.SpecError) as caught:
        Database.open("fantasy://user:secret-word@host/db")
    assert "secret-word" not in str(caught.value)


def test_a_block_that_raises_changes_nothing(database: Database) -> None:
    def half() -> None:
        with database.write() as connection:
            evidence.put(connection, "gate-report", b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    with database.read() as connection:
        assert evidence.get(connection, digests.of_bytes(b"half")) is None


def test_two_writers_that_read_first_do_not_lose_an_update(url: str) -> None:
    """The API and the operator each open the file; a writer waits from its first read on."""
    opened = [Database.open(url) for _ in range(2)]
    with opened[0].write() as connection:
        connection.execute(sa.text("CREATE TABLE counter (n INTEGER)"))
        connection.execute(sa.text("INSERT INTO counter VALUES (0)"))

    def count(database: Database) -> None:
        for _ in range(25):
            with database.write() as connection:
                number = connection.execute(sa.text("SELECT n FROM counter")).scalar_one()
                connection.execute(sa.text("UPDATE counter SET n = :n"), {"n": number + 1})

    threads = [threading.Thread(target=count, args=(database,)) for database in opened]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    with opened[0].read() as connection:
        assert connection.execute(sa.text("SELECT n FROM counter")).scalar_one() == 50
    for database in opened:
        database.close()


def test_two_processes_that_open_a_new_database_at_once_both_get_it(url: str, tmp_path: pathlib.Path) -> None:
    found: list[Database] = []
    threads = [threading.Thread(target=lambda: found.append(Database.open(url))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(found) == 4
    for database in found:
        database.close()
    assert (tmp_path / "district.db").exists()
