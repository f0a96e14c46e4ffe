"""The named guards, changes and chosen effects that the declarations are written with; pure."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from pipeline.model.notice import NoticeName
from pipeline.model.request import (
    EventName,
    HoldReason,
    RequestState,
    Status,
    TrackPolicy,
)
from pipeline.model.transition import AlertStaff, Effect, IssueCertificate, MakeQr, SendNotice
from pipeline.tracks.declaration import Case, Chosen, Guard

_MOST_SLOTS = 3
_SENDER_REASONS = frozenset({HoldReason.SENDER, HoldReason.SENDER_DOUBTFUL})
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


# --- facts that several rules and the deadlines look at -------------------------------------


def is_lapsed(state: RequestState, now: datetime, policy: TrackPolicy) -> bool:
    """Return whether the approval is too old for another certificate."""
    return state.approved_at is not None and now >= state.approved_at + policy.approval_lapses


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
    return 1 <= len(case.event.slots) <= _MOST_SLOTS


def _slot_day_too_early(case: Case) -> bool:
    ready = case.state.ready_date
    zone = ZoneInfo(case.zone)
    return ready is not None and any(
        slot.start.astimezone(zone).date() < ready for slot in case.event.slots
    )


def _slots_ahead(case: Case) -> bool:
    return all(case.now < slot.start < slot.end for slot in case.event.slots)


def _slot_offered(case: Case) -> bool:
    if case.event.slot is None:
        return len(case.state.slots) == 1
    return case.event.slot in case.state.slots


def _slot_ahead(case: Case) -> bool:
    slot = case.event.slot or (case.state.slots[0] if case.state.slots else None)
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


def _expiry_ahead(case: Case) -> bool:
    end = case.event.certificate_expires_at
    return end is not None and end > case.now


def _settled(reason: HoldReason) -> Guard:
    return Guard(f"{reason.value} settled by staff", lambda case: reason in case.state.settled)


def held_for(*reasons: HoldReason) -> Guard:
    """Return the guard that the request is held for one of ``reasons``."""
    names = " or ".join(sorted(reason.value for reason in reasons))
    return Guard(f"held for {names}", lambda case: case.state.hold_reason in reasons, of_state=True)


# --- guards ----------------------------------------------------------------------------------

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
HELD_FOR_SENDER = held_for(*_SENDER_REASONS)
HELD_FOR_LIMIT = held_for(*_LIMIT_REASONS)
HELD_AFTER_APPROVAL = Guard(
    "held after approval", lambda case: case.state.came_from in APPROVED_STATUSES, of_state=True
)
BUSINESS_VERIFIED = Guard("business verified", lambda case: case.state.business_verified)
TWO_STEP_OFF = Guard("two-step is off", lambda case: case.state.two_step_disabled)
LAPSED = Guard(
    "approval lapsed", lambda case: is_lapsed(case.state, case.now, case.policy), of_state=False
)
OVER_LIMIT = Guard(
    "over the limit", lambda case: case.state.certificates >= case.policy.certificates_per_approval
)
OWNED = Guard(
    "ownership fresh", lambda case: owns_number(case.state, case.now, case.policy), of_state=False
)
ORDERED = Guard(
    "a certificate is ordered",
    lambda case: case.state.certificate_wanted_at is not None,
    of_state=True,
)
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
WITHIN_UNDO = Guard("within the time to undo", _within_undo)
OWNERSHIP_SETTLED = _settled(HoldReason.OWNERSHIP)
NUMBER_SETTLED = _settled(HoldReason.NUMBER)


# --- changes ---------------------------------------------------------------------------------


def count_correction(_case: Case, state: RequestState) -> RequestState:
    """Count one more time that a correction is asked for."""
    return replace(state, corrections=state.corrections + 1)


def without_approval(_case: Case, state: RequestState) -> RequestState:
    """Forget the approval and all that hangs on it; a certificate ever issued is remembered."""
    return replace(
        state,
        approved_at=None,
        certificates=0,
        certificate_wanted_at=None,
        ownership_verified_at=None,
        ready_confirmed=False,
        slots=(),
        slot=None,
    )


def ask_anew(case: Case, state: RequestState) -> RequestState:
    """Count the correction; what changes after approval needs a new one, from the first step."""
    return count_correction(case, replace(without_approval(case, state), asked_by=None))


def settle(case: Case, state: RequestState) -> RequestState:
    """Remember the reason of the hold that staff release: it does not hold again."""
    reason = case.state.hold_reason
    if reason is None or reason in state.settled:
        return state
    return replace(state, settled=(*state.settled, reason))


def unsettle(case: Case, state: RequestState) -> RequestState:
    """Forget what staff settled about the number once a revision may have changed it."""
    if case.event.fields and "phone_number" not in case.event.fields:
        return state
    kept = tuple(reason for reason in state.settled if reason in _SENDER_REASONS)
    return replace(state, settled=kept)


def choose_track(case: Case, state: RequestState) -> RequestState:
    """Move to the event's track; an approval of the old one does not count on it."""
    track = case.event.track or state.track
    return replace(without_approval(case, state), track=track, asked_by=None)


