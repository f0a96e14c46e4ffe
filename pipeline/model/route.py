"""A route: where a checked form goes, and why."""

from dataclasses import dataclass
from enum import StrEnum

from pipeline.model.checked import M2mCertainty
from pipeline.model.form import FormKind
from pipeline.model.message import SenderVerdict
from pipeline.model.request import EventName, HoldReason, NumberState, Status, Track


class Requester(StrEnum):
    """How the sender relates to the one who asked before (verified From address and domain)."""

    SAME = "same"
    SAME_ORG = "same_org"
    OTHER = "other"


class Spelling(StrEnum):
    """Whether two numbers are equal, or alternate spellings of what may be one number."""

    EQUAL = "equal"
    ALTERNATE = "alternate"


class ConflictDecision(StrEnum):
    """What happens when a number or a content is already known."""

    IGNORE_REDELIVERY = "ignore_redelivery"
    ANSWER_DUPLICATE = "answer_duplicate"
    REPLACE_NEW_REVISION = "replace_new_revision"
    ASK_OLDER_VERSION = "ask_older_version"
    HOLD_CHANGE_REQUEST = "hold_change_request"
    ACCEPT = "accept"
    ACCEPT_LINKED = "accept_linked"
    ACCEPT_WITH_WARNING_REUSED = "accept_with_warning_reused"
    ANSWER_COLLEAGUE_ASKED = "answer_colleague_asked"
    ASK_WHO_DECIDES = "ask_who_decides"
    HOLD_OWNERSHIP = "hold_ownership"
    ANSWER_ALREADY_ACTIVE = "answer_already_active"
    HOLD_UNVERIFIED_SENDER = "hold_unverified_sender"
    ASK_ALREADY_OURS = "ask_already_ours"
    ASK_WHICH_KIND = "ask_which_kind"
    QUEUE_UNTIL_ACTIVE = "queue_until_active"
    ASK_NUMBER_NOT_OURS = "ask_number_not_ours"
    ASK_SAME_NUMBER = "ask_same_number"
    HELD = "held"


class ConflictEffect(StrEnum):
    """What else a conflict does."""

    NONE = "none"
    SUPERSEDED = "superseded"
    HOLD = "hold"
    ALERT = "alert"


@dataclass(frozen=True, slots=True)
class ConflictFacts:
    """What is known when a form for a number arrives.

    ``previous_kind`` and ``previous_status`` are of the most telling earlier request for the
    number (None: there is none); ``older`` tells that the file was last saved before the one held.
    """

    kind: FormKind
    requester: Requester
    sender: SenderVerdict
    same_message: bool
    same_file: bool
    same_content: bool
    older: bool
    spelling: Spelling
    previous_kind: FormKind | None
    previous_status: Status | None
    previous_first_staff_status: bool
    number: NumberState


@dataclass(frozen=True, slots=True)
class Conflict:
    """The decision on a conflict, and the row of the table that made it (``default``: none)."""

    decision: ConflictDecision
    effect: ConflictEffect
    row: str


@dataclass(frozen=True, slots=True)
class RoutingFacts:
    """What the routing rules look at.

    ``settled`` are the hold reasons that staff have released (of the request's state): a rule that
    holds for one of them is passed over. ``automatic``: a program wrote the mail, or too many came.
    """

    form: FormKind | None
    sender: SenderVerdict
    has_problems: bool
    unreadable: bool
    m2m: M2mCertainty
    is_m2m: bool
    short_code: bool
    number_use: str
    number: NumberState
    conflict: Conflict | None
    settled: tuple[HoldReason, ...] = ()
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """Where it goes: the event on ``received``, and what it was decided from.

    ``rule`` is the name of the rule that matched; ``misses`` are the names of the rules before it.
    ``suggestion`` is what staff may do; it never starts a track by itself.
    """

    event: EventName
    track: Track
    rule: str
    misses: tuple[str, ...]
    hold_reason: HoldReason | None = None
    reason: str = ""
    variant: str = ""
    suggestion: FormKind | None = None
    alert: bool = False
