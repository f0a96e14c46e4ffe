"""The migration track: a number that is now on the platform and moves to us.

The code that proves the ownership is passed on in the agreed call, never by mail.
"""

from pipeline.model.form import FormKind
from pipeline.model.notice import NoticeName
from pipeline.model.request import Actor, Move, Status, Track
from pipeline.model.request import EventName as E
from pipeline.model.transition import DeadlineKind
from pipeline.tracks import changes as ch
from pipeline.tracks import conditions as c
from pipeline.tracks import outcomes as o
from pipeline.tracks.certificate_steps import (
    ACTIVE,
    AFTER_APPROVAL,
    BEFORE_SUCCESSOR,
    HELD_WITH_CERTIFICATE,
    LAPSING,
    WITHDRAWN_WITH_CERTIFICATE,
    certificate_expired,
    certificate_issued,
    issuing,
    over_limit_on,
)
from pipeline.tracks.declaration import (
    CUSTOMER_STAFF,
    META,
    STAFF,
    SYSTEM,
    SYSTEM_STAFF,
    Anchor,
    Due,
    FirstOf,
    OtherForm,
    Step,
    TrackDeclaration,
    TransitionRule,
    Unit,
    unless,
)
from pipeline.tracks.shared_deadlines import (
    APPROVAL_LAPSES,
    EXPIRE_CERTIFICATE,
    alert_after,
    close_after,
    remind,
    retries,
)
from pipeline.tracks.shared_steps import (
    ASKED_ANEW,
    BEFORE_APPROVAL,
    CHANGE_HOLDS,
    REVISABLE,
    closing,
    held,
    needs_correction,
    notice,
    received,
)

_DIRECTLY_ELIGIBLE = TransitionRule(
    E.DIRECTLY_ELIGIBLE,
    META,
    FirstOf(Track.ONBOARDING),
    notice(NoticeName.STATUS_CHANGED),
    change=ch.without_approval,
)

_ELIGIBILITY_REVIEW = Step(
    Status.ELIGIBILITY_REVIEW,
    Move.STAFF,
    (
        TransitionRule(
            E.APPROVE, STAFF, Status.SLOT_PLANNING, when=c.TWO_STEP_OFF, change=ch.say_yes
        ),
        TransitionRule(
            E.APPROVE,
            STAFF,
            Status.AWAITING_TWO_STEP_OFF,
            notice(NoticeName.TWO_STEP_INSTRUCTIONS),
            change=ch.say_yes,
        ),
        TransitionRule(E.REJECT, STAFF, Status.REJECTED, notice(NoticeName.REJECTED)),
        _DIRECTLY_ELIGIBLE,
        *REVISABLE,
        *BEFORE_APPROVAL,
    ),
    (alert_after(2),),
    forward=E.APPROVE,
    told_done=True,
)

_AWAITING_TWO_STEP_OFF = Step(
    Status.AWAITING_TWO_STEP_OFF,
    Move.CUSTOMER,
    (
        TransitionRule(
            E.TWO_STEP_OFF, CUSTOMER_STAFF, Status.SLOT_PLANNING, change=ch.two_step_off
        ),
        *closing(),
        *BEFORE_SUCCESSOR,
        *CHANGE_HOLDS,
        ASKED_ANEW,
        *BEFORE_APPROVAL,
    ),
    (*remind(NoticeName.TWO_STEP_INSTRUCTIONS, 2, 5, 10), close_after(30), EXPIRE_CERTIFICATE),
    forward=E.TWO_STEP_OFF,
)

