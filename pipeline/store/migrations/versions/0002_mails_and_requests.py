"""Link mails and requests many-to-many; give each meaning of ``messages.detail`` its own field.

The links come from the columns that named one request, from everything that was kept of a mail with
a request, from the history, and from the references that stood in ``detail``.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_PAGE = 1000
_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

_MESSAGES = sa.table(
    "messages",
    *map(sa.column, ("mailbox_id", "id", "outcome", "detail")),
    sa.column("more", sa.JSON),
)
_REQUESTS = sa.table("requests", *map(sa.column, ("mailbox_id", "id", "reference")))
_EVENTS = sa.table(
    "events", *map(sa.column, ("mailbox_id", "request_id", "seq")), sa.column("detail", sa.JSON)
)
_LINKS = sa.table("message_requests", *map(sa.column, ("mailbox_id", "message_row", "request_id")))

#: Tables that name a mail and a request in one row, and the column of the mail.
_KEPT_OF_A_MAIL = (
    ("messages", "id"),
    ("revisions", "message_id"),
    ("notes", "message_id"),
    ("attachments", "message_row"),
)
#: What ``detail`` said of how a mail was dealt with; it stays, as ``why``.
_WHY = frozenset(
    {
        "file_big",
        "redelivery",
        "reply_to_act",
        "joined",
        "colleague",
        "third_party",
        "doubtful",
        "form",
        "files_kept",
        "unreadable",
        "ended",
        "two_commands",
        "status",
        "note",
    }
)
#: The events that the words of a reply can bring about.
_SAID = frozenset(
    {
        "ready",
        "activated",
        "new_certificate",
        "withdraw",
        "two_step_off",
        "accept_slot",
        "mark_created",
        "another_time",
        "new_date",
        "text_arrived",
    }
)
_REFUSED = "refused:"
_REFERENCE = "WA-"
#: The field of ``more`` that every other code of a mail with this outcome goes into.
_FIELD = {
    "bounce": "automation",
    "ignored": "automation",
    "request": "rule",
    "held": "rule",
}


def upgrade() -> None:
    _make_links("message_requests", "message_row", "messages")
    _make_links("outbox_requests", "outbox_id", "outbox")
    op.drop_index("ix_messages_request_id_id", "messages")
    op.drop_index("ix_outbox_request_id_id", "outbox")
    connection = op.get_bind()
    _link_by_columns(connection)
    _link_by_history(connection)
    _take_detail_apart(connection)
    op.execute("ALTER TABLE messages RENAME COLUMN detail TO why")


def _make_links(name: str, owner: str, target: str) -> None:
    op.create_table(
        name,
        sa.Column("mailbox_id", _KEY, nullable=False),
        sa.Column(owner, _KEY, nullable=False),
        sa.Column("request_id", _KEY, nullable=False),
        sa.PrimaryKeyConstraint("mailbox_id", owner, "request_id", name=f"pk_{name}"),
        sa.ForeignKeyConstraint(
            ["mailbox_id", owner],
            [f"{target}.mailbox_id", f"{target}.id"],
            name=f"fk_{name}_{target}",
        ),
        sa.ForeignKeyConstraint(
            ["mailbox_id", "request_id"],
            ["requests.mailbox_id", "requests.id"],
            name=f"fk_{name}_requests",
        ),
    )
    op.create_index(f"ix_{name}_request_id_{owner}", name, ["mailbox_id", "request_id", owner])


def _link_by_columns(connection: sa.Connection) -> None:
    pairs = " UNION ".join(
        f"SELECT mailbox_id, {mail} AS message_row, request_id FROM {table}"  # noqa: S608 - our names
        f" WHERE {mail} IS NOT NULL AND request_id IS NOT NULL"
        for table, mail in _KEPT_OF_A_MAIL
    )
    connection.exec_driver_sql(
        "INSERT INTO message_requests (mailbox_id, message_row, request_id)"  # noqa: S608 - our names
        f" SELECT kept.mailbox_id, kept.message_row, kept.request_id FROM ({pairs}) AS kept"
        " JOIN messages ON messages.mailbox_id = kept.mailbox_id AND messages.id = kept.message_row"
    )
    connection.exec_driver_sql(
        "INSERT INTO outbox_requests (mailbox_id, outbox_id, request_id)"
        " SELECT mailbox_id, id, request_id FROM outbox WHERE request_id IS NOT NULL"
    )


def _link_by_history(connection: sa.Connection) -> None:
    """Link the mails that changed a request, such as the one that confirmed several."""
    named = sa.cast(_EVENTS.c.detail, sa.Text).like('%"message"%')
    key = ("mailbox_id", "request_id", "seq")
    for page in _pages(connection, _EVENTS, key, [named]):
        for row in page:
            mail = dict(row.detail).get("message", "")
            _link(connection, row.mailbox_id, mail, row.request_id)


def _take_detail_apart(connection: sa.Connection) -> None:
    filled = _MESSAGES.c.detail != ""
    for page in _pages(connection, _MESSAGES, ("mailbox_id", "id"), [filled]):
        for row in page:
            if row.detail in _WHY:
                continue
            if row.detail.startswith(_REFERENCE):
                _link_by_references(connection, row)
                more = row.more
            elif row.detail.startswith(_REFUSED):
                more = {**row.more, "refused": row.detail.removeprefix(_REFUSED)}
            elif row.outcome == "reply" and row.detail in _SAID:
                more = {**row.more, "event": row.detail}
            elif row.outcome in _FIELD:
                more = {**row.more, _FIELD[row.outcome]: row.detail}
            else:
                continue
            connection.execute(
                sa.update(_MESSAGES)
                .where(_MESSAGES.c.mailbox_id == row.mailbox_id, _MESSAGES.c.id == row.id)
                .values(detail="", more=more)
            )


def _link_by_references(connection: sa.Connection, row: Any) -> None:
    found = connection.execute(
        sa.select(_REQUESTS.c.id).where(
            _REQUESTS.c.mailbox_id == row.mailbox_id,
            _REQUESTS.c.reference.in_(row.detail.split(",")),
        )
    )
    for request_id in found.scalars().all():
        _link(connection, row.mailbox_id, row.id, request_id)


def _link(connection: sa.Connection, mailbox_id: str, mail: str, request_id: str) -> None:
    """Link the two unless they are linked, or the mail is no row of the ledger."""
    mine = (_MESSAGES.c.mailbox_id == mailbox_id, _MESSAGES.c.id == mail)
    linked = sa.exists().where(
        _LINKS.c.mailbox_id == mailbox_id,
        _LINKS.c.message_row == mail,
        _LINKS.c.request_id == request_id,
    )
    chosen = sa.select(
        _MESSAGES.c.mailbox_id, _MESSAGES.c.id, sa.literal(request_id, sa.Text())
    ).where(*mine, ~linked)
    connection.execute(
        sa.insert(_LINKS).from_select(["mailbox_id", "message_row", "request_id"], chosen)
    )


def _pages(
    connection: sa.Connection,
    table: sa.TableClause,
    key: Sequence[str],
    conditions: Sequence[sa.ColumnElement[bool]],
) -> Iterator[Sequence[Any]]:
    """Yield the rows that meet the conditions, a page at a time, in the order of ``key``."""
    columns = [table.c[name] for name in key]
    after: list[Any] | None = None
    while True:
        statement = sa.select(table).where(*conditions).order_by(*columns).limit(_PAGE)
        if after is not None:
            statement = statement.where(
                sa.tuple_(*columns) > sa.tuple_(*[sa.literal(value) for value in after])
            )
        page = connection.execute(statement).all()
        if not page:
            return
        yield page
        after = [getattr(page[-1], name) for name in key]
