"""Chain the lines of the log of staff, and keep the end of the chain.

Lines that are there already are chained in the order in which they were written. The table is made
anew: SQLite adds no column that must not be empty.
"""

import hashlib
import json
import secrets
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_AT = sa.Text().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
_OLD = ("mailbox_id", "id", "at", "who", "what", "subject", "detail")
_NEW = ("seq", "salt", "sealed", "previous_hash", "hash")
_AT_ONCE = 1000


def upgrade() -> None:
    connection = op.get_bind()
    lines = connection.execute(
        sa.text(f"SELECT {', '.join(_OLD)} FROM staff_log ORDER BY mailbox_id, id")  # noqa: S608 - our names
    ).all()
    op.drop_table("staff_log")
    _make_tables()
    ends: dict[str, tuple[int, str]] = defaultdict(lambda: (0, ""))
    rows = []
    for line in lines:
        row = dict(zip(_OLD, line, strict=True))
        seq, previous = ends[row["mailbox_id"]]
        row |= _chained(row, seq + 1, previous)
        ends[row["mailbox_id"]] = (seq + 1, row["hash"])
        rows.append(row)
    sqlite = connection.dialect.name == "sqlite"
    names = (*_OLD, *_NEW)
    insert = sa.text(
        f"INSERT INTO staff_log ({', '.join(names)}) VALUES (:{', :'.join(names)})"  # noqa: S608
    )
    for start in range(0, len(rows), _AT_ONCE):
        part = [_as_kept(row, sqlite=sqlite) for row in rows[start : start + _AT_ONCE]]
        connection.execute(insert, part)
    for mailbox_id, (seq, found) in ends.items():
        end = _as_kept({"mailbox_id": mailbox_id, "seq": seq, "hash": found}, sqlite=sqlite)
        connection.execute(
            sa.text(
                "INSERT INTO chain_ends (mailbox_id, name, seq, hash)"
                " VALUES (:mailbox_id, 'staff_log', :seq, :hash)"
            ),
            end,
        )


def _make_tables() -> None:
    op.create_table(
        "staff_log",
        sa.Column("mailbox_id", _KEY, nullable=False),
        sa.Column("id", _KEY, nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox_id", "id", name="pk_staff_log"),
    )
    op.create_index("uq_staff_log_seq", "staff_log", ["mailbox_id", "seq"], unique=True)
    op.create_table(
        "chain_ends",
        sa.Column("mailbox_id", _KEY, nullable=False),
        sa.Column("name", _KEY, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox_id", "name", name="pk_chain_ends"),
    )


def _chained(row: dict[str, Any], seq: int, previous: str) -> dict[str, Any]:
    """Return what chains a line to the one before it."""
    salt = secrets.token_hex(16)
    at = row["at"] if isinstance(row["at"], datetime) else datetime.fromisoformat(row["at"])
    line = {
        "id": row["id"],
        "at": at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC).isoformat(),
        "who": row["who"],
        "what": row["what"],
        "seq": seq,
        "sealed": _digest([salt, row["subject"], row["detail"]]),
        "previous_hash": previous,
    }
    return {
        "seq": seq,
        "salt": salt,
        "sealed": line["sealed"],
        "previous_hash": previous,
        "hash": _digest(line),
    }


def _as_kept(row: dict[str, Any], *, sqlite: bool) -> dict[str, Any]:
    """Return a row as the engine keeps it: SQLite has the bytes of a digest."""
    digests = {name: row.get(name) for name in ("sealed", "previous_hash", "hash")}
    packed = {name: bytes.fromhex(found) for name, found in digests.items() if found}
    return row | (packed if sqlite else {})


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
