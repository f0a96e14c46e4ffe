"""The queues that staff work through, and the search for a request, as small frozen rows."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from pipeline.model.certificate import CertificateState
from pipeline.model.form import FormKind
from pipeline.model.identifiers import read_prefix, read_reference
from pipeline.model.message import SenderVerdict
from pipeline.model.request import HoldReason, Move, Status, Track
from pipeline.store.schema.mail_and_requests import certificates, notes, requests
from pipeline.store.schema.upkeep import desk
from pipeline.store.tables.rows import constant, filled
from pipeline.store.transaction import Transaction

_SEARCHED_TEXT = 200
#: So many digits tell a number from a year or a postcode.
_DIGITS_OF_NUMBER = 7
_NO_DIGIT = re.compile(r"[^0-9]")
#: What a part of a number has none of: a letter, or the sign that a whole number begins with.
_NO_PART = re.compile(r"[^\W\d_]|\+")
_DIGITS_OF_PART = 4


class QueueView(StrEnum):
    """The views of the queue; all but the last are of requests that are not ended.

    ``new`` are those whose first review waits, ``approve`` all that wait for a decision of a
    review, the soonest due first; ``expired`` those whose certificate ended before it was used.
    """

    NEEDS_ME = "needs-me"
    NEW = "new"
    APPROVE = "approve"
    WAITING = "waiting"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    QR = "qr"
    HELD = "held"
    OPEN = "open"
    ALL = "all"


#: Where a request stands while staff have decided nothing about it yet.
_NEW = (Status.POLICY_REVIEW, Status.ELIGIBILITY_REVIEW, Status.CONTENT_REVIEW, Status.TRIAGE)
_REVIEWS = (Status.POLICY_REVIEW, Status.ELIGIBILITY_REVIEW, Status.CONTENT_REVIEW)


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A line of a queue. ``since`` is when the status began; ``next_at`` when we look again.

    ``unread``: the customer wrote words that wait for staff. ``promise_at`` is by when a mail of
    ours promised to write, ``overdue_since`` the first date of it that passed. ``assignee`` has
    taken it; until ``snoozed_until`` it need not be looked at.
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
    assignee: str = ""
    snoozed_until: datetime | None = None


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
    sa.func.coalesce(desk.c.assignee, ""),
    desk.c.snoozed_until,
)
_WITH_DESK = requests.outerjoin(
    desk,
    sa.and_(desk.c.mailbox_id == requests.c.mailbox_id, desk.c.request_id == requests.c.id),
)
OPEN = requests.c.open_since.is_not(None)
_LIVE = (
    sa.exists()
    .where(
        certificates.c.mailbox_id == requests.c.mailbox_id,
        certificates.c.request_id == requests.c.id,
        constant(certificates.c.state, CertificateState.LIVE),
    )
    .correlate(requests)
)
_NOT_OF_STAFF = requests.c.move != Move.STAFF


def asleep(now: datetime) -> sa.ColumnElement[bool]:
    """Tell whether staff have put a request to sleep, and nothing has woken it at ``now``."""
    sleeping = (
        sa.exists()
        .where(
            desk.c.mailbox_id == requests.c.mailbox_id,
            desk.c.request_id == requests.c.id,
            desk.c.snoozed_until > now,
        )
        .correlate(requests)
    )
    return sa.and_(sleeping, sa.not_(_UNREAD))


def queue(
    transaction: Transaction,
    view: QueueView,
    *,
    now: datetime | None = None,
    assignee: str = "",
    limit: int = 50,
    offset: int = 0,
) -> list[QueueRow]:
    """Return a page of a queue: who waits longest first; ``all`` shows the newest first.

    ``now`` leaves out of ``needs-me`` what sleeps then; ``assignee`` leaves what that colleague has
    taken.
    """
    statement = _mine(transaction)
    if assignee:
        statement = statement.where(desk.c.assignee == assignee)
    if view is QueueView.NEEDS_ME:
        return _needs_me(transaction, statement, limit, offset, now)
    if view is QueueView.EXPIRING:
        statement = _expiring(statement)
    elif view is QueueView.ALL:
        statement = statement.order_by(requests.c.id.desc())
    else:
        statement = statement.where(OPEN, *_narrowed(view)).order_by(*_order(view))
    return _rows(transaction, statement.limit(limit).offset(offset))


def _mine(transaction: Transaction) -> sa.Select[Any]:
    return (
        sa.select(*_ROW)
        .select_from(_WITH_DESK)
        .where(requests.c.mailbox_id == transaction.context.mailbox_id)
    )


def _order(view: QueueView) -> tuple[sa.ColumnElement[Any], ...]:
    if view is QueueView.APPROVE:
        return (requests.c.next_at.is_(None), requests.c.next_at, requests.c.id)
    return (requests.c.open_since, requests.c.id)


def _needs_me(
    transaction: Transaction,
    statement: sa.Select[Any],
    limit: int,
    offset: int,
    now: datetime | None,
) -> list[QueueRow]:
    """Return where a promise was not kept, and where the move or words to read are for staff.

    Three statements, each with an index of its own: SQLite gives up all for an OR that is sorted.
    """
    overdue, in_time = requests.c.overdue_since, requests.c.overdue_since.is_(None)
    late = statement.where(overdue.is_not(None)).order_by(overdue, requests.c.id)
    awake = () if now is None else (sa.not_(asleep(now)),)
    moves = statement.where(OPEN, in_time, requests.c.move == Move.STAFF, *awake).order_by(
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
    statuses: dict[QueueView, tuple[Status, ...]] = {
        QueueView.NEW: _NEW,
        QueueView.APPROVE: _REVIEWS,
        QueueView.HELD: (Status.HELD,),
        QueueView.EXPIRED: (Status.CERTIFICATE_EXPIRED,),
    }
    if view.value in {track.value for track in Track}:  # a view that is called like a track
        return (requests.c.track == Track(view.value),)
    wanted = statuses.get(view, ())
    if len(wanted) == 1:
        return (requests.c.status == wanted[0],)
    return (requests.c.status.in_(wanted),) if wanted else ()


def _expiring(statement: sa.Select[Any]) -> sa.Select[Any]:
    """Return the open requests with a live certificate; one that is active needs it no longer."""
    return (
        statement.where(OPEN)
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

    ``text`` is a reference or its beginning, an address, a mail domain, a number, each in any
    spelling, a part of a number (four digits or more), or a part of the company's name. The first
    kind that finds something counts; all but a number without its country, a part of one, and the
    last two use an index.
    """
    wanted = text.strip()[:_SEARCHED_TEXT]
    if not wanted:
        return []
    mine = _mine(transaction)
    # one statement each: SQLite gives up its indexes for an OR that is sorted
    for condition in _meanings(wanted):
        statement = mine.where(condition).order_by(requests.c.id.desc())
        found = _rows(transaction, statement.limit(limit))
        if found:
            return found
    return []


