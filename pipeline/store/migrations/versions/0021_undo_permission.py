"""Keep with a decision which permission it needed, for who wants to undo it."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("undo", sa.Column("permission", sa.Text(), nullable=False, server_default=""))
