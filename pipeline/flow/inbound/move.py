"""After the commit: the mail on the server goes to the folder of its outcome, as its row says."""

from datetime import timedelta

from pipeline import logs
from pipeline.errors import PipelineError
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.services import Services, Work
from pipeline.mailbox.protocol import Mailbox
from pipeline.store.records import MessageRecord

_PORTION = 50
_LEASE = "moving"
#: So many failures one after another are the server's, not a mail's.
_IN_A_ROW = 3
#: A mail that so many batches could not move is told to staff, once.
_ALERTED_AT = 3


def move_processed(services: Services, mailbox: Mailbox, failed: set[str] | None = None) -> int:
    """Move all processed mail, again after a crash; a mail that is gone is done.

    One worker moves at a time, because servers differ in what two moves of one mail do to it; what
    another worker is moving is left to it. A mail that the server does not move is left for the
    next batch, behind all others: ``failed`` holds the rows of this batch, and grows. Raises the
    error of the server when it moves none of several mails one after another.
    """
    moved = 0
    failed = set() if failed is None else failed
    while _unmoved(services, failed):
        if not services.run(_acquire):
            return moved
        try:
            # read again: another worker may have moved them before the lease was ours
            moved += _move(services, mailbox, _unmoved(services, failed), failed)
        finally:
            services.store.run(lambda tx: tx.leases.release(_LEASE, services.worker))
    return moved


def _move(services: Services, mailbox: Mailbox, rows: list[MessageRecord], failed: set[str]) -> int:
    """Move ``rows`` and note those that are done, also when the server gives up in between."""
    done: list[str] = []
    streak = 0
    try:
        for row in rows:
            try:
                _file(mailbox, row)
            except PipelineError as error:
                streak += 1
                failed.add(row.id)
                _note_failed(services, row, error)
                if streak >= _IN_A_ROW:
                    raise
            else:
                streak = 0
                done.append(row.id)
    finally:
        services.run(lambda work: _note_moved(work, done))
    return len(done)


def _file(mailbox: Mailbox, row: MessageRecord) -> None:
    """Move the mail of ``row`` from where it stands.

    A mail that was in the quarantine stands in its folder under a number that we do not know; it is
    found there by its Message-ID. One without a Message-ID stays there: the ledger tells where it
    belongs.
    """
    place = row.place
    if place.account != mailbox.account:
        return  # put in by hand: it stands in no folder
    if row.stands_in:
        if row.message_id and row.stands_in != row.move_to:
            mailbox.file_by_id(row.stands_in, row.message_id, row.move_to)
        return
    # False (the folder has another UIDVALIDITY) is done as well: the number means another mail
    # now, and this one comes again under its new number, is known by its bytes, and is moved then
    mailbox.file(place.folder, place.uidvalidity, place.uid, row.move_to)


def _unmoved(services: Services, failed: set[str]) -> list[MessageRecord]:
    with services.store.read() as tx:
        rows = tx.messages.unmoved(_PORTION + len(failed))
    return [row for row in rows if row.id not in failed]


def _acquire(work: Work) -> bool:
    now = work.now
    until = now + timedelta(seconds=work.services.settings.limits.lease_seconds)
    return work.tx.leases.acquire(_LEASE, work.services.worker, now, until)


def _note_moved(work: Work, rows: list[str]) -> None:
    now = work.now
    for row in rows:
        work.tx.messages.moved(row, now)


def _note_failed(services: Services, row: MessageRecord, error: PipelineError) -> None:
    logs.event("flow.moving", "failed", message=row.id, code=error.code)

    def change(work: Work) -> None:
        if work.tx.messages.move_failed(row.id, work.now) == _ALERTED_AT:
            alert(work, "mail_not_moved", "", row.id)

    services.run(change)
