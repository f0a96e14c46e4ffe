"""The help track: the customer does not know which form; the details are enough."""

from pipeline.model.notice import NoticeName
from pipeline.model.request import EventName as E
from pipeline.model.request import Move, Status, Track
from pipeline.model.transition import AlertStaff
from pipeline.tracks import outcomes as o
from pipeline.tracks.declaration import (
    CUSTOMER,
    STAFF,
    Step,
    TrackDeclaration,
    TransitionRule,
)
from pipeline.tracks.shared_deadlines import alert_after, close_after, remind
from pipeline.tracks.shared_steps import (
    BEFORE_APPROVAL,
    FORM_ARRIVES,
    STAFF_EDITS,
    WITHDRAWN,
    closing,
    held,
    needs_correction,
    notice,
    received,
)

_TRIAGE = Step(
    Status.TRIAGE,
    Move.STAFF,
    (
        TransitionRule(
            E.SEND_FORM,
            STAFF,
            Status.AWAITING_FORM,
            notice(NoticeName.QUESTION, "prefilled_form"),
        ),
        TransitionRule(E.ANSWER, STAFF, Status.ANSWERED, notice(NoticeName.ANSWER)),
        *FORM_ARRIVES,
        TransitionRule(E.TEXT_ARRIVED, CUSTOMER),
        *STAFF_EDITS,
        *BEFORE_APPROVAL,
    ),
    (alert_after(1),),
    forward=E.ROUTE,
)

_AWAITING_FORM = Step(
    Status.AWAITING_FORM,
    Move.CUSTOMER,
    (
        *FORM_ARRIVES,
        TransitionRule(E.TEXT_ARRIVED, CUSTOMER, Status.TRIAGE),
        *closing(silent=True),
        *STAFF_EDITS,
        *BEFORE_APPROVAL,
    ),
    (*remind(NoticeName.QUESTION, 7, variant="prefilled_form_reminder"), close_after(60)),
)

DECLARATION = TrackDeclaration(
    Track.HELP,
    Status.TRIAGE,
    (
        received((o.ACKNOWLEDGED_OR_QUESTION,)),
        needs_correction(*closing()),
        held(
            TransitionRule(E.FORM_ARRIVED, CUSTOMER, effects=(AlertStaff("changed_form"),)),
            TransitionRule(E.TEXT_ARRIVED, CUSTOMER),
        ),
        _TRIAGE,
        _AWAITING_FORM,
        WITHDRAWN,
    ),
    journey=(Status.RECEIVED, Status.TRIAGE, Status.ANSWERED),
)