def business_verified(_case: Case, state: RequestState) -> RequestState:
    """Note that Meta verified the business."""
    return replace(state, business_verified=True)


def two_step_off(_case: Case, state: RequestState) -> RequestState:
    """Note that two-step verification is off."""
    return replace(state, two_step_disabled=True)


def two_step_on(_case: Case, state: RequestState) -> RequestState:
    """Note that two-step verification is still on; the agreed slot is void."""
    return replace(state, two_step_disabled=False, slots=(), slot=None)


def approve(case: Case, state: RequestState) -> RequestState:
    """Date the approval, unless this is the same approval again."""
    if state.approved_at is not None:
        return state
    return replace(state, approved_at=case.now, certificates=0)


def approve_anew(case: Case, state: RequestState) -> RequestState:
    """Grant a new approval: its certificates are counted from none; staff say it is time."""
    return replace(
        state,
        approved_at=case.now,
        certificates=0,
        ready_confirmed=True,
        certificate_wanted_at=None,
    )


def confirm_ready(_case: Case, state: RequestState) -> RequestState:
    """Note that the customer is ready: the date is not asked about again."""
    return replace(state, ready_confirmed=True)


def set_ready_date(case: Case, state: RequestState) -> RequestState:
    """Take the new ready date."""
    return replace(state, ready_date=case.event.new_date, ready_confirmed=False)


def order_certificate(case: Case, state: RequestState) -> RequestState:
    """Note since when a certificate is ordered."""
    return replace(state, certificate_wanted_at=state.certificate_wanted_at or case.now)


def take_certificate(case: Case, state: RequestState) -> RequestState:
    """Record the issued certificate: one more of this approval, live until it ends."""
    return replace(
        state,
        certificates=state.certificates + 1,
        had_certificate=True,
        certificate_expires_at=case.event.certificate_expires_at,
        certificate_wanted_at=None,
    )


def drop_certificate(_case: Case, state: RequestState) -> RequestState:
    """Note that no certificate is live any more."""
    return replace(state, certificate_expires_at=None)


def expire_on_hold(_case: Case, state: RequestState) -> RequestState:
    """Note that the certificate ended during a hold, which then returns to ``expired``."""
    return replace(state, certificate_expires_at=None, came_from=Status.CERTIFICATE_EXPIRED)


def check_number_again(case: Case, state: RequestState) -> RequestState:
    """Count the correction; the corrected form begins with the check of its number."""
    return replace(count_correction(case, state), asked_by=None)


def mark_created(case: Case, state: RequestState) -> RequestState:
    """Start the clock of the integration; a second word does not set it back."""
    return replace(state, integration_created_at=state.integration_created_at or case.now)


def offer_slots(case: Case, state: RequestState) -> RequestState:
    """Keep the offered slots in their order."""
    return replace(state, slots=case.event.slots, slot=None)


def accept_slot(case: Case, state: RequestState) -> RequestState:
    """Keep the chosen slot; a plain OK means the only one."""
    return replace(state, slot=case.event.slot or state.slots[0])


def clear_slots(_case: Case, state: RequestState) -> RequestState:
    """Forget the slots."""
    return replace(state, slots=(), slot=None)


def verify_ownership(case: Case, state: RequestState) -> RequestState:
    """Date the verification of the ownership."""
    return replace(state, ownership_verified_at=case.now)


def lapse_ownership(_case: Case, state: RequestState) -> RequestState:
    """Forget a verification that is too old, with its slot and the certificate ordered on it."""
    return replace(
        state, ownership_verified_at=None, certificate_wanted_at=None, slots=(), slot=None
    )


# --- effects that depend on the case -----------------------------------------------------------


def _order(case: Case) -> tuple[Effect, ...]:
    if case.policy.manual_issuer:
        return (AlertStaff("certificate_wanted"),)
    return (IssueCertificate(supersede=case.state.has_live_certificate),)


def _asked(case: Case) -> tuple[Effect, ...]:
    variant = case.event.variant
    if not variant and case.state.hold_reason is HoldReason.NUMBER:
        variant = "not_ours"
    if variant:
        return (SendNotice(NoticeName.QUESTION, variant),)
    return (SendNotice(NoticeName.NEEDS_CORRECTION),)


