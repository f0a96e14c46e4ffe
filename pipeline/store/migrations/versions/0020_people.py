"""Keep how users are shown and where their sessions come from; make the log of staff and pauses.

Pauses after failed log-ins belong to a name and where it was tried from: what stood with the user
let anybody lock the user out.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_AT = sa.Text().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    op.add_column("users", sa.Column("display", sa.Text(), nullable=False, server_default=""))
    op.drop_column("users", "failures")
    op.drop_column("users", "locked_until")
    op.add_column("sessions", sa.Column("peer", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "log_in_pauses",
        sa.Column("mailbox_id", _KEY, nullable=False),
        sa.Column("key", _KEY, nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("last_at", _AT, nullable=False),
        sa.Column("until", _AT, nullable=True),
        sa.PrimaryKeyConstraint("mailbox_id", "key", name="pk_log_in_pauses"),
    )
    op.create_index("ix_log_in_pauses_last_at", "log_in_pauses", ["mailbox_id", "last_at"])
    op.create_table(
        "staff_log",
        sa.Column("mailbox_id", _KEY, nullable=False),
        sa.Column("id", _KEY, nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox_id", "id", name="pk_staff_log"),
    )
