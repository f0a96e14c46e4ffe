"""Mails whose stored bytes are gone or damaged: fetched anew while the server still has them."""

from collections.abc import Sequence
from dataclasses import replace

from pipeline import logs
from pipeline.flow.inbound.faults import LOST_BYTES, Blame, Fault, put_aside
from pipeline.flow.inbound.process import Processed
from pipeline.flow.services import Services, Work
from pipeline.mailbox.protocol import FetchedMessage, Mailbox
from pipeline.store.records import MessageRecord

_Place = tuple[int, int]


def fetch_anew(services: Services, mailbox: Mailbox) -> Processed:
    """Replace the bytes of waiting mails that were lost; return how many went to the quarantine.

    A mail that the server no longer has at its place can be read by nobody: it goes to the
    quarantine with that reason. One that the server does not hand out now waits.
    """
    with services.store.read() as tx:
        rows = tx.messages.waiting_with_error(LOST_BYTES, services.settings.mailbox.fetch_count)
    if not rows:
        return Processed()
    lost = {_place(row): row for row in rows if _stands(services, mailbox, row)}
    gone = [row for row in rows if not _stands(services, mailbox, row)]
    while lost:
        found = _fetched(services, mailbox, lost)
        if not found:
            gone += lost.values()
            break
        for mail in found:
            row = lost.pop((mail.uidvalidity, mail.uid), None)
            if row is not None and not mail.withheld:
                _restore(services, row, mail)
    return Processed(quarantined=sum(_give_up(services, row) for row in gone))


def _place(row: MessageRecord) -> _Place:
    return row.place.uidvalidity, row.place.uid


def _stands(services: Services, mailbox: Mailbox, row: MessageRecord) -> bool:
    """Whether the mail of ``row`` was not moved, nor put in by hand."""
    folder = services.settings.mailbox.folder
    at_home = (row.place.account, row.place.folder) == (mailbox.account, folder)
    return at_home and not row.stands_in


def _fetched(
    services: Services, mailbox: Mailbox, lost: dict[_Place, MessageRecord]
) -> list[FetchedMessage]:
    limits = services.settings.mailbox

    def others(uidvalidity: int, uids: Sequence[int]) -> set[int]:
        return {uid for uid in uids if (uidvalidity, uid) not in lost}

    return mailbox.new_messages(
        others,
        count=limits.fetch_count,
        total_bytes=limits.fetch_bytes,
        message_bytes=limits.message_bytes,
    )


def _restore(services: Services, row: MessageRecord, mail: FetchedMessage) -> None:
    sha256 = services.blobs.put(mail.content)
    logs.event("flow.refetch", "restored", message=row.id)

    def change(work: Work) -> None:
        now = work.tx.messages.get(row.id)
        if now is not None and now.last_error in LOST_BYTES and now.next_at is not None:
            good = replace(now, sha256=sha256, size=mail.size, oversized=mail.raw is None)
            work.tx.messages.save(
                replace(good, last_error="", trace="", stumbles=0, next_at=work.now)
            )

    services.run(change)


def _give_up(services: Services, row: MessageRecord) -> bool:
    """Put the message of ``row`` into the quarantine; False when another worker dealt with it."""

    def change(work: Work) -> bool:
        now = work.tx.messages.get(row.id)
        if now is None or now.last_error not in LOST_BYTES or now.next_at is None:
            return False
        put_aside(work, now, Fault(now.last_error, now.trace, Blame.STORAGE))
        return True

    return services.run(change)
