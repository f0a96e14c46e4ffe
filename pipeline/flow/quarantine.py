"""Messages that could not be processed: put back, or given up."""

from dataclasses import replace

from pipeline.errors import NotFoundError
from pipeline.flow.services import Services
from pipeline.store.records import MessageRecord, MessageState
from pipeline.store.unit_of_work import Transaction


def release(services: Services, entry: str) -> None:
    """Put the message of ``entry`` back among the fetched ones; the next run tries it again."""
    now = services.clock.now()

    def work(tx: Transaction) -> None:
        row = _message(tx, entry)
        tx.quarantine.release(entry, now)
        tx.messages.save(
            replace(row, state=MessageState.FETCHED, next_at=now, attempts=0, outcome=None)
        )

    services.store.run(work)


def drop(services: Services, entry: str) -> None:
    """Give the message of ``entry`` up."""
    now = services.clock.now()

    def work(tx: Transaction) -> None:
        row = _message(tx, entry)
        tx.quarantine.drop(entry, now)
        tx.messages.save(replace(row, state=MessageState.DROPPED, next_at=None))

    services.store.run(work)


def _message(tx: Transaction, entry: str) -> MessageRecord:
    found = tx.quarantine.get(entry)
    row = tx.messages.get(found.message_row) if found else None
    if row is None:
        raise NotFoundError("quarantine_unknown", entry=entry)
    return row
