"""What staff do with the words of a customer: let them act, or tick them off as read."""

from datetime import datetime

from pipeline.errors import RefusedError
from pipeline.flow.context import Notice, NoticeDetails
from pipeline.flow.lifecycle.apply import apply_event
from pipeline.flow.outgoing.notices import queue_notice
from pipeline.flow.requests.differing import settle_other
from pipeline.flow.services import Services, Work
from pipeline.flow.staff.command import by_staff, note_in_history, on_request, staff_event
from pipeline.flow.staff.suggested import acceptable, suggestion
from pipeline.flow.staff.vouching import vouch
from pipeline.model.notice import NoticeName
from pipeline.model.transition import SendNotice
from pipeline.notifications.view.asked import LETTERS
from pipeline.notifications.words import words_of
from pipeline.store.records import MessageRecord, NoteRecord, RequestRecord

#: What the history says of words that were answered; it needs no permission of its own.
_ANSWERED = "reply_answered"


def accept(services: Services, record: RequestRecord, who: str) -> RequestRecord:
    """Let the newest reply act that waits for it, under the name of ``who``.

    Either its sender was not proven well enough, or its words asked for something nearly. Raises
    RefusedError ``nothing_suggested``, or what the machine refuses.
    """
    with services.store.read() as tx:
        waiting = acceptable(tx, record)
    if isinstance(waiting, MessageRecord):
        return vouch(services, record, who, waiting)
    if waiting is None:
        raise RefusedError("nothing_suggested", reference=record.reference)
    return _act(services, record, who)


def _act(services: Services, record: RequestRecord, who: str) -> RequestRecord:
    def change(work: Work, current: RequestRecord) -> RequestRecord:
        note = _newest_suggestion(work, current)
        reading = note.reading
        if reading is None or reading.event is None:
            raise RefusedError("nothing_suggested", reference=current.reference)
        event = staff_event(
            work.services,
            current,
            reading.event,
            who,
            slot=reading.slot,
            new_date=reading.new_date,
        )
        changed = apply_event(work, current, event, by_staff(who))
        settle_other(work, current, event.name, by_staff(who))
        work.tx.notes.tick(note.id)
        note_in_history(work, changed, who, ("reply_accepted", note.id))
        return changed

    return on_request(services, record, change)


def ask_meaning(services: Services, record: RequestRecord, who: str) -> RequestRecord:
    """Ask the customer whether the newest reply means the command that it nearly says.

    The reply waits for staff no longer. Raises RefusedError ``nothing_suggested``.
    """

    def change(work: Work, current: RequestRecord) -> RequestRecord:
        note = _newest_suggestion(work, current)
        word = word_of(current, note)
        if not word:
            raise RefusedError("nothing_suggested", reference=current.reference)
        question = SendNotice(NoticeName.QUESTION, "meaning")
        asked = Notice(current, question, NoticeDetails(reply_word=word))
        grown = queue_notice(work, asked, by_staff(who))
        work.tx.requests.set_thread(grown.id, grown.thread)
        work.tx.notes.tick(note.id)
        note_in_history(work, current, who, ("reply_asked", note.id))
        return grown

    return on_request(services, record, change)


def word_of(record: RequestRecord, note: NoteRecord) -> str:
    """Return what the customer can reply to say what ``note`` nearly says; empty: there is none."""
    reading = note.reading
    if reading is None or reading.event is None:
        return ""
    slots = record.state.shown.slots
    if reading.slot is not None and len(slots) > 1:
        return LETTERS[slots.index(reading.slot)] if reading.slot in slots else ""
    return words_of(record.language).text("reply_word", reading.event.value)


def tick(services: Services, record: RequestRecord, who: str) -> RequestRecord:
    """Tick off all words of the customer that wait for staff; nothing else changes.

    Raises RefusedError ``nothing_to_tick``.
    """

    def change(work: Work, current: RequestRecord) -> RequestRecord:
        waiting = work.tx.notes.waiting(current.id)
        if not waiting:
            raise RefusedError("nothing_to_tick", reference=current.reference)
        for note in waiting:
            work.tx.notes.tick(note.id)
            note_in_history(work, current, who, ("reply_ticked", note.id))
        return current

    return on_request(services, record, change)


def mark_answered(work: Work, record: RequestRecord, who: str) -> None:
    """Tick off the words of the customer that wait, because ``who`` writes back in own words."""
    for note in work.tx.notes.waiting(record.id):
        work.tx.notes.tick(note.id)
        note_in_history(work, record, who, (_ANSWERED, note.id))


def wait_again(work: Work, record: RequestRecord, at: datetime) -> None:
    """Let the words wait again that were answered at ``at``: the answer does not go out."""
    lines = (line for line in work.tx.events.list(record.id) if line.at == at)
    answered = {value for line in lines for name, value in line.detail if name == _ANSWERED}
    for note in work.tx.notes.list(record.id):
        if note.id in answered:
            work.tx.notes.wait(note.id, note.at)


def _newest_suggestion(work: Work, record: RequestRecord) -> NoteRecord:
    found = suggestion(work.tx.notes.waiting(record.id))
    if found is None:
        raise RefusedError("nothing_suggested", reference=record.reference)
    return found
