"""What is kept with a request beside its answers: notes, attachments, digests of what we sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.store.context import Context
from pipeline.store.records import AttachmentRecord, NoteRecord
from pipeline.store.schema.mail_and_requests import (
    attachments,
    notes,
    outbox,
    outbox_requests,
    sent_texts,
)
from pipeline.store.search.marks import mark
from pipeline.store.statements import Statement, param
from pipeline.store.tables.rows import Mapper, Rows, changing, of_mailbox

_NOTES = Mapper(NoteRecord, notes)
_ATTACHMENTS = Mapper(AttachmentRecord, attachments)
#: More files hang on no mail that a person wrote.
_MOST_DIGESTS = 100
#: So many mails of ours are compared with a reply.
_MOST_SENT = 60
_FoundNotes = list[NoteRecord]
_FoundAttachments = list[AttachmentRecord]


def _notes(*conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    found = _NOTES.mine(notes.c.request_id == param("request_id"), *conditions)
    return found.order_by(notes.c.id)


_LIST_NOTES = Statement(_notes)
_WAITING = Statement(lambda: _notes(notes.c.waits_since.is_not(None)))
_TICK = Statement(lambda: changing(notes, notes.c.id == param("id"), names=("waits_since",)))
_LIST_ATTACHMENTS = Statement(
    lambda: _ATTACHMENTS.mine(attachments.c.request_id == param("request_id")).order_by(
        attachments.c.id
    )
)


class Notes(Rows[NoteRecord]):
    """The rows of ``notes``."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, notes, _NOTES)

    def insert(self, record: NoteRecord) -> None:
        """Insert a note."""
        self._insert(record)
        mark(self._context, record.request_id)

    def list(self, request_id: str) -> _FoundNotes:
        """Return the notes of a request, oldest first."""
        return self._found(_LIST_NOTES, request_id=request_id)

    def waiting(self, request_id: str) -> _FoundNotes:
        """Return the notes of a request that wait for staff, oldest first."""
        return self._found(_WAITING, request_id=request_id)

    def tick(self, note_id: str) -> None:
        """Note that nobody has to read the note any more."""
        self._change(_TICK, id=note_id, waits_since=None)

    def wait(self, note_id: str, since: datetime) -> None:
        """Note that somebody has to read the note, which came at ``since``."""
        self._change(_TICK, id=note_id, waits_since=since)


class Attachments(Rows[AttachmentRecord]):
    """The rows of ``attachments``; the bytes are blobs."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, attachments, _ATTACHMENTS)

    def insert(self, record: AttachmentRecord) -> None:
        """Insert an attachment."""
        self._insert(record)
        mark(self._context, record.request_id)

    def get(self, attachment_id: str) -> AttachmentRecord | None:
        """Return the attachment, or None."""
        return self._first(self._select(attachments.c.id == attachment_id))

    def made_by_us(self, digests: Sequence[str]) -> set[str]:
        """Return those of ``digests`` (SHA-256) that are files which we made and sent."""
        wanted = sorted(set(digests) - {""})[:_MOST_DIGESTS]
        if not wanted:
            return set()
        mine = self._select(attachments.c.sha256.in_(wanted), attachments.c.made_by_us.is_(True))
        return {record.sha256 for record in self._all(mine)}

    def list(self, request_id: str) -> _FoundAttachments:
        """Return the attachments of a request, oldest first."""
        return self._found(_LIST_ATTACHMENTS, request_id=request_id)


@dataclass(frozen=True, slots=True)
class KeptTexts:
    """The digests of mails, and the bytes of those that have none."""

    digests: tuple[bytes, ...]
    mails: tuple[bytes, ...]


def _kept() -> sa.Select[tuple[bytes | None, bytes | None]]:
    """Return the selection of :meth:`SentTexts.kept`."""
    row = outbox_requests.c
    return (
        sa.select(
            sent_texts.c.digests,
            sa.case((sent_texts.c.digests.is_(None), outbox.c.content)).label("content"),
        )
        .select_from(outbox_requests)
        .outerjoin(
            sent_texts,
            sa.and_(
                sent_texts.c.mailbox_id == row.mailbox_id,
                sent_texts.c.request_id == row.request_id,
                sent_texts.c.outbox_id == row.outbox_id,
            ),
        )
        .join(
            outbox,
            sa.and_(outbox.c.mailbox_id == row.mailbox_id, outbox.c.id == row.outbox_id),
        )
        .where(of_mailbox(outbox_requests), row.request_id == param("request_id"))
        .order_by(row.outbox_id.desc())
        .limit(_MOST_SENT)
    )


_KEPT = Statement(_kept)
_KEEP = Statement(
    lambda: sa.insert(sent_texts).values(
        {column.name: param(column.name) for column in sent_texts.c}
    )
)


class SentTexts:
    """The rows of ``sent_texts``: what we sent on a thread, kept as long as its request lives."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def insert(self, request_id: str, outbox_id: str, digests: bytes) -> None:
        """Keep the digests of a mail on the thread of a request."""
        row = {"request_id": request_id, "outbox_id": outbox_id, "digests": digests}
        self._context.put(sent_texts, _KEEP, row)

    def kept(self, request_id: str) -> "KeptTexts":
        """Return what is kept of the newest mails of a request, oldest first.

        A mail that went out before digests were kept is there as its bytes, while it has them.
        """
        rows = self._context.rows(_KEPT, request_id=request_id)[::-1]
        return KeptTexts(
            tuple(digests for digests, _ in rows if digests is not None),
            tuple(content for digests, content in rows if digests is None and content),
        )
