"""After the commit: the mail on the server goes to the folder of its outcome, as its row says."""

from datetime import timedelta

from pipeline.flow.services import Services
from pipeline.mailbox.protocol import Mailbox
from pipeline.store.records import MessageRecord
from pipeline.store.unit_of_work import Transaction

_PORTION = 50
_LEASE = "moving"


def move_processed(services: Services, mailbox: Mailbox) -> int:
    """Move all processed mail, again after a crash; a mail that is gone is done.

    One worker moves at a time, because servers differ in what two moves of one mail do to it; what
    another worker is moving is left to it.
    """
    moved = 0
    while rows := _unmoved(services):
        if not services.store.run(lambda tx: _acquire(tx, services)):
            return moved
        try:
            # read again: another worker may have moved them before the lease was ours
            rows = _unmoved(services)
            for row in rows:
                place = row.place
                if place.account == mailbox.account:
                    mailbox.file(place.folder, place.uidvalidity, place.uid, row.move_to)
            services.store.run(lambda tx: _note_moved(tx, services, rows))  # noqa: B023 - run at once
        finally:
            services.store.run(lambda tx: tx.leases.release(_LEASE, services.worker))
        moved += len(rows)
    return moved


def _unmoved(services: Services) -> list[MessageRecord]:
    with services.store.read() as tx:
        return tx.messages.unmoved(_PORTION)


def _acquire(tx: Transaction, services: Services) -> bool:
    now = services.clock.now()
    until = now + timedelta(seconds=services.settings.limits.lease_seconds)
    return tx.leases.acquire(_LEASE, services.worker, now, until)


def _note_moved(tx: Transaction, services: Services, rows: list[MessageRecord]) -> None:
    now = services.clock.now()
    for row in rows:
        tx.messages.moved(row.id, now)
