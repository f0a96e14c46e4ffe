"""Reads for people: counts and overviews as small frozen rows; nothing counts history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from pipeline.model.certificate import CertificateState
from pipeline.model.request import Move, Status
from pipeline.store.lists.expiring import expiring_at
from pipeline.store.outbox_records import OutboxRecord
from pipeline.store.queues import asleep
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
from pipeline.store.tables.rows import constant
from pipeline.store.transaction import Transaction

_SEARCHED_TEXT = 200


@dataclass(frozen=True, slots=True)
class Counts:
    """What waits, is due and expires.

    ``due`` are requests whose wake-up time has come, ``expiring`` live certificates of open
    requests that end soon, ``messages`` mails to be processed, ``unmoved`` mails to be moved on the
    server, ``queued`` mails to be sent (``overdue`` of them since an hour or more), ``attention``
    mails that failed, bounced or are in doubt.
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


_OPEN = requests.c.open_since.is_not(None)
OF_OPEN = (
    sa.exists()
    .where(
        requests.c.mailbox_id == certificates.c.mailbox_id,
        requests.c.id == certificates.c.request_id,
        _OPEN,
    )
    .correlate(certificates)
)
_NOT_OF_STAFF = requests.c.move != Move.STAFF


def counts(transaction: Transaction, now: datetime) -> Counts:
    """Return what waits, is due and expires at ``now``; looks at open work only."""
    live = constant(certificates.c.state, CertificateState.LIVE)
    queued = outbox.c.next_at
    awake = sa.or_(requests.c.overdue_since.is_not(None), sa.not_(asleep(now)))
    parts: tuple[sa.ColumnElement[int], ...] = (
        _count(transaction, requests, _OPEN, requests.c.move == Move.STAFF, awake)
        + _written_to(transaction),
        _count(transaction, requests, _OPEN, requests.c.move.in_([Move.CUSTOMER, Move.META])),
        _count(transaction, requests, _OPEN, requests.c.status == Status.HELD),
        _count(transaction, requests, requests.c.next_at.is_not(None), requests.c.next_at <= now),
        _count(transaction, certificates, live, certificates.c.expires_at.is_not(None)),
        _count(transaction, certificates, live, expiring_at(now), OF_OPEN),
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


def newest(transaction: Transaction, most: int) -> list[tuple[str, str]]:
    """Return id and reference of the newest requests."""
    found = sa.select(requests.c.id, requests.c.reference).where(
        requests.c.mailbox_id == transaction.context.mailbox_id
    )
    rows = transaction.context.connection.execute(found.order_by(requests.c.id.desc()).limit(most))
    return [(row[0], row[1]) for row in rows]


def next_ids(transaction: Transaction, after: str, most: int) -> list[str]:
    """Return the ids of the requests behind the id ``after``, the oldest first."""
    found = sa.select(requests.c.id).where(
        requests.c.mailbox_id == transaction.context.mailbox_id, requests.c.id > after
    )
    rows = transaction.context.connection.execute(found.order_by(requests.c.id).limit(most))
    return list(rows.scalars())


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
