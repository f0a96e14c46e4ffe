"""The ledger of mail that came in."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from pipeline.model.message import MessageKind, SenderVerdict
from pipeline.store import message_statements as kept
from pipeline.store.context import Context
from pipeline.store.records import MessageRecord, MessageState
from pipeline.store.schema.mail_and_requests import (
    message_requests,
    messages,
    quarantine,
    requests,
)
from pipeline.store.tables.links import Links
from pipeline.store.tables.rows import Rows, constant
from pipeline.terms import Outcome

MessageView = Literal["all", "waiting", "unmoved"]

_UIDS_AT_ONCE = 1000
_SEEN_BYTES = ("same bytes",)
#: What no mail has that was decided on.
_NO_BYTES = "bytes of none"
_NO_ID = "Message-ID of none"
#: What the columns are of a mail that this transaction has locked.
_MINE = "message"
_Found = list[MessageRecord]
_Ids = list[str]


class Messages(Rows[MessageRecord]):
    """The rows of ``messages``."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, messages, kept.MAPPER)
        self._links = Links(context, message_requests, "message_row")

    def insert_fetched(self, records: Sequence[MessageRecord]) -> int:
        """Insert the mails whose place is not yet in the ledger; return how many were new."""
        self._context.seen.pop(_SEEN_BYTES, None)
        rows = [{**self._values(one), "raw_since": kept.raw_since(one)} for one in records]
        new = self._context.change_all(kept.INSERT, [row for row in rows if not row["request_id"]])
        for record, row in zip(records, rows, strict=True):
            if record.request_id and self._context.change_all(kept.INSERT, [row]):
                new += 1
                self._link_first(record)
        return new

    def forget_undecided(self) -> int:
        """Remove the mails of the server that were never decided on; return how many."""
        looked_at = sa.select(quarantine.c.message_row).where(
            quarantine.c.mailbox_id == messages.c.mailbox_id,
            quarantine.c.message_row == messages.c.id,
        )
        return self._delete(
            messages.c.state == MessageState.FETCHED,
            messages.c.folder != "",
            messages.c.request_id.is_(None),
            ~sa.exists(looked_at),
        )

    def known(self, account: str, folder: str, uidvalidity: int, uids: Iterable[int]) -> set[int]:
        """Return those of ``uids`` that are in the ledger."""
        wanted = sorted(set(uids))
        found: set[int] = set()
        for start in range(0, len(wanted), _UIDS_AT_ONCE):
            statement = sa.select(messages.c.uid).where(
                self._mine(),
                messages.c.account == account,
                messages.c.folder == folder,
                messages.c.uidvalidity == uidvalidity,
                messages.c.uid.in_(wanted[start : start + _UIDS_AT_ONCE]),
            )
            found.update(self._execute(statement).scalars())
        return found

    def claim(self, now: datetime, limit: int) -> _Found:
        """Return mails that wait to be processed, oldest first.

        On PostgreSQL they are locked until the end of the transaction, and those that another
        worker has locked are passed over.
        """
        return self._found(kept.CLAIM, now=now, most=limit, state=MessageState.FETCHED)

    def due_ids(self, now: datetime, limit: int) -> _Ids:
        """Return the ids of mails that wait to be processed, oldest first; none is locked."""
        found = self._context.rows(kept.DUE_IDS, now=now, most=limit, state=MessageState.FETCHED)
        return [row[0] for row in found]

    def waiting(self, rows: Sequence[str], now: datetime, *, locked: bool = False) -> _Found:
        """Return those mails of ``rows`` that wait to be processed, oldest first.

        ``locked``: on PostgreSQL until the end of the transaction, past those that another one has
        locked.
        """
        if not rows:
            return []
        statement = kept.WAITING_LOCKED if locked else kept.WAITING
        state = MessageState.FETCHED
        found = self._context.of_several(statement, rows, now=now, state=state)
        records = [self._mapper.record(row) for row in found]
        if locked:
            for record in records:
                self._context.seen[_MINE, record.id] = self._mapper.values(record)
        return records

    def foresee(self, found: Sequence[MessageRecord], message_ids: Iterable[str]) -> None:
        """Learn at once which of these mails are new, by their bytes and Message-IDs."""
        self._context.learn_missing([_NO_BYTES], kept.BYTES_DECIDED, (row.sha256 for row in found))
        self._context.learn_missing([_NO_ID], kept.IDS_DECIDED, message_ids)

    def waiting_beyond(self, latest: datetime) -> int:
        """Return how many mails wait to be processed until after ``latest``."""
        due = messages.c.next_at
        count = sa.select(sa.func.count()).select_from(messages)
        beyond = count.where(self._mine(), due.is_not(None), due > latest)
        return int(self._execute(beyond).scalar_one())

    def wake_beyond(self, latest: datetime, now: datetime) -> int:
        """Let the mails that wait until after ``latest`` be due ``now``; return how many."""
        due = messages.c.next_at
        return self._update(due.is_not(None), due > latest, next_at=now)

    def waiting_with_error(self, errors: Sequence[str], limit: int) -> _Found:
        """Return mails that wait for another try after one of these errors, oldest first."""
        due = messages.c.next_at
        return self._all(
            self._select(
                due.is_not(None),
                messages.c.state == MessageState.FETCHED,
                messages.c.last_error.in_(errors),
            )
            .order_by(due, messages.c.id)
            .limit(limit)
        )

    def claim_withheld(self, account: str, now: datetime, until: datetime, limit: int) -> _Found:
        """Return mails to be fetched again, oldest first; no other worker's before ``until``."""
        due = self._due("next_at", now, limit).where(
            messages.c.state == MessageState.WITHHELD, messages.c.account == account
        )
        found = self._all(due)
        for record in found:
            self._update(messages.c.id == record.id, next_at=until)
        return found

    def withheld(self, account: str) -> int:
        """Return how many mails of ``account`` wait to be fetched again."""
        count = sa.select(sa.func.count()).select_from(messages)
        waiting = count.where(
            self._mine(),
            messages.c.next_at.is_not(None),
            messages.c.state == MessageState.WITHHELD,
            messages.c.account == account,
        )
        return int(self._execute(waiting).scalar_one())

    def get(self, row: str) -> MessageRecord | None:
        """Return the mail of the ledger row, or None."""
        return self._one(kept.GET, id=row)

    def save(self, record: MessageRecord) -> None:
        """Write all fields of a mail that is in the ledger, and the link to its first request."""
        values = self._mapper.values(record)
        mine = self._context.seen.get((_MINE, record.id))
        if mine is None:
            self._change(kept.SAVE, **values)
        else:
            self._context.put_off(messages, dict(values), mine)
            self._context.seen[_MINE, record.id] = values
        self._context.seen.pop(_SEEN_BYTES, None)
        self._context.is_there(_NO_BYTES, record.sha256)
        self._context.is_there(_NO_ID, record.message_id)
        self._link_first(record)

    def delivered(self, record: MessageRecord) -> None:
        """Write a mail whose bytes have come at last."""
        self.save(record)
        self._change(kept.SET_RAW, id=record.id, raw_since=kept.raw_since(record))

    def link(self, row: str, request_id: str) -> None:
        """Make the mail of a ledger row a part of the request, beside others it belongs to."""
        self._links.add(row, [request_id])

    def _link_first(self, record: MessageRecord) -> None:
        if record.request_id is not None:
            self._links.add(record.id, [record.request_id])

    def moved(self, row: str, at: datetime, *, renumbered: bool = False) -> bool:
        """Record that the mail was moved on the server; return whether that was open.

        ``renumbered``: it was not, because it has another number by now.
        """
        if not renumbered:
            return self._change(kept.MOVED, id=row, moved_at=at, unmoved_since=None) == 1
        mine = (messages.c.id == row, messages.c.unmoved_since.is_not(None))
        record = self._first(self._locked(self._select(*mine)))
        if record is not None:
            self.save(replace(record, moved_at=at, renumbered=True))
        return record is not None

    def move_failed(self, row: str, at: datetime) -> int:
        """Record that the server did not move the mail; return how often that was so by now.

        The mail is tried again after all others that wait. 0: it is not to be moved any more.
        """
        record = self._first(
            self._locked(self._select(messages.c.id == row, messages.c.unmoved_since.is_not(None)))
        )
        if record is None:
            return 0
        failures = record.move_failures + 1
        self.save(replace(record, move_failures=failures, move_tried_at=at))
        return failures

    def unmoved(self, limit: int) -> _Found:
        """Return processed mails that still have to be moved on the server, oldest first."""
        since = messages.c.unmoved_since
        return self._all(
            self._select(since.is_not(None)).order_by(since, messages.c.id).limit(limit)
        )

    def renumbered_twin(self, record: MessageRecord) -> MessageRecord | None:
        """Return the earlier row of the same mail when its folder was numbered anew, or None.

        That is a row of the same bytes and folder, under another UIDVALIDITY (RFC 9051, section
        2.3.1.1), that was decided on and whose mail was not moved.
        """
        place = record.place
        found = self._same_bytes(record)
        if len(found) == kept.SAME:
            found = self._found(
                kept.TWIN,
                id=record.id,
                sha256=record.sha256,
                account=place.account,
                folder=place.folder,
                uidvalidity=place.uidvalidity,
            )
        folder = (place.account, place.folder)
        elsewhere = [
            row
            for row in found
            if (row.place.account, row.place.folder) == folder
            and row.place.uidvalidity != place.uidvalidity
        ]
        unmoved = (row for row in elsewhere if row.renumbered or (row.move_to and not row.moved_at))
        return next(unmoved, None)

    def earlier_with_sha256(self, record: MessageRecord) -> MessageRecord | None:
        """Return the first processed mail with the same bytes as ``record``, or None."""
        found = self._same_bytes(record)
        if len(found) < kept.SAME:
            return next((row for row in found if row.state is MessageState.PROCESSED), None)
        return self._one(
            kept.EARLIER_BYTES, id=record.id, sha256=record.sha256, state=MessageState.PROCESSED
        )

    def _same_bytes(self, record: MessageRecord) -> _Found:
        """Return the first mails with the bytes of ``record`` that were decided on."""
        if self._context.is_missing(_NO_BYTES, record.sha256):
            return []
        asked: str
        found: _Found
        asked, found = self._context.seen.get(_SEEN_BYTES, ("", []))
        if asked != record.id:
            found = self._found(kept.SAME_BYTES, id=record.id, sha256=record.sha256)
            self._context.seen[_SEEN_BYTES] = (record.id, found)
        return found

    def earlier_with_message_id(self, record: MessageRecord) -> MessageRecord | None:
        """Return a processed mail with the Message-ID, sender and content of ``record``, or None.

        Programs use a Message-ID again, so it alone does not make two mails one. Of a Message-ID
        that comes all the time the newest mails are looked at; ignored ones do not count.
        """
        if not record.message_id or self._context.is_missing(_NO_ID, record.message_id):
            return None
        found = self._found(
            kept.EARLIER_MESSAGE_ID,
            id=record.id,
            message_id=record.message_id,
            sender=record.sender.lower(),
            state=MessageState.PROCESSED,
        )
        same = (
            earlier
            for earlier in found
            if earlier.content == record.content and earlier.outcome is not Outcome.IGNORED
        )
        return next(same, None)

    def of_request(self, request_id: str) -> _Found:
        """Return the mails that belong to a request, oldest first."""
        mine = messages.c.id.in_(self._links.owners(request_id))
        return self._all(self._select(mine).order_by(messages.c.id))

    def requests_of(self, row: str) -> _Ids:
        """Return the ids of all requests that a mail belongs to, oldest first."""
        return self._links.requests(row)

    def references(self, rows: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return the references of the requests of each mail, oldest first; none: no entry."""
        wanted = list(rows)
        statement = (
            sa.select(message_requests.c.message_row, requests.c.reference)
            .join(
                requests,
                sa.and_(
                    requests.c.mailbox_id == message_requests.c.mailbox_id,
                    requests.c.id == message_requests.c.request_id,
                ),
            )
            .where(
                message_requests.c.mailbox_id == self._context.mailbox_id,
                message_requests.c.message_row.in_(wanted),
            )
            .order_by(requests.c.id)
        )
        found: dict[str, tuple[str, ...]] = {}
        for row in self._execute(statement):
            found[row.message_row] = (*found.get(row.message_row, ()), row.reference)
        return found

    def of_account(self, account: str, after: str, limit: int) -> _Found:
        """Return mails that came in at ``account``, oldest first; ``after`` (an id) pages them."""
        statement = self._select(messages.c.account == account, messages.c.id > after)
        return self._all(statement.order_by(messages.c.id).limit(limit))

    def of_sender(self, address: str, limit: int = 50) -> _Found:
        """Return the mails of a sender, newest first."""
        return self._all(
            self._select(messages.c.sender_key == address.lower())
            .order_by(messages.c.fetched_at.desc(), messages.c.id.desc())
            .limit(limit)
        )

    def recent_human_verdicts(self, limit: int = 20) -> list[SenderVerdict]:
        """Return the sender verdicts of the last mails that people wrote, newest first.

        Mails without one well-formed From are passed over: they have no sender to judge.
        """
        statement = (
            sa.select(messages.c.sender_verdict)
            .where(
                self._mine(),
                constant(messages.c.kind, MessageKind.HUMAN),
                messages.c.sender_verdict.is_not(None),
                messages.c.sender_key != "",
                messages.c.processed_at.is_not(None),
            )
            .order_by(messages.c.processed_at.desc(), messages.c.id.desc())
            .limit(limit)
        )
        return [verdict for verdict in self._execute(statement).scalars() if verdict is not None]

    def recent_lists(self, limit: int) -> "list[str]":
        """Return the mailing list of each of the last mails that were processed, or empty."""
        rows = self._all(
            self._select(messages.c.processed_at.is_not(None))
            .order_by(messages.c.id.desc())
            .limit(limit)
        )
        return [row.list_id for row in rows]

    def list(self, view: MessageView = "all", limit: int = 50, after: str = "") -> _Found:
        """Return mails: all newest first, or what waits or is to be moved, the oldest first.

        ``after`` (a row's id) pages the view ``all``.
        """
        if view == "all":
            statement = self._select().order_by(messages.c.id.desc())
            if after:
                statement = statement.where(messages.c.id < after)
        else:
            since = messages.c.next_at if view == "waiting" else messages.c.unmoved_since
            statement = self._select(since.is_not(None)).order_by(since, messages.c.id)
        return self._all(statement.limit(limit))
