"""Staff and imports write the table of numbers; what waits for a number is woken."""

from collections.abc import Sequence

from pipeline.flow.cause import Cause
from pipeline.flow.decide import decide
from pipeline.flow.services import Services
from pipeline.model.request import Actor, Event, EventName, HoldReason, NumberState, Status, Track
from pipeline.store.records import NumberRecord
from pipeline.store.unit_of_work import Transaction


def set_number(services: Services, record: NumberRecord, who: str) -> None:
    """Record ``record``; qr requests that were held or wait for this number go on."""

    def work(tx: Transaction) -> None:
        tx.numbers.lock(record.e164)
        tx.numbers.set(record)
        _wake(tx, services, record, who)

    services.store.run(work)


def import_numbers(services: Services, records: Sequence[NumberRecord], who: str) -> None:
    """Record all of ``records`` in one transaction."""

    def work(tx: Transaction) -> None:
        for record in records:
            tx.numbers.lock(record.e164)
            tx.numbers.set(record)
            _wake(tx, services, record, who)

    services.store.run(work)


def _wake(tx: Transaction, services: Services, record: NumberRecord, who: str) -> None:
    """Let qr requests for the number go on; one of another organisation is checked again."""
    now = services.clock.now()
    for request in tx.requests.of_number(record.e164):
        if request.state.ended or request.state.track is not Track.QR:
            continue
        if request.status is Status.AWAITING_ACTIVE:
            tx.requests.reschedule(request.id, now)
        held = request.status is Status.HELD and request.state.hold_reason is HoldReason.NUMBER
        if held and record.state is NumberState.ACTIVE:
            ours = request.organisation == record.organisation
            name = EventName.NUMBER_SET if ours else EventName.RELEASE
            event = Event(name, Actor.STAFF, now, actor_name=who)
            decide(tx, services, request, event, Cause(name=who, by_staff=True))
