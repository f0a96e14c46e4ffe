"""Mails that wait in the outbox, many and small, put there without any request."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from pipeline.flow.outgoing.own_copy import body_digest
from pipeline.flow.services import Services, Work
from pipeline.model.identifiers import new_id
from pipeline.model.notice import MailPriority, NoticeName
from pipeline.notifications.token import message_id
from pipeline.store.outbox_records import OutboxRecord, OutboxState
from pipeline.store.unit_of_work import Transaction


def queue_mails(
    services: Services, count: int, notice: NoticeName = NoticeName.ACKNOWLEDGED, first: int = 0
) -> list[OutboxRecord]:
    """Queue mails of ``notice``, each to a customer of its own; return their rows."""
    now = services.clock.now()
    rows = [_row(services, notice, place, now) for place in range(first, first + count)]

    def insert(work: Work) -> None:
        for row in rows:
            assert work.tx.outbox.enqueue(row)

    services.run(insert)
    return rows


def _row(services: Services, notice: NoticeName, place: int, now: datetime) -> OutboxRecord:
    recipient = f"taro@shrub-{place}.example"
    key, domain = services.token_key, services.identity.message_id_domain
    own_id = message_id(key, "", recipient, f"{notice}-{place}", domain)
    content = (
        f"From: {services.identity.address}\r\nTo: {recipient}\r\nSubject: Mail {place}\r\n"
        f"Message-ID: {own_id}\r\n\r\nDear customer,\r\n.a line with a dot\r\nNumber {place}.\r\n"
    ).encode()
    return OutboxRecord(
        id=new_id(),
        request_id=None,
        notice=notice,
        variant="",
        language="en",
        recipient=recipient,
        subject=f"Mail {place}",
        message_id=own_id,
        content=content,
        digest=body_digest(content),
        created_at=now,
        state=OutboxState.QUEUED,
        next_at=now - timedelta(seconds=1),
    )


def claim_mails(
    tx: Transaction,
    now: datetime,
    limit: int,
    owner: str,
    until: datetime,
    priorities: Iterable[MailPriority] = MailPriority,
) -> list[OutboxRecord]:
    """Claim mails that are due, as a worker does before it asks what is to become of them."""
    mails: list[OutboxRecord] = []
    for priority in priorities:
        if len(mails) < limit:
            mails += tx.outbox.due(now, limit - len(mails), priority)
    return tx.outbox.take(mails, owner, until)
