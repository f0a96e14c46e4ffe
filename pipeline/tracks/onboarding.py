"""The onboarding track: a number that was never used on WhatsApp's business platform."""

from pipeline.model.form import FormKind
from pipeline.model.notice import NoticeName
from pipeline.model.request import EventName as E
from pipeline.model.request import Move, Status, Track
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
    lapses_on,
    over_limit_on,
)
from pipeline.tracks.declaration import (
    CUSTOMER_STAFF,
    META,
    STAFF,
    SYSTEM,
    Anchor,
    OtherForm,
    Step,
    TrackDeclaration,
    TransitionRule,
    unless,
)
from pipeline.tracks.shared_deadlines import (
    APPROVAL_LAPSES,
    EXPIRE_CERTIFICATE,
    alert_after,
    alert_weekly,
    close_after,
    remind,
    retries,
)
from pipeline.tracks.shared_steps import (
    BEFORE_APPROVAL,
    CHANGE_HOLDS,
    REVISABLE,
    closing,
    held,
    needs_correction,
    notice,
    received,
)

_META_BEGAN = notice(NoticeName.STATUS_CHANGED, "meta_began")

_POLICY_REVIEW = Step(
    Status.POLICY_REVIEW,
    Move.STAFF,
    (
        TransitionRule(
            E.APPROVE,
            STAFF,
            Status.NAME_REVIEW,
            _META_BEGAN,
            when=c.BUSINESS_VERIFIED,
            change=ch.say_yes,
        ),
        TransitionRule(
            E.APPROVE, STAFF, Status.BUSINESS_VERIFICATION, _META_BEGAN, change=ch.say_yes
        ),
        TransitionRule(E.VERIFIED, META, change=ch.business_verified),
        TransitionRule(E.REJECT, STAFF, Status.REJECTED, notice(NoticeName.REJECTED)),
        *REVISABLE,
        *BEFORE_APPROVAL,
    ),
    (alert_after(2),),
    forward=E.APPROVE,
    told_done=True,
)

_BUSINESS_VERIFICATION = Step(
    Status.BUSINESS_VERIFICATION,
    Move.META,
    (
        TransitionRule(E.VERIFIED, META, Status.NAME_REVIEW, change=ch.business_verified),
        TransitionRule(
            E.REFUSED,
            META,
            Status.NEEDS_CORRECTION,
            notice(NoticeName.NEEDS_CORRECTION),
            change=ch.count_correction,
        ),
        TransitionRule(E.FINALLY_REFUSED, STAFF, Status.REJECTED, notice(NoticeName.REJECTED)),
        *CHANGE_HOLDS,
        *BEFORE_APPROVAL,
    ),
    (alert_weekly(),),
    forward=E.VERIFIED,
    told_done=True,
)

_NAME_REVIEW = Step(
    Status.NAME_REVIEW,
    Move.META,
    (
        TransitionRule(E.NAME_APPROVED, META, Status.APPROVED, change=ch.approve),
        TransitionRule(
            E.NAME_DECLINED,
            META,
            Status.NEEDS_CORRECTION,
            notice(NoticeName.NEEDS_CORRECTION, "display_name"),
            change=ch.count_correction,
        ),
        *CHANGE_HOLDS,
        *BEFORE_APPROVAL,
    ),
    (alert_weekly(),),
    forward=E.NAME_APPROVED,
    told_done=True,
)

_APPROVED = Step(
    Status.APPROVED,
    Move.SYSTEM,
    (
        TransitionRule(
            E.NOT_READY,
            SYSTEM,
            Status.AWAITING_READINESS,
            notice(NoticeName.APPROVED_NOT_READY),
        ),
        # Reviewed anew with all its certificates used: nothing was ordered on entering.
        over_limit_on(E.PROCEED, SYSTEM),
        *issuing(),
        *LAPSING,
        *BEFORE_SUCCESSOR,
        *AFTER_APPROVAL,
    ),
    (alert_after(1), APPROVAL_LAPSES, EXPIRE_CERTIFICATE, *retries(Anchor.CERTIFICATE_WANTED)),
    manual_move=Move.STAFF,
    forward=E.PROCEED,
    on_entry=o.order_when_ready,
    entry_label="issue when ready",
    follow_up=o.after_approved_when_ready,
)

_AWAITING_READINESS = Step(
    Status.AWAITING_READINESS,
    Move.CUSTOMER,
    (
        lapses_on(E.READY, CUSTOMER_STAFF),
        TransitionRule(E.READY, CUSTOMER_STAFF, Status.APPROVED, change=ch.confirm_ready),
        TransitionRule(
            E.NEW_DATE, CUSTOMER_STAFF, when=unless(c.NEW_DATE_AHEAD), refuse="date_not_ahead"
        ),
        TransitionRule(E.NEW_DATE, CUSTOMER_STAFF, change=ch.set_ready_date, restarts=True),
        *LAPSING,
        *closing(),
        *AFTER_APPROVAL,
    ),
    (
        *remind(NoticeName.READINESS_CHECK, 0, 7, 14, anchor=Anchor.READY_DATE),
        close_after(30, Anchor.READY_DATE),
        APPROVAL_LAPSES,
    ),
    forward=E.READY,
)

DECLARATION = TrackDeclaration(
    Track.ONBOARDING,
    Status.POLICY_REVIEW,
    (
        received((o.ACKNOWLEDGED_OR_QUESTION,)),
        needs_correction(*closing()),
        held(*HELD_WITH_CERTIFICATE),
        _POLICY_REVIEW,
        _BUSINESS_VERIFICATION,
        _NAME_REVIEW,
        _APPROVED,
        _AWAITING_READINESS,
        certificate_issued(),
        certificate_expired(),
        ACTIVE,
        WITHDRAWN_WITH_CERTIFICATE,
    ),
    journey=(
        Status.RECEIVED,
        Status.POLICY_REVIEW,
        Status.BUSINESS_VERIFICATION,
        Status.NAME_REVIEW,
        Status.APPROVED,
        Status.CERTIFICATE_ISSUED,
        Status.ACTIVE,
    ),
    form=FormKind.ONBOARDING,
    claims_number=True,
    asks_when_long_past=True,
    other_form=OtherForm(
        "onboarding_but_on_platform", frozenset({"business_platform"}), FormKind.MIGRATION
    ),
)
