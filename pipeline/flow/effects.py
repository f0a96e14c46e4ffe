"""Effects of a transition, performed in the transaction that saves it."""

from pipeline.flow import issue
from pipeline.flow.alerts import alert
from pipeline.flow.cause import Cause, Details
from pipeline.flow.notices import queue_notice
from pipeline.flow.services import Services
from pipeline.model.certificate import CertificateState
from pipeline.model.request import NumberState
from pipeline.model.transition import (
    AlertStaff,
    ExpireCertificate,
    IssueCertificate,
    MakeQr,
    RevokeCertificate,
    SendNotice,
    SetNumber,
    Transition,
)
from pipeline.store.records import NumberRecord, RequestRecord
from pipeline.store.unit_of_work import Transaction


def perform(
    tx: Transaction,
    services: Services,
    record: RequestRecord,
    transition: Transition,
    cause: Cause,
    details: Details,
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
                issue.reserve(tx, services, record)
            case RevokeCertificate(reason):
                issue.end_live(tx, services, record, CertificateState.REVOKED, reason)
            case ExpireCertificate():
                issue.end_live(tx, services, record, CertificateState.EXPIRED, "expired")
            case SetNumber(state):
                _set_number(tx, services, record, state)
            case MakeQr():
                pass  # made as what follows the status: pipeline.flow.making
    return record


def _set_number(
    tx: Transaction, services: Services, record: RequestRecord, state: NumberState
) -> None:
    if not record.number:
        return
    known = tx.numbers.lock(record.number)
    today = services.team.local_date(services.clock.now())
    since = known.since if known.state is state else today
    tx.numbers.set(NumberRecord(record.number, state, record.organisation, since))
    if state is not NumberState.REQUESTED:
        for waiting in tx.requests.waiting_for_number(record.number):
            tx.requests.reschedule(waiting.id, services.clock.now())
