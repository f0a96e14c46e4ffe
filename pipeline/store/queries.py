"""Reads for people: queues, counts and overviews as small frozen rows; nothing counts history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from pipeline.model.certificate import CertificateState
from pipeline.model.form import FormKind
from pipeline.model.message import SenderVerdict
from pipeline.model.request import HoldReason, Move, Status, Track
from pipeline.store.outbox_records import OutboxRecord
from pipeline.store.records import (
    AttachmentRecord,
    CertificateRecord,
    EventRecord,
    MessageRecord,
    NoteRecord,
    RequestRecord,
    RevisionRecord,
)
from pipeline.store.schema.mail_and_requests import (
    certificates,
    messages,
    notes,
    outbox,
    quarantine,
    requests,
)
from pipeline.store.schema.upkeep import alerts
from pipeline.store.tables.rows import constant, filled
from pipeline.store.transaction import Transaction

_EXPIRES_SOON = timedelta(days=3)
_SEARCHED_TEXT = 200


class QueueView(StrEnum):
    """The views of the queue; ``open`` joins all that are not ended, ``all`` the ended too."""

    NEEDS_ME = "needs-me"
    WAITING = "waiting"
    EXPIRING = "expiring"
    HELD = "held"
    OPEN = "open"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A line of a queue. ``since`` is when the status began; ``next_at`` when we look again.

    ``unread``: the customer wrote words that wait for staff. ``promise_at`` is by when a mail of
    ours promised to write, ``overdue_since`` the first date of it that passed.
    """

    id: str
    reference: str
    track: Track
    status: Status
    move: Move
    version: int
    form: FormKind | None
    number: str
    company: str
    address: str
    sender_verdict: SenderVerdict
    hold_reason: HoldReason | None
    language: str
    opened_at: datetime
    since: datetime
    next_at: datetime | None
    certificate_expires_at: datetime | None
    unread: bool
    promise_at: datetime | None = None
    overdue_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """What waits, is due and expires.

    ``due`` are requests whose wake-up time has come, ``expiring`` live certificates of open
    requests that end within three days, ``messages`` mails to be processed, ``unmoved`` mails to be
    moved on the server, ``queued`` mails to be sent (``overdue`` of them since an hour or more),
    ``attention`` mails that failed, bounced or are in doubt.
    """

    needs_me: int
    waiting: int
    held: int
    due: int
    live_certificates: int
    expiring: int
    messages: int
    unmoved: int
    queued: int
    overdue: int
    attention: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Overview:
    """A request with everything that belongs to it."""

    request: RequestRecord
    revision: RevisionRecord | None
    events: Sequence[EventRecord]
    notes: Sequence[NoteRecord]
    attachments: Sequence[AttachmentRecord]
    certificates: Sequence[CertificateRecord]
    messages: Sequence[MessageRecord]
    outbox: Sequence[OutboxRecord]


_UNREAD = (
    sa.exists()
    .where(
        notes.c.mailbox_id == requests.c.mailbox_id,
        notes.c.request_id == requests.c.id,
        notes.c.waits_since.is_not(None),
    )
    .correlate(requests)
)
_ROW: tuple[sa.ColumnElement[Any], ...] = (
    requests.c.id,
    requests.c.reference,
    requests.c.track,
    requests.c.status,
    requests.c.move,
    requests.c.version,
    requests.c.form,
    requests.c.number,
    requests.c.company,
    requests.c.address_of_record,
    requests.c.sender_verdict,
    requests.c.hold_reason,
    requests.c.language,
    requests.c.opened_at,
    requests.c.entered_at,
    requests.c.next_at,
    requests.c.certificate_expires_at,
    _UNREAD.label("unread"),
    requests.c.promise_at,
    requests.c.overdue_since,
)
_OPEN = requests.c.open_since.is_not(None)
_OF_OPEN = (
    sa.exists()
    .where(
        requests.c.mailbox_id == certificates.c.mailbox_id,
        requests.c.id == certificates.c.request_id,
        _OPEN,
    )
    .correlate(certificates)
)
_NOT_OF_STAFF = requests.c.move != Move.STAFF


