"""Make the tables of what Meta said about numbers, and of what we asked of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_AT = sa.Text().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "meta_numbers",
        sa.Column("mailbox_id", _KEY, nullable=False),
        sa.Column("e164", _KEY, nullable=False),
        sa.Column("meta_id", sa.Text(), nullable=False),
        sa.Column("looked_at", _AT),
        sa.Column("next_at", _AT),
        sa.Column("more", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox_id", "e164", name="pk_meta_numbers"),
    )
    op.create_table(
        "meta_askings",
        sa.Column("mailbox_id", _KEY, nullable=False),
        sa.Column("id", _KEY, nullable=False),
        sa.Column("e164", _KEY, nullable=False),
        sa.Column("request_id", _KEY, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox_id", "id", name="pk_meta_askings"),
    )
    op.create_index(
        "ix_meta_askings_e164_what_at", "meta_askings", ["mailbox_id", "e164", "what", "at"]
    )
    op.create_index(
        "ix_meta_askings_request_id_id", "meta_askings", ["mailbox_id", "request_id", "id"]
    )
