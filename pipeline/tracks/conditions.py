"""The named guards that the declarations are written with, and the facts behind them; pure."""

import unicodedata
from datetime import datetime
from zoneinfo import ZoneInfo

from pipeline import terms
from pipeline.model.request import (
    Actor,
    HoldReason,
    RequestState,
    Slot,
    Status,
    Track,
    TrackPolicy,
)
from pipeline.tracks.declaration import Case, Guard

SENDER_REASONS = frozenset({HoldReason.SENDER, HoldReason.SENDER_DOUBTFUL, HoldReason.AUTOMATIC})
_LIMIT_REASONS = frozenset({HoldReason.CERTIFICATE_LIMIT, HoldReason.APPROVAL_LAPSED})
#: A change of one of these answers needs a new approval.
_APPROVED_FIELDS = frozenset({"phone_number", "display_name", "company_legal_name"})
#: Where a hold comes from that stops an approved request.
APPROVED_STATUSES = frozenset(
    {
        Status.APPROVED,
        Status.AWAITING_READINESS,
        Status.CERTIFICATE_ISSUED,
        Status.CERTIFICATE_EXPIRED,
    }
)


#: Where the ownership of a number is proven anew, or a new approval's certificate is waited for;
#: the live one stays until its successor is made.
WAITING_FOR_SUCCESSOR = frozenset(
    {
        Status.AWAITING_TWO_STEP_OFF,
        Status.SLOT_PLANNING,
        Status.SLOT_PROPOSED,
        Status.SLOT_AGREED,
        Status.OWNERSHIP_VERIFIED,
        Status.APPROVED,
    }
)
#: Where a certificate was sent and not used yet.
_WITH_CERTIFICATE = frozenset({Status.CERTIFICATE_ISSUED, Status.CERTIFICATE_EXPIRED})
#: Where the customer has to act; a hold may come from there.
CUSTOMERS_STATUSES = frozenset(
    {
        Status.NEEDS_CORRECTION,
        Status.AWAITING_READINESS,
        Status.AWAITING_TWO_STEP_OFF,
        Status.AWAITING_FORM,
        Status.SLOT_PROPOSED,
        Status.CERTIFICATE_ISSUED,
        Status.CERTIFICATE_EXPIRED,
    }
)


def is_waited_for(state: RequestState) -> bool:
    """Return whether the customer of a hold is awaited without it, and does not know by when.

    So it is when they wait for our mail, and after a revocation: its mail says that there is no
    deadline.
    """
    promised = state.promise_at is not None or state.overdue_since is not None
    revoked = state.hold_reason is HoldReason.CERTIFICATE_REVOKED
    return (promised or revoked) and state.came_from in CUSTOMERS_STATUSES


def is_lapsed(state: RequestState, now: datetime, policy: TrackPolicy) -> bool:
    """Return whether the approval is too old for another certificate."""
    return state.approved_at is not None and now >= state.approved_at + policy.approval_lapses


def is_over_limit(state: RequestState, policy: TrackPolicy) -> bool:
    """Return whether the approval has no certificate left."""
    return state.certificates >= policy.certificates_per_approval


def person(name: str) -> str:
    """Return ``name``, or nothing where it names nobody."""
    return name if _typed(name) else ""


def same_person(name: str, other: str) -> bool:
    """Return whether two names are one person's, however they are typed."""
    return _typed(name) == _typed(other)


