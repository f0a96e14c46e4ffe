"""The outbox: mail that waits to be sent. A claim is a fence: who lost it changes nothing."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from pipeline.model.notice import MailPriority
from pipeline.store.context import Context
from pipeline.store.outbox_records import OutboxRecord, OutboxState
from pipeline.store.schema.mail_and_requests import outbox, outbox_requests
from pipeline.store.search.marks import NO_STAFF, mark
from pipeline.store.tables.in_doubt import FINISHED, Refused
from pipeline.store.tables.links import Links
from pipeline.store.tables.requests import MADE

#: Why a mail was taken back that told of what was no longer so.
OVERTAKEN = "overtaken"
#: Why a mail was taken back that an undone decision had queued; it is never queued again.
UNDONE = "undone"
#: Why a receipt was taken back: it waited for its budget too long.
NO_ROOM = "no_room"
_DROPPED = 200
#: Under this name a transaction remembers the Message-IDs that it has queued.
_QUEUED = "queued"
OutboxView = Literal["open", "attention", "sent", "all"]

_RECEIPTS = (MailPriority.RECEIPT_SPF, MailPriority.RECEIPT)
#: What can be queued again.
AGAIN = (
    OutboxState.FAILED,
    OutboxState.IN_DOUBT,
    OutboxState.BOUNCED,
    OutboxState.CANCELLED,
)


_Found = list[OutboxRecord]
_Ids = list[str]


class Outbox(Refused):
    """The rows of ``outbox``. While a mail is being sent, ``next_at`` is the end of its lease."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        #: The ids of the mails that this transaction has put into the outbox.
        self.enqueued: list[str] = []
        self._links = Links(context, outbox_requests, "outbox_id")

    def enqueue(self, record: OutboxRecord, also: Iterable[str] = ()) -> bool:
        """Insert a mail; ``also`` are the other requests that it tells of.

        False when its Message-ID is there already. A Message-ID belongs to one request, so the
        mails of a request that this transaction has made are known.
        """
        seen = self._context.seen
        if (MADE, record.request_id or "") in seen:
            if (_QUEUED, record.message_id) in seen:
                return False
            self._insert(record)
            seen[_QUEUED, record.message_id] = True
        elif not self._insert_new(record, on=("message_id",)):
            return False
        if record.request_id is not None:
            self._links.add(record.id, [record.request_id, *also])
        self.enqueued.append(record.id)
        return True

    def requests_of(self, outbox_id: str) -> _Ids:
        """Return the ids of all requests that a mail tells of, oldest first."""
        return self._links.requests(outbox_id)

    def postpone(self, priority: MailPriority, now: datetime, next_at: datetime) -> int:
        """Let the queued mails of ``priority`` that are due wait until ``next_at``."""
        return self._update(
            outbox.c.priority == priority,
            outbox.c.next_at.is_not(None),
            outbox.c.next_at <= now,
            outbox.c.state == OutboxState.QUEUED,
            next_at=next_at,
        )

    def drop_waiting(self, priority: MailPriority, before: datetime, at: datetime) -> _Ids:
        """Cancel due mails of ``priority`` made before ``before`` that nobody was asked to take.

        Some hundred at once, the oldest first. Returns the ids of all requests that they told of.
        """
        due = self._due("next_at", at, _DROPPED).where(
            outbox.c.priority == priority,
            outbox.c.state == OutboxState.QUEUED,
            outbox.c.attempt == 0,
            outbox.c.created_at < before,
        )
        found = [record.id for record in self._all(due)]
        self._update(
            outbox.c.id.in_(found),
            state=OutboxState.CANCELLED,
            next_at=None,
            last_error=NO_ROOM,
            kept_since=at,
        )
        return [request for mail in found for request in self.requests_of(mail)]

    def overtaken(self, outbox_id: str, attempt: int, at: datetime) -> bool:
        """Cancel a claimed mail that is out of date; False when the claim was lost."""
        return self._claimed(
            outbox_id,
            attempt,
            state=OutboxState.CANCELLED,
            next_at=None,
            claimed_until=None,
            intended_at=None,
            last_error=OVERTAKEN,
            kept_since=at,
        )

    def deferred(self, outbox_id: str, attempt: int, next_at: datetime, error: str) -> bool:
        """Record a failure that may pass; the mail is queued again for ``next_at``."""
        return self._claimed(
            outbox_id,
            attempt,
            state=OutboxState.QUEUED,
            next_at=next_at,
            claimed_until=None,
            intended_at=None,
            last_error=error,
        )

    def put_back(self, outbox_id: str, attempt: int, next_at: datetime, error: str) -> bool:
        """Record that the server or a setting failed, not the mail: it costs no attempt."""
        return self.deferred(outbox_id, attempt, next_at, error) and (
            self._update(outbox.c.id == outbox_id, outbox.c.attempt == attempt, attempt=attempt - 1)
            == 1
        )

    def failed(self, outbox_id: str, attempt: int, error: str, at: datetime | None = None) -> bool:
        """Record a failure for good; staff see it."""
        return self._ended(outbox_id, attempt, OutboxState.FAILED, error, at)

    def in_doubt(
        self, outbox_id: str, attempt: int, error: str, at: datetime | None = None
    ) -> bool:
        """Record that nobody knows whether the mail went out; staff decide."""
        return self._ended(outbox_id, attempt, OutboxState.IN_DOUBT, error, at)

    def cancel(self, outbox_id: str) -> bool:
        """Take back a mail that is still queued; False when it is too late."""
        return (
            self._update(
                outbox.c.id == outbox_id,
                outbox.c.state == OutboxState.QUEUED,
                state=OutboxState.CANCELLED,
                next_at=None,
                kept_since=outbox.c.created_at,
            )
            == 1
        )

    def retry(self, outbox_id: str, now: datetime) -> bool:
        """Queue a failed, doubtful, bounced or cancelled mail again; False when it cannot be."""
        return (
            self._update(
                outbox.c.id == outbox_id,
                outbox.c.state.in_(AGAIN),
                outbox.c.last_error != UNDONE,
                sa.func.length(outbox.c.content) > 0,
                state=OutboxState.QUEUED,
                next_at=now,
                claimed_until=None,
                intended_at=None,
                look_until=None,
                copied_at=None,
                refusals=0,
                refused_since=None,
                kept_since=None,
                attention_since=None,
            )
            == 1
        )

    def bounced(
        self, message_id: str, error: str, at: datetime | None = None
    ) -> OutboxRecord | None:
        """Record that a mail of ours came back; None when there is none, or it is known."""
        went_out = (OutboxState.SENT, OutboxState.SENDING, OutboxState.IN_DOUBT)
        changed = self._update(
            outbox.c.message_id == message_id,
            outbox.c.state.in_(went_out),
            state=OutboxState.BOUNCED,
            next_at=None,
            claimed_until=None,
            intended_at=None,
            last_error=error,
            kept_since=at or outbox.c.created_at,
            attention_since=at or outbox.c.created_at,
        )
        return self.by_message_id(message_id) if changed else None

    def get(self, outbox_id: str) -> OutboxRecord | None:
        """Return the mail, or None."""
        return self._first(self._select(outbox.c.id == outbox_id))

    def by_message_id(self, message_id: str) -> OutboxRecord | None:
        """Return the mail with the Message-ID, or None."""
        return self._first(self._select(outbox.c.message_id == message_id))

    def of_request(self, request_id: str) -> _Found:
        """Return all mails that tell of a request, oldest first."""
        mine = outbox.c.id.in_(self._links.owners(request_id))
        return self._all(self._select(mine).order_by(outbox.c.id))

    def list(self, view: OutboxView = "open", limit: int = 50, after: str = "") -> _Found:
        """Return mails: what waits (soonest first), what needs a person, or newest first.

        ``after`` (an id) pages the views ``sent`` and ``all``.
        """
        if view in {"open", "attention"}:
            column = outbox.c.next_at if view == "open" else outbox.c.attention_since
            statement = self._select(column.is_not(None)).order_by(column, outbox.c.id)
            return self._all(statement.limit(limit))
        conditions: list[Any] = [outbox.c.id < after] if after else []
        if view == "sent":
            conditions.append(outbox.c.state == OutboxState.SENT)
        statement = self._select(*conditions).order_by(outbox.c.id.desc())
        return self._all(statement.limit(limit))

    def purge_sent(self, before: datetime, limit: int) -> int:
        """Empty the bytes of mails that were finished before ``before``; return how many."""
        since = outbox.c.kept_since
        chosen = (
            sa.select(outbox.c.id)
            .where(self._mine(), since.is_not(None), since < before)
            .order_by(since, outbox.c.id)
            .limit(limit)
        )
        marked = sa.select(outbox.c.id).where(
            self._mine(),
            outbox.c.id.in_(chosen.scalar_subquery()),
            outbox.c.request_id.is_not(None),
            outbox.c.triggered_by.not_in(NO_STAFF),
        )
        # what a person wrote in them is found no more
        for mail in self._execute(marked).scalars().all():
            for request_id in self._links.requests(mail):
                mark(self._context, request_id)
        return self._update(outbox.c.id.in_(chosen.scalar_subquery()), content=b"", kept_since=None)

    def waiting(self, now: datetime, *, receipts: bool = True) -> int:
        """Return how many mails are due to be sent; without ``receipts``, all but those."""
        due = outbox.c.next_at
        count = sa.select(sa.func.count()).select_from(outbox)
        open_work = count.where(self._mine(), due.is_not(None), due <= now)
        if not receipts:
            open_work = open_work.where(outbox.c.priority.not_in(_RECEIPTS))
        return int(self._execute(open_work).scalar_one())

    def any_due(self, priorities: Iterable[MailPriority], now: datetime) -> bool:
        """Tell whether a mail of one of ``priorities`` is due to be sent."""
        due = outbox.c.next_at
        found = self._select(outbox.c.priority.in_(list(priorities)), due.is_not(None), due <= now)
        return self._execute(found.with_only_columns(outbox.c.id).limit(1)).first() is not None

    def waiting_beyond(self, latest: datetime) -> _Found:
        """Return the mails that wait to be sent until after ``latest``."""
        due = outbox.c.next_at
        return self._all(self._select(due.is_not(None), due > latest).order_by(due, outbox.c.id))

    def wake(self, outbox_id: str, now: datetime) -> bool:
        """Let a mail that waits be due ``now``, with its claim over; False when it does not."""
        return (
            self._update(
                outbox.c.id == outbox_id,
                outbox.c.next_at.is_not(None),
                next_at=now,
                claimed_until=sa.case((outbox.c.claimed_until.is_not(None), now), else_=None),
            )
            == 1
        )

    def has_purgeable(self, before: datetime) -> bool:
        """Whether a mail that was finished before ``before`` still has its bytes."""
        since = outbox.c.kept_since
        found = self._select(since.is_not(None), since < before)
        return self._execute(found.with_only_columns(outbox.c.id).limit(1)).first() is not None

    def _ended(
        self, outbox_id: str, attempt: int, state: OutboxState, error: str, at: datetime | None
    ) -> bool:
        since = at or outbox.c.created_at
        return self._claimed(
            outbox_id,
            attempt,
            state=state,
            next_at=None,
            claimed_until=None,
            last_error=error,
            attention_since=since,
            kept_since=since if state in FINISHED else None,
        )
