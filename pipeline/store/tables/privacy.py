"""What retention and erasure take away; the audit keeps ids, codes and hashes only."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.model.certificate import CertificateState
from pipeline.store.context import Context
from pipeline.store.outbox_records import OutboxState
from pipeline.store.records import MessageState
from pipeline.store.schema.mail_and_requests import (
    attachments,
    certificates,
    message_requests,
    messages,
    notes,
    numbers,
    outbox,
    outbox_requests,
    quarantine,
    requests,
    revisions,
    sent_texts,
)
from pipeline.store.schema.meta import meta_askings, meta_numbers
from pipeline.store.schema.short_links import link_orders
from pipeline.store.schema.undo import undo
from pipeline.store.schema.upkeep import counters
from pipeline.store.tables.links import Links
from pipeline.store.tables.rows import constant

_REQUEST_TEXTS = ("company", "department", "contact", "subject", "organisation", "number")
_NO_MAIL: dict[str, Any] = {
    "sender": "",
    "sender_key": "",
    "subject": "",
    "message_id": "",
    "sha256": "",
    "raw_since": None,
    "more": {},
}
_NOT_SENT: dict[str, Any] = {
    "recipient": "",
    "subject": "",
    "content": b"",
    "last_error": "",
    "kept_since": None,
    "attention_since": None,
}
#: So many times as many requests are looked at as are wanted: some are needed yet.
_LOOKED_AT = 10
#: A mail of ours that may still go out needs its bytes.
_MAY_GO_OUT = (OutboxState.QUEUED, OutboxState.SENDING, OutboxState.IN_DOUBT)


class Privacy:
    """Takes personal data out of the tables; the caller deletes the blobs after the commit."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._came = Links(context, message_requests, "message_row")
        self._went = Links(context, outbox_requests, "outbox_id")

    def erase_request(self, request_id: str) -> list[str]:
        """Empty a request of personal data, and return the blobs that nothing names any more.

        Answers, notes, attachments and digests of what we sent go; mail rows and notices stay as
        places and ids, without sender, recipient, subject and bytes. A mail that another request
        has too stays whole and loses its link to this one. The history stays: it holds ids and
        codes only.
        """
        with self.overwriting():
            self._came.give_up_shared(request_id)
            self._went.give_up_shared(request_id)
            self._run(
                sa.update(messages)
                .where(
                    messages.c.mailbox_id == self._context.mailbox_id,
                    messages.c.request_id == request_id,
                    messages.c.id.not_in(self._came.owners(request_id)),
                )
                .values(request_id=_first_request())
            )
            names = self._blobs_of(request_id)
            self._empty(request_id)
            self._forget_decisions(request_id)
            self._forget_words(request_id)
        return self.unnamed(names)

    def _empty(self, request_id: str) -> None:
        for table in (revisions, notes, attachments, sent_texts):
            self._run(sa.delete(table).where(*self._of(table, request_id)))
        self._run(sa.update(messages).where(*self._of(messages, request_id)).values(_NO_MAIL))
        self._run(sa.update(outbox).where(*self._of(outbox, request_id)).values(_NOT_SENT))
        self._run(
            sa.update(certificates)
            .where(
                *self._of(certificates, request_id),
                sa.not_(constant(certificates.c.state, CertificateState.LIVE)),
            )
            .values(number="", text="", to_be_signed=b"")
        )
        self._run(
            sa.update(meta_askings).where(*self._of(meta_askings, request_id)).values(e164="")
        )
        # of the text a digest alone is kept; whoever guesses the text would know it by that
        self._run(
            sa.update(link_orders)
            .where(*self._of(link_orders, request_id))
            .values(number="", sha256="", code="", url="", before=(), next_at=None)
        )
        self._run(
            sa.update(requests)
            .where(requests.c.mailbox_id == self._context.mailbox_id, requests.c.id == request_id)
            .values(
                more=self._more_without_words(request_id),
                address_of_record="",
                address_key="",
                thread=(),
                erasable_since=None,
                **dict.fromkeys(_REQUEST_TEXTS, ""),
            )
        )

    def _forget_decisions(self, request_id: str) -> None:
        """Forget what could be undone of this request, or of another one together with it."""
        mine = undo.c.mailbox_id == self._context.mailbox_id
        rows = self._context.connection.execute(
            sa.select(undo.c.request_id, sa.cast(undo.c.rows, sa.Text)).where(mine)
        )
        named = [row[0] for row in rows if request_id == row[0] or request_id in (row[1] or "")]
        self._run(sa.delete(undo).where(mine, undo.c.request_id.in_(named)))

    def _forget_words(self, request_id: str) -> None:
        from pipeline.store.search.index import forget  # noqa: PLC0415 - slow, and seldom used

        forget(self._context, request_id)
        self._context.seen.clear()

    def _more_without_words(self, request_id: str) -> dict[str, Any]:
        """Return the further fields of a request without what its customer told in words."""
        mine = (
            requests.c.mailbox_id == self._context.mailbox_id,
            requests.c.id == request_id,
        )
        more = self._context.connection.execute(sa.select(requests.c.more).where(*mine)).scalar()
        return {**(more or {}), "proposals": []}

    def requests_to_erase(self, before: datetime, limit: int) -> list[str]:
        """Return the ids of requests that ended before ``before`` and still hold answers.

        Those are left out that a live certificate or a mail that may still go out belongs to.
        """
        since = requests.c.erasable_since
        oldest = (
            sa.select(requests.c.id, since.label("since"))
            .where(
                requests.c.mailbox_id == self._context.mailbox_id,
                since.is_not(None),
                since < before,
            )
            .order_by(since, requests.c.id)
            .limit(limit * _LOOKED_AT)
            .subquery()
        )
        free = (
            _not_needed(self._context.mailbox_id, one, oldest.c.id)
            for one in (_LIVE_CERTIFICATE, _WAITING_MAIL)
        )
        statement = sa.select(oldest.c.id).where(*free).order_by(oldest.c.since, oldest.c.id)
        return self._scalars(statement.limit(limit))

    def mails_that_wait(self, request_ids: Collection[str], ids: Collection[str] = ()) -> list[str]:
        """Return the ids of our mails that may still go out: about these requests, or ``ids``."""
        about = sa.select(outbox_requests.c.outbox_id).where(
            outbox_requests.c.mailbox_id == self._context.mailbox_id,
            outbox_requests.c.request_id.in_(list(request_ids)),
        )
        statement = sa.select(outbox.c.id).where(
            outbox.c.mailbox_id == self._context.mailbox_id,
            sa.or_(outbox.c.id.in_(about), outbox.c.id.in_(list(ids))),
            _may_go_out(),
        )
        return self._scalars(statement.order_by(outbox.c.id))

    def erase_mails(self, rows: Sequence[str], now: datetime) -> list[str]:
        """Empty mails that came in, with all that was read from them; return the free blobs.

        Those in quarantine are given up: there is nothing left to put back.
        """
        with self.overwriting():
            mine = messages.c.mailbox_id == self._context.mailbox_id, messages.c.id.in_(rows)
            found = set(self._scalars(sa.select(messages.c.sha256).where(*mine)))
            self._run(sa.update(messages).where(*mine).values(_NO_MAIL))
            self._give_up(rows, now)
            touched: set[str] = set()
            for table, row in (
                (revisions, revisions.c.message_id),
                (notes, notes.c.message_id),
                (attachments, attachments.c.message_row),
            ):
                theirs = table.c.mailbox_id == self._context.mailbox_id, row.in_(rows)
                touched |= set(self._scalars(sa.select(table.c.request_id).where(*theirs)))
                if table is not notes:
                    found |= set(self._scalars(sa.select(table.c.sha256).where(*theirs)))
                self._run(sa.delete(table).where(*theirs))
            linked = sa.select(message_requests.c.request_id).where(
                message_requests.c.mailbox_id == self._context.mailbox_id,
                message_requests.c.message_row.in_(rows),
            )
            for request_id in sorted(touched | set(self._scalars(linked))):
                self._forget_words(request_id)
        return self.unnamed(sorted(found - {""}))

    def _give_up(self, rows: Sequence[str], now: datetime) -> None:
        open_ones = (
            quarantine.c.mailbox_id == self._context.mailbox_id,
            quarantine.c.message_row.in_(rows),
            quarantine.c.open_since.is_not(None),
        )
        self._run(sa.update(quarantine).where(*open_ones).values(dropped_at=now, open_since=None))
        put_aside = (
            messages.c.mailbox_id == self._context.mailbox_id,
            messages.c.id.in_(rows),
            messages.c.state == MessageState.QUARANTINED,
        )
        self._run(sa.update(messages).where(*put_aside).values(state=MessageState.DROPPED))

    def erase_sent(self, ids: Sequence[str]) -> None:
        """Empty mails of ours, with the digests of what they said."""
        with self.overwriting():
            mine = outbox.c.mailbox_id == self._context.mailbox_id, outbox.c.id.in_(ids)
            self._run(sa.update(outbox).where(*mine).values(_NOT_SENT))
            texts = sent_texts.c
            mine = texts.mailbox_id == self._context.mailbox_id, texts.outbox_id.in_(ids)
            self._run(sa.delete(sent_texts).where(*mine))

    def erase_number(self, e164: str) -> None:
        """Forget a number, and what Meta said of it."""
        with self.overwriting():
            for table in (numbers, meta_numbers):
                mine = table.c.mailbox_id == self._context.mailbox_id, table.c.e164 == e164
                self._run(sa.delete(table).where(*mine))
            asked = meta_askings.c
            mine = asked.mailbox_id == self._context.mailbox_id, asked.e164 == e164
            self._run(sa.update(meta_askings).where(*mine).values(e164=""))

    def disown_numbers(self, address: str, among: Collection[str] | None = None) -> None:
        """Take ``address`` out as the owner of numbers: of all, or of those ``among``."""
        mine = [
            numbers.c.mailbox_id == self._context.mailbox_id,
            sa.func.lower(numbers.c.organisation) == address.lower(),
        ]
        if among is not None:
            mine.append(numbers.c.e164.in_(list(among)))
        with self.overwriting():
            self._run(sa.update(numbers).where(*mine).values(organisation=""))

    def erase_counters(self, names: Collection[str]) -> None:
        """Forget the counters of addresses."""
        with self.overwriting():
            named = [counters.c.key.contains(name, autoescape=True) for name in names]
            mine = counters.c.mailbox_id == self._context.mailbox_id
            self._run(sa.delete(counters).where(mine, sa.or_(*named)))

    @contextmanager
    def overwriting(self) -> Iterator[None]:
        """Have SQLite overwrite what the block takes away, not only let go of its place."""
        if self._context.on_postgresql:
            yield
            return
        self._context.send()
        self._context.raw.exec_driver_sql("PRAGMA secure_delete = ON")
        try:
            yield
            self._context.send()
        finally:
            self._context.raw.exec_driver_sql("PRAGMA secure_delete = OFF")

    def forget_raw_mail(self, before: datetime, limit: int) -> list[str]:
        """Give up the raw bytes of finished mails fetched before ``before``.

        Returns the blobs that nothing names any more; the rows stay, with their hashes.
        """
        since = messages.c.raw_since
        statement = (
            sa.select(messages.c.id, messages.c.sha256)
            .where(
                messages.c.mailbox_id == self._context.mailbox_id,
                since.is_not(None),
                since < before,
                messages.c.next_at.is_(None),
            )
            .order_by(since, messages.c.id)
            .limit(limit)
        )
        rows = self._context.connection.execute(statement).all()
        self._run(
            sa.update(messages)
            .where(
                messages.c.mailbox_id == self._context.mailbox_id,
                messages.c.id.in_([row[0] for row in rows]),
            )
            .values(raw_since=None)
        )
        return self.unnamed(sorted({row[1] for row in rows}))

    def has_raw_mail(self, before: datetime) -> bool:
        """Whether a finished mail that was fetched before ``before`` has its raw bytes."""
        found = sa.select(messages.c.id).where(
            messages.c.mailbox_id == self._context.mailbox_id,
            messages.c.raw_since.is_not(None),
            messages.c.raw_since < before,
            messages.c.next_at.is_(None),
        )
        return self._context.connection.execute(found.limit(1)).first() is not None

    def unnamed(self, blobs: Sequence[str]) -> list[str]:
        """Return those of ``blobs`` that no row names."""
        return [name for name in blobs if not self._named(name)]

    def _blobs_of(self, request_id: str) -> list[str]:
        found: set[str] = set()
        for table in (revisions, attachments, messages):
            statement = sa.select(table.c.sha256).where(*self._of(table, request_id))
            found.update(self._context.connection.execute(statement).scalars())
        return sorted(found - {""})

    def _named(self, sha256: str) -> bool:
        for table in (revisions, attachments, messages):
            statement = sa.select(table.c.id).where(
                table.c.mailbox_id == self._context.mailbox_id, table.c.sha256 == sha256
            )
            if table is messages:
                statement = statement.where(messages.c.raw_since.is_not(None))
            if self._context.connection.execute(statement.limit(1)).first() is not None:
                return True
        return False

    def _of(self, table: sa.Table, request_id: str) -> tuple[sa.ColumnElement[bool], ...]:
        """Return the condition of the rows of a request; mails are found by their links."""
        mine = table.c.mailbox_id == self._context.mailbox_id
        if table is messages:
            return mine, messages.c.id.in_(self._came.owners(request_id))
        if table is outbox:
            return mine, outbox.c.id.in_(self._went.owners(request_id))
        return mine, table.c.request_id == request_id

    def _run(self, statement: sa.Executable) -> None:
        self._context.connection.execute(statement)

    def _scalars(self, statement: sa.Select[Any]) -> list[Any]:
        return list(self._context.connection.execute(statement).scalars())


