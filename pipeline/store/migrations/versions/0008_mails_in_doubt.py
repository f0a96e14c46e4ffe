"""Note of a mail in doubt until when it is looked for, and that a copy of it was seen."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_AT = sa.Text().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    for name in ("look_until", "copied_at"):
        op.add_column("outbox", sa.Column(name, _AT, nullable=True))
