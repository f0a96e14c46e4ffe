"""Make the table of who has taken a request, and until when it sleeps."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_AT = sa.Text().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "desk",
        sa.Column("mailbox_id", _KEY, nullable=False),
        sa.Column("request_id", _KEY, nullable=False),
        sa.Column("assignee", sa.Text(), nullable=False),
        sa.Column("taken_at", _AT, nullable=True),
        sa.Column("snoozed_until", _AT, nullable=True),
        sa.Column("snoozed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox_id", "request_id", name="pk_desk"),
    )