def _typed(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold()
    # without what cannot be seen: spaces, and signs that only join or part letters
    return "".join(sign for sign in folded if unicodedata.category(sign)[0] not in "ZC")


def lacks_second(state: RequestState, policy: TrackPolicy) -> bool:
    """Return whether a certificate ordered now has to wait for the yes of a second person."""
    return policy.two_people and not (state.first_yes and state.second_yes)


def waits_for_second(state: RequestState, policy: TrackPolicy) -> bool:
    """Return whether an ordered certificate waits for the yes of a second person."""
    ordered = state.certificate_wanted_at is not None and not state.ended
    return ordered and lacks_second(state, policy)


def owns_number(state: RequestState, now: datetime, policy: TrackPolicy) -> bool:
    """Return whether the ownership of the number was verified, and not too long ago."""
    verified = state.ownership_verified_at
    return verified is not None and now < verified + policy.ownership_window


def is_ready(state: RequestState, now: datetime, policy: TrackPolicy, zone: str) -> bool:
    """Return whether a certificate may go out without asking whether the customer is ready.

    So it is when READY was said, or when the ready date lies 0 to ``ready_days_back`` days back on
    the customer's calendar.
    """
    if state.ready_confirmed:
        return True
    if state.ready_date is None:
        return False
    today = now.astimezone(ZoneInfo(zone)).date()
    return 0 <= (today - state.ready_date).days <= policy.ready_days_back


def _had_certificate(case: Case) -> bool:
    state = case.state
    return state.had_certificate or state.certificates > 0 or state.has_live_certificate


def _offered(case: Case) -> bool:
    return 1 <= len(case.event.slots) <= terms.MOST_SLOTS


def _slot_day_too_early(case: Case) -> bool:
    ready = case.state.ready_date
    zone = ZoneInfo(case.zone)
    return ready is not None and any(
        slot.start.astimezone(zone).date() < ready for slot in case.event.slots
    )


def _slots_ahead(case: Case) -> bool:
    return all(case.now < slot.start < slot.end for slot in case.event.slots)


def only_slot(case: Case) -> Slot | None:
    """Return the offered hour that a plain yes means: the only one, or the only one ahead."""
    offered = case.state.slots
    if len(offered) == 1:
        return offered[0]
    ahead = [slot for slot in offered if case.now < slot.start]
    return ahead[0] if len(ahead) == 1 else None


def _slot_offered(case: Case) -> bool:
    if case.event.slot is None:
        return only_slot(case) is not None
    return case.event.slot in case.state.slots


def _slot_ahead(case: Case) -> bool:
    slot = case.event.slot or only_slot(case)
    return slot is not None and case.now < slot.start


def _slots_passed(case: Case) -> bool:
    return all(slot.start <= case.now for slot in case.state.slots)


def _expired(case: Case) -> bool:
    end = case.state.certificate_expires_at
    return end is not None and case.now >= end


def _new_date_ahead(case: Case) -> bool:
    return case.event.new_date is not None and case.event.new_date >= case.today


def _within_undo(case: Case) -> bool:
    ended = case.state.ended_at
    return ended is not None and case.now <= ended + case.policy.undo_withdraw


def _made_anew(case: Case) -> bool:
    """Tell whether the withdrawal revoked a certificate that may be made again as it was.

    Not while the request is in doubt: taking the withdrawal back leads to a hold then.
    """
    state = case.state
    if not set(state.doubts) <= set(state.settled):
        return False
    issued = state.certificate_withdrawn and state.before_end is Status.CERTIFICATE_ISSUED
    owned = state.track is not Track.MIGRATION or owns_number(state, case.now, case.policy)
    return issued and owned and not is_lapsed(state, case.now, case.policy)


def _said_yes(case: Case) -> bool:
    return same_person(case.event.actor_name, case.state.first_yes)


def _nameless(case: Case) -> bool:
    return not person(case.event.actor_name)


def _issued_too_early(case: Case) -> bool:
    """Tell whether a certificate comes that only one person of staff said yes to.

    Who enters what another person approved is the second of the two.
    """
    if not waits_for_second(case.state, case.policy):
        return False
    named = case.event.actor is Actor.STAFF and not _nameless(case)
    return not named or not case.state.first_yes or _said_yes(case)


def _expiry_ahead(case: Case) -> bool:
    end = case.event.certificate_expires_at
    return end is not None and end > case.now


def _settled(reason: HoldReason) -> Guard:
    return Guard(f"{reason.value} settled by staff", lambda case: reason in case.state.settled)


def held_for(*reasons: HoldReason) -> Guard:
    """Return the guard that the request is held for one of ``reasons``."""
    names = " or ".join(sorted(reason.value for reason in reasons))
    return Guard(f"held for {names}", lambda case: case.state.hold_reason in reasons, of_state=True)


HAD_CERTIFICATE = Guard("a certificate was issued", _had_certificate, of_state=True)
ANSWERS_COMPLETE = Guard("all required answers", lambda case: case.event.answers_complete)
OTHER_TRACK = Guard(
    "another track is named", lambda case: case.event.track not in {None, case.state.track}
)
TRACK_NAMED = Guard("the form's track is named", lambda case: case.event.track is not None)
TOO_MANY_CORRECTIONS = Guard(
    "asked often enough",
    lambda case: case.state.corrections >= case.policy.corrections_before_hold,
    of_state=True,
)
HELD_FOR_SENDER = held_for(*SENDER_REASONS)
UNPROVEN = held_for(HoldReason.SENDER)
HELD_FOR_OWNER = held_for(HoldReason.OWNERSHIP)
OWNER_IN_DOUBT = Guard(
    "the owner of the number is in doubt",
    lambda case: (
        HoldReason.OWNERSHIP in case.state.doubts and HoldReason.OWNERSHIP not in case.state.settled
    ),
)
HELD_FOR_LIMIT = held_for(*_LIMIT_REASONS)
WAS_APPROVED = Guard(
    "was approved",
    lambda case: case.state.approved_at is not None or case.state.came_from in APPROVED_STATUSES,
    of_state=True,
)
HELD_BEFORE_SUCCESSOR = Guard(
    "held while its successor is awaited",
    lambda case: case.state.came_from in WAITING_FOR_SUCCESSOR,
    of_state=True,
)
HELD_AFTER_REVOCATION = Guard(
    "held for a revoked certificate, in place of one",
    lambda case: (
        case.state.hold_reason is HoldReason.CERTIFICATE_REVOKED
        and case.state.came_from in _WITH_CERTIFICATE
        and set(case.state.doubts) <= set(case.state.settled)
    ),
    of_state=True,
)
HELD_BEFORE_AN_ANSWER = Guard(
    "held while the customer was awaited, and told that we write, or of no deadline",
    lambda case: is_waited_for(case.state),
)
BUSINESS_VERIFIED = Guard("business verified", lambda case: case.state.business_verified)
TWO_STEP_OFF = Guard("two-step is off", lambda case: case.state.two_step_disabled)
LAPSED = Guard(
    "approval lapsed", lambda case: is_lapsed(case.state, case.now, case.policy), of_state=False
)
OVER_LIMIT = Guard("over the limit", lambda case: is_over_limit(case.state, case.policy))
OWNED = Guard(
    "ownership fresh", lambda case: owns_number(case.state, case.now, case.policy), of_state=False
)
ORDERED = Guard(
    "a certificate is ordered",
    lambda case: case.state.certificate_wanted_at is not None,
    of_state=True,
)
WAITS_FOR_SECOND = Guard(
    "a second person's yes is awaited",
    lambda case: waits_for_second(case.state, case.policy),
    of_state=True,
)
NO_YES = Guard("nobody has said yes", lambda case: not case.state.first_yes, of_state=True)
NAMELESS = Guard("nobody is named", _nameless)
SAID_YES = Guard("who said yes first", _said_yes)
ISSUED_TOO_EARLY = Guard("a second person's yes is missing", _issued_too_early)
LIVE = Guard("a certificate is live", lambda case: case.state.has_live_certificate, of_state=True)
EXPIRED = Guard("now is at or after expires_at", _expired)
EXPIRY_AHEAD = Guard("the certificate ends later than now", _expiry_ahead)
READY = Guard(
    "ready", lambda case: is_ready(case.state, case.now, case.policy, case.zone), of_state=False
)
NEW_DATE_AHEAD = Guard("the new date is not past", _new_date_ahead)
ONE_TO_THREE_SLOTS = Guard("one to three slots", _offered)
SLOT_BEFORE_READY_DATE = Guard("a slot before ready_date", _slot_day_too_early)
SLOTS_AHEAD = Guard("all slots are ahead", _slots_ahead)
SLOT_OFFERED = Guard("the slot was offered", _slot_offered)
SLOT_AHEAD = Guard("the slot is ahead", _slot_ahead)
SLOTS_PASSED = Guard("all offered slots have begun", _slots_passed)
APPROVED_ANSWERS = Guard(
    "the number or a name changes", lambda case: not _APPROVED_FIELDS.isdisjoint(case.event.fields)
)
MADE_ANEW = Guard("the withdrawal revoked a certificate", _made_anew)
WITHIN_UNDO = Guard("within the time to undo", _within_undo)
REPORTED_BY_CUSTOMER = Guard(
    "the customer reported it", lambda case: case.state.activation_reported, of_state=True
)
OWNERSHIP_SETTLED = _settled(HoldReason.OWNERSHIP)
NUMBER_SETTLED = _settled(HoldReason.NUMBER)
