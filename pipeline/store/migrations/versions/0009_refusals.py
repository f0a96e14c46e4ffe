"""Count the temporary refusals of a mail, and since when: it is given up after five days of them.

What waits in the outbox begins anew.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_AT = sa.Text().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    op.add_column(
        "outbox", sa.Column("refusals", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.add_column("outbox", sa.Column("refused_since", _AT, nullable=True))
    # what staff are told and reminders have classes of their own
    connection = op.get_bind()
    connection.exec_driver_sql(
        "UPDATE outbox SET priority = 5 WHERE next_at IS NOT NULL AND notice = 'staff_alert'"
    )
    connection.exec_driver_sql(
        "UPDATE outbox SET priority = 4 WHERE next_at IS NOT NULL AND notice IN"
        " ('correction_reminder', 'certificate_reminder', 'integration_reminder')"
    )
