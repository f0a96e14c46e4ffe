"""Messages that could not be processed: put back, or given up, by somebody with a name."""

from dataclasses import replace

from pipeline.errors import NotFoundError, RefusedError
from pipeline.flow.services import Services, Work
from pipeline.flow.staff.people.staff_log import note
from pipeline.store.records import MessageRecord, MessageState
from pipeline.store.staff_records import StaffAct
from pipeline.store.unit_of_work import Transaction


def release(services: Services, entry: str, who: str) -> None:
    """Put the message of ``entry`` back among the fetched ones; the next run tries it again.

    A mail that the server did not deliver is fetched anew then. Another may stand in the folder of
    the quarantine by now; it is moved on from there once the message is processed. Raises
    NotFoundError ``quarantine_unknown``, and RefusedError ``quarantine_released`` when it was put
    back or given up before: one mail is processed once.
    """

    def change(work: Work) -> None:
        row = _message(work.tx, entry)
        if not work.tx.quarantine.release(entry, work.now):
            raise RefusedError("quarantine_released", entry=entry)
        note(work, who, StaffAct.QUARANTINE_RELEASED, entry)
        work.tx.messages.save(
            replace(
                row,
                state=MessageState.WITHHELD if row.withheld else MessageState.FETCHED,
                next_at=work.now,
                attempts=0,
                stumbles=0,
                last_error="",
                trace="",
                outcome=None,
                processed_at=None,
                move_to="",
                moved_at=None,
                stands_in=row.move_to if row.moved_at is not None else row.stands_in,
                move_failures=0,
                move_tried_at=None,
            )
        )

    services.run(change)


def drop(services: Services, entry: str, who: str) -> None:
    """Give the message of ``entry`` up; raises as :func:`release`."""

    def change(work: Work) -> None:
        row = _message(work.tx, entry)
        if not work.tx.quarantine.drop(entry, work.now):
            raise RefusedError("quarantine_released", entry=entry)
        note(work, who, StaffAct.QUARANTINE_DROPPED, entry)
        work.tx.messages.save(replace(row, state=MessageState.DROPPED, next_at=None))

    services.run(change)


def _message(tx: Transaction, entry: str) -> MessageRecord:
    found = tx.quarantine.get(entry)
    row = tx.messages.get(found.message_row) if found else None
    if row is None:
        raise NotFoundError("quarantine_unknown", entry=entry)
    return row