def _meanings(wanted: str) -> Iterable[sa.ColumnElement[bool]]:
    """Yield what ``wanted`` may mean, the narrowest first."""
    plain = unicodedata.normalize("NFKC", wanted)
    if plain.upper().startswith(("WA-", "WA ")) or read_reference(plain) is not None:
        reference = read_prefix(plain)
        yield sa.and_(requests.c.reference >= reference, requests.c.reference < reference + "~")
    yield requests.c.address_key == plain.lower()
    digits = _NO_DIGIT.sub("", plain)
    # Japanese keyboards have the mark of long vowels where others have the dash
    dashed = plain.replace("\u30fc", "-")
    is_part = len(digits) >= _DIGITS_OF_PART and not _NO_PART.search(dashed)
    if len(digits) >= _DIGITS_OF_NUMBER or is_part:
        known = filled(requests.c.number)
        international = digits.removeprefix("00")
        yield sa.and_(requests.c.number == f"+{international}", known)
        national = digits.lstrip("0")
        yield sa.and_(requests.c.number.endswith(national, autoescape=True), known)
        if is_part and national:
            yield sa.and_(requests.c.number.contains(national, autoescape=True), known)
    if "." in plain:
        domain = plain.lower().lstrip("@")
        yield requests.c.address_key.endswith(f"@{domain}", autoescape=True)
    yield requests.c.company.icontains(wanted, autoescape=True)


def count(transaction: Transaction, view: QueueView, now: datetime) -> int:
    """Return how many open requests a view shows at ``now``; history is never counted."""
    if view is QueueView.NEEDS_ME:
        late = _count(transaction, requests.c.overdue_since.is_not(None))
        moves = _count(
            transaction,
            OPEN,
            requests.c.overdue_since.is_(None),
            requests.c.move == Move.STAFF,
            sa.not_(asleep(now)),
        )
        written = _count(
            transaction,
            _UNREAD,
            requests.c.overdue_since.is_(None),
            sa.or_(requests.c.open_since.is_(None), _NOT_OF_STAFF),
        )
        return late + moves + written
    narrowed = (_LIVE,) if view is QueueView.EXPIRING else _narrowed(view)
    return _count(transaction, OPEN, *narrowed)


def _count(transaction: Transaction, *conditions: sa.ColumnElement[bool]) -> int:
    statement = (
        sa.select(sa.func.count())
        .select_from(requests)
        .where(requests.c.mailbox_id == transaction.context.mailbox_id, *conditions)
    )
    return transaction.context.connection.execute(statement).scalar_one()


def _rows(transaction: Transaction, statement: sa.Select[Any]) -> list[QueueRow]:
    return [QueueRow(*row) for row in transaction.context.connection.execute(statement)]
