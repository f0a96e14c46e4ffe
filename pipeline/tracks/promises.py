"""The ledger of promises: what a mail says about when we write again, and what follows; pure.

A mail that names a date by which we write sets it as a deadline of the request (``promise_at`` of
its state). What each mail does to the ledger is declared here, in one table.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from pipeline.model.notice import NoticeName, Saying
from pipeline.model.request import Move, RequestState
from pipeline.model.transition import AlertStaff, Effect, SendNotice
from pipeline.tracks.declaration import Case, Chosen

#: A promise is put off so often with a new date.
MOST_DELAYS = 2


_N = NoticeName
#: What each mail does, by its name; a variant that does something else stands below.
SAYINGS: Mapping[NoticeName, Saying] = MappingProxyType(
    {
        _N.ACKNOWLEDGED: Saying.REPLACES,
        _N.NEEDS_CORRECTION: Saying.KEEPS,
        _N.REVISION_RECEIVED: Saying.REPLACES,
        _N.UNREADABLE: Saying.KEEPS,
        _N.CORRECTION_REMINDER: Saying.LEAVES,
        _N.HELP_CHOOSE_FORM: Saying.REPLACES,
        _N.QUESTION: Saying.KEEPS,
        _N.HELD: Saying.REPLACES,
        _N.APPROVED_NOT_READY: Saying.KEEPS,
        _N.READINESS_CHECK: Saying.KEEPS,
        _N.CERTIFICATE_ISSUED: Saying.KEEPS,
        _N.CERTIFICATE_REMINDER: Saying.LEAVES,
        # it may expire while we look at a change: what we promised then is still open
        _N.CERTIFICATE_EXPIRED: Saying.LEAVES,
        _N.CERTIFICATE_REISSUED: Saying.KEEPS,
        _N.CERTIFICATE_REVOKED: Saying.KEEPS,
        _N.INTEGRATION_REMINDER: Saying.LEAVES,
        _N.ACTIVATED: Saying.KEEPS,
        _N.TWO_STEP_INSTRUCTIONS: Saying.KEEPS,
        _N.SLOT_PROPOSAL: Saying.KEEPS,
        _N.STATUS_CHANGED: Saying.REPLACES,
        _N.QR_DELIVERED: Saying.KEEPS,
        _N.REJECTED: Saying.KEEPS,
        _N.WITHDRAWN: Saying.KEEPS,
        _N.CLOSED_NO_RESPONSE: Saying.KEEPS,
        _N.ALREADY_ACTIVE: Saying.KEEPS,
        _N.DUPLICATE: Saying.REPEATS,
        _N.RECEIPT_UNVERIFIED: Saying.LEAVES,
        _N.DELAYED: Saying.PUTS_OFF,
        # staff answer a question beside it; what we check is still open
        _N.ANSWER: Saying.LEAVES,
        _N.STAFF_ALERT: Saying.LEAVES,
    }
)
#: Variants that do something else than their mail.
_VARIANTS: Mapping[tuple[NoticeName, str], Saying] = MappingProxyType(
    {
        (_N.QUESTION, "colleague"): Saying.LEAVES,
        (_N.QUESTION, "meaning"): Saying.LEAVES,
        # a receipt with a question that may be left
        (_N.QUESTION, "reused_number"): Saying.REPLACES,
        (_N.DUPLICATE, "first_counts"): Saying.REPLACES,
        (_N.QUESTION, "reply_to_act"): Saying.LEAVES,
        # it tells what became of a mail, and nothing of the request
        (_N.UNREADABLE, "too_big"): Saying.LEAVES,
        (_N.UNREADABLE, "too_big_reply"): Saying.LEAVES,
    }
)


def saying_of(notice: NoticeName, variant: str = "") -> Saying:
    """Return what the mail ``notice`` in its ``variant`` does to an open promise."""
    return _VARIANTS.get((notice, variant), SAYINGS[notice])


def after_mail(state: RequestState, saying: Saying, named: datetime | None) -> RequestState:
    """Return ``state`` after a mail of ours that named the date ``named``, or none."""
    if state.ended:
        return settled(state)
    if saying.settles:
        state = settled(state)
    elif saying is not Saying.PUTS_OFF:
        return state
    return state if state.promise_at == named else replace(state, promise_at=named)


def settled(state: RequestState) -> RequestState:
    """Return ``state`` without an open promise."""
    if state.promise_at is None and not state.delays and state.overdue_since is None:
        return state
    return replace(state, promise_at=None, delays=0, overdue_since=None)


def passed(_case: Case, state: RequestState) -> RequestState:
    """Note that the date of the open promise has passed."""
    return passed_in(state)


def passed_in(state: RequestState) -> RequestState:
    """Return ``state`` with the date of the open promise passed."""
    first = state.overdue_since or state.promise_at
    return replace(state, promise_at=None, delays=state.delays + 1, overdue_since=first)


def is_last(state: RequestState) -> bool:
    """Whether the promise was put off often enough: no further date is named."""
    return state.delays > MOST_DELAYS


def notice_when_late(move: Move, delays: int) -> SendNotice | None:
    """Return what the customer is told when a promise has passed; None: staff write themselves.

    The customer is told twice with a new date. While Meta is awaited an update without a date comes
    after them, which leaves nothing promised. Where the customer is awaited it would not be true.
    """
    if move is Move.META:
        return SendNotice(NoticeName.DELAYED, "meta") if delays <= MOST_DELAYS else None
    ours = move in {Move.STAFF, Move.SYSTEM}
    return SendNotice(NoticeName.DELAYED) if ours and delays < MOST_DELAYS else None


def tell_late(case: Case) -> tuple[Effect, ...]:
    """Tell staff that a promise was not kept, and the customer what the event names."""
    name = case.event.reminder
    if not name:
        return (AlertStaff("promise_broken"),)
    return (AlertStaff("promise_late"), SendNotice(NoticeName(name), case.event.variant))


TELL_LATE = Chosen("delayed, alert promise_late", tell_late)
