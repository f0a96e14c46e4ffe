"""The records of the tables: what goes into a row and what comes out of it; frozen."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pipeline.model.certificate import CertificateState
from pipeline.model.form import FileFormat, FormKind
from pipeline.model.message import MessageKind, ReadReply, SenderVerdict
from pipeline.model.proposal import Proposals
from pipeline.model.request import (
    Actor,
    EventName,
    HoldReason,
    Move,
    NumberState,
    RequestState,
    Status,
)
from pipeline.terms import Issuer, Outcome


class MessageState(StrEnum):
    """The life of a message in the ledger."""

    FETCHED = "fetched"
    PROCESSED = "processed"
    QUARANTINED = "quarantined"
    DROPPED = "dropped"
    #: The server lists the mail and does not deliver it: it waits to be fetched again.
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class FetchedMail:
    """Where a mail stands on the server; the key of the ledger with the mailbox id."""

    account: str
    folder: str
    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """A row of the ledger. ``sha256`` names the raw bytes among the blobs.

    Why it has its outcome is said by one of five codes: ``rule`` (the routing rule of the request
    that it opened without a form), ``event`` (what its words did to a request), ``refused`` (the
    error of a rule that refused it), ``automation`` (why it is no person's mail), and ``why`` for
    the rest. ``suggested`` is what it asked for and may not do by itself: staff can do it with one
    key, and ``vouched_by`` is who did; the sender then counts as proven. ``request_id`` is the
    first of its requests: the one of its thread, or the first that it opened; all of them are in
    ``message_requests``.

    ``next_at`` wakes the processing (None: nothing to do). ``move_to`` is the folder that the mail
    goes to once ``moved_at`` is None and ``move_to`` is set. Of ``oversized`` mails the header
    alone was fetched, which ``sha256`` names. Nothing was of those that the server does not
    deliver: ``withheld`` is what it said.
    ``list_id`` names its mailing list. ``renumbered`` tells that the mail got another number before
    it was moved; it is moved when it comes again. ``content`` is the digest of its text and files,
    for "the same mail again". ``stands_in`` is the folder where a mail released from the quarantine
    stands on the server (empty: at its ``place``). ``move_failures`` and ``move_tried_at`` tell of
    moves that the server refused. ``last_error`` is the code of the last failure and ``trace`` its
    type and place; ``stumbles`` counts the failures that the mail was not to blame for.
    ``sender_warnings`` are the codes of what in the sender's fields may deceive a reader.
    ``for_staff`` tells of a reply whether a person had to read it (None: not known).
    """

    id: str
    place: FetchedMail
    sha256: str
    size: int
    fetched_at: datetime
    state: MessageState
    next_at: datetime | None
    attempts: int = 0
    message_id: str = ""
    sender: str = ""
    sender_verdict: SenderVerdict | None = None
    kind: MessageKind | None = None
    subject: str = ""
    outcome: Outcome | None = None
    why: str = ""
    request_id: str | None = None
    processed_at: datetime | None = None
    move_to: str = ""
    moved_at: datetime | None = None
    last_error: str = ""
    oversized: bool = False
    content: str = ""
    stands_in: str = ""
    move_failures: int = 0
    move_tried_at: datetime | None = None
    rule: str = ""
    event: EventName | None = None
    refused: str = ""
    automation: str = ""
    trace: str = ""
    stumbles: int = 0
    withheld: str = ""
    renumbered: bool = False
    sender_warnings: tuple[str, ...] = ()
    suggested: EventName | None = None
    vouched_by: str = ""
    list_id: str = ""
    for_staff: bool | None = None

    @property
    def has_bytes(self) -> bool:
        """Whether all raw bytes were fetched, and were not erased since."""
        return bool(self.sha256) and not self.oversized and not self.withheld


#: The rule of a request that staff opened for somebody who had not mailed.
ENTERED_BY_STAFF = "entered_by_staff"


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """A request with all that is indexed or shown of it.

    ``address_of_record`` gets all notices. ``done_deadlines`` are the keys of deadlines handled in
    this stay in the status. ``thread`` are the Message-IDs of its mail, first and last ten.
    ``number`` is E.164 or empty. ``organisation`` is the verified From domain that is no free-mail
    domain, or the address itself. ``acknowledged_warnings`` are the staff warnings ticked off.
    ``move`` tells whose move it is, as the track declares it for the status, or that of staff where
    the mail that was to tell its customer was taken back; the queues read it.
    ``began_with`` is the verdict of the first mail's sender (None: it was not kept);
    ``sender_verdict`` is *pass* as well once the mailbox is proven.
    ``due_at`` is by when staff have to act, where the move is theirs.
    ``proposals`` are what a mail without a form told in its words, ``form_sent`` is the form that
    staff sent, filled in beforehand.
    """

    id: str
    reference: str
    state: RequestState
    form: FormKind | None
    address_of_record: str
    sender_verdict: SenderVerdict
    organisation: str
    language: str
    time_zone: str
    opened_at: datetime
    next_at: datetime | None
    company: str = ""
    department: str = ""
    contact: str = ""
    country: str = ""
    number: str = ""
    done_deadlines: tuple[str, ...] = ()
    thread: tuple[str, ...] = ()
    subject: str = ""
    route_rule: str = ""
    route_misses: tuple[str, ...] = ()
    suggestion: FormKind | None = None
    linked_to: str = ""
    acknowledged_warnings: tuple[str, ...] = ()
    waits_for: str = ""
    move: Move = Move.SYSTEM
    proposals: Proposals = ()
    form_sent: FormKind | None = None
    began_with: SenderVerdict | None = None
    due_at: datetime | None = None

    @property
    def beginning(self) -> SenderVerdict:
        """The verdict of its first mail; where it was not kept, the present one."""
        return self.began_with or self.sender_verdict

    @property
    def status(self) -> Status:
        """The present status."""
        return self.state.status

    @property
    def waits_for_proof(self) -> bool:
        """Whether staff entered it, and its sender has not answered a mail of ours yet."""
        return self.route_rule == ENTERED_BY_STAFF and self.sender_verdict is SenderVerdict.NONE

    def held_for(self, reason: HoldReason) -> bool:
        """Whether the request is held, and for this reason."""
        return self.state.held_for(reason)


@dataclass(frozen=True, slots=True)
class StoredReading:
    """The reading of one field as kept with a revision."""

    field: str
    raw: str
    where: str
    cell_type: str
    value: str | None
    verdict: str
    notes: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredProblem:
    """A problem as kept with a revision."""

    code: str
    severity: str
    audience: str
    field: str
    params: tuple[tuple[str, str | int], ...] = ()


@dataclass(frozen=True, slots=True)
class RevisionRecord:
    """The answers of a request at one time; the latest ``seq`` counts.

    ``digest`` is the hash of the content (canonical values), for "the same again". ``dated`` is
    when the file says it was last saved, ``program`` the known one that saved it. ``submission`` is
    the JSON text of what the submission has beside the other fields, so that the answers can be
    judged again (a confirmed sender, an edit by staff, a newer rule); older rows have the whole.
    """

    id: str
    request_id: str
    seq: int
    received_at: datetime
    message_id: str | None
    form: FormKind
    version: str
    language: str
    format: FileFormat | None
    file_name: str
    sha256: str
    digest: str
    dated: str
    m2m: str
    readings: tuple[StoredReading, ...]
    problems: tuple[StoredProblem, ...]
    entered_by: str = ""
    submission: str = ""
    accepted: bool = True
    program: str = ""


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One line of a request's history and audit; ``hash`` chains it to the one before.

    ``detail`` holds codes and ids only, never raw text of a customer.
    """

    request_id: str
    seq: int
    at: datetime
    actor: Actor
    actor_name: str
    event: EventName | None
    before: Status | None
    after: Status
    detail: tuple[tuple[str, str], ...] = ()
    previous_hash: str = ""
    hash: str = ""


@dataclass(frozen=True, slots=True)
class NoteRecord:
    """A text kept with a request: the customer's own words, or a note of staff.

    ``waits_since`` is when words came that nobody has read and no rule has acted on (None: they
    need nobody). ``reading`` is what the words of a reply were taken for.
    """

    id: str
    request_id: str
    at: datetime
    author: str
    from_customer: bool
    text: str
    message_id: str | None = None
    waits_since: datetime | None = None
    reading: ReadReply | None = None


@dataclass(frozen=True, slots=True)
class NumberRecord:
    """What we know of a number."""

    e164: str
    state: NumberState
    organisation: str
    since: date | None


@dataclass(frozen=True, slots=True)
class OrganisationRecord:
    """A mail domain that staff have said is one organisation; a removed one stays for the audit."""

    domain: str
    added_at: datetime
    added_by: str
    removed_at: datetime | None = None
    removed_by: str = ""


@dataclass(frozen=True, slots=True)
class CertificateRecord:
    """A certificate in the order of its writes; ``to_be_signed`` is stored before it is signed."""

    id: str
    request_id: str
    number: str
    serial: str
    issuer: Issuer
    state: CertificateState
    ordinal: int
    reserved_at: datetime
    created_at: datetime | None = None
    expires_at: datetime | None = None
    issued_at: datetime | None = None
    mailed_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: str = ""
    fingerprint: str = ""
    text: str = ""
    to_be_signed: bytes = b""


@dataclass(frozen=True, slots=True)
class QuarantineRecord:
    """A message that could not be processed, and why."""

    id: str
    message_row: str
    at: datetime
    reason: str
    attempts: int
    released_at: datetime | None = None
    dropped_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AttachmentRecord:
    """A file kept with a request: what a customer sent, or what we made; bytes are a blob."""

    id: str
    request_id: str
    message_row: str | None
    name: str
    content_type: str
    sha256: str
    size: int
    made_by_us: bool = False


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """A line for staff: ``detail`` is a code or an id, never a customer's text."""

    id: str
    at: datetime
    code: str
    reference: str
    detail: str = ""
    told_at: datetime | None = None
