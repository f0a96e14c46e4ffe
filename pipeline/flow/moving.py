"""After the commit: the mail on the server goes to the folder of its outcome, as its row says."""

from pipeline.flow.services import Services
from pipeline.mailbox.protocol import Mailbox
from pipeline.store.records import MessageRecord
from pipeline.store.unit_of_work import Transaction

_PORTION = 50


def move_processed(services: Services, mailbox: Mailbox) -> int:
    """Move all processed mail, again after a crash; a mail that is gone is done."""
    moved = 0
    while True:
        with services.store.read() as tx:
            rows = tx.messages.unmoved(_PORTION)
        for row in rows:
            place = row.place
            if place.account == mailbox.account:
                mailbox.file(place.folder, place.uidvalidity, place.uid, row.move_to)
        if not rows:
            return moved
        services.store.run(lambda tx: _note_moved(tx, services, rows))  # noqa: B023 - run at once
        moved += len(rows)


def _note_moved(tx: Transaction, services: Services, rows: list[MessageRecord]) -> None:
    now = services.clock.now()
    for row in rows:
        tx.messages.moved(row.id, now)
