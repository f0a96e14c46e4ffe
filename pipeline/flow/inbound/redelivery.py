"""The same mail again: by another way, with other trace lines, or fetched twice."""

import hashlib
import json
from dataclasses import replace

from pipeline.flow.context import finished
from pipeline.flow.services import Work
from pipeline.model.message import InboundMessage, SenderVerdict
from pipeline.store.records import MessageRecord
from pipeline.store.unit_of_work import Transaction
from pipeline.terms import Outcome


def content_digest(message: InboundMessage, unread: int = 0) -> str:
    """Return the digest of what a person wrote and enclosed: subject, text and files.

    ``unread`` is how many bytes of it were not fetched.
    """
    files = sorted((file.file_name, file.sha256) for file in message.attachments)
    parts = [message.subject, message.text, files, *([unread] if unread else [])]
    content = json.dumps(parts)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def is_redelivery(tx: Transaction, row: MessageRecord) -> bool:
    """Tell whether a mail like ``row`` was processed: same Message-ID, From and content.

    Senders use a Message-ID again, so it alone loses no mail. A mail that came in before with
    worse proof of its sender (a forgery, or a relay that broke its signature) does not count.
    """
    earlier = tx.messages.earlier_with_message_id(row)
    return earlier is not None and earlier.sender_verdict in {
        SenderVerdict.PASS,
        row.sender_verdict,
    }


def moved_on(work: Work, row: MessageRecord, earlier: MessageRecord) -> MessageRecord:
    """Return ``row`` with the outcome of ``earlier``, whose mail it is under its new number.

    Nothing is done or answered again; the mail goes to the folder that it was on its way to.
    """
    work.tx.messages.save(replace(earlier, renumbered=False, moved_at=earlier.moved_at or work.now))
    for request_id in work.tx.messages.requests_of(earlier.id):
        work.tx.messages.link(row.id, request_id)
    return replace(
        finished(row, earlier.outcome or Outcome.IGNORED, work.now, why="renumbered"),
        message_id=earlier.message_id,
        sender=earlier.sender,
        subject=earlier.subject,
        request_id=earlier.request_id,
    )
