"""The newest rows of a period, so many at most: what must be looked at one by one stays bounded.

Everything here is found by an index of the period or by the ids of the rows that were.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.model.certificate import CertificateState
from pipeline.model.form import FileFormat, FormKind
from pipeline.model.message import MessageKind
from pipeline.model.notice import NoticeName, Saying
from pipeline.model.request import Actor, EventName, Status
from pipeline.store.figures.counted import Span
from pipeline.store.outbox_records import OutboxState
from pipeline.store.records import StoredProblem
from pipeline.store.schema.mail_and_requests import (
    certificates,
    events,
    messages,
    outbox,
    outbox_requests,
    requests,
    revisions,
)
from pipeline.store.tables.rows import constant
from pipeline.store.transaction import Transaction
from pipeline.terms import Outcome

#: So many ids are looked up by one statement.
_PORTION = 500
#: A certificate that nobody ended: it is valid, or its time is over.
_RAN_OUT = frozenset({CertificateState.LIVE, CertificateState.EXPIRED})


@dataclass(frozen=True, slots=True)
class OpenedRequest:
    """A request that was opened in the period."""

    id: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class MailOf:
    """A mail of ours about a request."""

    request_id: str
    notice: NoticeName
    created_at: datetime
    sent_at: datetime | None
    saying: Saying | None
    promise_at: datetime | None


@dataclass(frozen=True, slots=True)
class StepOf:
    """A step of a request that staff made, or the date of a promise that passed."""

    request_id: str
    at: datetime
    actor: Actor
    event: EventName | None

    @property
    def broke_a_promise(self) -> bool:
        """Whether the date passed by which we had promised to write."""
        return self.event is EventName.PROMISE_PASSED


@dataclass(frozen=True, slots=True)
class FormOf:
    """A form that a customer sent, and what was wrong with it."""

    request_id: str
    form: FormKind
    language: str
    format: FileFormat | None
    problems: tuple[StoredProblem, ...]
    program: str = ""


@dataclass(frozen=True, slots=True)
class CertificateEnd:
    """A certificate, and how its request stands; ``ended_at`` is when the request ended."""

    state: CertificateState
    created_at: datetime | None
    expires_at: datetime | None
    status: Status
    ended_at: datetime | None

    @property
    def used(self) -> bool:
        """Whether its request became active while it was valid."""
        if self.status is not Status.ACTIVE or self.state not in _RAN_OUT:
            return False
        created, ended, expires = self.created_at, self.ended_at, self.expires_at
        if created is None or ended is None or expires is None:
            return False
        return created <= ended <= expires


def opened_requests(tx: Transaction, span: Span, most: int) -> tuple[OpenedRequest, ...]:
    """Return the requests that were opened in the span, the newest first."""
    at = requests.c.opened_at
    statement = (
        sa.select(requests.c.id, at)
        .where(_mine(tx, requests), at >= span[0], at < span[1])
        .order_by(at.desc(), requests.c.id.desc())
        .limit(most)
    )
    return tuple(OpenedRequest(*row) for row in tx.context.connection.execute(statement))


def mails_of(tx: Transaction, ids: Sequence[str]) -> Iterator[MailOf]:
    """Yield the mails about requests, those of each one in the order in which they were written."""
    column = outbox_requests.c.request_id
    statement = (
        sa.select(
            column,
            outbox.c.notice,
            outbox.c.created_at,
            outbox.c.sent_at,
            outbox.c.more,
        )
        .select_from(
            outbox_requests.join(
                outbox,
                sa.and_(
                    outbox.c.mailbox_id == outbox_requests.c.mailbox_id,
                    outbox.c.id == outbox_requests.c.outbox_id,
                ),
            )
        )
        .where(
            _mine(tx, outbox_requests),
            outbox.c.state.not_in([OutboxState.CANCELLED, OutboxState.FAILED]),
        )
        .order_by(column, outbox_requests.c.outbox_id)
    )
    for request_id, notice, created_at, sent_at, more in _of_ids(tx, statement, column, ids):
        saying, promise = more.get("saying"), more.get("promise_at")
        yield MailOf(
            request_id,
            notice,
            created_at,
            sent_at,
            Saying(saying) if saying else None,
            datetime.fromisoformat(promise) if promise else None,
        )


def steps_of(tx: Transaction, ids: Sequence[str]) -> Iterator[StepOf]:
    """Yield the steps of staff and the promises that passed, of each request in their order."""
    column = events.c.request_id
    wanted = sa.or_(events.c.actor == Actor.STAFF, events.c.event == EventName.PROMISE_PASSED)
    statement = (
        sa.select(column, events.c.at, events.c.actor, events.c.event)
        .where(_mine(tx, events), wanted)
        .order_by(column, events.c.seq)
    )
    yield from (StepOf(*row) for row in _of_ids(tx, statement, column, ids))


def forms_of(tx: Transaction, ids: Sequence[str]) -> Iterator[FormOf]:
    """Yield the forms that customers sent for requests; what staff entered is none."""
    column = revisions.c.request_id
    statement = (
        sa.select(
            column,
            revisions.c.form,
            revisions.c.language,
            revisions.c.format,
            revisions.c.problems,
            revisions.c.more,
        )
        .where(_mine(tx, revisions), revisions.c.message_id.is_not(None))
        .order_by(column, revisions.c.seq)
    )
    for request_id, kind, language, file_format, problems, more in _of_ids(
        tx, statement, column, ids
    ):
        program = (more or {}).get("program", "")
        yield FormOf(request_id, kind, language, file_format, problems, program)


def replies(tx: Transaction, span: Span, most: int) -> tuple[bool | None, ...]:
    """Return of the replies of people whether staff had to read them (None: not known).

    Of the newest ``most`` mails of the span.
    """
    at = messages.c.processed_at
    statement = (
        sa.select(messages.c.outcome, messages.c.more)
        .where(
            _mine(tx, messages),
            constant(messages.c.kind, MessageKind.HUMAN),
            at >= span[0],
            at < span[1],
        )
        .order_by(at.desc(), messages.c.id.desc())
        .limit(most)
    )
    rows = tx.context.connection.execute(statement)
    return tuple(more.get("for_staff") for outcome, more in rows if outcome is Outcome.REPLY)


def ended_certificates(tx: Transaction, span: Span, most: int) -> tuple[CertificateEnd, ...]:
    """Return the certificates that were revoked, replaced or expired in the span, newest first."""
    at = certificates.c.ended_at
    statement = (
        _with_requests()
        .where(_mine(tx, certificates), at.is_not(None), at >= span[0], at < span[1])
        .order_by(at.desc(), certificates.c.id.desc())
        .limit(most)
    )
    return tuple(CertificateEnd(*row) for row in tx.context.connection.execute(statement))


def certificates_of_ended(tx: Transaction, span: Span, most: int) -> tuple[CertificateEnd, ...]:
    """Return the certificates of the requests that ended in the span, the newest ``most`` of them.

    Those of a request that became active end by themselves, long after they were used.
    """
    at = requests.c.erasable_since
    found = (
        sa.select(requests.c.id)
        .where(_mine(tx, requests), at.is_not(None), at >= span[0], at < span[1])
        .order_by(at.desc(), requests.c.id.desc())
        .limit(most)
    )
    ids = tx.context.connection.execute(found).scalars().all()
    column = certificates.c.request_id
    statement = _with_requests().where(_mine(tx, certificates))
    return tuple(CertificateEnd(*row) for row in _of_ids(tx, statement, column, ids))


def _with_requests() -> sa.Select[Any]:
    row = certificates.c
    return sa.select(
        row.state, row.created_at, row.expires_at, requests.c.status, requests.c.ended_at
    ).select_from(
        certificates.join(
            requests,
            sa.and_(requests.c.mailbox_id == row.mailbox_id, requests.c.id == row.request_id),
        )
    )


def _of_ids(
    tx: Transaction, statement: sa.Select[Any], column: sa.Column[Any], ids: Sequence[str]
) -> Iterator[Sequence[Any]]:
    for first in range(0, len(ids), _PORTION):
        portion = statement.where(column.in_(ids[first : first + _PORTION]))
        yield from tx.context.connection.execute(portion)


def _mine(tx: Transaction, table: sa.Table) -> sa.ColumnElement[bool]:
    return table.c.mailbox_id == tx.context.mailbox_id
