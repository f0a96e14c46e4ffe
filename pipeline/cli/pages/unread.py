"""The replies of customers that nobody has read yet, each with what can be typed about it."""

from dataclasses import dataclass
from datetime import datetime

from pipeline.cli.screen import cut
from pipeline.flow.services import Services
from pipeline.flow.staff.suggested import acceptable, suggested_by_reply
from pipeline.model.request import EventName
from pipeline.store.records import MessageRecord, RequestRecord
from pipeline.wording import calling
from pipeline.wording import console as words
from pipeline.wording.inert import inert
from pipeline.wording.instants import told

_WORDS = 120


@dataclass(frozen=True, slots=True)
class UnreadReply:
    """One reply: its words, the event that it may mean, and the commands; empty: there is none."""

    at: datetime
    text: str
    event: EventName | None
    accept: str
    tick: str


def unread_replies(services: Services, request_id: str) -> list[UnreadReply]:
    """Return the replies of a request that wait for staff, oldest first."""
    with services.store.read() as tx:
        record = tx.requests.get(request_id)
        notes = tx.notes.waiting(request_id)
        target = acceptable(tx, record) if record else None
    if record is None:
        return []
    event = suggested_by_reply(services, record)
    acting = target.id if target is not None and event is not None else ""
    accept, tick = _command("accept", record), _command("tick", record)
    found = [
        UnreadReply(note.at, note.text, event, accept, tick)
        if acting and acting in {note.id, note.message_id}
        else UnreadReply(note.at, note.text, None, "", tick)
        for note in notes
    ]
    if isinstance(target, MessageRecord) and acting and not any(reply.accept for reply in found):
        found.append(UnreadReply(target.fetched_at, target.subject, event, accept, ""))
    return found


def unread_lines(replies: list[UnreadReply], zone: str) -> list[str]:
    """Return what is printed of them: the words, what they may mean, and the commands."""
    lines = []
    for reply in replies:
        text = cut(" ".join(inert(reply.text).split()), _WORDS)
        lines.append(words.word("unread_reply", at=told(reply.at, zone), text=text))
        if reply.event is not None:
            event = words.named("event", reply.event.value)
            lines.append(words.word("unread_proposed", event=event, command=reply.accept))
        if reply.tick:
            lines.append(words.word("unread_tick", command=reply.tick))
    return lines


def _command(name: str, record: RequestRecord) -> str:
    return f"{calling.programme()} request {name} {record.reference}"
