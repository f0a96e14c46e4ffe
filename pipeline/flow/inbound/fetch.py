"""First write: raw bytes and ledger rows are committed; nothing is changed on the server."""

import hashlib
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256

from pipeline import logs
from pipeline.errors import PipelineError
from pipeline.flow.inbound.copies import Copy, put_away, without_copies
from pipeline.flow.inbound.withheld import not_delivered
from pipeline.flow.services import Services, Work
from pipeline.mailbox.protocol import FetchedMessage, Known, Mailbox
from pipeline.model.identifiers import new_id
from pipeline.store.records import FetchedMail, MessageRecord, MessageState

#: So many mails are counted for a plan; more are "1,000 and more".
_COUNTED = 1000
#: So often is the mailbox listed in one batch; what comes faster waits for the next one.
_LISTINGS = 1000


class NewMail:
    """All new mail of a mailbox, brought into the ledger portion by portion.

    What is new is listed once and worked off; then it is listed again, until nothing new came.
    ``fault`` is why copies of our own mail could not be put away.
    """

    fault: PipelineError | None = None

    def __init__(self, services: Services, mailbox: Mailbox) -> None:
        self._services = services
        self._mailbox = mailbox
        self._ledger = _known(services, mailbox)
        self._copies: set[tuple[int, int]] = set()
        self._uidvalidity = 0
        self._waiting: deque[int] = deque()
        self._listings = 0
        self._came = True

    def _known(self, uidvalidity: int, uids: Sequence[int]) -> set[int]:
        copies = {uid for uid in uids if (uidvalidity, uid) in self._copies}
        return self._ledger(uidvalidity, uids) | copies

    def more(self) -> bool:
        """Whether there may be another portion; lists anew when the last listing is worked off."""
        if not self._waiting and self._came and self._listings < _LISTINGS:
            self._uidvalidity, waiting = self._mailbox.list_new(self._known)
            self._waiting.extend(waiting)
            self._listings += 1
            self._came = False
            if waiting:
                self._services.guard.warm()  # it starts while the mails come
        return bool(self._waiting)

    def portion(self) -> int:
        """Bring one portion into the ledger; return how many rows were new."""
        limits = self._services.settings.mailbox
        count = min(limits.fetch_count, len(self._waiting))
        uids = [self._waiting.popleft() for _ in range(count)]
        # another worker may have fetched them since they were listed
        seen = self._known(self._uidvalidity, uids)
        found = self._mailbox.fetch(
            limits.folder,
            self._uidvalidity,
            [uid for uid in uids if uid not in seen],
            total_bytes=limits.fetch_bytes,
            message_bytes=limits.message_bytes,
        )
        self._waiting.extendleft(reversed(found.left))
        if found.renumbered:
            self._waiting.clear()
        others, copies = without_copies(self._services, found.messages)
        new = record(self._services, others)
        self._put_away(copies)
        self._came = self._came or new > 0 or found.renumbered
        return new

    def _put_away(self, copies: Sequence[Copy]) -> None:
        """Put copies of our own mail away; those that have to stay are passed over from now on."""
        self._copies.update((copy.mail.uidvalidity, copy.mail.uid) for copy in copies)
        try:
            put_away(self._services, self._mailbox, copies)
        except PipelineError as error:
            # they come again in the next batch; other mail must not wait for them
            logs.event("flow.copies", "not_put_away", code=error.code)
            self.fault = self.fault or error


def fetch(services: Services, mailbox: Mailbox) -> int:
    """Bring at most one portion of new mail into the ledger; return how many rows were new."""
    mail = NewMail(services, mailbox)
    return mail.portion() if mail.more() else 0


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
    """Write the bytes and the ledger rows of ``fetched``; return how many rows were new.

    A mail that the server does not deliver gets a row, too, and staff are told of it.
    """
    if not fetched:
        return 0
    now = services.clock.now()
    kept = iter(services.blobs.put_many(mail.content for mail in fetched if not mail.withheld))
    rows = [
        ledger_row(mail, _unfetched(mail) if mail.withheld else next(kept), now) for mail in fetched
    ]
    return services.run(lambda work: _insert(work, rows))


def _insert(work: Work, rows: Sequence[MessageRecord]) -> int:
    whole = [row for row in rows if not row.withheld]
    new = work.tx.messages.insert_fetched(whole)
    for row in rows:
        if row.withheld and work.tx.messages.insert_fetched([row]):
            new += 1
            not_delivered(work, row)
    return new


def ledger_row(mail: FetchedMessage, sha256: str, now: datetime) -> MessageRecord:
    """Return the row that ``mail`` gets in the ledger."""
    return MessageRecord(
        id=new_id(),
        place=FetchedMail(mail.account, mail.folder, mail.uidvalidity, mail.uid),
        sha256=sha256,
        size=mail.size,
        fetched_at=now,
        state=MessageState.WITHHELD if mail.withheld else MessageState.FETCHED,
        next_at=now,
        oversized=mail.raw is None and not mail.withheld,
        withheld=mail.withheld,
    )


def _unfetched(mail: FetchedMessage) -> str:
    """Return a digest that stands for a mail whose bytes were never fetched."""
    place = f"{mail.account}\0{mail.folder}\0{mail.uidvalidity}\0{mail.uid}\0{mail.size}"
    return hashlib.sha256(place.encode()).hexdigest()


_ACCOUNT = "injected"
_UID_BITS = 62


def inject(services: Services, mails: Sequence[bytes]) -> int:
    """Put raw mails into the ledger; the same bytes twice are one row. Return how many were new.

    Copies of our own mail are no messages.
    """
    others, _ = without_copies(
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
    return record(services, others)
