"""Keep digests of what was sent on a thread, as long as its request lives.

Mails that went out before have none: their words are known in replies by marks and headers alone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "sent_texts",
        sa.Column("mailbox_id", _KEY, nullable=False),
        sa.Column("request_id", _KEY, nullable=False),
        sa.Column("outbox_id", _KEY, nullable=False),
        sa.Column("digests", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox_id", "request_id", "outbox_id", name="pk_sent_texts"),
        sa.ForeignKeyConstraint(
            ["mailbox_id", "request_id"],
            ["requests.mailbox_id", "requests.id"],
            name="fk_sent_texts_requests",
        ),
    )
