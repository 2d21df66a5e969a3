"""A fresh database for each test, as the API and the operator open it."""

import pathlib
from collections.abc import Iterator

import pytest

from homeroom.district.database import Database, sites
from homeroom.domain import assignments


@pytest.fixture
def url(tmp_path: pathlib.Path) -> str:
    return f"sqlite:///{tmp_path / 'district.db'}"


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = Database.open(url)
    yield opened
    opened.close()


@pytest.fixture
def oak(database: Database) -> sites.SiteRow:
    """One enrolled school, behind a hub."""
    row = sites.SiteRow(
        site_id=assignments.SiteId("6f0d8f7e-0000-4000-8000-000000000001"),
        name="oak-street",
        epoch=1,
        public_key="A" * 43 + "=",
        hub="north",
        region="north",
        bands=("K-2", "3-5"),
    )
    with database.write() as connection:
        sites.upsert(connection, row)
    return row
