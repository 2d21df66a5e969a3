"""First schema: sites and their states, assignments, reports, waves, evidence, releases."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_sites()
    _create_assignments()
    _create_reports()
    _create_wave_sites()
    _create_releases()


def downgrade() -> None:
    for table in (
        "releases",
        "evidence",
        "wave_sites",
        "report_progress",
        "reports",
        "assignments",
        "site_states",
        "sites",
    ):
        op.drop_table(table)


def _create_sites() -> None:
    op.create_table(
        "sites",
        sa.Column("site_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(63), nullable=False),
        sa.Column("region", sa.String(63), nullable=False),
        sa.Column("hub", sa.String(63)),
        sa.Column("bands", sa.JSON, nullable=False),
        sa.Column("public_key", sa.String(44), nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("site_id", name="pk_sites"),
        sa.UniqueConstraint("name", name="uq_sites_name"),
    )
    op.create_index("ix_sites_hub", "sites", ["hub"])
    op.create_table(
        "site_states",
        sa.Column("site_id", sa.String(36), nullable=False),
        sa.Column("last_report_at", MOMENT, nullable=False),
        sa.Column("status_epoch", sa.Integer, nullable=False),
        sa.Column("status_seq", sa.BigInteger, nullable=False),
        sa.Column("assignment_version", sa.Integer, nullable=False),
        sa.Column("serving", sa.JSON, nullable=False),
        sa.Column("answers", sa.BigInteger, nullable=False),
        sa.Column("agent_version", sa.String(64), nullable=False),
        sa.Column("refused", sa.Text),
        sa.PrimaryKeyConstraint("site_id", name="pk_site_states"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.site_id"], name="fk_site_states_site_id", ondelete="CASCADE"),
    )


def _create_assignments() -> None:
    op.create_table(
        "assignments",
        sa.Column("site_id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("lease_epoch", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer),
        sa.Column("published_at", MOMENT),
        sa.Column("bundle", sa.JSON),
        sa.Column("document", sa.JSON),
        sa.PrimaryKeyConstraint("site_id", "version", name="pk_assignments"),
        sa.UniqueConstraint("position", name="uq_assignments_position"),
    )
    op.create_index("ix_assignments_lease_epoch", "assignments", ["lease_epoch"])


def _create_reports() -> None:
    op.create_table(
        "reports",
        sa.Column("site_id", sa.String(36), nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("report_class", sa.String(16), nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("site_id", "epoch", "report_class", "seq", name="pk_reports"),
    )
    op.create_table(
        "report_progress",
        sa.Column("site_id", sa.String(36), nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("report_class", sa.String(16), nullable=False),
        sa.Column("through", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("site_id", "epoch", "report_class", name="pk_report_progress"),
    )


def _create_wave_sites() -> None:
    op.create_table(
        "wave_sites",
        sa.Column("wave", sa.String(253), nullable=False),
        sa.Column("site_id", sa.String(36), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("assignment_version", sa.Integer),
        sa.Column("assigned_at", MOMENT),
        sa.Column("start_by", MOMENT),
        sa.Column("waiting_since", MOMENT),
        sa.Column("healthy_since", MOMENT),
        sa.Column("evidence_days", sa.JSON, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("wave", "site_id", name="pk_wave_sites"),
    )


def _create_releases() -> None:
    op.create_table(
        "evidence",
        sa.Column("digest", sa.String(71), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("about", sa.String(71), nullable=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_evidence"),
    )
    op.create_index("ix_evidence_about", "evidence", ["about"])
    op.create_table(
        "releases",
        sa.Column("release_digest", sa.String(71), nullable=False),
        sa.Column("model_name", sa.String(256), nullable=False),
        sa.Column("model_version", sa.String(32), nullable=False),
        sa.Column("repository", sa.String(256), nullable=False),
        sa.Column("config", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("release_digest", name="pk_releases"),
    )
    op.create_index("ix_releases_model", "releases", ["model_name", "model_version"])
