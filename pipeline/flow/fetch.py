"""First write: raw bytes and ledger rows are committed; nothing is changed on the server."""

import hashlib
from collections.abc import Sequence

from pipeline.flow.openings import open_mailbox
from pipeline.flow.services import Services
from pipeline.mailbox.protocol import FetchedMessage, Known, Mailbox
from pipeline.model.identifiers import new_id
from pipeline.store.records import FetchedMail, MessageRecord, MessageState


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


def waiting_mail(services: Services) -> int:
    """Return how many new mails a batch would find in its first portion; nothing is downloaded."""
    with open_mailbox(services) as mailbox:
        count = services.settings.mailbox.fetch_count
        return len(mailbox.new_messages(_known(services, mailbox), count=count, message_bytes=0))


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
        MessageRecord(
            id=new_id(),
            place=FetchedMail(mail.account, mail.folder, mail.uidvalidity, mail.uid),
            sha256=services.blobs.put(mail.raw) if mail.raw is not None else _unfetched(mail),
            size=mail.size,
            fetched_at=now,
            state=MessageState.FETCHED,
            next_at=now,
            oversized=mail.raw is None,
        )
        for mail in fetched
    ]
    return services.store.run(lambda tx: tx.messages.insert_fetched(rows))


def _unfetched(mail: FetchedMessage) -> str:
    """Return a digest that stands for a mail whose bytes were never fetched."""
    place = f"{mail.account}\0{mail.folder}\0{mail.uidvalidity}\0{mail.uid}\0{mail.size}"
    return hashlib.sha256(place.encode()).hexdigest()
