"""What follows by itself: from the state alone, or from facts outside of the machine."""

from pipeline.flow.context import NoticeDetails
from pipeline.flow.lifecycle.qr_code import followed
from pipeline.flow.services import Work
from pipeline.flow.services.organisations import organisation_of_request, owner_of
from pipeline.model.request import Actor, Event, EventName, NumberState, Status
from pipeline.store.records import RequestRecord
from pipeline.tracks.machine import next_system_event

Follow = tuple[Event, NoticeDetails]


def _from_facts(work: Work, record: RequestRecord) -> Follow | None:
    """Return the event that facts outside of the machine bring about now, or None."""
    now = work.now
    if record.status in {Status.NUMBER_CHECK, Status.AWAITING_ACTIVE}:
        name = _number_event(work, record)
        return None if name is None else (Event(name, Actor.SYSTEM, now), NoticeDetails())
    if record.status is Status.MAKING:
        return followed(work, record)
    return None


def _number_event(work: Work, record: RequestRecord) -> EventName | None:
    """Return what the table of numbers means for a qr request; None: it goes on waiting.

    While a request of the same organisation is under way, it counts, whoever has the number: the
    customer sees what they would see of a number that nobody else knows.
    """
    number = work.tx.numbers.lock(record.number)
    waiting = record.status is Status.AWAITING_ACTIVE
    organisation = organisation_of_request(work, record)
    is_active = number.state is NumberState.ACTIVE
    if is_active and owner_of(work, number) == organisation:
        return EventName.NUMBER_ACTIVE if waiting else EventName.NUMBER_OURS
    under_way = any(
        other.id != record.id
        and other.state.claims_number
        and not other.state.ended
        and organisation_of_request(work, other) == organisation
        for other in work.tx.requests.of_number(record.number)
    )
    if waiting:
        return None if under_way else EventName.NUMBER_ENDED
    if is_active and not under_way:
        return EventName.NUMBER_OTHERS
    return EventName.NUMBER_REQUESTED if under_way else EventName.NUMBER_UNKNOWN


def what_follows(work: Work, record: RequestRecord) -> Follow | None:
    """Return the event that follows by itself now, or None; the one answer to this question.

    The machine knows what follows from the state; what follows from the table of numbers or from
    making a code is looked up here.
    """
    now = work.now
    name = next_system_event(
        record.state, now, work.services.policy, customer_zone=record.time_zone
    )
    if name is not None:
        return Event(name, Actor.SYSTEM, now), NoticeDetails()
    return _from_facts(work, record)