def queue(
    transaction: Transaction, view: QueueView, *, limit: int = 50, offset: int = 0
) -> list[QueueRow]:
    """Return a page of a queue: who waits longest first; ``all`` shows the newest first."""
    statement: sa.Select[Any] = sa.select(*_ROW).where(
        requests.c.mailbox_id == transaction.context.mailbox_id
    )
    if view is QueueView.NEEDS_ME:
        return _needs_me(transaction, statement, limit, offset)
    if view is QueueView.EXPIRING:
        statement = _expiring(statement)
    elif view is QueueView.ALL:
        statement = statement.order_by(requests.c.id.desc())
    else:
        statement = statement.where(_OPEN, *_narrowed(view)).order_by(
            requests.c.open_since, requests.c.id
        )
    return _rows(transaction, statement.limit(limit).offset(offset))


def _needs_me(
    transaction: Transaction, statement: sa.Select[Any], limit: int, offset: int
) -> list[QueueRow]:
    """Return where a promise was not kept, and where the move or words to read are for staff.

    Three statements, each with an index of its own: SQLite gives up all for an OR that is sorted.
    """
    overdue, in_time = requests.c.overdue_since, requests.c.overdue_since.is_(None)
    late = statement.where(overdue.is_not(None)).order_by(overdue, requests.c.id)
    moves = statement.where(_OPEN, in_time, requests.c.move == Move.STAFF).order_by(
        requests.c.open_since, requests.c.id
    )
    noted = sa.select(notes.c.request_id).where(
        notes.c.mailbox_id == transaction.context.mailbox_id, notes.c.waits_since.is_not(None)
    )
    # a request that has ended has no open_since, and may be written to still
    written = statement.where(
        requests.c.id.in_(noted), in_time, sa.or_(requests.c.open_since.is_(None), _NOT_OF_STAFF)
    ).order_by(requests.c.entered_at, requests.c.id)
    rows = [
        row
        for part in (late, moves, written)
        for row in _rows(transaction, part.limit(offset + limit))
    ]
    return sorted(rows, key=_most_urgent)[offset : offset + limit]


def _most_urgent(row: QueueRow) -> tuple[bool, datetime, str]:
    """Order what was promised and not kept first, then by how long it waits."""
    return (row.overdue_since is None, row.overdue_since or row.since, row.id)


def _narrowed(view: QueueView) -> tuple[sa.ColumnElement[bool], ...]:
    if view is QueueView.WAITING:
        return (requests.c.move.in_([Move.CUSTOMER, Move.META]),)
    return (requests.c.status == Status.HELD,) if view is QueueView.HELD else ()


def _expiring(statement: sa.Select[Any]) -> sa.Select[Any]:
    """Return the open requests with a live certificate; one that is active needs it no longer."""
    return (
        statement.where(_OPEN)
        .join(
            certificates,
            sa.and_(
                certificates.c.mailbox_id == requests.c.mailbox_id,
                certificates.c.request_id == requests.c.id,
                constant(certificates.c.state, CertificateState.LIVE),
            ),
        )
        .order_by(certificates.c.expires_at, certificates.c.id)
    )


def search(transaction: Transaction, text: str, *, limit: int = 50) -> list[QueueRow]:
    """Return the requests that ``text`` may mean, newest first.

    ``text`` is the beginning of a reference, a number, an address, or a part of the company's
    name; all but the last use an index.
    """
    wanted = text.strip()[:_SEARCHED_TEXT]
    if not wanted:
        return []
    mine: sa.Select[Any] = sa.select(*_ROW).where(
        requests.c.mailbox_id == transaction.context.mailbox_id
    )
    upper = wanted.upper()
    # one statement each: SQLite gives up its indexes for an OR that is sorted
    for exact in (
        sa.and_(requests.c.reference >= upper, requests.c.reference < upper + "~"),
        sa.and_(requests.c.number == wanted, filled(requests.c.number)),
        requests.c.address_key == wanted.lower(),
    ):
        statement = mine.where(exact).order_by(requests.c.opened_at.desc(), requests.c.id.desc())
        found = _rows(transaction, statement.limit(limit))
        if found:
            return found
    loose = mine.where(requests.c.company.icontains(wanted, autoescape=True))
    return _rows(transaction, loose.order_by(requests.c.id.desc()).limit(limit))


