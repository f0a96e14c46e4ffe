"""The queues that staff work through, and the search for a request, as small frozen rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from pipeline.model.certificate import CertificateState
from pipeline.model.form import FormKind
from pipeline.model.message import SenderVerdict
from pipeline.model.request import HoldReason, Move, Status, Track
from pipeline.store.lists.expiring import expiring_at
from pipeline.store.schema.mail_and_requests import certificates, notes, requests
from pipeline.store.schema.upkeep import desk
from pipeline.store.search.beside import beside
from pipeline.store.tables.rows import constant
from pipeline.store.transaction import Transaction


class QueueView(StrEnum):
    """The views of the queue; all but the last are of requests that are not ended.

    ``new`` are those whose first review waits, ``approve`` those on which a review has to decide
    today, the soonest due first; ``expiring`` those whose live certificate ends soon, ``expired``
    those whose certificate ended before it was used.
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

    ``unread``: the customer wrote words that wait for staff, the first of them since
    ``unread_since``. ``promise_at`` is by when a mail of ours promised to write, ``overdue_since``
    the first date of it that passed. ``assignee`` has taken it; until ``snoozed_until`` it need not
    be looked at. ``due_at`` is by when staff have to act, where the move is theirs. ``problems``
    counts the answers that are wrong or were asked about; ``last_mail_*`` tell of the last mail in
    or out: ``last_mail_notice`` is what a mail of ours was, and empty for the customer's.
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
    due_at: datetime | None = None
    unread_since: datetime | None = None
    problems: int = 0
    last_mail_at: datetime | None = None
    last_mail_notice: str = ""
    last_mail_subject: str = ""


#: By when words have to be read that came at an instant; the view of the flow knows the calendar.
WordsDue = Callable[[datetime], datetime]


