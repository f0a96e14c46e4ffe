"""Keep with a customer's note whether it waits for staff, and what its words were taken for.

The notes that are there wait for nobody: staff were told of them as they came.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_INSTANT = sa.Text().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    waits = sa.text("waits_since IS NOT NULL")
    op.add_column("notes", sa.Column("waits_since", _INSTANT))
    op.add_column("notes", sa.Column("reading", sa.JSON()))
    op.create_index(
        "ix_notes_waits_since",
        "notes",
        ["mailbox_id", "waits_since", "id"],
        sqlite_where=waits,
        postgresql_where=waits,
    )
