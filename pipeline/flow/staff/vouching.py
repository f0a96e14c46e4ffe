"""One key: let a reply act whose sender is not proven well enough for it."""

from dataclasses import replace

from pipeline.flow.services import Services, Work
from pipeline.flow.staff.command import note_in_history
from pipeline.flow.staff.review import confirm_sender
from pipeline.model.request import EventName
from pipeline.store.records import MessageRecord, MessageState, RequestRecord


def vouch(services: Services, record: RequestRecord, who: str, row: MessageRecord) -> RequestRecord:
    """Let the reply of ``row`` act, whose sender is not proven well enough; ``who`` vouches for it.

    The mail is decided again, as one of a proven sender, by whoever processes the ledger next. The
    answer to a receipt confirms the sender at once.
    """
    services.run(lambda work: _take(work, record, who, row))
    if row.suggested is EventName.SENDER_CONFIRMED:
        return confirm_sender(services, record, who)
    return record


def _take(work: Work, record: RequestRecord, who: str, found: MessageRecord) -> None:
    done = replace(found, suggested=None, vouched_by=who)
    if found.suggested is not EventName.SENDER_CONFIRMED:
        done = replace(done, state=MessageState.FETCHED, next_at=work.now, processed_at=None)
    work.tx.messages.save(done)
    for note in work.tx.notes.waiting(record.id):
        if note.message_id == found.id:
            work.tx.notes.tick(note.id)
    note_in_history(work, record, who, ("reply_accepted", found.id))
