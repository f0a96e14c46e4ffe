"""A request: the tracked case, as the state machine sees it."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from pipeline import terms


class Track(StrEnum):
    """The approval path."""

    ONBOARDING = "onboarding"
    MIGRATION = "migration"
    QR = "qr"
    HELP = "help"


class Status(StrEnum):
    """Where a request stands on its track."""

    RECEIVED = "received"
    NEEDS_CORRECTION = "needs_correction"
    HELD = "held"
    POLICY_REVIEW = "policy_review"
    BUSINESS_VERIFICATION = "business_verification"
    NAME_REVIEW = "name_review"
    APPROVED = "approved"
    AWAITING_READINESS = "awaiting_readiness"
    CERTIFICATE_ISSUED = "certificate_issued"
    CERTIFICATE_EXPIRED = "certificate_expired"
    ELIGIBILITY_REVIEW = "eligibility_review"
    AWAITING_TWO_STEP_OFF = "awaiting_two_step_off"
    SLOT_PLANNING = "slot_planning"
    SLOT_PROPOSED = "slot_proposed"
    SLOT_AGREED = "slot_agreed"
    OWNERSHIP_VERIFIED = "ownership_verified"
    NUMBER_CHECK = "number_check"
    AWAITING_ACTIVE = "awaiting_active"
    CONTENT_REVIEW = "content_review"
    MAKING = "making"
    TRIAGE = "triage"
    AWAITING_FORM = "awaiting_form"
    ACTIVE = "active"
    DELIVERED = "delivered"
    ANSWERED = "answered"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    CLOSED_NO_RESPONSE = "closed_no_response"
    SUPERSEDED = "superseded"


END_STATUSES = frozenset(
    {
        Status.ACTIVE,
        Status.DELIVERED,
        Status.ANSWERED,
        Status.REJECTED,
        Status.WITHDRAWN,
        Status.CLOSED_NO_RESPONSE,
        Status.SUPERSEDED,
    }
)


class Move(StrEnum):
    """Whose move it is."""

    CUSTOMER = "customer"
    STAFF = "staff"
    META = "meta"
    SYSTEM = "system"
    NOBODY = "nobody"


class Actor(StrEnum):
    """Who makes an event: Meta's word is recorded by staff or polled."""

    CUSTOMER = "customer"
    STAFF = "staff"
    META = "meta"
    SYSTEM = "system"


class HoldReason(StrEnum):
    """Why a request is held.

    ``first_of_two`` and ``second_of_two``: two persons of one organisation sent differing forms for
    a number; who sent the first says which one counts.
    """

    SENDER = "sender"
    SENDER_DOUBTFUL = "sender_doubtful"
    AUTOMATIC = "automatic"
    NUMBER = "number"
    OWNERSHIP = "ownership"
    TOO_MANY = "too_many"
    M2M = "m2m"
    CONFLICT = "conflict"
    FIRST_OF_TWO = "first_of_two"
    SECOND_OF_TWO = "second_of_two"
    CORRECTIONS = "corrections"
    CHANGE = "change"
    CERTIFICATE_LIMIT = "certificate_limit"
    CERTIFICATE_REVOKED = "certificate_revoked"
    APPROVAL_LAPSED = "approval_lapsed"
    STAFF = "staff"


class NumberState(StrEnum):
    """What the table of numbers says."""

    UNKNOWN = "unknown"
    REQUESTED = "requested"
    ACTIVE = "active"
    RELEASED = "released"


