"""Mails that the server lists and does not deliver: fetched again later, or quarantined by UID.

Each waits on its own row of the ledger, so that it holds up no other mail. The mailbox has made
sure that the server delivers others; an hour in which it delivers none costs no attempt.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from pipeline import logs
from pipeline.flow.inbound.copies import put_away, without_copies
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.services import Services, Work, waits
from pipeline.mailbox.protocol import FetchedMessage, Mailbox
from pipeline.model.identifiers import new_id
from pipeline.store.records import MessageRecord, MessageState, QuarantineRecord
from pipeline.terms import Outcome

_REASON = "mail_withheld"


def fetch_withheld(services: Services, mailbox: Mailbox) -> int:
    """Fetch again what is due to be; return how many mails went to the quarantine.

    Raises what the mailbox raises; the rows that were not tried wait for the next batch.
    """
    quarantined = 0
    while rows := services.run(partial(_claim, account=mailbox.account)):
        undecided = {row.id: row for row in rows}
        try:
            for group in _by_folder(rows):
                quarantined += _fetch(services, mailbox, group, undecided)
        finally:
            # nobody asked the server for those that are left
            services.run(partial(_give_back, rows=tuple(undecided)))
    return quarantined


def not_delivered(work: Work, row: MessageRecord) -> bool:
    """Count an attempt that the server did not deliver the mail of ``row`` in.

    The last one puts it into the quarantine; returns whether it was that one. Staff are told of the
    first one and the last.
    """
    place = row.place
    attempts = row.attempts + 1
    logs.event("flow.withheld", "not_delivered", message=row.id, uid=place.uid, attempts=attempts)
    counted = replace(row, attempts=attempts, last_error=_REASON)
    if attempts == 1:
        alert(work, _REASON, "", f"{place.folder} UID {place.uid} ({row.id})")
    if attempts < work.services.settings.limits.attempts:
        at = work.now + waits.MESSAGE.wait_after(attempts)
        work.tx.messages.save(replace(counted, next_at=at))
        return False
    work.tx.quarantine.put(QuarantineRecord(new_id(), row.id, work.now, _REASON, attempts))
    alert(work, "quarantined", "", row.id)
    # it stays where it is on the server: its UID is all that it can be fetched by
    work.tx.messages.save(
        replace(
            counted,
            state=MessageState.QUARANTINED,
            outcome=Outcome.QUARANTINE,
            next_at=None,
            processed_at=work.now,
        )
    )
    return True


def waiting(services: Services, mailbox: Mailbox) -> int:
    """Return how many mails wait to be fetched again."""
    with services.store.read() as tx:
        return tx.messages.withheld(mailbox.account)


def _claim(work: Work, account: str) -> list[MessageRecord]:
    limits = work.services.settings.limits
    until = work.now + timedelta(seconds=limits.lease_seconds)
    return work.tx.messages.claim_withheld(account, work.now, until, limits.batch)


def _by_folder(rows: Iterable[MessageRecord]) -> list[list[MessageRecord]]:
    groups: dict[tuple[str, int], list[MessageRecord]] = defaultdict(list)
    for row in rows:
        groups[row.place.folder, row.place.uidvalidity].append(row)
    return list(groups.values())


def _fetch(
    services: Services,
    mailbox: Mailbox,
    rows: Sequence[MessageRecord],
    undecided: dict[str, MessageRecord],
) -> int:
    """Fetch mails of one folder again; what was decided leaves ``undecided``."""
    limits = services.settings.mailbox
    place = rows[0].place
    by_uid = {row.place.uid: row for row in rows}
    uids = sorted(by_uid)
    quarantined = 0
    while uids:
        portion = mailbox.fetch(
            place.folder,
            place.uidvalidity,
            uids,
            total_bytes=limits.fetch_bytes,
            message_bytes=limits.message_bytes,
        )
        others, copies = without_copies(services, portion.messages)
        put_away(services, mailbox, copies)
        found = {mail.uid: mail for mail in others}
        tried = [by_uid[uid] for uid in uids if uid not in portion.left]
        for row in tried:
            quarantined += _settle(services, row, found.get(row.place.uid))
            undecided.pop(row.id)
        uids = list(portion.left)
    return quarantined


def _settle(services: Services, row: MessageRecord, mail: FetchedMessage | None) -> bool:
    """Write what came of one mail; return whether it went to the quarantine."""
    if mail is not None and mail.withheld:
        again = replace(row, withheld=mail.withheld)
        return services.run(lambda work: not_delivered(work, again))
    now = services.clock.now()
    if mail is None:
        # a person took it away, it is our own copy of a mail, or it has another number now and
        # comes again under that one
        gone = replace(row, state=MessageState.DROPPED, why="mail_gone", next_at=None)
        services.store.run(lambda tx: tx.messages.save(gone))
        return False
    come = replace(
        row,
        sha256=services.blobs.put(mail.content),
        size=mail.size,
        state=MessageState.FETCHED,
        next_at=now,
        attempts=0,
        last_error="",
        oversized=mail.raw is None,
        withheld="",
    )
    services.store.run(lambda tx: tx.messages.delivered(come))
    return False


def _give_back(work: Work, rows: Sequence[str]) -> None:
    for row in rows:
        record = work.tx.messages.get(row)
        if record is not None and record.state is MessageState.WITHHELD:
            work.tx.messages.save(replace(record, next_at=work.now))
