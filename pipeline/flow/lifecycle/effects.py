"""Effects of a transition, performed in the transaction that saves it."""

from pipeline.flow.context import NoticeDetails, Trigger
from pipeline.flow.lifecycle.certificate_rows import end_live, reserve
from pipeline.flow.lifecycle.number_claims import set_own_number
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.outgoing.notices import queue_notice
from pipeline.flow.services import Services
from pipeline.model.certificate import CertificateState
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
from pipeline.store.unit_of_work import Transaction


def perform_effects(
    tx: Transaction,
    services: Services,
    record: RequestRecord,
    transition: Transition,
    cause: Trigger,
    details: NoticeDetails,
) -> RequestRecord:
    """Perform the effects in their order; return the record with what they changed of it."""
    for effect in transition.effects:
        match effect:
            case SendNotice():
                record = queue_notice(
                    tx, services, record, effect, cause, details, transition.before.status
                )
            case AlertStaff(code):
                alert(tx, services, code, record.reference)
            case IssueCertificate():
                reserve(tx, services, record)
            case RevokeCertificate(reason):
                end_live(tx, services, record, CertificateState.REVOKED, reason)
            case ExpireCertificate():
                end_live(tx, services, record, CertificateState.EXPIRED, "expired")
            case SetNumber(state):
                set_own_number(tx, services, record, state)
    return record
