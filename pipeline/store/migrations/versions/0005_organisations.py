"""Make the table of mail domains that staff have said are one organisation each.

Until now every domain but a few was taken for an organisation. An owner that a request brought with
it becomes the address of that request; any other owner was written by staff, and is known.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_AT = sa.Text().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")

_OF_A_REQUEST = """
    UPDATE numbers SET organisation = (
        SELECT lower(requests.address_of_record) FROM requests
         WHERE requests.mailbox_id = numbers.mailbox_id AND requests.number = numbers.e164
           AND requests.organisation = numbers.organisation
         ORDER BY requests.id DESC LIMIT 1)
     WHERE organisation <> '' AND organisation NOT LIKE '%@%' AND EXISTS (
        SELECT 1 FROM requests
         WHERE requests.mailbox_id = numbers.mailbox_id AND requests.number = numbers.e164
           AND requests.organisation = numbers.organisation)
"""
_OF_STAFF = """
    INSERT INTO organisations (mailbox_id, domain, added_at, added_by, removed_at, removed_by)
    SELECT DISTINCT mailbox_id, organisation, {now}, 'number', {never}, ''
      FROM numbers WHERE organisation <> '' AND organisation NOT LIKE '%@%'
"""


def upgrade() -> None:
    op.create_table(
        "organisations",
        sa.Column("mailbox_id", _KEY, nullable=False),
        sa.Column("domain", _KEY, nullable=False),
        sa.Column("added_at", _AT, nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("removed_at", _AT, nullable=True),
        sa.Column("removed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox_id", "domain", name="pk_organisations"),
    )
    instant = "TIMESTAMPTZ" if op.get_bind().dialect.name == "postgresql" else "TEXT"
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    op.execute(_OF_A_REQUEST)
    op.execute(
        _OF_STAFF.format(now=f"CAST('{now}' AS {instant})", never=f"CAST(NULL AS {instant})")
    )
