"""What a batch would do now, as it is told to people."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pipeline.errors import PipelineError
from pipeline.model.message import SenderVerdict
from pipeline.model.request import EventName, Status

#: So many things of each kind are told one by one.
MOST = 50


class Fate(StrEnum):
    """What a batch would do with a mail, as far as it can be told before it is done."""

    TOO_BIG = "too_big"
    UNREADABLE_MAIL = "unreadable_mail"
    SEEN = "seen"
    OWN_COPY = "own_copy"
    AUTOMATIC = "automatic"
    AUTOMATIC_FORM = "automatic_form"
    AUTOMATIC_REPLY = "automatic_reply"
    BOUNCE = "bounce"
    REPLY = "reply"
    FORM = "form"
    UNREADABLE_FILE = "unreadable_file"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class PlannedMail:
    """A mail that waits, and what would become of it.

    ``id`` is the row of the ledger, or empty for a mail that is only on the server, where ``uid``
    names it. ``reason`` is why the mail is taken for automatic, or could not be read.
    """

    id: str
    uid: int
    size: int
    date: datetime | None
    fate: Fate
    sender: str = ""
    subject: str = ""
    sender_verdict: SenderVerdict | None = None
    forms: tuple[str, ...] = ()
    reference: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One deadline that has come."""

    kind: str
    notice: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PlannedWork:
    """A request that would be looked at. ``event``: what follows by itself, without a deadline."""

    reference: str
    status: Status
    since: datetime | None
    steps: tuple[PlannedStep, ...]
    event: EventName | None


@dataclass(frozen=True, slots=True)
class PlannedSending:
    """A mail of the outbox that would go out."""

    id: str
    notice: str
    recipient: str
    subject: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Listed:
    """How many there are (counted up to 1,000), and the first of them."""

    total: int = 0
    first: tuple[PlannedMail | PlannedWork | PlannedSending, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a batch would do; ``error`` is why the mailbox could not be looked into."""

    at: datetime
    mailbox: Listed
    ledger: Listed
    work: Listed
    certificates: int
    outbox: Listed
    error: PipelineError | None = field(default=None, compare=False)
