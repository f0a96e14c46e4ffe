"""Make the table of what is searched in requests, and their dates by which staff must act.

Requests that are there already are put into it later, portion by portion, by the batches.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_AT = sa.Text().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
_WORDS = sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql")
_OPEN = "due_at IS NOT NULL"


def upgrade() -> None:
    op.create_table(
        "searched",
        sa.Column("mailbox_id", _KEY, nullable=False),
        sa.Column("request_id", _KEY, nullable=False),
        sa.Column("waits", sa.BigInteger(), nullable=True),
        sa.Column("doc", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("words", _WORDS, nullable=True),
        sa.PrimaryKeyConstraint("mailbox_id", "request_id", name="pk_searched"),
        sa.ForeignKeyConstraint(
            ["mailbox_id", "request_id"],
            ["requests.mailbox_id", "requests.id"],
            name="fk_searched_requests",
        ),
    )
    op.create_index(
        "ix_searched_request_id",
        "searched",
        ["mailbox_id", "request_id"],
        sqlite_where=sa.text("waits IS NOT NULL"),
        postgresql_where=sa.text("waits IS NOT NULL"),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE UNIQUE INDEX uq_searched_doc ON searched (doc) WHERE doc IS NOT NULL")
        op.execute(
            "CREATE VIRTUAL TABLE searched_words USING fts5"
            "(words, content='', columnsize=0, detail='none', tokenize='ascii')"
        )
    else:
        op.execute("CREATE INDEX ix_searched_words ON searched USING gin (words)")
    op.add_column("requests", sa.Column("due_at", _AT, nullable=True))
    op.create_index(
        "ix_requests_due_at",
        "requests",
        ["mailbox_id", "due_at", "id"],
        sqlite_where=sa.text(_OPEN),
        postgresql_where=sa.text(_OPEN),
    )
    # while staff are to move, a request is looked at when its alert or its promise is due
    op.execute(
        "UPDATE requests SET due_at = next_at WHERE open_since IS NOT NULL AND move = 'staff'"
    )
