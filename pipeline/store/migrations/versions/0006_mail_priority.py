"""Give each mail of the outbox a priority: certificates go first, receipts last."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "outbox", sa.Column("priority", sa.BigInteger(), nullable=False, server_default="1")
    )
    connection = op.get_bind()
    connection.exec_driver_sql(
        "UPDATE outbox SET priority = 0"
        " WHERE next_at IS NOT NULL AND notice IN ('certificate_issued', 'certificate_reissued')"
    )
    connection.exec_driver_sql(
        "UPDATE outbox SET priority = 3 WHERE next_at IS NOT NULL AND notice = 'receipt_unverified'"
    )
    op.create_index(
        "ix_outbox_next_at_by_priority",
        "outbox",
        ["mailbox_id", "priority", "next_at", "id"],
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
