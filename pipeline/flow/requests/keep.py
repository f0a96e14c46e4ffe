"""What is kept of a message with its request: files, the words as a note, what it asks for."""

from dataclasses import replace

from pipeline.certificates.hidden import without_encoded
from pipeline.flow.context import MessageContext
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.services import Work
from pipeline.model.identifiers import new_id
from pipeline.model.message import ReadReply
from pipeline.model.request import EventName
from pipeline.model.submission import Submission
from pipeline.store.records import (
    AttachmentRecord,
    MessageRecord,
    NoteRecord,
    RequestRecord,
)
from pipeline.store.unit_of_work import Transaction
from pipeline.terms import Outcome


def keep_files(
    tx: Transaction, context: MessageContext, record: RequestRecord, submission: Submission
) -> None:
    """Remember the form's file with the request; its bytes stay in the raw message."""
    _keep(
        tx,
        context,
        AttachmentRecord(
            id=new_id(),
            request_id=record.id,
            message_row=context.row.id,
            name=submission.file_name,
            content_type=submission.format.value,
            sha256=submission.sha256,
            size=0,
        ),
    )


def keep_attachments(tx: Transaction, context: MessageContext, record: RequestRecord) -> None:
    """Remember all files of a message with the request (a proof, a scan); bytes stay in the raw."""
    for file in context.message.attachments:
        _keep(
            tx,
            context,
            AttachmentRecord(
                id=new_id(),
                request_id=record.id,
                message_row=context.row.id,
                name=file.file_name,
                content_type=file.content_type,
                sha256=file.sha256,
                size=0,
            ),
        )


def _keep(tx: Transaction, context: MessageContext, file: AttachmentRecord) -> None:
    """Keep a file, once when its message is decided a second time."""
    if context.row.vouched_by:
        same = (file.message_row, file.sha256, file.name)
        kept = tx.attachments.list(file.request_id)
        if same in {(other.message_row, other.sha256, other.name) for other in kept}:
            return
    tx.attachments.insert(file)


def keep_words(
    work: Work,
    context: MessageContext,
    record: RequestRecord,
    reading: ReadReply | None = None,
    *,
    waits: bool = False,
) -> None:
    """Keep the new text of the message as the customer's note, with what it was taken for.

    ``waits``: staff have to read it, until they tick it off. A message that is decided twice has
    one note, which waits no longer when its words have acted. Certificates and keys among the words
    are not kept; a private key is told to staff.
    """
    tx = work.tx
    context.for_staff = context.for_staff or waits
    words = without_encoded(context.new_text.text.strip())
    text = words.text
    if not text or record.id in context.noted or _is_noted(tx, context, record, waits=waits):
        return
    context.noted.add(record.id)
    tx.notes.insert(
        NoteRecord(
            id=new_id(),
            request_id=record.id,
            at=context.now,
            author=context.sender.address,
            from_customer=True,
            text=text,
            message_id=context.row.id,
            waits_since=context.now if waits else None,
            reading=reading,
        )
    )
    if words.had_key:
        alert(work, "private_key_sent", record.reference, context.row.id)


def _is_noted(
    tx: Transaction, context: MessageContext, record: RequestRecord, *, waits: bool
) -> bool:
    """Tell whether the message has a note from when it was decided first; tick off what acted."""
    if not context.row.vouched_by:
        return False
    kept = [note for note in tx.notes.list(record.id) if note.message_id == context.row.id]
    for note in kept:
        if not waits and note.waits_since is not None:
            tx.notes.tick(note.id)
    return bool(kept)


def suggest(
    work: Work, context: MessageContext, record: RequestRecord, event: EventName
) -> MessageRecord:
    """Return the row of a message that asks for ``event`` and may not do it; staff are told.

    They can do it with one key.
    """
    alert(work, "reply_suggested", record.reference)
    done = context.done(Outcome.REPLY, record, why="suggested")
    return replace(done, suggested=event)
