"""Find the requests of a period by when they were opened."""

from alembic import op

revision = "0019"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_requests_opened_at_id", "requests", ["mailbox_id", "opened_at", "id"])
