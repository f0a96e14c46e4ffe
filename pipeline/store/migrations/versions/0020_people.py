"""Keep how users are shown and where their sessions come from; make the log of staff and pauses.

Pauses after failed log-ins belong to a name and where it was tried from: what stood with the user
let anybody lock the user out. The tables of users and sessions are made anew: no programme before
this one wrote a row into them.
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
    _refuse_to_lose_rows()
    op.drop_table("sessions")
    op.drop_table("users")
    op.create_table(
        "users",
        sa.Column("mailbox_id", _KEY, nullable=False),
        sa.Column("id", _KEY, nullable=False),
        sa.Column("name", _KEY, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", _AT, nullable=False),
        sa.Column("disabled_at", _AT, nullable=True),
        sa.Column("display", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox_id", "id", name="pk_users"),
    )
    op.create_index("uq_users_name", "users", ["mailbox_id", "name"], unique=True)
    op.create_table(
        "sessions",
        sa.Column("mailbox_id", _KEY, nullable=False),
        sa.Column("id", _KEY, nullable=False),
        sa.Column("user_id", _KEY, nullable=False),
        sa.Column("csrf", sa.Text(), nullable=False),
        sa.Column("created_at", _AT, nullable=False),
        sa.Column("seen_at", _AT, nullable=False),
        sa.Column("expires_at", _AT, nullable=False),
        sa.Column("peer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox_id", "id", name="pk_sessions"),
        sa.ForeignKeyConstraint(
            ["mailbox_id", "user_id"], ["users.mailbox_id", "users.id"], name="fk_sessions_users"
        ),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["mailbox_id", "user_id"])
    op.create_index("ix_sessions_expires_at", "sessions", ["mailbox_id", "expires_at"])
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


def _refuse_to_lose_rows() -> None:
    """Stop where somebody put users in by hand."""
    found = op.get_bind().exec_driver_sql("SELECT count(*) FROM users").scalar()
    if found:
        raise AssertionError("the table users is not empty")