_SLOT_PLANNING = Step(
    Status.SLOT_PLANNING,
    Move.STAFF,
    (
        TransitionRule(
            E.OFFER_SLOTS, STAFF, when=unless(c.ONE_TO_THREE_SLOTS), refuse="slot_count"
        ),
        TransitionRule(
            E.OFFER_SLOTS, STAFF, when=c.SLOT_BEFORE_READY_DATE, refuse="slot_before_ready_date"
        ),
        TransitionRule(E.OFFER_SLOTS, STAFF, when=unless(c.SLOTS_AHEAD), refuse="slot_not_ahead"),
        TransitionRule(
            E.OFFER_SLOTS,
            STAFF,
            Status.SLOT_PROPOSED,
            notice(NoticeName.SLOT_PROPOSAL),
            change=ch.offer_slots,
        ),
        *BEFORE_SUCCESSOR,
        *CHANGE_HOLDS,
        ASKED_ANEW,
        *BEFORE_APPROVAL,
    ),
    (alert_after(1), EXPIRE_CERTIFICATE),
    forward=E.OFFER_SLOTS,
)

_SLOT_PROPOSED = Step(
    Status.SLOT_PROPOSED,
    Move.CUSTOMER,
    (
        TransitionRule(
            E.ACCEPT_SLOT, CUSTOMER_STAFF, when=unless(c.SLOT_OFFERED), refuse="slot_not_offered"
        ),
        TransitionRule(
            E.ACCEPT_SLOT, CUSTOMER_STAFF, when=unless(c.SLOT_AHEAD), refuse="slot_not_ahead"
        ),
        TransitionRule(
            E.ACCEPT_SLOT,
            CUSTOMER_STAFF,
            Status.SLOT_AGREED,
            notice(NoticeName.STATUS_CHANGED),
            change=ch.accept_slot,
        ),
        TransitionRule(E.ANOTHER_TIME, CUSTOMER_STAFF, Status.SLOT_PLANNING, change=ch.clear_slots),
        TransitionRule(
            E.SLOT_PASSED, SYSTEM, when=unless(c.SLOTS_PASSED), refuse="slot_still_ahead"
        ),
        TransitionRule(E.SLOT_PASSED, SYSTEM, Status.SLOT_PLANNING, change=ch.clear_slots),
        *closing(),
        *BEFORE_SUCCESSOR,
        *CHANGE_HOLDS,
        ASKED_ANEW,
        *BEFORE_APPROVAL,
    ),
    (
        *remind(NoticeName.SLOT_PROPOSAL, 2, 5),
        close_after(14),
        Due(
            "slots-passed",
            DeadlineKind.PROCEED,
            E.SLOT_PASSED,
            anchor=Anchor.OFFERED_SLOTS,
            exact=True,
        ),
        EXPIRE_CERTIFICATE,
    ),
    forward=E.ACCEPT_SLOT,
)

_SLOT_AGREED = Step(
    Status.SLOT_AGREED,
    Move.STAFF,
    (
        TransitionRule(
            E.CODE_VERIFIED, META, Status.OWNERSHIP_VERIFIED, change=ch.verify_ownership
        ),
        TransitionRule(E.CODE_FAILED, META, Status.SLOT_PLANNING, change=ch.clear_slots),
        TransitionRule(
            E.TWO_STEP_STILL_ON,
            META,
            Status.AWAITING_TWO_STEP_OFF,
            notice(NoticeName.TWO_STEP_INSTRUCTIONS),
            change=ch.two_step_on,
        ),
        _DIRECTLY_ELIGIBLE,
        *BEFORE_SUCCESSOR,
        *CHANGE_HOLDS,
        ASKED_ANEW,
        *BEFORE_APPROVAL,
    ),
    (
        Due(
            "alert",
            DeadlineKind.ALERT,
            E.ALERT,
            after=1,
            every=5,
            unit=Unit.WORKING_DAYS,
            anchor=Anchor.SLOT,
            group="alert",
        ),
        EXPIRE_CERTIFICATE,
    ),
    forward=E.CODE_VERIFIED,
)