def _question_or(notice: NoticeName, default: str = "") -> Chosen:
    def make(case: Case) -> tuple[Effect, ...]:
        variant = case.event.variant or default
        return (SendNotice(NoticeName.QUESTION, variant) if variant else SendNotice(notice),)

    label = f"question ({default})" if default else f"{notice.value} or question"
    return Chosen(label, make)


def _delivery(case: Case) -> tuple[Effect, ...]:
    first = case.state.certificates == 0
    return (
        SendNotice(NoticeName.CERTIFICATE_ISSUED if first else NoticeName.CERTIFICATE_REISSUED),
    )


def _acknowledged_once(case: Case) -> tuple[Effect, ...]:
    told = case.state.corrections > 0 or HoldReason.NUMBER in case.state.settled
    return () if told else (SendNotice(NoticeName.ACKNOWLEDGED),)


def _reminder(case: Case) -> tuple[Effect, ...]:
    notice = NoticeName(case.event.reason) if case.event.reason else None
    return (SendNotice(notice, case.event.variant),) if notice else ()


def _alert(case: Case) -> tuple[Effect, ...]:
    return (AlertStaff(case.event.reason or "overdue"),)


ORDER = Chosen("issue (manual issuer: alert certificate_wanted)", _order)
ASKED = Chosen("needs_correction or question", _asked)
HELD_OR_QUESTION = _question_or(NoticeName.HELD)
M2M_QUESTION = _question_or(NoticeName.QUESTION, "m2m")
ACKNOWLEDGED_OR_QUESTION = _question_or(NoticeName.ACKNOWLEDGED)
DELIVERY = Chosen("certificate_issued, then certificate_reissued", _delivery)
MAKE_QR = MakeQr()
ACKNOWLEDGED_ONCE = Chosen("acknowledged (once)", _acknowledged_once)
REMINDER = Chosen("the reminder", _reminder)
ALERT = Chosen("alert overdue", _alert)


# --- entering a status, and what follows at once ----------------------------------------------


def order_when_ready(case: Case, state: RequestState) -> tuple[RequestState, tuple[Effect, ...]]:
    """Order the certificate on entering ``approved`` when the customer is ready."""
    if is_lapsed(state, case.now, case.policy):
        return replace(state, certificate_wanted_at=None), ()
    if not is_ready(state, case.now, case.policy, case.zone):
        return replace(state, certificate_wanted_at=None), ()
    return replace(state, certificate_wanted_at=case.now), _order(replace(case, state=state))


def order_when_owned(case: Case, state: RequestState) -> tuple[RequestState, tuple[Effect, ...]]:
    """Order the certificate on entering ``approved`` while the ownership is fresh."""
    lapsed = is_lapsed(state, case.now, case.policy)
    if lapsed or not owns_number(state, case.now, case.policy):
        return replace(state, certificate_wanted_at=None), ()
    return replace(state, certificate_wanted_at=case.now), _order(replace(case, state=state))


def make_qr(_case: Case, state: RequestState) -> tuple[RequestState, tuple[Effect, ...]]:
    """Have the code made on entering ``making``."""
    return state, (MakeQr(),)


def after_approved_when_ready(
    state: RequestState, now: datetime, policy: TrackPolicy, zone: str
) -> EventName | None:
    """Say what follows ``approved`` at once on onboarding; None: the ordered certificate."""
    if state.certificate_wanted_at is not None:
        return None
    if is_lapsed(state, now, policy):
        return EventName.APPROVAL_LAPSED
    return None if is_ready(state, now, policy, zone) else EventName.NOT_READY


def after_approved_when_owned(
    state: RequestState, now: datetime, policy: TrackPolicy, _zone: str
) -> EventName | None:
    """Say what follows ``approved`` at once on migration; None: the ordered certificate."""
    if not owns_number(state, now, policy):
        return EventName.OWNERSHIP_LAPSED
    return EventName.APPROVAL_LAPSED if is_lapsed(state, now, policy) else None


def after_expiry(
    state: RequestState, now: datetime, _policy: TrackPolicy, _zone: str
) -> EventName | None:
    """Say that a certificate whose end has come expires at once."""
    end = state.certificate_expires_at
    return EventName.EXPIRE if end is not None and now >= end else None


def proceed_at_once(
    _state: RequestState, _now: datetime, _policy: TrackPolicy, _zone: str
) -> EventName | None:
    """Say that the status is passed through."""
    return EventName.PROCEED
