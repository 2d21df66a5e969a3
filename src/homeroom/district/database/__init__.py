"""What the district remembers and Kubernetes need not: one SQLite or PostgreSQL database, opened by API and operator.

Lives here: tables, migrations, and plain functions over a ``Connection``, one module per noun. The caller owns the
transaction: ``with database.write() as connection`` commits everything in the block or nothing.
Does not: rules, Kubernetes, HTTP, pupil rows.
May import: ``domain``, ``trust.bundles`` (the form of a published bundle), SQLAlchemy, Alembic.
"""

from homeroom.district.database.connections import Database

__all__ = ["Database"]
