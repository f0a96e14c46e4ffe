"""Effects of a transition, performed in the transaction that saves it."""

from pipeline.flow.context import Notice, NoticeDetails, Trigger
from pipeline.flow.lifecycle.certificate_rows import end_live, reserve
from pipeline.flow.lifecycle.number_claims import set_own_number
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.outgoing.notices import gather_notice, queue_notice
from pipeline.flow.services import Work
from pipeline.model.certificate import CertificateState
from pipeline.model.request import EventName
from pipeline.model.transition import (
    AlertStaff,
    ExpireCertificate,
    IssueCertificate,
    RevokeCertificate,
    SendNotice,
    SetNumber,
    Transition,
)
from pipeline.store.records import RequestRecord


def perform_effects(
    work: Work,
    record: RequestRecord,
    transition: Transition,
    trigger: Trigger,
    details: NoticeDetails,
) -> RequestRecord:
    """Perform the effects in their order; return the record with what they changed of it."""
    for effect in transition.effects:
        match effect:
            case SendNotice():
                notice = Notice(record, effect, details, before=transition.before.shown.status)
                if trigger.context is None:
                    record = queue_notice(work, notice, trigger)
                else:
                    gather_notice(trigger.context, notice)
            case AlertStaff(code):
                alert(work, code, record.reference)
            case IssueCertificate():
                reserve(work, record, transition.before.entered_at)
            case RevokeCertificate(reason):
                end_live(work, record, CertificateState.REVOKED, reason)
            case ExpireCertificate():
                end_live(work, record, CertificateState.EXPIRED, "expired")
            case SetNumber(state):
                undo = transition.event is EventName.UNDO_ACTIVATED
                set_own_number(work, record, state, undo=undo)
    return record
