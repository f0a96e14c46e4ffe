"""Make the table of what was asked of Meta for short links."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_AT = sa.Text().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "link_orders",
        sa.Column("mailbox_id", _KEY, nullable=False),
        sa.Column("id", _KEY, nullable=False),
        sa.Column("request_id", _KEY, nullable=False),
        sa.Column("number", _KEY, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("stay", _AT, nullable=False),
        sa.Column("ordered_at", _AT, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", _AT, nullable=True),
        sa.Column("ended_at", _AT, nullable=True),
        sa.Column("next_at", _AT, nullable=True),
        sa.PrimaryKeyConstraint("mailbox_id", "id", name="pk_link_orders"),
        sa.ForeignKeyConstraint(
            ["mailbox_id", "request_id"],
            ["requests.mailbox_id", "requests.id"],
            name="fk_link_orders_requests",
        ),
    )
    op.create_index(
        "ix_link_orders_request_id", "link_orders", ["mailbox_id", "request_id"], unique=False
    )
    op.create_index("ix_link_orders_number", "link_orders", ["mailbox_id", "number"], unique=False)
    op.create_index(
        "ix_link_orders_next_at",
        "link_orders",
        ["mailbox_id", "next_at", "id"],
        unique=False,
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
