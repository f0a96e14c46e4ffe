"""A mail of ours as staff may see it: what its reader gets, without what is secret in it."""

from dataclasses import dataclass, replace
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

from pipeline.certificates.hidden import without_encoded
from pipeline.flow.outgoing.notices import CARRIES_CERTIFICATE, references_of
from pipeline.model.notice import NoticeName
from pipeline.notifications.token import without_token
from pipeline.notifications.written import written
from pipeline.store.outbox_records import OutboxRecord, OutboxState
from pipeline.store.unit_of_work import Transaction


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file that a mail carries."""

    name: str
    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class ShownOutboxMail:
    """A mail of the outbox; ``text`` is its plain part.

    ``hidden``: the text of a certificate was left out of it. The token of its Message-ID always is:
    who reads it could answer in the customer's name.
    """

    id: str
    state: OutboxState
    notice: NoticeName
    variant: str
    language: str
    references: tuple[str, ...]
    recipient: str
    sender: str
    subject: str
    message_id: str
    caused_by: str
    created_at: datetime
    next_at: datetime | None
    sent_at: datetime | None
    attempts: int
    last_error: str
    files: tuple[ShownFile, ...]
    text: str
    has_bytes: bool
    hidden: bool


def told_of(tx: Transaction, row: OutboxRecord) -> tuple[str, ...]:
    """Return the references of the requests that a mail tells of."""
    return references_of(tx, row)


def shown_mail(tx: Transaction, row: OutboxRecord) -> ShownOutboxMail:
    """Return a mail of the outbox without the text of a certificate in it."""
    mail = message_from_bytes(row.content, policy=policy.default)
    shown = without_encoded(written(row.content).text).text
    return ShownOutboxMail(
        id=row.id,
        state=row.state,
        notice=row.notice,
        variant=row.variant,
        language=row.language,
        references=told_of(tx, row),
        recipient=row.recipient,
        sender=str(mail["From"] or ""),
        subject=row.subject,
        message_id=without_token(row.message_id),
        caused_by=row.triggered_by,
        created_at=row.created_at,
        next_at=row.next_at,
        sent_at=row.sent_at,
        attempts=row.attempt,
        last_error=row.last_error,
        files=_files(mail),
        text=shown,
        has_bytes=bool(row.content),
        hidden=row.notice in CARRIES_CERTIFICATE and bool(row.content),
    )


def revealed(shown: ShownOutboxMail, row: OutboxRecord) -> ShownOutboxMail:
    """Return ``shown`` with all of its text; whoever asks for it has to be recorded."""
    mail = message_from_bytes(row.content, policy=policy.default)
    texts = [written(row.content).text]
    if row.notice in CARRIES_CERTIFICATE:
        texts += [
            str(part.get_content())
            for part in mail.iter_attachments()
            if part.get_content_type() == "text/plain"
        ]
    return replace(shown, text="\n\n".join(texts), hidden=False)


def _files(mail: EmailMessage) -> tuple[ShownFile, ...]:
    return tuple(
        ShownFile(
            part.get_filename() or "",
            part.get_content_type(),
            len(part.get_payload(decode=True) or b""),
        )
        for part in mail.iter_attachments()
    )
