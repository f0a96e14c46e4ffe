"""What retention and erasure take away; the audit keeps ids, codes and hashes only."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.model.certificate import CertificateState
from pipeline.store.context import Context
from pipeline.store.schema.mail_and_requests import (
    attachments,
    certificates,
    message_requests,
    messages,
    notes,
    outbox,
    outbox_requests,
    requests,
    revisions,
    sent_texts,
)
from pipeline.store.schema.meta import meta_askings
from pipeline.store.schema.short_links import link_orders
from pipeline.store.schema.undo import undo
from pipeline.store.tables.links import Links
from pipeline.store.tables.rows import constant

_REQUEST_TEXTS = ("company", "department", "contact", "subject", "organisation", "number")
_NO_MAIL = {
    "sender": "",
    "sender_key": "",
    "subject": "",
    "message_id": "",
    "sha256": "",
    "raw_since": None,
}


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
        from pipeline.store.search.index import forget  # noqa: PLC0415 - slow, and seldom used

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
        for table in (revisions, notes, attachments, sent_texts, undo):
            self._run(sa.delete(table).where(*self._of(table, request_id)))
        self._run(sa.update(messages).where(*self._of(messages, request_id)).values(_NO_MAIL))
        self._run(
            sa.update(outbox)
            .where(*self._of(outbox, request_id))
            .values(recipient="", subject="", content=b"", kept_since=None)
        )
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
            .values(number="", sha256="", next_at=None)
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
        forget(self._context, request_id)
        self._context.seen.clear()
        return [name for name in names if not self._named(name)]

    def _more_without_words(self, request_id: str) -> dict[str, Any]:
        """Return the further fields of a request without what its customer told in words."""
        mine = (
            requests.c.mailbox_id == self._context.mailbox_id,
            requests.c.id == request_id,
        )
        more = self._context.connection.execute(sa.select(requests.c.more).where(*mine)).scalar()
        return {**(more or {}), "proposals": []}

    def requests_to_erase(self, before: datetime, limit: int) -> list[str]:
        """Return the ids of requests that ended before ``before`` and still hold answers."""
        since = requests.c.erasable_since
        statement = (
            sa.select(requests.c.id)
            .where(
                requests.c.mailbox_id == self._context.mailbox_id,
                since.is_not(None),
                since < before,
            )
            .order_by(since, requests.c.id)
            .limit(limit)
        )
        return list(self._context.connection.execute(statement).scalars())

    def erase_sender(self, address: str) -> list[str]:
        """Empty the mail rows of ``address`` that belong to no request; return the free blobs."""
        mine = (
            messages.c.mailbox_id == self._context.mailbox_id,
            messages.c.sender_key == address.lower(),
            ~sa.exists().where(
                message_requests.c.mailbox_id == messages.c.mailbox_id,
                message_requests.c.message_row == messages.c.id,
            ),
            messages.c.next_at.is_(None),
        )
        found = sa.select(messages.c.sha256).where(*mine)
        names = sorted(set(self._context.connection.execute(found).scalars()) - {""})
        self._run(sa.update(messages).where(*mine).values(_NO_MAIL))
        return [name for name in names if not self._named(name)]

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
        return [name for name in sorted({row[1] for row in rows}) if not self._named(name)]

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
