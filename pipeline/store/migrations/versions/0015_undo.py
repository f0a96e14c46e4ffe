"""Make the table of what a decision changed, kept while the decision can be undone."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_AT = sa.Text().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "undo",
        sa.Column("mailbox_id", _KEY, nullable=False),
        sa.Column("request_id", _KEY, nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("until", _AT, nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("lasting", sa.Text(), nullable=False),
        sa.Column("mails", sa.JSON(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox_id", "request_id", name="pk_undo"),
        sa.ForeignKeyConstraint(
            ["mailbox_id", "request_id"],
            ["requests.mailbox_id", "requests.id"],
            name="fk_undo_requests",
        ),
    )
    op.create_index("ix_undo_until", "undo", ["mailbox_id", "until"], unique=False)
