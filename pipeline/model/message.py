"""A message: a mail that came in, read but not believed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SenderVerdict(StrEnum):
    """What the trusted headers say of the sender."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    FAIL = "fail"
    UNKNOWN = "unknown"
    NONE = "none"


class MessageKind(StrEnum):
    """Whether a person wrote it."""

    HUMAN = "human"
    AUTOMATIC = "automatic"
    LIST = "list"
    BOUNCE = "bounce"
    OURS = "ours"


@dataclass(frozen=True, slots=True)
class MailAddress:
    """An address with its display name; ``address`` keeps the local part, domain in lower case."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """The domain in lower case, or empty."""
        return self.address.rpartition("@")[2].lower()


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part of a message that carries a file; the name is hostile text and never a path.

    ``inline`` tells that the mail shows it in its text (a logo, a picture of a signature).
    """

    position: int
    file_name: str
    content_type: str
    content: bytes
    sha256: str
    inline: bool = False


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A parsed message (RFC 5322); all text is decoded, nothing is trusted.

    ``headers`` are all header fields in their order with raw (undecoded) values, for the judges of
    sender and automation. ``senders`` are all mailboxes of all From fields. ``text`` is the decoded
    plain text (made from HTML when there is no plain part), ``new_text`` the same without quotes
    and signature. ``date`` is the Date field (aware) or None. ``language`` is a hint of the headers
    (a code, or empty). ``defects`` are codes of what was wrong with it. ``report_text`` is what a
    delivery report says for machines and the header fields of enclosed messages, for the judge of
    bounces.
    """

    sha256: str
    size: int
    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    senders: tuple[MailAddress, ...]
    recipients: tuple[MailAddress, ...]
    reply_to: tuple[MailAddress, ...]
    subject: str
    date: datetime | None
    text: str
    new_text: str
    attachments: tuple[Attachment, ...]
    headers: tuple[tuple[str, str], ...]
    language: str = ""
    defects: tuple[str, ...] = ()
    report_text: str = ""

    def header(self, name: str) -> tuple[str, ...]:
        """Return the raw values of all header fields called ``name``, in their order."""
        wanted = name.lower()
        return tuple(value for key, value in self.headers if key.lower() == wanted)


@dataclass(frozen=True, slots=True)
class SenderJudgement:
    """Who sent it, as far as the trusted headers prove it.

    ``address`` is the one From address (empty when there is none or several); ``reason`` is a code
    that staff see.
    """

    verdict: SenderVerdict
    address: str
    name: str
    reason: str

    @property
    def domain(self) -> str:
        """The domain of the From address in lower case, or empty."""
        return self.address.rpartition("@")[2].lower()


@dataclass(frozen=True, slots=True)
class Automation:
    """Whether a person wrote the message, why we think so, and which of our mails bounced.

    ``certain``: only the mail system or this programme makes what tells so.
    """

    kind: MessageKind
    reason: str = ""
    bounced_message_ids: tuple[str, ...] = ()
    permanent: bool = True
    certain: bool = False


class Command(StrEnum):
    """What a customer can say with a phrase of ``templates/commands``."""

    READY = "ready"
    ACTIVE = "active"
    NEW_CERTIFICATE = "new_certificate"
    WITHDRAW = "withdraw"
    DONE = "done"
    OK = "ok"
    STATUS = "status"
    CREATED = "created"


@dataclass(frozen=True, slots=True)
class ReadReply:
    """What the new text of a reply says.

    ``commands`` are the different commands found (two or more: staff decide); ``slot`` is the
    letter of an offered slot in upper case, or empty; ``dates`` are the ISO dates found in it.
    """

    commands: tuple[Command, ...]
    slot: str
    dates: tuple[str, ...]
    text: str
