"""Which reply waits for one key of staff, and what it would do; nothing is changed here."""

from pipeline.flow.services import Services
from pipeline.model.message import ReplyKind
from pipeline.model.request import Actor, EventName
from pipeline.store.records import MessageRecord, NoteRecord, RequestRecord
from pipeline.store.unit_of_work import Transaction
from pipeline.tracks.moves import allowed_events


def suggested_by_reply(services: Services, record: RequestRecord) -> EventName | None:
    """Return what ``accept`` would do, or None; what is no longer possible is not offered."""
    with services.store.read() as tx:
        waiting = acceptable(tx, record)
    if isinstance(waiting, MessageRecord):
        return waiting.suggested
    event = waiting.reading.event if waiting is not None and waiting.reading is not None else None
    return event if event in allowed_events(record.state, Actor.STAFF, services.policy) else None


def acceptable(tx: Transaction, record: RequestRecord) -> MessageRecord | NoteRecord | None:
    """Return the reply that ``accept`` lets act: of an unproven sender, or nearly plain."""
    unproven = newest_unproven(tx, record)
    note = suggestion(tx.notes.waiting(record.id))
    if unproven is not None and (note is None or _is_no_newer(note, unproven)):
        return unproven
    return note


def _is_no_newer(note: NoteRecord, row: MessageRecord) -> bool:
    return note.message_id == row.id or note.at <= row.fetched_at


def suggestion(notes: list[NoteRecord]) -> NoteRecord | None:
    """Return the newest of the notes that staff can let act with one key, or None."""
    return next(
        (
            note
            for note in reversed(notes)
            if note.waits_since is not None
            and note.reading is not None
            and note.reading.kind is ReplyKind.SUGGESTION
        ),
        None,
    )


def newest_unproven(tx: Transaction, record: RequestRecord) -> MessageRecord | None:
    """Return the newest reply that its sender is not proven well enough for, or None."""
    rows = tx.messages.of_request(record.id)
    return next((row for row in reversed(rows) if row.suggested is not None), None)