_OWNERSHIP_VERIFIED = Step(
    Status.OWNERSHIP_VERIFIED,
    Move.SYSTEM,
    (
        TransitionRule(E.PROCEED, SYSTEM_STAFF, Status.APPROVED, change=ch.approve),
        *BEFORE_SUCCESSOR,
        *CHANGE_HOLDS,
        ASKED_ANEW,
        *BEFORE_APPROVAL,
    ),
    (Due("proceed", DeadlineKind.PROCEED, E.PROCEED, exact=True), EXPIRE_CERTIFICATE),
    forward=E.PROCEED,
    follow_up=o.proceed_at_once,
)


def _own_again(event: E, actors: frozenset[Actor]) -> tuple[TransitionRule, ...]:
    """Return the row that sends back for the ownership before another certificate."""
    return (
        TransitionRule(
            event,
            actors,
            Status.SLOT_PLANNING,
            notice(NoticeName.STATUS_CHANGED),
            when=unless(c.OWNED),
            change=ch.lapse_ownership,
        ),
    )


_UNOWNED = (
    TransitionRule(E.ISSUED, SYSTEM_STAFF, when=unless(c.OWNED), refuse="ownership_missing"),
)

_APPROVED = Step(
    Status.APPROVED,
    Move.SYSTEM,
    (
        # Reviewed anew with all its certificates used: nothing was ordered on entering.
        over_limit_on(E.PROCEED, SYSTEM),
        *issuing(_own_again, _UNOWNED),
        TransitionRule(E.OWNERSHIP_LAPSED, SYSTEM, when=c.OWNED, refuse="ownership_not_lapsed"),
        TransitionRule(E.OWNERSHIP_LAPSED, SYSTEM, Status.SLOT_PLANNING, change=ch.lapse_ownership),
        *LAPSING,
        *BEFORE_SUCCESSOR,
        *AFTER_APPROVAL,
    ),
    (
        alert_after(1),
        Due(
            "alert-ownership",
            DeadlineKind.ALERT,
            E.ALERT,
            after=10,
            anchor=Anchor.OWNERSHIP,
            group="ownership",
        ),
        Due(
            "ownership-lapses",
            DeadlineKind.PROCEED,
            E.OWNERSHIP_LAPSED,
            anchor=Anchor.OWNERSHIP,
            exact=True,
            from_policy=lambda policy: policy.ownership_window,
        ),
        APPROVAL_LAPSES,
        EXPIRE_CERTIFICATE,
        *retries(Anchor.CERTIFICATE_WANTED),
    ),
    manual_move=Move.STAFF,
    forward=E.PROCEED,
    on_entry=o.order_when_owned,
    entry_label="issue",
    follow_up=o.after_approved_when_owned,
)

DECLARATION = TrackDeclaration(
    Track.MIGRATION,
    Status.ELIGIBILITY_REVIEW,
    (
        received((o.ACKNOWLEDGED_OR_QUESTION,)),
        needs_correction(*closing()),
        held(*HELD_WITH_CERTIFICATE),
        _ELIGIBILITY_REVIEW,
        _AWAITING_TWO_STEP_OFF,
        _SLOT_PLANNING,
        _SLOT_PROPOSED,
        _SLOT_AGREED,
        _OWNERSHIP_VERIFIED,
        _APPROVED,
        certificate_issued(_own_again, _UNOWNED),
        certificate_expired(_own_again, _UNOWNED),
        ACTIVE,
        WITHDRAWN_WITH_CERTIFICATE,
    ),
    journey=(
        Status.RECEIVED,
        Status.ELIGIBILITY_REVIEW,
        Status.AWAITING_TWO_STEP_OFF,
        Status.SLOT_PLANNING,
        Status.SLOT_PROPOSED,
        Status.SLOT_AGREED,
        Status.OWNERSHIP_VERIFIED,
        Status.APPROVED,
        Status.CERTIFICATE_ISSUED,
        Status.ACTIVE,
    ),
    form=FormKind.MIGRATION,
    claims_number=True,
    moves_number=True,
    other_form=OtherForm(
        "migration_but_never_on_platform",
        frozenset({"never", "whatsapp_app"}),
        FormKind.ONBOARDING,
    ),
)
