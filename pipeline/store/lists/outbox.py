"""The outbox as a list: what waits, what needs somebody, what went out; without its bytes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.model.identifiers import read_prefix, read_reference
from pipeline.model.notice import NoticeName
from pipeline.store.outbox_records import OutboxState
from pipeline.store.schema.mail_and_requests import outbox, outbox_requests, requests
from pipeline.store.tables.outbox import OutboxView
from pipeline.store.transaction import Transaction

_SEARCHED_TEXT = 200
#: What needs a person, in the order in which it is counted.
ATTENTION = (OutboxState.FAILED, OutboxState.IN_DOUBT, OutboxState.BOUNCED)
_MAIL = outbox.c


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A line of the outbox; ``reference`` and ``company`` are of the request that it tells of."""

    id: str
    notice: NoticeName
    recipient: str
    subject: str
    language: str
    state: OutboxState
    created_at: datetime
    next_at: datetime | None
    sent_at: datetime | None
    attempt: int
    last_error: str
    triggered_by: str
    has_bytes: bool
    reference: str = ""
    company: str = ""


_WITH_REQUEST = outbox.outerjoin(
    requests,
    sa.and_(requests.c.mailbox_id == _MAIL.mailbox_id, requests.c.id == _MAIL.request_id),
)


def list_outbox(
    transaction: Transaction, view: OutboxView, *, limit: int, offset: int = 0
) -> list[OutboxRow]:
    """Return a view of the outbox, in the order of :meth:`.Outbox.list`."""
    statement = _mine(transaction)
    if view in {"open", "attention"}:
        column = _MAIL.next_at if view == "open" else _MAIL.attention_since
        statement = statement.where(column.is_not(None)).order_by(column, _MAIL.id)
    else:
        if view == "sent":
            statement = statement.where(_MAIL.state == OutboxState.SENT)
        statement = statement.order_by(_MAIL.id.desc())
    return _rows(transaction, statement.limit(limit).offset(offset))


def count_outbox(transaction: Transaction) -> dict[OutboxState, int]:
    """Return how many mails wait or need somebody, by state; what went out is not counted."""
    found: dict[OutboxState, int] = {}
    # one statement each, with an index of its own
    for column in (_MAIL.next_at, _MAIL.attention_since):
        statement = (
            sa.select(_MAIL.state, sa.func.count())
            .where(_MAIL.mailbox_id == transaction.context.mailbox_id, column.is_not(None))
            .group_by(_MAIL.state)
        )
        for state, number in transaction.context.connection.execute(statement):
            found[state] = found.get(state, 0) + number
    return found


def search_outbox(transaction: Transaction, text: str, *, limit: int) -> list[OutboxRow]:
    """Return the mails that ``text`` may mean, the newest first.

    ``text`` is a reference, an address of a customer, or a part of a recipient's address. The first
    kind that finds something counts; the last one looks at all mails.
    """
    wanted = text.strip()[:_SEARCHED_TEXT]
    if not wanted:
        return []
    for condition in _meanings(transaction, wanted):
        statement = _mine(transaction).where(condition).order_by(_MAIL.id.desc())
        found = _rows(transaction, statement.limit(limit))
        if found:
            return found
    return []


def _meanings(transaction: Transaction, wanted: str) -> Iterable[sa.ColumnElement[bool]]:
    """Yield what ``wanted`` may mean, the narrowest first."""
    here = requests.c
    if read_reference(wanted) is not None:
        yield _MAIL.id.in_(_mails_of(transaction, here.reference == read_prefix(wanted)))
    if "@" in wanted:
        yield sa.and_(
            _MAIL.id.in_(_mails_of(transaction, here.address_key == wanted.lower())),
            sa.func.lower(_MAIL.recipient) == wanted.lower(),
        )
    yield _MAIL.recipient.icontains(wanted, autoescape=True)


def _mails_of(transaction: Transaction, which: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Return the selection of all mails that tell of certain requests."""
    mailbox = transaction.context.mailbox_id
    own = sa.select(requests.c.id).where(requests.c.mailbox_id == mailbox, which)
    return sa.select(outbox_requests.c.outbox_id).where(
        outbox_requests.c.mailbox_id == mailbox, outbox_requests.c.request_id.in_(own)
    )


def _mine(transaction: Transaction) -> sa.Select[Any]:
    return (
        sa.select(
            *(_MAIL.id, _MAIL.notice, _MAIL.recipient, _MAIL.subject, _MAIL.language, _MAIL.state),
            *(_MAIL.created_at, _MAIL.next_at, _MAIL.sent_at, _MAIL.attempt, _MAIL.last_error),
            *(_MAIL.triggered_by, sa.func.length(_MAIL.content) > 0),
            sa.func.coalesce(requests.c.reference, ""),
            sa.func.coalesce(requests.c.company, ""),
        )
        .select_from(_WITH_REQUEST)
        .where(_MAIL.mailbox_id == transaction.context.mailbox_id)
    )


def _rows(transaction: Transaction, statement: sa.Select[Any]) -> list[OutboxRow]:
    return [OutboxRow(*row) for row in transaction.context.connection.execute(statement)]
