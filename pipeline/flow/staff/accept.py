"""One key: let a reply act that its sender is not proven well enough for."""

from dataclasses import replace

from pipeline.errors import RefusedError
from pipeline.flow.services import Services, Work
from pipeline.flow.staff.command import note_in_history
from pipeline.flow.staff.review import confirm_sender
from pipeline.model.request import EventName
from pipeline.store.records import MessageRecord, MessageState, RequestRecord


def accept(services: Services, record: RequestRecord, who: str) -> RequestRecord:
    """Let the newest reply that waits for staff act; ``who`` vouches for its sender.

    The mail is decided again, as one of a proven sender, by whoever processes the ledger next. The
    answer to a receipt confirms the sender at once. Raises RefusedError ``nothing_suggested``.
    """
    row = services.run(lambda work: _take(work, record, who))
    if row.suggested is EventName.SENDER_CONFIRMED:
        return confirm_sender(services, record, who)
    return record


def _take(work: Work, record: RequestRecord, who: str) -> MessageRecord:
    rows = [row for row in work.tx.messages.of_request(record.id) if row.suggested is not None]
    if not rows:
        raise RefusedError("nothing_suggested", reference=record.reference)
    found = rows[-1]
    done = replace(found, suggested=None, vouched_by=who)
    if found.suggested is not EventName.SENDER_CONFIRMED:
        done = replace(done, state=MessageState.FETCHED, next_at=work.now, processed_at=None)
    work.tx.messages.save(done)
    note_in_history(work, record, who, ("reply_accepted", found.id))
    return found
