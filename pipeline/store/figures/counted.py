"""Counts that an index alone answers, however many rows are finished."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa

from pipeline.model.request import Move, Status
from pipeline.store.schema.mail_and_requests import requests
from pipeline.store.transaction import Transaction

Span = tuple[datetime, datetime]
T = TypeVar("T")


def opened(tx: Transaction, spans: Sequence[Span]) -> tuple[int, ...]:
    """Return how many requests were opened in each span, its end excluded."""
    return _in_spans(tx, requests.c.opened_at, spans)


def finished(tx: Transaction, spans: Sequence[Span]) -> tuple[int, ...]:
    """Return how many requests ended in each span, its end excluded; erased ones are not known."""
    return _in_spans(tx, requests.c.erasable_since, spans)


def _in_spans(
    tx: Transaction, column: sa.Column[datetime], spans: Sequence[Span]
) -> tuple[int, ...]:
    parts = [
        sa.select(sa.func.count())
        .select_from(requests)
        .where(
            requests.c.mailbox_id == tx.context.mailbox_id,
            column.is_not(None),
            column >= first,
            column < end,
        )
        .scalar_subquery()
        for first, end in spans
    ]
    row = tx.context.connection.execute(sa.select(*parts)).one()
    return tuple(int(count) for count in row)


def open_by_status(tx: Transaction) -> tuple[tuple[Status, int], ...]:
    """Return how many requests are open in each status, most first."""
    return _open_by(tx, requests.c.status)


def open_by_move(tx: Transaction) -> tuple[tuple[Move, int], ...]:
    """Return how many requests are open by whose move it is, most first."""
    return _open_by(tx, requests.c.move)


def _open_by(tx: Transaction, column: sa.Column[T]) -> tuple[tuple[T, int], ...]:
    count = sa.func.count()
    statement = (
        sa.select(column, count)
        .where(
            requests.c.mailbox_id == tx.context.mailbox_id,
            requests.c.open_since.is_not(None),
        )
        .group_by(column)
        .order_by(count.desc(), column)
    )
    return tuple((value, number) for value, number in tx.context.connection.execute(statement))


def overdue(tx: Transaction) -> int:
    """Return how many open requests have a promise of ours that was not kept."""
    statement = sa.select(sa.func.count()).where(
        requests.c.mailbox_id == tx.context.mailbox_id, requests.c.overdue_since.is_not(None)
    )
    return tx.context.connection.execute(statement).scalar_one()
