"""On SQLite, keep short rows in the tree of their key alone, and digests as their bytes.

The rest of a file that becomes smaller is used again for new rows. PostgreSQL has nothing of both.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_NARROW = (
    "attachments",
    "counters",
    "events",
    "message_requests",
    "numbers",
    "outbox_requests",
    "sent_texts",
)
#: Columns of SHA-256 digests in hexadecimal.
_DIGESTS = {
    "attachments": ("sha256",),
    "events": ("previous_hash", "hash"),
    "messages": ("sha256",),
    "requests": ("event_hash",),
    "revisions": ("sha256", "digest"),
}
_CHARACTERS = 64


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    for table in _NARROW:
        _without_rowid(connection, table)
    driver = connection.connection.driver_connection
    if driver is None:
        raise AssertionError("a transaction has its connection")
    driver.create_function("digest_bytes", 1, _bytes_of, deterministic=True)
    for table, columns in _DIGESTS.items():
        for column in columns:
            connection.exec_driver_sql(
                f"UPDATE {table} SET {column} = digest_bytes({column})"  # noqa: S608 - our names
                f" WHERE typeof({column}) = 'text' AND length({column}) = {_CHARACTERS}"
            )


def _without_rowid(connection: sa.Connection, table: str) -> None:
    """Make ``table`` anew; no other table refers to it."""
    made = connection.exec_driver_sql(
        "SELECT type, sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL", (table,)
    ).all()
    connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO wide_{table}")
    (own,) = (sql for kind, sql in made if kind == "table")
    connection.exec_driver_sql(f"{own} WITHOUT ROWID")
    connection.exec_driver_sql(f"INSERT INTO {table} SELECT * FROM wide_{table}")  # noqa: S608 - our names
    connection.exec_driver_sql(f"DROP TABLE wide_{table}")
    for kind, sql in made:
        if kind == "index":
            connection.exec_driver_sql(sql)


def _bytes_of(text: str) -> str | bytes:
    """Return the bytes of what is lower-case hexadecimal, and any other text as it is."""
    try:
        found = bytes.fromhex(text)
    except ValueError:
        return text
    return found if found.hex() == text else text
