"""Notices: the mails that we send, and the facts that their words are filled with."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum, StrEnum

from pipeline import terms
from pipeline.model.digest import Digest
from pipeline.model.form import FormKind
from pipeline.model.request import HoldReason, Slot, Status, Track


class NoticeName(StrEnum):
    """Every mail that we send; each is a folder of ``templates/notices``."""

    ACKNOWLEDGED = "acknowledged"
    NEEDS_CORRECTION = "needs_correction"
    REVISION_RECEIVED = "revision_received"
    UNREADABLE = "unreadable"
    CORRECTION_REMINDER = "correction_reminder"
    HELP_CHOOSE_FORM = "help_choose_form"
    QUESTION = "question"
    HELD = "held"
    APPROVED_NOT_READY = "approved_not_ready"
    READINESS_CHECK = "readiness_check"
    CERTIFICATE_ISSUED = "certificate_issued"
    CERTIFICATE_REMINDER = "certificate_reminder"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_REISSUED = "certificate_reissued"
    CERTIFICATE_REVOKED = "certificate_revoked"
    INTEGRATION_REMINDER = "integration_reminder"
    ACTIVATED = "activated"
    TWO_STEP_INSTRUCTIONS = "two_step_instructions"
    SLOT_PROPOSAL = "slot_proposal"
    STATUS_CHANGED = "status_changed"
    QR_DELIVERED = "qr_delivered"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    CLOSED_NO_RESPONSE = "closed_no_response"
    ALREADY_ACTIVE = "already_active"
    DUPLICATE = "duplicate"
    RECEIPT_UNVERIFIED = "receipt_unverified"
    DELAYED = "delayed"
    ANSWER = "answer"
    STAFF_ALERT = "staff_alert"


class Saying(StrEnum):
    """What a mail does to an open promise of its request.

    ``keeps``: it tells a decision or asks something and names no date; nothing is promised any
    more. ``replaces``: it names a new date, or none, in place of the old one. ``repeats``: it names
    the date that is open. ``puts_off``: it names a new date for a promise that was not kept.
    ``leaves``: it does not speak of it.
    """

    KEEPS = "keeps"
    REPLACES = "replaces"
    REPEATS = "repeats"
    PUTS_OFF = "puts_off"
    LEAVES = "leaves"

    @property
    def settles(self) -> bool:
        """Whether the promise before it is settled by the mail."""
        return self in {Saying.KEEPS, Saying.REPLACES}

    @property
    def names_a_new_date(self) -> bool:
        """Whether the mail may name a date that was not promised before."""
        return self in {Saying.REPLACES, Saying.PUTS_OFF}


class MailPriority(IntEnum):
    """Which mail goes out first, in this order; the numbers are those of the database.

    What staff are told has a class of its own: it is tried also while sending is paused. Receipts
    go to addresses that nothing proves; ``receipt_spf`` to those that SPF passed for.
    """

    CERTIFICATE = 0
    ORDINARY = 1
    ALERT = 5
    REMINDER = 4
    RECEIPT_SPF = 2
    RECEIPT = 3


@dataclass(frozen=True, slots=True)
class ProblemItem:
    """One answer to be corrected, as the customer reads it; all text is in the mail's language.

    ``question`` is the number printed on the form (0: about the file), ``where`` the cell or the
    PDF field, ``given`` what was entered (already cut and isolated; empty: nothing),
    ``field`` its id.
    """

    question: int
    label: str
    where: str
    given: str
    sentences: tuple[str, ...]
    field: str = ""


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """A certificate as mails speak of it; the text itself is only in the attachment."""

    created_at: datetime
    expires_at: datetime
    ordinal: int = 1
    limit: int = terms.CERTIFICATES_PER_APPROVAL
    days_left: int = 0
    reason: str = ""

    @property
    def is_last(self) -> bool:
        """Whether no further one of the same approval can be asked for."""
        return self.ordinal >= self.limit


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """One of the requests that a mail tells of: its reference, its number as shown, its file."""

    reference: str
    track: Track
    number: str = ""
    file_name: str = ""


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """Everything that a notice may say. Instants are aware UTC; texts are the customer's own words.

    ``zone`` is the customer's IANA time zone. ``due_at`` is the customer's deadline that lies ahead
    (``due_passed``: it does not any more), ``promise_at`` ours, ``old_promise_at`` the one of ours
    that has passed. ``number`` is E.164 or empty, ``number_shown`` the same in international
    writing.
    ``reason`` is a code of ``templates/notices/words.<lang>``.
    ``changes`` are (label, old, new). ``requests`` are those of the forms of one message, when
    there are several. ``own_words`` is a text that staff wrote for this customer. ``has_errors``
    tells "correct" from "check". ``digest`` is what a staff alert tells.

    ``mailbox`` is the address that requests are sent to. ``answer_days`` and ``certificate_days``
    are what we promise, in working days. ``life_days`` is how long a certificate lasts,
    ``integration_days`` after how long Genesys Cloud deletes an integration that is not active, and
    ``deleted_at`` when that is. ``ownership_days`` is how long a verified ownership counts.
    ``short_link`` is Meta's, ``print_mm`` how many millimetres wide a code has to be on paper (0:
    the usual). ``other_number`` is the second spelling of a doubtful number.
    ``next_status`` is the step after ``status``. ``by_voice`` tells how the code of a move comes.
    ``other_reference`` is the request that this one is about. ``hold_reason`` is why the request is
    held. ``known_numbers`` (as shown), ``known_providers`` (their words) and ``known_uses`` (codes)
    are what a mail without a form told. ``filled``: the form that goes out has
    answers, and ``answered``: they are those of a form.
    ``after_route``: what is asked for is what another form asks, to which staff have moved the
    request. ``closes``: the request is closed when the customer's deadline passes. ``approved``: it
    has an approval. ``first_asked``: who sent the first of two differing forms was asked which one
    counts; the second came at ``second_received_at``. ``max_mb`` is how many megabytes a mail may
    have. ``reply_word`` is what the customer has perhaps meant by a reply.

    ``reminder`` is 0 in a mail that asks first, else which reminder of it this is, and
    ``last_reminder`` tells that none follows before the close. ``by_staff``: staff, not the
    customer, made the move. ``certificate_sent``: a certificate of this request was ever sent;
    ``certificate_ordered``: one is on its way. ``number_in_app``: the number is in use with the
    WhatsApp app. ``asked_ready``: the customer was asked whether they are ready. ``undo_until`` is
    when the time to undo is over, ``approval_ends_at`` when the approval lapses.
    ``integration_known``: it was told that there is an integration.
    """

    reference: str
    track: Track
    form: FormKind | None
    status: Status
    zone: str
    now: datetime
    company: str = ""
    department: str = ""
    contact: str = ""
    number: str = ""
    number_shown: str = ""
    received_at: datetime | None = None
    file_name: str = ""
    due_at: datetime | None = None
    due_passed: bool = False
    promise_at: datetime | None = None
    ready_date: date | None = None
    items: tuple[ProblemItem, ...] = ()
    notes: tuple[str, ...] = ()
    fine_answers: int = 0
    has_errors: bool = True
    certificate: CertificateFacts | None = None
    reason: str = ""
    own_words: str = ""
    slots: tuple[Slot, ...] = ()
    slot: Slot | None = None
    changes: tuple[tuple[str, str, str], ...] = ()
    previous_status: Status | None = None
    active_since: date | None = None
    chat_link: str = ""
    files: tuple[str, ...] = ()
    suggestion: FormKind | None = None
    requests: tuple[RequestFacts, ...] = ()
    digest: Digest = field(default_factory=Digest)
    mailbox: str = "GenesysCloudWhatsAppRequests@genesys.com"
    answer_days: int = 2
    certificate_days: int = 1
    life_days: int = field(default_factory=lambda: terms.CERTIFICATE_DAYS)
    integration_days: int = field(default_factory=lambda: terms.INTEGRATION_DAYS)
    ownership_days: int = field(default_factory=lambda: terms.OWNERSHIP_DAYS)
    deleted_at: datetime | None = None
    short_link: str = ""
    print_mm: int = 0
    other_number: str = ""
    next_status: Status | None = None
    by_voice: bool = True
    other_reference: str = ""
    hold_reason: HoldReason | None = None
    known_numbers: tuple[str, ...] = ()
    known_providers: tuple[str, ...] = ()
    known_uses: tuple[str, ...] = ()
    filled: bool = False
    answered: bool = False
    old_promise_at: datetime | None = None
    after_route: bool = False
    closes: bool = True
    approved: bool = False
    first_asked: bool = False
    second_received_at: datetime | None = None
    max_mb: int = 0
    reply_word: str = ""
    reminder: int = 0
    last_reminder: bool = False
    by_staff: bool = False
    certificate_sent: bool = False
    certificate_ordered: bool = False
    number_in_app: bool = False
    asked_ready: bool = False
    undo_until: datetime | None = None
    approval_ends_at: datetime | None = None
    integration_known: bool = False

    @property
    def details_known(self) -> bool:
        """Whether the number and who has run WhatsApp on it were told in a mail without a form."""
        return bool(self.known_numbers and (self.known_providers or self.known_uses))


@dataclass(frozen=True, slots=True)
class MailFile:
    """A file that goes out with a notice; ``name`` is ASCII."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Thread:
    """What a mail answers: the id of the message, and the ids of the thread, oldest first."""

    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    automatic_reply: bool = False


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """A finished mail: fixed bytes, ready for the outbox.

    ``message_id`` is deterministic for ``key`` (the notice of one event of one request); ``text``
    is the plain part, kept for reports.
    """

    key: str
    notice: NoticeName
    language: str
    recipient: str
    subject: str
    message_id: str
    content: bytes
    text: str
