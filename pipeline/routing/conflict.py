"""What happens when a form arrives for a number, or a content, that is already known.

The table is data: its rows are tried from the top, the first that fits decides, and when none fits
the form is held for staff. A blank column of a row fits everything.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from pipeline.model.form import FormKind
from pipeline.model.message import SenderVerdict
from pipeline.model.request import NumberState, Status
from pipeline.model.route import (
    Conflict,
    ConflictDecision,
    ConflictEffect,
    ConflictFacts,
    Requester,
    Spelling,
)
from pipeline.tracks.catalogue import BY_FORM


class Earlier(StrEnum):
    """The state of the earlier request, in the words of the table."""

    NOTHING = "nothing"
    RECEIVED = "received"
    NEEDS_ANSWER = "needs_answer"
    READY = "ready"
    IN_PROGRESS = "in_progress"
    HELD = "held"
    APPROVED = "approved"
    ACTIVE = "active"
    DELIVERED = "delivered"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    GONE = "gone"


_WORDS = {
    Status.RECEIVED: Earlier.RECEIVED,
    Status.NEEDS_CORRECTION: Earlier.NEEDS_ANSWER,
    Status.HELD: Earlier.HELD,
    Status.APPROVED: Earlier.APPROVED,
    Status.AWAITING_READINESS: Earlier.APPROVED,
    Status.CERTIFICATE_ISSUED: Earlier.APPROVED,
    Status.CERTIFICATE_EXPIRED: Earlier.APPROVED,
    Status.ACTIVE: Earlier.ACTIVE,
    Status.DELIVERED: Earlier.DELIVERED,
    Status.REJECTED: Earlier.FAILED,
    Status.CLOSED_NO_RESPONSE: Earlier.FAILED,
    Status.WITHDRAWN: Earlier.WITHDRAWN,
    Status.ANSWERED: Earlier.GONE,
    Status.SUPERSEDED: Earlier.GONE,
}

_REVISABLE = frozenset({Earlier.RECEIVED, Earlier.NEEDS_ANSWER, Earlier.READY})
_IN_WORK = frozenset({Earlier.IN_PROGRESS, Earlier.APPROVED})
_OPEN = _REVISABLE | _IN_WORK | {Earlier.HELD}
_OVER = frozenset({Earlier.FAILED, Earlier.WITHDRAWN})
_LEFT_NOTHING = frozenset({Earlier.NOTHING, Earlier.GONE})
_KNOWN = frozenset(Earlier) - {Earlier.NOTHING}

_PASS = frozenset({SenderVerdict.PASS})
_UNPROVEN = frozenset(SenderVerdict) - _PASS
_SAME = frozenset({Requester.SAME})
_COLLEAGUE = frozenset({Requester.SAME_ORG})
_OURS = _SAME | _COLLEAGUE
_OTHER = frozenset({Requester.OTHER})
_NUMBER_FORMS = frozenset(form for form, track in BY_FORM.items() if track.claims_number)
_MOVES = frozenset(form for form, track in BY_FORM.items() if track.moves_number)
_STARTS = _NUMBER_FORMS - _MOVES
_ACTIVE_ONLY = frozenset(form for form, track in BY_FORM.items() if track.needs_active_number)
_NOT_OURS = frozenset({NumberState.UNKNOWN, NumberState.RELEASED})
_ACTIVE = frozenset({NumberState.ACTIVE})
_REQUESTED = frozenset({NumberState.REQUESTED})
_UNKNOWN = frozenset({NumberState.UNKNOWN})
_RELEASED = frozenset({NumberState.RELEASED})


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """One row: what must hold (None: anything), the decision, and what else it does.

    ``same_kind`` compares the form with the earlier request's; ``earlier_kinds`` names it.
    """

    name: str
    decision: ConflictDecision
    effect: ConflictEffect = ConflictEffect.NONE
    kinds: frozenset[FormKind] | None = None
    requesters: frozenset[Requester] | None = None
    senders: frozenset[SenderVerdict] | None = None
    same_message: bool | None = None
    same_content: bool | None = None
    older: bool | None = None
    spelling: Spelling | None = None
    earlier: frozenset[Earlier] | None = None
    earlier_kinds: frozenset[FormKind] | None = None
    same_kind: bool | None = None
    numbers: frozenset[NumberState] | None = None

    def fits(self, facts: ConflictFacts) -> bool:
        """Return whether every column that is not blank fits ``facts``."""
        among: tuple[tuple[object, frozenset[object] | None], ...] = (
            (facts.kind, self.kinds),
            (facts.requester, self.requesters),
            (facts.sender, self.senders),
            (earlier_of(facts), self.earlier),
            (facts.previous_kind, self.earlier_kinds),
            (facts.number, self.numbers),
        )
        equal: tuple[tuple[object, object | None], ...] = (
            (facts.same_message, self.same_message),
            (facts.same_content or facts.same_file, self.same_content),
            (facts.older, self.older),
            (facts.spelling, self.spelling),
            (facts.previous_kind is facts.kind, self.same_kind),
        )
        return all(wanted is None or value in wanted for value, wanted in among) and all(
            wanted is None or value == wanted for value, wanted in equal
        )


def earlier_of(facts: ConflictFacts) -> Earlier:
    """Return the state of the earlier request in the words of the table.

    A request for help is no earlier form: it stops nothing.
    """
    if facts.previous_status is None or facts.previous_kind is None:
        return Earlier.NOTHING
    if facts.previous_first_staff_status:
        return Earlier.READY
    return _WORDS.get(facts.previous_status, Earlier.IN_PROGRESS)


_D = ConflictDecision
_E = ConflictEffect

CONFLICT_TABLE: tuple[ConflictRow, ...] = (
    # who asks
    ConflictRow(
        "redelivery",
        _D.IGNORE_REDELIVERY,
        requesters=_SAME,
        senders=_PASS,
        same_message=True,
        same_content=True,
        earlier=_KNOWN,
    ),
    ConflictRow("unverified_sender", _D.HOLD_UNVERIFIED_SENDER, senders=_UNPROVEN),
    ConflictRow("other_active", _D.HOLD_OWNERSHIP, _E.ALERT, requesters=_OTHER, numbers=_ACTIVE),
    ConflictRow("other_requested", _D.HOLD_OWNERSHIP, _E.HOLD, requesters=_OTHER, earlier=_KNOWN),
    ConflictRow("other_claimed", _D.HOLD_OWNERSHIP, _E.HOLD, requesters=_OTHER, numbers=_REQUESTED),
    ConflictRow("other_released", _D.HOLD_OWNERSHIP, _E.HOLD, requesters=_OTHER, numbers=_RELEASED),
    # which number
    ConflictRow(
        "alternate_spelling",
        _D.ASK_SAME_NUMBER,
        _E.HOLD,
        spelling=Spelling.ALTERNATE,
    ),
    # a code or link
    ConflictRow(
        "qr_again",
        _D.ANSWER_DUPLICATE,
        kinds=_ACTIVE_ONLY,
        requesters=_SAME,
        same_content=True,
        same_kind=True,
        earlier=_OPEN | {Earlier.DELIVERED},
    ),
    ConflictRow(
        "qr_colleague",
        _D.ANSWER_COLLEAGUE_ASKED,
        kinds=_ACTIVE_ONLY,
        requesters=_COLLEAGUE,
        same_content=True,
        same_kind=True,
        earlier=_OPEN | {Earlier.DELIVERED},
    ),
    ConflictRow(
        "qr_corrected",
        _D.REPLACE_NEW_REVISION,
        _E.SUPERSEDED,
        kinds=_ACTIVE_ONLY,
        requesters=_SAME,
        older=False,
        same_kind=True,
        earlier=frozenset({Earlier.NEEDS_ANSWER}),
    ),
    ConflictRow("qr_active", _D.ACCEPT, kinds=_ACTIVE_ONLY, requesters=_OURS, numbers=_ACTIVE),
    ConflictRow(
        "qr_requested",
        _D.QUEUE_UNTIL_ACTIVE,
        kinds=_ACTIVE_ONLY,
        requesters=_OURS,
        numbers=_REQUESTED,
    ),
    ConflictRow("qr_not_ours", _D.ASK_NUMBER_NOT_OURS, kinds=_ACTIVE_ONLY, numbers=_NOT_OURS),
    # a number that is with us, or was
    ConflictRow(
        "already_active",
        _D.ANSWER_ALREADY_ACTIVE,
        kinds=_STARTS,
        requesters=_OURS,
        numbers=_ACTIVE,
    ),
    ConflictRow(
        "already_ours", _D.ASK_ALREADY_OURS, kinds=_MOVES, requesters=_OURS, numbers=_ACTIVE
    ),
    ConflictRow(
        "reused",
        _D.ACCEPT_WITH_WARNING_REUSED,
        kinds=_NUMBER_FORMS,
        earlier=_LEFT_NOTHING | _OVER | {Earlier.ACTIVE, Earlier.DELIVERED},
        numbers=_RELEASED,
    ),
    ConflictRow(
        "reused_after_qr",
        _D.ACCEPT_WITH_WARNING_REUSED,
        kinds=_NUMBER_FORMS,
        requesters=_OURS,
        earlier_kinds=_ACTIVE_ONLY,
        numbers=_RELEASED,
    ),
    # a colleague
    ConflictRow(
        "colleague_same",
        _D.ANSWER_COLLEAGUE_ASKED,
        requesters=_COLLEAGUE,
        same_content=True,
        same_kind=True,
        earlier=_OPEN,
    ),
    ConflictRow(
        "colleague_differs",
        _D.ASK_WHO_DECIDES,
        _E.HOLD,
        requesters=_COLLEAGUE,
        earlier_kinds=_NUMBER_FORMS,
        earlier=_OPEN,
    ),
    # the same requester again
    ConflictRow(
        "which_kind",
        _D.ASK_WHICH_KIND,
        _E.HOLD,
        requesters=_SAME,
        same_kind=False,
        earlier_kinds=_NUMBER_FORMS,
        earlier=_OPEN,
    ),
    ConflictRow(
        "duplicate",
        _D.ANSWER_DUPLICATE,
        requesters=_SAME,
        same_content=True,
        same_kind=True,
        earlier=_OPEN,
    ),
    ConflictRow(
        "older_file",
        _D.ASK_OLDER_VERSION,
        requesters=_SAME,
        older=True,
        same_kind=True,
        earlier=_REVISABLE,
    ),
    ConflictRow(
        "corrected",
        _D.REPLACE_NEW_REVISION,
        _E.SUPERSEDED,
        requesters=_SAME,
        same_kind=True,
        earlier=_REVISABLE,
    ),
    ConflictRow(
        "change_in_work",
        _D.HOLD_CHANGE_REQUEST,
        requesters=_SAME,
        same_kind=True,
        earlier=_IN_WORK,
    ),
    # a new beginning
    ConflictRow("new_attempt", _D.ACCEPT_LINKED, requesters=_OURS, earlier=_OVER),
    ConflictRow(
        "left_us",
        _D.ACCEPT_LINKED,
        kinds=_NUMBER_FORMS,
        requesters=_OURS,
        earlier=frozenset({Earlier.ACTIVE}),
        earlier_kinds=_NUMBER_FORMS,
        numbers=_UNKNOWN,
    ),
    ConflictRow(
        "after_qr", _D.ACCEPT, requesters=_OURS, earlier_kinds=_ACTIVE_ONLY, numbers=_UNKNOWN
    ),
    ConflictRow("new", _D.ACCEPT, earlier=_LEFT_NOTHING, numbers=_UNKNOWN),
)

_DEFAULT = Conflict(ConflictDecision.HELD, ConflictEffect.HOLD, "default")


@lru_cache(maxsize=1024)
def decide_conflict(facts: ConflictFacts) -> Conflict:
    """Return what is done with a form for a number; held for staff when no row fits.

    Called while the row of the number is locked, so that two forms are never decided at once. The
    same facts come with most forms, and the table is long.
    """
    return next(
        (Conflict(row.decision, row.effect, row.name) for row in CONFLICT_TABLE if row.fits(facts)),
        _DEFAULT,
    )
