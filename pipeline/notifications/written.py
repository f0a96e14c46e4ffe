"""A mail that we wrote, read back from its bytes to be shown to staff."""

from dataclasses import dataclass
from email import message_from_bytes, policy


@dataclass(frozen=True, slots=True)
class WrittenMail:
    """What a customer would see of a mail of ours; ``files`` are the names of what is attached."""

    recipient: str
    subject: str
    text: str
    files: tuple[str, ...]
    sender: str = ""
    date: str = ""


def written(content: bytes) -> WrittenMail:
    """Return what ``content``, the bytes of a mail in the outbox, says."""
    mail = message_from_bytes(content, policy=policy.default)
    body = mail.get_body(("plain",))
    text = body.get_content() if body is not None else ""
    return WrittenMail(
        recipient=str(mail["To"] or ""),
        subject=str(mail["Subject"] or ""),
        text=text.replace("\r\n", "\n").strip("\n"),
        files=tuple(part.get_filename() or "" for part in mail.iter_attachments()),
        sender=str(mail["From"] or ""),
        date=str(mail["Date"] or ""),
    )
