"""What a form that opens a request means for the requests that are there already."""

from pipeline.flow.cause import Cause
from pipeline.flow.conflicts import FoundConflict, waits_for_ownership
from pipeline.flow.decide import decide
from pipeline.flow.letter import Letter
from pipeline.flow.services import Services
from pipeline.model.checked import CheckedForm
from pipeline.model.request import Actor, Event, EventName, HoldReason, Status
from pipeline.model.route import ConflictDecision
from pipeline.store.records import RequestRecord
from pipeline.store.unit_of_work import Transaction


def waiting_for_proof(
    tx: Transaction, letter: Letter, checked: CheckedForm, found: FoundConflict | None
) -> RequestRecord | None:
    """Return the sender's own request that waits for the same proof: the form is added to it."""
    if found is None or found.conflict.decision is not ConflictDecision.HOLD_OWNERSHIP:
        return None
    address, form = letter.sender.address.lower(), checked.submission.form
    return next(
        (
            record
            for record in tx.requests.of_number(checked.value("phone_number") or "")
            if waits_for_ownership(record)
            and record.form is form
            and record.address_of_record.lower() == address
        ),
        None,
    )


def replace_unproven(
    tx: Transaction, services: Services, letter: Letter, checked: CheckedForm
) -> None:
    """Close what the same address sent unproven for the number: now it is here, proven."""
    number = checked.value("phone_number")
    if not letter.proven or number is None:
        return
    for other in tx.requests.of_number(number):
        waits = other.status is Status.HELD and other.state.hold_reason is HoldReason.SENDER
        if waits and other.address_of_record.lower() == letter.sender.address.lower():
            event = Event(EventName.SUPERSEDE, Actor.SYSTEM, letter.now)
            decide(tx, services, other, event, letter.cause)


def hold_other(tx: Transaction, services: Services, record: RequestRecord) -> None:
    """Hold the earlier of two requests that cannot both be right."""
    if record.state.ended or record.status is Status.HELD:
        return
    event = Event(
        EventName.HOLD, Actor.SYSTEM, services.clock.now(), hold_reason=HoldReason.CONFLICT
    )
    decide(tx, services, record, event, Cause())
