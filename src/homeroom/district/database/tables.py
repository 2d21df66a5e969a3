"""The tables as this version knows them; ``migrations`` makes them, a test compares the two."""

from datetime import UTC, datetime

import sqlalchemy as sa

METADATA = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An aware moment, stored in UTC; SQLite keeps no zone, so it is put back on reading."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        """To UTC; a naive moment is a defect of the caller and raises ValueError."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


SITES = sa.Table(
    "sites",
    METADATA,
    sa.Column("site_id", sa.String(36), primary_key=True),
    sa.Column("name", sa.String(63), nullable=False, unique=True),
    sa.Column("region", sa.String(63), nullable=False),
    sa.Column("hub", sa.String(63), index=True),
    sa.Column("bands", sa.JSON, nullable=False),
    sa.Column("public_key", sa.String(44), nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
)

STATES = sa.Table(
    "site_states",
    METADATA,
    sa.Column("site_id", sa.ForeignKey("sites.site_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("last_report_at", UtcDateTime, nullable=False),
    sa.Column("status_epoch", sa.Integer, nullable=False),
    sa.Column("status_seq", sa.BigInteger, nullable=False),
    sa.Column("assignment_version", sa.Integer, nullable=False),
    sa.Column("serving", sa.JSON, nullable=False),
    sa.Column("answers", sa.BigInteger, nullable=False),
    sa.Column("agent_version", sa.String(64), nullable=False),
    sa.Column("refused", sa.Text),
)

# No foreign key to sites: a school that leaves and comes back must not see a version that it already had.
ASSIGNMENTS = sa.Table(
    "assignments",
    METADATA,
    sa.Column("site_id", sa.String(36), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("lease_epoch", sa.Integer, nullable=False, index=True),
    sa.Column("position", sa.Integer, unique=True),
    sa.Column("published_at", UtcDateTime),
    sa.Column("bundle", sa.JSON),
    sa.Column("document", sa.JSON),
)

REPORTS = sa.Table(
    "reports",
    METADATA,
    sa.Column("site_id", sa.String(36), primary_key=True),
    sa.Column("epoch", sa.Integer, primary_key=True),
    sa.Column("report_class", sa.String(16), primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
)

PROGRESS = sa.Table(
    "report_progress",
    METADATA,
    sa.Column("site_id", sa.String(36), primary_key=True),
    sa.Column("epoch", sa.Integer, primary_key=True),
    sa.Column("report_class", sa.String(16), primary_key=True),
    sa.Column("through", sa.BigInteger, nullable=False),
)

# No foreign key to sites, as with reports: what a school said holds while it is not enrolled as well.
CLOSURE_STATEMENTS = sa.Table(
    "closure_statements",
    METADATA,
    sa.Column("site_id", sa.String(36), primary_key=True),
    sa.Column("epoch", sa.Integer, primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("first_day", sa.Date, nullable=False),
    sa.Column("last_day", sa.Date, nullable=False, index=True),
    sa.Column("cause", sa.String(32)),
    sa.Column("note", sa.String(80), nullable=False),
)

WAVE_SITES = sa.Table(
    "wave_sites",
    METADATA,
    sa.Column("wave", sa.String(253), primary_key=True),
    sa.Column("site_id", sa.String(36), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("assignment_version", sa.Integer),
    sa.Column("assigned_at", UtcDateTime),
    sa.Column("start_by", UtcDateTime),
    sa.Column("waiting_since", UtcDateTime),
    sa.Column("healthy_since", UtcDateTime),
    sa.Column("evidence_days", sa.JSON, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("reason", sa.Text, nullable=False),
)

EVIDENCE = sa.Table(
    "evidence",
    METADATA,
    sa.Column("digest", sa.String(71), primary_key=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("about", sa.String(71), index=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

RELEASES = sa.Table(
    "releases",
    METADATA,
    sa.Column("release_digest", sa.String(71), primary_key=True),
    sa.Column("model_name", sa.String(256), nullable=False),
    sa.Column("model_version", sa.String(32), nullable=False),
    sa.Column("repository", sa.String(256), nullable=False),
    sa.Column("config", sa.JSON, nullable=False),
    sa.Index("ix_releases_model", "model_name", "model_version"),
)
