"""What a rule notes on the state of a request, beside its status; pure."""

from dataclasses import replace

from pipeline.model.request import Actor, EventName, HoldReason, RequestState, Status
from pipeline.tracks.conditions import SENDER_REASONS, only_slot, person
from pipeline.tracks.declaration import Case

#: The reason of a cancellation that costs the customer no certificate.
OUR_MISTAKE = "our_mistake"


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
        first_yes="",
        second_yes="",
    )


def ask_anew(case: Case, state: RequestState) -> RequestState:
    """Count the correction; what changes after approval needs a new one, from the first step."""
    return count_correction(case, replace(without_approval(case, state), asked_by=None))


def settle(case: Case, state: RequestState) -> RequestState:
    """Remember the reason of the hold that staff release: it does not hold again."""
    reason = case.state.hold_reason
    if reason is None:
        return state
    settled = state.settled if reason in state.settled else (*state.settled, reason)
    return replace(_without_doubt(reason, state), settled=settled)


def show_hold(case: Case, state: RequestState) -> RequestState:
    """Let the customer see the hold from now on."""
    reason = case.state.hold_reason
    return state if reason is None else _without_doubt(reason, state)


def doubt_owner(_case: Case, state: RequestState) -> RequestState:
    """Note that the number may be another's: the customer does not see the hold."""
    if HoldReason.OWNERSHIP in state.doubts:
        return state
    return replace(state, doubts=(HoldReason.OWNERSHIP, *state.doubts))


def owner_known(_case: Case, state: RequestState) -> RequestState:
    """Note that the number is the requester's."""
    return _without_doubt(HoldReason.OWNERSHIP, state)


def _without_doubt(reason: HoldReason, state: RequestState) -> RequestState:
    """Forget a doubt; the number of a request whose owner was in doubt is not claimed yet."""
    doubts = tuple(doubt for doubt in state.doubts if doubt is not reason)
    claims = state.claims_number and reason is not HoldReason.OWNERSHIP
    return replace(state, doubts=doubts, claims_number=claims)


def unsettle(case: Case, state: RequestState) -> RequestState:
    """Forget what staff settled about the number once a revision may have changed it."""
    if case.event.fields and "phone_number" not in case.event.fields:
        return state
    kept = tuple(reason for reason in state.settled if reason in SENDER_REASONS)
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


def say_yes(case: Case, state: RequestState) -> RequestState:
    """Note who of staff says yes to the certificates to come; a second person has to follow."""
    return replace(state, first_yes=person(case.event.actor_name), second_yes="")


def second(case: Case, state: RequestState) -> RequestState:
    """Note the second yes: the certificate is ordered from now on."""
    second_yes = person(case.event.actor_name)
    return replace(state, second_yes=second_yes, certificate_wanted_at=case.now)


def take_back_yes(state: RequestState) -> RequestState:
    """Forget who said yes: what they saw has changed, or was stopped."""
    if not state.first_yes and not state.second_yes:
        return state
    return replace(state, first_yes="", second_yes="")


def approve_anew(case: Case, state: RequestState) -> RequestState:
    """Grant a new approval: its certificates are counted from none; staff say it is time."""
    return replace(
        say_yes(case, state),
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
    """Note since when a certificate is ordered, and who of staff says yes to it by that."""
    if case.event.name is EventName.NEW_CERTIFICATE and case.event.actor is Actor.STAFF:
        # one that was ordered already waits on for the yes of others
        state = state if state.certificate_wanted_at else say_yes(case, state)
    return replace(state, certificate_wanted_at=state.certificate_wanted_at or case.now)


def replace_revoked(case: Case, state: RequestState) -> RequestState:
    """Settle the hold over a revoked certificate; staff say that it is time for another one."""
    return replace(settle(case, state), ready_confirmed=True)


def order_anew(case: Case, state: RequestState) -> RequestState:
    """Order the certificate again that an undone withdrawal revoked; it counts once."""
    return replace(
        state,
        certificates=max(0, state.certificates - 1),
        certificate_wanted_at=case.now,
        certificate_withdrawn=False,
    )


def note_reminder(case: Case, state: RequestState) -> RequestState:
    """Note when the customer was reminded: nothing is closed for some days after it."""
    return replace(state, reminded_at=case.now)


def take_certificate(case: Case, state: RequestState) -> RequestState:
    """Record the issued certificate: one more of this approval, live until it ends.

    The next one needs the yes of a second person anew.
    """
    return replace(
        state,
        certificates=state.certificates + 1,
        had_certificate=True,
        certificate_created_at=case.event.certificate_created_at or case.now,
        certificate_expires_at=case.event.certificate_expires_at,
        certificate_wanted_at=None,
        second_yes="",
    )


def count_no_mistake(case: Case, state: RequestState) -> RequestState:
    """Do not count a certificate that is cancelled because of a mistake of ours."""
    ours = case.event.reason == OUR_MISTAKE
    return replace(state, certificates=max(0, state.certificates - ours))


def revoke_on_hold(case: Case, state: RequestState) -> RequestState:
    """Count as above; the mail tells the hold, so that the customer sees it from now on."""
    state = count_no_mistake(case, state)
    return replace(state, hold_reason=HoldReason.CERTIFICATE_REVOKED) if state.hidden else state


def drop_certificate(_case: Case, state: RequestState) -> RequestState:
    """Note that no certificate is live any more."""
    return replace(state, certificate_expires_at=None)


def expire_on_hold(_case: Case, state: RequestState) -> RequestState:
    """Note that the certificate ended during a hold, which then returns to ``expired``."""
    return replace(state, certificate_expires_at=None, came_from=Status.CERTIFICATE_EXPIRED)


def check_number_again(case: Case, state: RequestState) -> RequestState:
    """Count the correction; the corrected form begins with the check of its number."""
    return replace(count_correction(case, state), asked_by=None)


def note_reporter(case: Case, state: RequestState) -> RequestState:
    """Note whether it was the customer who said that the integration is active."""
    return replace(state, activation_reported=case.event.actor is Actor.CUSTOMER)


def mark_created(case: Case, state: RequestState) -> RequestState:
    """Start the clock of the integration; a second word does not set it back."""
    return replace(state, integration_created_at=state.integration_created_at or case.now)


def offer_slots(case: Case, state: RequestState) -> RequestState:
    """Keep the offered slots in their order."""
    return replace(state, slots=case.event.slots, slot=None)


def accept_slot(case: Case, state: RequestState) -> RequestState:
    """Keep the chosen slot; a plain OK means the only one."""
    return replace(state, slot=case.event.slot or only_slot(case))


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