UNREAD = (
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
    UNREAD.label("unread"),
    requests.c.promise_at,
    requests.c.overdue_since,
    sa.func.coalesce(desk.c.assignee, ""),
    desk.c.snoozed_until,
    requests.c.due_at,
    sa.select(sa.func.min(notes.c.waits_since))
    .where(
        notes.c.mailbox_id == requests.c.mailbox_id,
        notes.c.request_id == requests.c.id,
        notes.c.waits_since.is_not(None),
    )
    .correlate(requests)
    .scalar_subquery(),
)
WITH_DESK = requests.outerjoin(
    desk,
    sa.and_(desk.c.mailbox_id == requests.c.mailbox_id, desk.c.request_id == requests.c.id),
)
OPEN = requests.c.open_since.is_not(None)
_LIVE = sa.and_(
    certificates.c.mailbox_id == requests.c.mailbox_id,
    certificates.c.request_id == requests.c.id,
    constant(certificates.c.state, CertificateState.LIVE),
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
    return sa.and_(sleeping, sa.not_(UNREAD))


def in_a_day(at: datetime) -> datetime:
    """Return the instant a day later, by when words are read where no calendar is known."""
    return at + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What of a view is shown: what is awake at ``now`` and meets all ``conditions``.

    ``words_due`` tells by when words have to be read that came at an instant, ``day_ends`` when the
    team's working day is over. Without these instants nothing is left out for what comes later.
    """

    now: datetime | None = None
    conditions: Sequence[sa.ColumnElement[bool]] = ()
    words_due: WordsDue = in_a_day
    day_ends: datetime | None = None


def queue(
    transaction: Transaction,
    view: QueueView,
    *,
    now: datetime | None = None,
    assignee: str = "",
    limit: int = 50,
    offset: int = 0,
) -> list[QueueRow]:
    """Return a page of a queue: what is due first; ``all`` shows the newest first.

    ``now`` leaves out of ``needs-me`` what sleeps then, and of ``expiring`` what ends later;
    ``assignee`` leaves what that colleague has taken.
    """
    conditions = [desk.c.assignee == assignee] if assignee else []
    narrowing = Narrowing(now, conditions)
    return narrowed(transaction, view, narrowing, limit=limit, offset=offset)


def narrowed(
    transaction: Transaction,
    view: QueueView,
    narrowing: Narrowing,
    *,
    limit: int = 50,
    offset: int = 0,
) -> list[QueueRow]:
    """Return a page of a part of a queue, in the order of :func:`queue`."""
    statement = _mine(transaction).where(*narrowing.conditions)
    if view is QueueView.NEEDS_ME:
        rows = _needs_me(transaction, statement, limit + offset, narrowing)
        return _told(transaction, rows[offset:])
    if view is QueueView.EXPIRING:
        statement = _expiring(statement, narrowing.now)
    elif view is QueueView.ALL:
        statement = statement.order_by(requests.c.id.desc())
    else:
        narrowed = _narrowed(view, narrowing.day_ends)
        statement = statement.where(OPEN, *narrowed).order_by(*_order(view))
    return _told(transaction, _rows(transaction, statement.limit(limit).offset(offset)))


def rows_of(transaction: Transaction, request_ids: Sequence[str]) -> list[QueueRow]:
    """Return the lines of requests, in the order of their ids as they are given."""
    if not request_ids:
        return []
    found = _rows(transaction, _mine(transaction).where(requests.c.id.in_(request_ids)))
    places = {request_id: place for place, request_id in enumerate(request_ids)}
    return _told(transaction, sorted(found, key=lambda row: places[row.id]))


def shown_in(
    view: QueueView, now: datetime, day_ends: datetime | None
) -> list[sa.ColumnElement[bool]]:
    """Return the conditions of what a view shows at ``now``, for a search in it."""
    if view is QueueView.ALL:
        return []
    if view is QueueView.EXPIRING:
        return [OPEN, sa.exists().where(_LIVE, expiring_at(now)).correlate(requests)]
    if view is not QueueView.NEEDS_ME:
        return [OPEN, *_narrowed(view, day_ends)]
    moves = sa.and_(OPEN, requests.c.move == Move.STAFF, sa.not_(asleep(now)))
    written = sa.and_(UNREAD, sa.or_(requests.c.open_since.is_(None), _NOT_OF_STAFF))
    return [sa.or_(requests.c.overdue_since.is_not(None), moves, written)]


def _mine(transaction: Transaction) -> sa.Select[Any]:
    return (
        sa.select(*_ROW)
        .select_from(WITH_DESK)
        .where(requests.c.mailbox_id == transaction.context.mailbox_id)
    )


def _order(view: QueueView) -> tuple[sa.ColumnElement[Any], ...]:
    if view is QueueView.APPROVE:
        return (requests.c.due_at, requests.c.id)
    return (requests.c.open_since, requests.c.id)


def _needs_me(
    transaction: Transaction,
    statement: sa.Select[Any],
    most: int,
    narrowing: Narrowing,
) -> list[QueueRow]:
    """Return where a promise was not kept, and where the move or words to read are for staff.

    Three statements, each with an index of its own: SQLite gives up all for an OR that is sorted.
    """
    overdue, in_time = requests.c.overdue_since, requests.c.overdue_since.is_(None)
    late = statement.where(overdue.is_not(None)).order_by(overdue, requests.c.id)
    now = narrowing.now
    awake = () if now is None else (sa.not_(asleep(now)),)
    due = requests.c.due_at
    moves = statement.where(
        due.is_not(None), OPEN, in_time, requests.c.move == Move.STAFF, *awake
    ).order_by(due, requests.c.id)
    written = statement.where(*_written(transaction)).order_by(requests.c.entered_at, requests.c.id)
    rows = [row for part in (late, moves, written) for row in _rows(transaction, part.limit(most))]

    def most_urgent(row: QueueRow) -> tuple[bool, datetime, str]:
        """Order what was promised and not kept first, then by when staff have to act."""
        since = row.unread_since
        read_by = narrowing.words_due(since) if since is not None else None
        by = row.overdue_since or min(filter(None, (row.due_at, read_by)), default=row.since)
        return (row.overdue_since is None, by, row.id)

    return sorted(rows, key=most_urgent)[:most]


def _written(transaction: Transaction) -> tuple[sa.ColumnElement[bool], ...]:
    """Return where words wait for staff although the move is not theirs.

    A request that has ended has no open_since, and may be written to still. The notes are asked
    first: they are few, and an EXISTS for each request would read all of them.
    """
    noted = sa.select(notes.c.request_id).where(
        notes.c.mailbox_id == transaction.context.mailbox_id, notes.c.waits_since.is_not(None)
    )
    return (
        requests.c.id.in_(noted),
        requests.c.overdue_since.is_(None),
        sa.or_(requests.c.open_since.is_(None), _NOT_OF_STAFF),
    )


def _narrowed(view: QueueView, day_ends: datetime | None) -> tuple[sa.ColumnElement[bool], ...]:
    if view is QueueView.WAITING:
        return (requests.c.move.in_([Move.CUSTOMER, Move.META]),)
    if view is QueueView.APPROVE:
        due = requests.c.due_at
        today = () if day_ends is None else (due <= day_ends,)
        return (due.is_not(None), *today, requests.c.status.in_(_REVIEWS))
    statuses: dict[QueueView, tuple[Status, ...]] = {
        QueueView.NEW: _NEW,
        QueueView.HELD: (Status.HELD,),
        QueueView.EXPIRED: (Status.CERTIFICATE_EXPIRED,),
    }
    if view.value in {track.value for track in Track}:  # a view that is called like a track
        return (requests.c.track == Track(view.value),)
    wanted = statuses.get(view, ())
    if len(wanted) == 1:
        return (requests.c.status == wanted[0],)
    return (requests.c.status.in_(wanted),) if wanted else ()


def _expiring(statement: sa.Select[Any], now: datetime | None) -> sa.Select[Any]:
    """Return the open requests whose live certificate ends soon after ``now``.

    One that is active needs it no longer. The certificates are asked first: their index holds the
    live ones alone, by when they end.
    """
    soon = () if now is None else (expiring_at(now),)
    found = statement.where(OPEN, *soon).join(certificates, _LIVE)
    return found.order_by(certificates.c.expires_at, certificates.c.id)


def count(
    transaction: Transaction, view: QueueView, now: datetime, day_ends: datetime | None = None
) -> int:
    """Return how many open requests a view shows at ``now``; history is never counted.

    ``day_ends`` is as of :class:`Narrowing`.
    """
    if view is QueueView.NEEDS_ME:
        late = _count(transaction, requests.c.overdue_since.is_not(None))
        moves = _count(
            transaction,
            OPEN,
            requests.c.overdue_since.is_(None),
            requests.c.move == Move.STAFF,
            sa.not_(asleep(now)),
        )
        written = _count(transaction, *_written(transaction))
        return late + moves + written
    if view is QueueView.EXPIRING:
        return _count(transaction, OPEN, expiring_at(now), of=requests.join(certificates, _LIVE))
    return _count(transaction, OPEN, *_narrowed(view, day_ends))


def _count(
    transaction: Transaction,
    *conditions: sa.ColumnElement[bool],
    of: sa.FromClause = requests,
) -> int:
    statement = (
        sa.select(sa.func.count())
        .select_from(of)
        .where(requests.c.mailbox_id == transaction.context.mailbox_id, *conditions)
    )
    return transaction.context.connection.execute(statement).scalar_one()


def _rows(transaction: Transaction, statement: sa.Select[Any]) -> list[QueueRow]:
    return [QueueRow(*row) for row in transaction.context.connection.execute(statement)]


def _told(transaction: Transaction, rows: Sequence[QueueRow]) -> list[QueueRow]:
    """Return the lines of a page with what is told beside: problems, and the last mail."""
    found = beside(transaction.context, [row.id for row in rows])
    return [replace(row, **found.get(row.id, {})) for row in rows]
