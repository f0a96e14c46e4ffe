"""What the words of a reply ask for in the present status of its request; no input, no output."""

from datetime import date

from pipeline.flow.context import MessageContext
from pipeline.model.message import Command, ReadReply
from pipeline.model.request import Actor, Event, EventName, Slot, Status
from pipeline.store.records import RequestRecord

_EVENTS = {
    Command.READY: EventName.READY,
    Command.ACTIVE: EventName.ACTIVATED,
    Command.NEW_CERTIFICATE: EventName.NEW_CERTIFICATE,
    Command.WITHDRAW: EventName.WITHDRAW,
    Command.DONE: EventName.TWO_STEP_OFF,
    Command.OK: EventName.ACCEPT_SLOT,
    Command.CREATED: EventName.MARK_CREATED,
}

_LETTERS = "ABC"


def event_of_reply(context: MessageContext, record: RequestRecord, said: ReadReply) -> Event | None:
    """Return the event that the reply means in the present status, or None for plain words."""
    name: EventName | None = _EVENTS[said.commands[0]] if said.commands else None
    slot = _slot(record, said)
    new_date = _new_date(record, said)
    if name is None and slot is not None:
        name = EventName.ACCEPT_SLOT
    elif name is None and record.status is Status.SLOT_PROPOSED and said.dates:
        name = EventName.ANOTHER_TIME
    elif name is None and new_date is not None:
        name = EventName.NEW_DATE
    elif name is None and record.status in {Status.TRIAGE, Status.AWAITING_FORM}:
        name = EventName.TEXT_ARRIVED
    if name is None:
        return None
    return Event(name, Actor.CUSTOMER, context.now, proven=True, slot=slot, new_date=new_date)


def _slot(record: RequestRecord, said: ReadReply) -> Slot | None:
    position = _LETTERS.find(said.slot) if said.slot else -1
    if record.status is Status.SLOT_PROPOSED and 0 <= position < len(record.state.slots):
        return record.state.slots[position]
    return None


def _new_date(record: RequestRecord, said: ReadReply) -> date | None:
    if record.status is Status.AWAITING_READINESS and len(said.dates) == 1:
        return date.fromisoformat(said.dates[0])
    return None
