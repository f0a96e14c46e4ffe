"""The certificates as a list: those that count still first, then what ended lately."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from pipeline.model.certificate import CertificateState
from pipeline.model.notice import NoticeName
from pipeline.model.request import Status
from pipeline.store.lists.expiring import expiring_at
from pipeline.store.outbox_records import OutboxState
from pipeline.store.schema.mail_and_requests import (
    certificates,
    outbox,
    outbox_requests,
    requests,
)
from pipeline.store.tables.rows import constant
from pipeline.store.transaction import Transaction

#: What ended longer ago is history: the view ``all`` has it, no count does.
LATELY = timedelta(days=30)

_HERE = certificates.c
_REVOKED = (CertificateState.REVOKED, CertificateState.SUPERSEDED)
_ISSUED = (CertificateState.LIVE, CertificateState.EXPIRED, *_REVOKED)


class CertificateKind(StrEnum):
    """What a certificate is to staff; ``activated`` is one whose number became active with it."""

    VALID = "valid"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    ACTIVATED = "activated"
    REVOKED = "revoked"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """A line of the list. ``reminders`` are the mails that reminded of it; its text is not here."""

    id: str
    serial: str
    number: str
    state: CertificateState
    kind: CertificateKind
    created_at: datetime | None
    expires_at: datetime | None
    issued_at: datetime | None
    mailed_at: datetime | None
    ended_at: datetime | None
    end_reason: str
    request_id: str
    reference: str
    company: str
    address: str
    time_zone: str
    status: Status
    reminders: int = 0


#: Where the kind stands in a row.
_KIND = 4
_LATER = certificates.alias("later")
_IS_LAST = ~(
    sa.exists()
    .where(
        _LATER.c.mailbox_id == _HERE.mailbox_id,
        _LATER.c.request_id == _HERE.request_id,
        _LATER.c.id > _HERE.id,
        _LATER.c.issued_at.is_not(None),
    )
    .correlate(certificates)
)
_REQUEST = certificates.join(
    requests,
    sa.and_(requests.c.mailbox_id == _HERE.mailbox_id, requests.c.id == _HERE.request_id),
)


def _kind(now: datetime) -> sa.ColumnElement[Any]:
    kinds = CertificateKind
    return sa.case(
        (_HERE.state.in_(_REVOKED), kinds.REVOKED.value),
        (_HERE.state.not_in(_ISSUED), kinds.UNFINISHED.value),
        (sa.and_(requests.c.status == Status.ACTIVE, _IS_LAST), kinds.ACTIVATED.value),
        (_HERE.state == CertificateState.EXPIRED, kinds.EXPIRED.value),
        (_HERE.expires_at <= now, kinds.EXPIRED.value),
        (expiring_at(now), kinds.EXPIRING.value),
        else_=kinds.VALID.value,
    )


def _live() -> sa.ColumnElement[bool]:
    return constant(_HERE.state, CertificateState.LIVE)


def _ended(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(
        _HERE.ended_at.is_not(None), _HERE.ended_at > now - LATELY, _HERE.issued_at.is_not(None)
    )


def count_certificates(transaction: Transaction, now: datetime) -> dict[CertificateKind, int]:
    """Return how many there are of each kind: all live ones, and those that ended lately."""
    found = dict.fromkeys(CertificateKind, 0)
    del found[CertificateKind.UNFINISHED]
    # one statement each: SQLite gives up its indexes for an OR
    for condition in (_live(), _ended(now)):
        kind = _kind(now).label("kind")
        statement = (
            sa.select(kind, sa.func.count())
            .select_from(_REQUEST)
            .where(_mine(transaction), condition)
            .group_by(kind)
        )
        for name, number in transaction.context.connection.execute(statement):
            found[CertificateKind(name)] += number
    return found


def list_certificates(
    transaction: Transaction,
    now: datetime,
    kind: CertificateKind | None = None,
    *,
    limit: int,
    offset: int = 0,
) -> list[CertificateRow]:
    """Return what :func:`count_certificates` counts, of one kind if given.

    The live ones come first, the soonest to expire before the others; then those that ended, the
    latest first.
    """
    of_kind = () if kind is None else (_kind(now) == kind.value,)
    most = offset + limit
    live = _select(now).where(_mine(transaction), _live(), *of_kind)
    rows = _rows(transaction, live.order_by(_HERE.expires_at, _HERE.id).limit(most))
    if len(rows) < most:
        ended = _select(now).where(_mine(transaction), _ended(now), *of_kind)
        ended = ended.order_by(_HERE.ended_at.desc(), _HERE.id.desc())
        rows += _rows(transaction, ended.limit(most - len(rows)))
    return _with_reminders(transaction, rows[offset:])


def all_certificates(
    transaction: Transaction, now: datetime, *, limit: int, before: str = ""
) -> list[CertificateRow]:
    """Return all that were ever ordered, the newest first; ``before`` (an id) pages them."""
    statement = _select(now).where(_mine(transaction))
    if before:
        statement = statement.where(_HERE.id < before)
    return _with_reminders(
        transaction, _rows(transaction, statement.order_by(_HERE.id.desc()).limit(limit))
    )


def certificate_of_serial(
    transaction: Transaction, now: datetime, serial: str
) -> CertificateRow | None:
    """Return the certificate with a serial number, or None."""
    found = _rows(transaction, _select(now).where(_mine(transaction), _HERE.serial == serial))
    return _with_reminders(transaction, found)[0] if found else None


def _mine(transaction: Transaction) -> sa.ColumnElement[bool]:
    return _HERE.mailbox_id == transaction.context.mailbox_id


def _select(now: datetime) -> sa.Select[Any]:
    there = requests.c
    return sa.select(
        *(_HERE.id, _HERE.serial, _HERE.number, _HERE.state, _kind(now)),
        *(_HERE.created_at, _HERE.expires_at, _HERE.issued_at, _HERE.mailed_at),
        *(_HERE.ended_at, _HERE.end_reason, _HERE.request_id),
        *(there.reference, there.company, there.address_of_record, there.time_zone, there.status),
    ).select_from(_REQUEST)


def _rows(transaction: Transaction, statement: sa.Select[Any]) -> list[CertificateRow]:
    rows = []
    for found in transaction.context.connection.execute(statement):
        values = list(found)
        values[_KIND] = CertificateKind(values[_KIND])
        rows.append(CertificateRow(*values))
    return rows


def _with_reminders(transaction: Transaction, rows: list[CertificateRow]) -> list[CertificateRow]:
    """Count for each certificate the reminders that went out while it was valid."""
    sent = _reminded(transaction, {row.request_id for row in rows})
    counted = []
    for row in rows:
        end = row.ended_at or row.expires_at
        times = [
            at
            for request, at in sent
            if request == row.request_id
            and row.issued_at is not None
            and at >= row.issued_at
            and (end is None or at <= end)
        ]
        counted.append(replace(row, reminders=len(times)))
    return counted


def _reminded(transaction: Transaction, of: Collection[str]) -> list[tuple[str, datetime]]:
    """Return when requests were reminded of their certificates."""
    joined = outbox_requests.join(
        outbox,
        sa.and_(
            outbox.c.mailbox_id == outbox_requests.c.mailbox_id,
            outbox.c.id == outbox_requests.c.outbox_id,
        ),
    )
    statement = (
        sa.select(outbox_requests.c.request_id, outbox.c.sent_at)
        .select_from(joined)
        .where(
            outbox_requests.c.mailbox_id == transaction.context.mailbox_id,
            outbox_requests.c.request_id.in_(of),
            outbox.c.notice == NoticeName.CERTIFICATE_REMINDER,
            outbox.c.state == OutboxState.SENT,
            outbox.c.sent_at.is_not(None),
        )
    )
    return [(row[0], row[1]) for row in transaction.context.connection.execute(statement)]