def counts(transaction: Transaction, now: datetime) -> Counts:
    """Return what waits, is due and expires at ``now``; looks at open work only."""
    soon = now + _EXPIRES_SOON
    live = constant(certificates.c.state, CertificateState.LIVE)
    queued = outbox.c.next_at
    parts: tuple[sa.ColumnElement[int], ...] = (
        _count(transaction, requests, _OPEN, requests.c.move == Move.STAFF)
        + _written_to(transaction),
        _count(transaction, requests, _OPEN, requests.c.move.in_([Move.CUSTOMER, Move.META])),
        _count(transaction, requests, _OPEN, requests.c.status == Status.HELD),
        _count(transaction, requests, requests.c.next_at.is_not(None), requests.c.next_at <= now),
        _count(transaction, certificates, live, certificates.c.expires_at.is_not(None)),
        _count(transaction, certificates, live, certificates.c.expires_at < soon, _OF_OPEN),
        _count(transaction, messages, messages.c.next_at.is_not(None)),
        _count(transaction, messages, messages.c.unmoved_since.is_not(None)),
        _count(transaction, outbox, queued.is_not(None)),
        _count(transaction, outbox, queued.is_not(None), queued <= now - timedelta(hours=1)),
        _count(transaction, outbox, outbox.c.attention_since.is_not(None)),
        _count(transaction, quarantine, quarantine.c.open_since.is_not(None)),
    )
    row: Sequence[int] = transaction.context.connection.execute(sa.select(*parts)).one()
    return Counts(*row)


def next_due(transaction: Transaction, after: datetime) -> datetime | None:
    """Return the first instant after ``after`` at which a batch has work of its own to do.

    That is a deadline of a request, a mail whose time to be sent or tried again comes, a message to
    be processed, a certificate to be finished, or an alert that no digest tells yet. Each part
    reads one row of an index.
    """
    parts = [
        _first_after(transaction, column, after)
        for column in (
            requests.c.next_at,
            outbox.c.next_at,
            messages.c.next_at,
            certificates.c.unfinished_since,
            alerts.c.untold_since,
        )
    ]
    row = transaction.context.connection.execute(sa.select(*parts)).one()
    return min((at for at in row if at is not None), default=None)


def _first_after(
    transaction: Transaction, column: sa.Column[Any], after: datetime
) -> sa.ScalarSelect[datetime]:
    return (
        sa.select(column)
        .where(
            column.table.c.mailbox_id == transaction.context.mailbox_id,
            column.is_not(None),
            column > after,
        )
        .order_by(column)
        .limit(1)
        .scalar_subquery()
    )


def overview(transaction: Transaction, request_id: str) -> Overview | None:
    """Return a request with everything that belongs to it, or None."""
    request = transaction.requests.get(request_id)
    if request is None:
        return None
    return Overview(
        request=request,
        revision=transaction.revisions.latest(request_id),
        events=transaction.events.list(request_id),
        notes=transaction.notes.list(request_id),
        attachments=transaction.attachments.list(request_id),
        certificates=transaction.certificates.of_request(request_id),
        messages=transaction.messages.of_request(request_id),
        outbox=transaction.outbox.of_request(request_id),
    )


def _written_to(transaction: Transaction) -> sa.ScalarSelect[int]:
    """Count the requests whose customer wrote and where it is not the move of staff anyway."""
    return (
        sa.select(sa.func.count(notes.c.request_id.distinct()))
        .select_from(notes)
        .join(
            requests,
            sa.and_(
                requests.c.mailbox_id == notes.c.mailbox_id, requests.c.id == notes.c.request_id
            ),
        )
        .where(
            notes.c.mailbox_id == transaction.context.mailbox_id,
            notes.c.waits_since.is_not(None),
            sa.or_(requests.c.open_since.is_(None), _NOT_OF_STAFF),
        )
        .scalar_subquery()
    )


def _count(
    transaction: Transaction, table: sa.Table, *conditions: sa.ColumnElement[bool]
) -> sa.ScalarSelect[int]:
    return (
        sa.select(sa.func.count())
        .select_from(table)
        .where(table.c.mailbox_id == transaction.context.mailbox_id, *conditions)
        .scalar_subquery()
    )


def _rows(transaction: Transaction, statement: sa.Select[Any]) -> list[QueueRow]:
    return [QueueRow(*row) for row in transaction.context.connection.execute(statement)]
