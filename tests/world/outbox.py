"""Mails that we sent, as the customer's program reads them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

from pipeline.flow.services import Services, Work
from pipeline.model.identifiers import new_id
from pipeline.model.notice import MailPriority, NoticeName
from pipeline.store.outbox_records import OutboxRecord, OutboxState

_LINE = "Thank you: we have your form and will write again when it was looked at.\r\n"


@dataclass(frozen=True)
class Sent:
    """A mail that we sent, as the customer's program reads it."""

    notice: str
    variant: str
    to: str
    subject: str
    text: str
    html: str
    files: Mapping[str, bytes]
    reply_to: str
    message_id: str
    raw: bytes

    @property
    def named(self) -> tuple[str, str]:
        """The notice and whom it went to."""
        return self.notice, self.to


def parsed(raw: bytes) -> EmailMessage:
    """Return a mail as a mail program parses it."""
    return message_from_bytes(raw, policy=policy.default)


def as_words(page: str) -> str:
    """Return the HTML of a mail without what only keeps the letters of a short word on one line."""
    return re.sub(r'<span style="white-space:nowrap">([^<]*)</span>', r"\1", page)


def plain_text(mail: EmailMessage) -> str:
    """Return the plain text of a mail of ours."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def as_sent(raw: bytes, row: OutboxRecord) -> Sent:
    """Return a mail that went out, with what its row of the outbox says of it."""
    mail = parsed(raw)
    html = mail.get_body(("html",))
    return Sent(
        notice=row.notice.value,
        variant=row.variant,
        to=str(mail["To"]),
        subject=str(mail["Subject"]),
        text=plain_text(mail),
        html=str(html.get_content()) if html is not None else "",
        files={
            str(part.get_filename()): _content(part)
            for part in mail.iter_attachments()
            if part.get_filename()
        },
        reply_to=str(mail["Reply-To"]),
        message_id=str(mail["Message-ID"]),
        raw=raw,
    )


def _content(part: EmailMessage) -> bytes:
    content = part.get_content()
    return content.encode() if isinstance(content, str) else bytes(content)


def notices(mails: Sequence[Sent]) -> list[str]:
    """Return the notices of ``mails``, with their variants."""
    return [f"{mail.notice}:{mail.variant}" if mail.variant else mail.notice for mail in mails]


def queue_to(
    services: Services,
    *recipients: str,
    name: str = "",
    priority: MailPriority = MailPriority.ORDINARY,
    size: int = 7_000,
) -> list[OutboxRecord]:
    """Put a finished mail to each of ``recipients`` into the outbox; ``name`` tells rounds apart.

    They tell of no request, so that nothing but sending is tried with them.
    """

    def change(work: Work) -> list[OutboxRecord]:
        rows = []
        for number, recipient in enumerate(recipients):
            message_id = f"<{name or work.now.timestamp()}.{number}@genesys.com>"
            head = f"From: us@genesys.com\r\nTo: {recipient}\r\nMessage-ID: {message_id}\r\n"
            row = OutboxRecord(
                id=new_id(),
                request_id=None,
                notice=NoticeName.ACKNOWLEDGED,
                variant="",
                language="en",
                recipient=recipient,
                subject="A mail",
                message_id=message_id,
                content=f"{head}Subject: A mail\r\n\r\n{_LINE * (size // len(_LINE))}".encode(),
                created_at=work.now,
                state=OutboxState.QUEUED,
                next_at=work.now,
                triggered_by="",
                priority=priority,
            )
            assert work.tx.outbox.enqueue(row)
            rows.append(row)
        return rows

    return services.run(change)