class EventName(StrEnum):
    """What can happen to a request."""

    # what the system finds on ``received``
    PROBLEMS_FOUND = "problems_found"
    CLEAN = "clean"
    M2M_CERTAIN = "m2m_certain"
    M2M_DOUBTFUL = "m2m_doubtful"
    SENDER_DOUBTFUL = "sender_doubtful"
    SENDER_UNPROVEN = "sender_unproven"
    CONFLICT_FOUND = "conflict_found"
    ALREADY_ACTIVE = "already_active"
    FILE_UNREADABLE = "file_unreadable"
    WRONG_FORM = "wrong_form"
    NO_FORM = "no_form"
    # common
    CORRECTED = "corrected"
    REVISED = "revised"
    RELEASE = "release"
    ASK_OWNER = "ask_owner"
    OWNER_SETTLED = "owner_settled"
    SENDER_CONFIRMED = "sender_confirmed"
    DISOWNED = "disowned"
    ASK = "ask"
    REJECT = "reject"
    MERGE = "merge"
    SUPERSEDE = "supersede"
    DROP = "drop"
    WITHDRAW = "withdraw"
    UNDO_WITHDRAW = "undo_withdraw"
    UNDO_ACTIVATED = "undo_activated"
    HOLD = "hold"
    ROUTE = "route"
    CHANGED_FORM = "changed_form"
    FIRST_COUNTS = "first_counts"
    SECOND_COUNTS = "second_counts"
    CLOSE = "close"
    REMIND = "remind"
    ALERT = "alert"
    PROMISE_PASSED = "promise_passed"
    # onboarding and the common end of onboarding and migration
    APPROVE = "approve"
    VERIFIED = "verified"
    REFUSED = "refused"
    FINALLY_REFUSED = "finally_refused"
    NAME_APPROVED = "name_approved"
    NAME_DECLINED = "name_declined"
    ISSUED = "issued"
    NOT_READY = "not_ready"
    ISSUE_FAILED = "issue_failed"
    READY = "ready"
    NEW_DATE = "new_date"
    ACTIVATED = "activated"
    NEW_CERTIFICATE = "new_certificate"
    REVOKE = "revoke"
    EXPIRE = "expire"
    MARK_CREATED = "mark_created"
    SECOND = "second"
    APPROVAL_LAPSED = "approval_lapsed"
    # migration
    DIRECTLY_ELIGIBLE = "directly_eligible"
    TWO_STEP_OFF = "two_step_off"
    OFFER_SLOTS = "offer_slots"
    ACCEPT_SLOT = "accept_slot"
    ANOTHER_TIME = "another_time"
    SLOT_PASSED = "slot_passed"
    CODE_VERIFIED = "code_verified"
    CODE_FAILED = "code_failed"
    TWO_STEP_STILL_ON = "two_step_still_on"
    PROCEED = "proceed"
    OWNERSHIP_LAPSED = "ownership_lapsed"
    # qr
    NUMBER_OURS = "number_ours"
    NUMBER_OTHERS = "number_others"
    NUMBER_REQUESTED = "number_requested"
    NUMBER_UNKNOWN = "number_unknown"
    NUMBER_SET = "number_set"
    NUMBER_ACTIVE = "number_active"
    NUMBER_ENDED = "number_ended"
    MADE = "made"
    PROVIDER_REFUSED = "provider_refused"
    MAKING_FAILED = "making_failed"
    # help
    SEND_FORM = "send_form"
    ANSWER = "answer"
    FORM_ARRIVED = "form_arrived"
    TEXT_ARRIVED = "text_arrived"


