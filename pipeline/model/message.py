"""A message: a mail that came in, read but not believed."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pipeline.model.request import EventName, Slot


class SenderVerdict(StrEnum):
    """What the trusted headers say of the sender."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    FAIL = "fail"
    UNKNOWN = "unknown"
    NONE = "none"


class SenderWarning(StrEnum):
    """What in a sender's fields may deceive a reader; no rule decides by it."""

    LOOK_ALIKE_DOMAIN = "look_alike_domain"
    MIXED_SCRIPTS = "mixed_scripts"
    NAME_HOLDS_ADDRESS = "name_holds_address"
    NAME_IS_OURS = "name_is_ours"
    REPLY_TO_DIFFERS = "reply_to_differs"


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
    and signature, as far as their marks tell (:class:`NewText` knows what we sent too). ``date`` is
    the Date field (aware) or None. ``language`` is a hint of the headers (a code, or empty).
    ``defects`` are codes of what was wrong with it. ``report_text`` is what a delivery report says
    for machines and the header fields of enclosed messages, for the judge of bounces.
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
        wanted, length = name.lower(), len(name)
        return tuple(
            [value for key, value in self.headers if len(key) == length and key.lower() == wanted]
        )


@dataclass(frozen=True, slots=True)
class NewText:
    """What the sender wrote now.

    ``text`` is kept and shown: his words and what he forwards with them, and the whole text when
    nothing of it is new. ``said`` are the words that may act: his own alone, often none.
    """

    text: str
    said: str

    @property
    def ours(self) -> bool:
        """Whether nothing of it is his own, so that nothing may act."""
        return not self.said.strip()


@dataclass(frozen=True, slots=True)
class SenderJudgement:
    """Who sent it, as far as the trusted headers prove it.

    ``address`` is the one From address (empty when there is none or several); ``reason`` is a code
    that staff see. ``dmarc_failed`` tells of any dmarc=fail of the From domain, whatever its
    policy; ``spf_aligned`` of an spf=pass for an envelope sender of the same organisation.
    ``warnings`` are the codes of :class:`SenderWarning`, for staff.
    """

    verdict: SenderVerdict
    address: str
    name: str
    reason: str
    dmarc_failed: bool = False
    spf_aligned: bool = False
    warnings: tuple[str, ...] = ()

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
    UNDO = "undo"
    FIRST = "first"
    SECOND = "second"


class ReplyKind(StrEnum):
    """What becomes of the words of a reply."""

    EVENT = "event"
    STATUS = "status"
    NOTE = "note"
    SUGGESTION = "suggestion"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class ReadReply:
    """What the new text of a reply asks for.

    ``event`` (with ``slot`` or ``new_date``) is what acts, or what is suggested to staff.
    ``reasons`` are the codes of why it acts or does not, ``sentence`` is what this rests on.
    ``asks_more``: the text says more than that, and somebody has to read it.
    """

    kind: ReplyKind
    event: EventName | None = None
    slot: Slot | None = None
    new_date: date | None = None
    reasons: tuple[str, ...] = ()
    sentence: str = ""
    asks_more: bool = False
