"""Counts of what happened of late, and since when what waits has waited.

Each is found by an index of its own instants or of open work, so it costs the same however much
is finished.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from pipeline.model.certificate import CertificateState
from pipeline.model.notice import NoticeName
from pipeline.model.request import Move, Status
from pipeline.store.outbox_records import OutboxState
from pipeline.store.queries import OF_OPEN
from pipeline.store.schema.mail_and_requests import (
    certificates,
    messages,
    notes,
    outbox,
    requests,
)
from pipeline.store.tables.rows import constant
from pipeline.store.transaction import Transaction
from pipeline.terms import Outcome


def messages_by_outcome(tx: Transaction, since: datetime) -> tuple[tuple[Outcome, int], ...]:
    """Return how many mails came in ``since`` then and were decided, by what became of them."""
    at, outcome = messages.c.raw_since, messages.c.outcome
    wanted = (at.is_not(None), at >= since, outcome.is_not(None))
    return _counted(tx, messages, (outcome,), *wanted)


def mails_sent(tx: Transaction, since: datetime) -> tuple[tuple[NoticeName, str, int], ...]:
    """Return how many of our mails went out ``since`` then, by notice and language."""
    at, row = outbox.c.kept_since, outbox.c
    wanted = (at.is_not(None), at >= since, row.sent_at >= since, row.state == OutboxState.SENT)
    return _counted(tx, outbox, (row.notice, row.language), *wanted)


def requests_ended(tx: Transaction, since: datetime) -> tuple[tuple[Status, int], ...]:
    """Return how many requests ended ``since`` then, by how they ended."""
    at = requests.c.erasable_since
    return _counted(tx, requests, (requests.c.status,), at.is_not(None), at >= since)


def certificates_ended(
    tx: Transaction, since: datetime
) -> tuple[tuple[CertificateState, int], ...]:
    """Return how many certificates ended ``since`` then, by how they ended."""
    at = certificates.c.ended_at
    return _counted(tx, certificates, (certificates.c.state,), at.is_not(None), at >= since)


def unfinished_certificates(tx: Transaction) -> tuple[tuple[CertificateState, int], ...]:
    """Return how many certificates are not finished yet, by state."""
    wanted = certificates.c.unfinished_since.is_not(None)
    return _counted(tx, certificates, (certificates.c.state,), wanted)


def expiring(tx: Transaction, now: datetime, within: Sequence[timedelta]) -> tuple[int, ...]:
    """Return how many live certificates of open requests end within each time from now."""
    row = certificates.c
    parts = [
        sa.select(sa.func.count())
        .select_from(certificates)
        .where(
            row.mailbox_id == tx.context.mailbox_id,
            constant(row.state, CertificateState.LIVE),
            row.expires_at <= now + span,
            OF_OPEN,
        )
        .scalar_subquery()
        for span in within
    ]
    return tuple(int(count) for count in tx.context.connection.execute(sa.select(*parts)).one())


def unanswered_since(tx: Transaction) -> datetime | None:
    """Return since when somebody who wrote has waited longest for us, or None: nobody waits.

    That is a mail that was not decided, a request that it is the move of staff on, and words that
    nobody has read.
    """
    parts = (
        _oldest(tx, messages.c.fetched_at, messages.c.next_at.is_not(None)),
        _oldest(
            tx,
            requests.c.entered_at,
            requests.c.open_since.is_not(None),
            requests.c.move == Move.STAFF,
        ),
        _oldest(tx, notes.c.waits_since, notes.c.waits_since.is_not(None)),
    )
    row = tx.context.connection.execute(sa.select(*parts)).one()
    return min((at for at in row if at is not None), default=None)


def unsent_since(tx: Transaction) -> datetime | None:
    """Return when the oldest of the mails that wait to be sent was written, or None."""
    oldest = _oldest(tx, outbox.c.created_at, outbox.c.next_at.is_not(None))
    found: datetime | None = tx.context.connection.execute(sa.select(oldest)).scalar_one()
    return found


def _oldest(
    tx: Transaction, column: sa.Column[Any], *wanted: sa.ColumnElement[bool]
) -> sa.ScalarSelect[Any]:
    return (
        sa.select(sa.func.min(column))
        .where(column.table.c.mailbox_id == tx.context.mailbox_id, *wanted)
        .scalar_subquery()
    )


def _counted(
    tx: Transaction,
    table: sa.Table,
    by: Sequence[sa.Column[Any]],
    *wanted: sa.ColumnElement[bool],
) -> tuple[Any, ...]:
    statement = (
        sa.select(*by, sa.func.count())
        .where(table.c.mailbox_id == tx.context.mailbox_id, *wanted)
        .group_by(*by)
        .order_by(*by)
    )
    return tuple(tuple(row) for row in tx.context.connection.execute(statement))