@dataclass(frozen=True, slots=True)
class Slot:
    """One offered hour for the move of a number (aware instants, UTC)."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class RequestState:
    """What the machine knows of a request.

    All instants are aware and in UTC. ``entered_at`` is when the present stay in the status began
    (deadlines count from it). ``came_from`` is the status that a hold returns to, ``asked_by`` the
    status that a correction returns to (None: the first of the track), ``before_end`` the status
    that an undone withdrawal returns to. ``corrections`` counts the times a correction was asked
    for. ``certificates`` counts the certificates of the present approval, ``had_certificate`` tells
    whether there ever was one; ``certificate_wanted_at`` is when the next one was ordered and is
    None once it is there. ``ready_confirmed``: the customer or staff said READY. ``settled`` are
    the hold reasons that staff have released: routing does not stop for them again.
    ``claims_number``: the number is recorded as requested for this request; while its owner is in
    doubt it would be. ``unasked``: its sender is not proven and could not be asked whether it is
    theirs. ``doubts`` are why the request is held in place of the first status of staff without a
    word to the customer: such a hold is *hidden*. ``activation_reported``: it is active because the
    customer said so. ``certificate_withdrawn``: the withdrawal revoked a live certificate.
    ``certificate_created_at`` is when the latest certificate was created.

    ``first_yes`` and ``second_yes`` are the two people of staff who said yes to the next
    certificate; empty: nobody. What stops the request, or changes what they saw, takes both back.

    ``promise_at`` is by when our last mail that said so promised to write (None: no such promise is
    open), ``delays`` how often it was put off since, and ``overdue_since`` the first date of it
    that passed. ``reminded_at`` is when the last reminder of this stay was queued, or sent.
    """

    track: Track
    status: Status
    version: int
    entered_at: datetime
    came_from: Status | None = None
    hold_reason: HoldReason | None = None
    corrections: int = 0
    approved_at: datetime | None = None
    certificates: int = 0
    certificate_expires_at: datetime | None = None
    ownership_verified_at: datetime | None = None
    ready_date: date | None = None
    two_step_disabled: bool = False
    business_verified: bool = False
    slots: tuple[Slot, ...] = ()
    slot: Slot | None = None
    integration_created_at: datetime | None = None
    ended_at: datetime | None = None
    asked_by: Status | None = None
    before_end: Status | None = None
    had_certificate: bool = False
    certificate_wanted_at: datetime | None = None
    ready_confirmed: bool = False
    settled: tuple[HoldReason, ...] = ()
    claims_number: bool = False
    activation_reported: bool = False
    certificate_withdrawn: bool = False
    unasked: bool = False
    doubts: tuple[HoldReason, ...] = ()
    promise_at: datetime | None = None
    delays: int = 0
    overdue_since: datetime | None = None
    reminded_at: datetime | None = None
    certificate_created_at: datetime | None = None
    first_yes: str = ""
    second_yes: str = ""

    @property
    def integration_since(self) -> datetime | None:
        """Since when there is an integration, or can be: it is made with the certificate."""
        return self.integration_created_at or self.certificate_created_at

    @property
    def hidden(self) -> bool:
        """Whether the request is held and its customer must not see that."""
        return self.status is Status.HELD and self.hold_reason in self.doubts

    @property
    def shown(self) -> "RequestState":
        """The state as its customer sees it: a hidden hold shows the status that it stands for.

        A request about an active number stands where a number that we do not know is looked up.
        """
        if not self.hidden or self.came_from is None:
            return self
        if self.came_from is Status.NUMBER_CHECK:
            return replace(self, hold_reason=HoldReason.NUMBER)
        return replace(self, status=self.came_from, came_from=None, hold_reason=None)

    @property
    def ended(self) -> bool:
        """Whether no event can leave the status."""
        return self.status in END_STATUSES

    def held_for(self, reason: HoldReason) -> bool:
        """Whether the request is held, and for this reason."""
        return self.status is Status.HELD and self.hold_reason is reason

    @property
    def has_live_certificate(self) -> bool:
        """Whether a certificate is out that was neither revoked nor expired."""
        return self.certificate_expires_at is not None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens to a request.

    ``expected_version`` refuses a decision on a stale view (None: no check). ``proven`` tells that
    the customer is proven (token and pass); a customer's event without it is refused. The other
    fields are read by the transitions that need them. ``reason`` is the code of why staff or a rule
    decided so, ``error`` the code of what kept the system from doing its part, ``merged_into`` the
    reference of the request that goes on instead, ``reminder`` the name of the mail that is
    due, ``note`` free text. ``doubts`` take the place of those of the state (None: they stay).
    """

    name: EventName
    actor: Actor
    at: datetime
    actor_name: str = ""
    expected_version: int | None = None
    proven: bool = False
    reason: str = ""
    error: str = ""
    merged_into: str = ""
    reminder: str = ""
    note: str = ""
    track: Track | None = None
    new_date: date | None = None
    slots: tuple[Slot, ...] = ()
    slot: Slot | None = None
    hold_reason: HoldReason | None = None
    answers_complete: bool = False
    variant: str = ""
    certificate_created_at: datetime | None = None
    certificate_expires_at: datetime | None = None
    fields: tuple[str, ...] = ()
    doubts: tuple[HoldReason, ...] | None = None


@dataclass(frozen=True, slots=True)
class TrackPolicy:
    """The numbers that the machine and the deadlines work with (settings)."""

    certificates_per_approval: int = terms.CERTIFICATES_PER_APPROVAL
    approval_lapses: timedelta = timedelta(days=terms.APPROVAL_DAYS)
    ownership_window: timedelta = timedelta(days=terms.OWNERSHIP_DAYS)
    corrections_before_hold: int = 3
    ready_days_back: int = terms.READY_DAYS_BACK
    undo_withdraw: timedelta = timedelta(hours=24)
    deadline_hour: int = 18
    manual_issuer: bool = False
    two_people: bool = False
