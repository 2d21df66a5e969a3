"""What Alembic runs: migrations on the connection that ``revisions.upgrade`` holds, in its transaction."""

from alembic import context

from homeroom.district.database import tables

connection = context.config.attributes["connection"]
# SQLite can roll DDL back; Alembic assumes that it cannot, and would commit between the steps.
context.configure(connection=connection, target_metadata=tables.METADATA, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
