"""What is kept of a message with its request: files, and the words as a note."""

from pipeline.flow.context import MessageContext
from pipeline.model.identifiers import new_id
from pipeline.model.message import ReadReply
from pipeline.model.submission import Submission
from pipeline.store.records import AttachmentRecord, RequestRecord
from pipeline.store.unit_of_work import Transaction


def keep_files(
    tx: Transaction, context: MessageContext, record: RequestRecord, submission: Submission
) -> None:
    """Remember the form's file with the request; its bytes stay in the raw message."""
    tx.attachments.insert(
        AttachmentRecord(
            id=new_id(),
            request_id=record.id,
            message_row=context.row.id,
            name=submission.file_name,
            content_type=submission.format.value,
            sha256=submission.sha256,
            size=0,
        )
    )


def keep_attachments(tx: Transaction, context: MessageContext, record: RequestRecord) -> None:
    """Remember all files of a message with the request (a proof, a scan); bytes stay in the raw."""
    for file in context.message.attachments:
        tx.attachments.insert(
            AttachmentRecord(
                id=new_id(),
                request_id=record.id,
                message_row=context.row.id,
                name=file.file_name,
                content_type=file.content_type,
                sha256=file.sha256,
                size=0,
            )
        )


def keep_words(
    tx: Transaction,
    context: MessageContext,
    record: RequestRecord,
    reading: ReadReply | None = None,
    *,
    waits: bool = False,
) -> None:
    """Keep the new text of the message as the customer's note, with what it was taken for.

    ``waits``: staff have to read it, until they tick it off.
    """
    from pipeline.store.records import NoteRecord  # noqa: PLC0415 - one use

    text = context.message.new_text.strip()
    if text:
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
