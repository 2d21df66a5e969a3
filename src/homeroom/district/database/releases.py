"""Releases as packaged: which model version became which artifact."""

from dataclasses import dataclass

import sqlalchemy as sa

from homeroom.district.database import tables
from homeroom.domain import digests, releases

_T = tables.RELEASES


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """One packaged release."""

    release_digest: digests.Digest
    model_name: str
    model_version: str
    repository: str
    config: releases.ReleaseConfig


def record(connection: sa.Connection, row: ReleaseRow) -> None:
    """Remember a packaged release; packaging is deterministic, so doing it again is no change."""
    if get(connection, row.release_digest) is None:
        connection.execute(
            sa.insert(_T).values(
                release_digest=row.release_digest,
                model_name=row.model_name,
                model_version=row.model_version,
                repository=row.repository,
                config=row.config.to_json(),
            )
        )


def get(connection: sa.Connection, release_digest: digests.Digest) -> ReleaseRow | None:
    """That release; None when it was never packaged here."""
    row = connection.execute(sa.select(_T).where(_T.c.release_digest == release_digest)).one_or_none()
    return None if row is None else _parse(row)


def of_model(connection: sa.Connection, model_name: str, model_version: str) -> tuple[ReleaseRow, ...]:
    """Every release made of that model version; one model version may serve several purposes."""
    where = (_T.c.model_name == model_name, _T.c.model_version == model_version)
    return tuple(_parse(row) for row in connection.execute(sa.select(_T).where(*where).order_by(_T.c.release_digest)))


def _parse(row: sa.Row[tuple[object, ...]]) -> ReleaseRow:
    config = releases.parse_config(row.config)
    return ReleaseRow(**{**row._mapping, "config": config})  # noqa: SLF001 - SQLAlchemy's public spelling