def _is_link_of_mail() -> sa.ColumnElement[bool]:
    return sa.and_(
        outbox.c.mailbox_id == outbox_requests.c.mailbox_id,
        outbox.c.id == outbox_requests.c.outbox_id,
    )


def _may_go_out() -> sa.ColumnElement[bool]:
    return sa.or_(outbox.c.next_at.is_not(None), outbox.c.state.in_(_MAY_GO_OUT))


_LIVE_CERTIFICATE = sa.select(certificates.c.request_id).where(
    constant(certificates.c.state, CertificateState.LIVE)
)
_WAITING_MAIL = sa.select(outbox_requests.c.request_id).where(_is_link_of_mail(), _may_go_out())


def _not_needed(
    mailbox_id: str, by: sa.Select[Any], request_id: sa.ColumnElement[str]
) -> sa.ColumnElement[bool]:
    """Tell that no row of ``by`` needs the request."""
    (owner,) = by.selected_columns
    mine = owner.table.c.mailbox_id == mailbox_id
    return ~by.where(mine, owner == request_id).exists()


def _first_request() -> sa.ScalarSelect[str]:
    """Return the first of the requests of a mail that came in, for a statement on ``messages``."""
    return (
        sa.select(sa.func.min(message_requests.c.request_id))
        .where(
            message_requests.c.mailbox_id == messages.c.mailbox_id,
            message_requests.c.message_row == messages.c.id,
        )
        .scalar_subquery()
    )
