"""What schools said about days on which they are closed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "closure_statements",
        sa.Column("site_id", sa.String(36), nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
        sa.Column("cause", sa.String(32)),
        sa.Column("note", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "epoch", "seq", name="pk_closure_statements"),
    )
    op.create_index("ix_closure_statements_last_day", "closure_statements", ["last_day"])


def downgrade() -> None:
    op.drop_table("closure_statements")
