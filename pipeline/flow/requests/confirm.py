"""A proven reply confirms the request of an address that was not proven before."""

from dataclasses import replace

from pipeline.flow.context import MessageContext
from pipeline.flow.lifecycle.apply import apply_event
from pipeline.flow.requests.route import resume
from pipeline.flow.services import Work
from pipeline.model.message import SenderVerdict
from pipeline.model.request import Actor, Event, EventName, HoldReason
from pipeline.store.records import RequestRecord


def confirm(work: Work, context: MessageContext, record: RequestRecord) -> RequestRecord:
    """Count the sender as proven and take the request on from where it was received.

    What else the same address sent unproven is confirmed with it.
    """
    confirmed = _confirm(work, context, record)
    for other in work.tx.requests.of_sender(record.address_of_record):
        if other.held_for(HoldReason.SENDER) and other.id != record.id:
            _confirm(work, context, other)
    return confirmed


def _confirm(work: Work, context: MessageContext, record: RequestRecord) -> RequestRecord:
    record = replace(record, sender_verdict=SenderVerdict.PASS)
    event = Event(EventName.SENDER_CONFIRMED, Actor.CUSTOMER, context.now, proven=True)
    record = apply_event(work, record, event, context.trigger)
    return resume(work, record, context.trigger)
