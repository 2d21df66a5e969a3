"""Bringing the schema up to this version, and refusing one that is newer."""

import alembic.command
import alembic.config
import sqlalchemy as sa
from alembic.runtime import migration
from alembic.script import ScriptDirectory

from homeroom.domain import errors

_LOCK = 7_405_461_001
"""Any fixed number: PostgreSQL's advisory lock lets one process migrate while the others wait."""


def upgrade(connection: sa.Connection) -> None:
    """Migrate to the newest revision in the caller's transaction; does nothing when already there.

    Raises:
        SpecError: the database is at a revision that this version does not know.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    config = _config()
    scripts = ScriptDirectory.from_config(config)
    current = migration.MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in scripts.walk_revisions()}
    if current is not None and current not in known:
        raise errors.SpecError(
            f"the district database was made by a newer Homeroom (revision {current}): update Homeroom, "
            "or point it at another database"
        )
    if current != scripts.get_current_head():
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "head")


def _config() -> alembic.config.Config:
    config = alembic.config.Config()
    config.set_main_option("script_location", "homeroom.district.database:migrations")
    config.set_main_option("path_separator", "os")
    return config
