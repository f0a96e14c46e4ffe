"""What the words of a reply ask for in the present status of its request; no input, no output."""

from zoneinfo import ZoneInfo

from pipeline.flow.context import MessageContext
from pipeline.flow.services import Work
from pipeline.intake.reply.meaning import Situation, read_reply
from pipeline.model.message import ReadReply, ReplyKind
from pipeline.model.request import Actor, Event, EventName
from pipeline.store.records import RequestRecord
from pipeline.tracks.moves import allowed_events


def read_words(work: Work, context: MessageContext, record: RequestRecord) -> ReadReply:
    """Return what the new text of the message asks for on ``record``."""
    today = context.now.astimezone(ZoneInfo(record.time_zone)).date()
    state = record.state.shown
    possible = allowed_events(state, Actor.CUSTOMER, work.services.policy)
    situation = Situation(
        today, frozenset(possible), state.slots, record.time_zone, now=context.now
    )
    return read_reply(context.new_text.said, situation)


def event_of_reply(context: MessageContext, record: RequestRecord, said: ReadReply) -> Event | None:
    """Return the event that the reply means, or None for words that change nothing."""
    name = said.event if said.kind is ReplyKind.EVENT else None
    if name is None and takes_any_words(record):
        name = EventName.TEXT_ARRIVED
    if name is None:
        return None
    return Event(
        name, Actor.CUSTOMER, context.now, proven=True, slot=said.slot, new_date=said.new_date
    )


def takes_any_words(record: RequestRecord) -> bool:
    """Tell whether whatever the customer writes is what the request waits for (track help)."""
    return EventName.TEXT_ARRIVED in allowed_events(record.state.shown, Actor.CUSTOMER)
