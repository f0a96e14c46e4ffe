"""The qr track: a code or link for a number that is active; it knows no certificate."""

from pipeline.model.form import FormKind
from pipeline.model.notice import NoticeName
from pipeline.model.request import EventName as E
from pipeline.model.request import HoldReason, Move, Status, Track
from pipeline.tracks import changes as ch
from pipeline.tracks import conditions as c
from pipeline.tracks import outcomes as o
from pipeline.tracks.declaration import (
    STAFF,
    SYSTEM,
    SYSTEM_STAFF,
    Step,
    TrackDeclaration,
    TransitionRule,
)
from pipeline.tracks.shared_deadlines import alert_after, close_after, retries
from pipeline.tracks.shared_steps import (
    BEFORE_APPROVAL,
    CHANGE_HOLDS,
    REVISABLE,
    WITHDRAWN,
    closing,
    held,
    needs_correction,
    notice,
    received,
)

_NUMBER_CHECK = Step(
    Status.NUMBER_CHECK,
    Move.SYSTEM,
    (
        TransitionRule(
            E.NUMBER_OURS,
            SYSTEM,
            Status.CONTENT_REVIEW,
            (o.ACKNOWLEDGED_ONCE,),
            change=ch.owner_known,
        ),
        TransitionRule(
            E.NUMBER_OTHERS,
            SYSTEM,
            Status.CONTENT_REVIEW,
            (o.ACKNOWLEDGED_ONCE,),
            when=c.OWNERSHIP_SETTLED,
        ),
        TransitionRule(
            E.NUMBER_OTHERS,
            SYSTEM,
            Status.HELD,
            (o.ACKNOWLEDGED_ONCE,),
            hold=HoldReason.OWNERSHIP,
            change=ch.doubt_owner,
        ),
        TransitionRule(
            E.NUMBER_REQUESTED,
            SYSTEM,
            Status.AWAITING_ACTIVE,
            notice(NoticeName.QUESTION, "queued"),
        ),
        TransitionRule(E.NUMBER_UNKNOWN, SYSTEM, Status.CONTENT_REVIEW, when=c.NUMBER_SETTLED),
        TransitionRule(
            E.NUMBER_UNKNOWN,
            SYSTEM,
            Status.HELD,
            (o.ACKNOWLEDGED_ONCE,),
            hold=HoldReason.NUMBER,
        ),
        *BEFORE_APPROVAL,
    ),
    (alert_after(1),),
    told_done=True,
)

_AWAITING_ACTIVE = Step(
    Status.AWAITING_ACTIVE,
    Move.SYSTEM,
    (
        TransitionRule(
            E.NUMBER_ACTIVE,
            SYSTEM_STAFF,
            Status.CONTENT_REVIEW,
            notice(NoticeName.STATUS_CHANGED),
            change=ch.owner_known,
        ),
        TransitionRule(
            E.NUMBER_ENDED,
            SYSTEM_STAFF,
            Status.NEEDS_CORRECTION,
            notice(NoticeName.QUESTION, "not_ours"),
            change=ch.check_number_again,
        ),
        *closing(),
        *CHANGE_HOLDS,
        *BEFORE_APPROVAL,
    ),
    (close_after(90),),
    forward=E.NUMBER_ACTIVE,
)

_CONTENT_REVIEW = Step(
    Status.CONTENT_REVIEW,
    Move.STAFF,
    (
        TransitionRule(E.APPROVE, STAFF, Status.MAKING),
        # What needs an outside provider that we do not have is made by staff.
        TransitionRule(E.MADE, STAFF, Status.DELIVERED, (o.QR_DELIVERED,)),
        TransitionRule(E.REJECT, STAFF, Status.REJECTED, notice(NoticeName.REJECTED)),
        *REVISABLE,
        *BEFORE_APPROVAL,
    ),
    (alert_after(2),),
    forward=E.APPROVE,
    told_done=True,
)

_MAKING = Step(
    Status.MAKING,
    Move.SYSTEM,
    (
        TransitionRule(E.MADE, SYSTEM_STAFF, Status.DELIVERED, (o.QR_DELIVERED,)),
        TransitionRule(E.PROVIDER_REFUSED, SYSTEM, Status.CONTENT_REVIEW),
        TransitionRule(E.MAKING_FAILED, SYSTEM),
        # The code is made again: that is what follows this status, whatever led to it.
        TransitionRule(E.PROCEED, SYSTEM_STAFF),
        *CHANGE_HOLDS,
        *BEFORE_APPROVAL,
    ),
    (alert_after(1), *retries()),
    forward=E.PROCEED,
)

DECLARATION = TrackDeclaration(
    Track.QR,
    Status.NUMBER_CHECK,
    (
        # The check of the number answers the customer, so that one mail is answered by one.
        received(()),
        needs_correction(*closing()),
        held(
            TransitionRule(
                E.NUMBER_SET,
                STAFF,
                Status.CONTENT_REVIEW,
                when=c.held_for(HoldReason.NUMBER, HoldReason.OWNERSHIP),
                change=ch.owner_known,
            )
        ),
        _NUMBER_CHECK,
        _AWAITING_ACTIVE,
        _CONTENT_REVIEW,
        _MAKING,
        WITHDRAWN,
    ),
    journey=(
        Status.RECEIVED,
        Status.NUMBER_CHECK,
        Status.CONTENT_REVIEW,
        Status.MAKING,
        Status.DELIVERED,
    ),
    form=FormKind.QR,
    needs_active_number=True,
)
