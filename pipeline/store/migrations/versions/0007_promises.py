"""Keep with a request by when a mail of ours promised to write, and since when that is overdue.

Mails that went out before are not looked at: what they promised is not known here.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_INSTANT = sa.Text().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    overdue = sa.text("overdue_since IS NOT NULL")
    op.add_column("requests", sa.Column("promise_at", _INSTANT))
    op.add_column("requests", sa.Column("overdue_since", _INSTANT))
    op.create_index(
        "ix_requests_overdue_since",
        "requests",
        ["mailbox_id", "overdue_since", "id"],
        sqlite_where=overdue,
        postgresql_where=overdue,
    )
