"""First write: raw bytes and ledger rows are committed; nothing is changed on the server."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256

from pipeline.flow.services import Services
from pipeline.mailbox.protocol import FetchedMessage, Known, Mailbox
from pipeline.model.identifiers import new_id
from pipeline.store.records import FetchedMail, MessageRecord, MessageState

#: So many mails are counted for a plan; more are "1,000 and more".
_COUNTED = 1000


def fetch(services: Services, mailbox: Mailbox) -> int:
    """Bring at most one portion of new mail into the ledger; return how many rows were new."""
    limits = services.settings.mailbox
    fetched = mailbox.new_messages(
        _known(services, mailbox),
        count=limits.fetch_count,
        total_bytes=limits.fetch_bytes,
        message_bytes=limits.message_bytes,
    )
    return record(services, fetched)


def waiting_mail(
    services: Services, mailbox: Mailbox, most: int
) -> tuple[int, Iterator[FetchedMessage]]:
    """Return how many new mails there are (up to 1,000), and the oldest ``most`` of them.

    They are downloaded portion by portion, as they are asked for; nothing is changed.
    """
    known = _known(services, mailbox)
    total = len(mailbox.new_messages(known, count=_COUNTED, message_bytes=0))
    return total, _looked_at(services, mailbox, known, most)


def _looked_at(
    services: Services, mailbox: Mailbox, known: Known, most: int
) -> Iterator[FetchedMessage]:
    limits = services.settings.mailbox
    seen: set[tuple[int, int]] = set()
    while len(seen) < most:
        found = mailbox.new_messages(
            lambda validity, uids: (
                known(validity, uids) | {uid for at, uid in seen if at == validity}
            ),
            count=min(limits.fetch_count, most - len(seen)),
            total_bytes=limits.fetch_bytes,
            message_bytes=limits.message_bytes,
        )
        if not found:
            return
        seen.update((mail.uidvalidity, mail.uid) for mail in found)
        yield from found


def _known(services: Services, mailbox: Mailbox) -> Known:
    folder = services.settings.mailbox.folder

    def known(uidvalidity: int, uids: Sequence[int]) -> set[int]:
        with services.store.read() as tx:
            return tx.messages.known(mailbox.account, folder, uidvalidity, uids)

    return known


def record(services: Services, fetched: Sequence[FetchedMessage]) -> int:
    """Write the bytes and the ledger rows of ``fetched``; return how many rows were new."""
    if not fetched:
        return 0
    now = services.clock.now()
    rows = [
        ledger_row(
            mail, services.blobs.put(mail.raw) if mail.raw is not None else _unfetched(mail), now
        )
        for mail in fetched
    ]
    return services.store.run(lambda tx: tx.messages.insert_fetched(rows))


def ledger_row(mail: FetchedMessage, sha256: str, now: datetime) -> MessageRecord:
    """Return the row that ``mail`` gets in the ledger."""
    return MessageRecord(
        id=new_id(),
        place=FetchedMail(mail.account, mail.folder, mail.uidvalidity, mail.uid),
        sha256=sha256,
        size=mail.size,
        fetched_at=now,
        state=MessageState.FETCHED,
        next_at=now,
        oversized=mail.raw is None,
    )


def _unfetched(mail: FetchedMessage) -> str:
    """Return a digest that stands for a mail whose bytes were never fetched."""
    place = f"{mail.account}\0{mail.folder}\0{mail.uidvalidity}\0{mail.uid}\0{mail.size}"
    return hashlib.sha256(place.encode()).hexdigest()


_ACCOUNT = "injected"
_UID_BITS = 62


def inject(services: Services, mails: Sequence[bytes]) -> int:
    """Put raw mails into the ledger; the same bytes twice are one row. Return how many were new."""
    return record(
        services,
        [
            FetchedMessage(
                account=_ACCOUNT,
                folder="",
                uidvalidity=1,
                uid=int.from_bytes(sha256(raw).digest()[:8]) >> (64 - _UID_BITS),
                size=len(raw),
                raw=raw,
                received_at=services.clock.now(),
            )
            for raw in mails
        ],
    )
