"""Send what the outbox holds: claim, intent, hand over, record; each step is its own commit."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from pipeline import logs
from pipeline.flow.alerts import alert
from pipeline.flow.services import Services
from pipeline.notifications.courier import Courier, Delivery, DeliveryKind
from pipeline.store.records import OutboxRecord
from pipeline.store.unit_of_work import Transaction

_FIRST_WAIT = timedelta(minutes=2)
_LONGEST_WAIT = timedelta(hours=4)
_ATTEMPTS = 12
_CAP = "mail:hour"
_UNASKED = Delivery(DeliveryKind.DEFERRED, "not_tried", unreachable=True)


@dataclass(frozen=True, slots=True)
class Delivered:
    """How many mails were sent, put off, failed for good, or left in doubt.

    ``unreachable``: the server could not be asked; the rest waits for the next run.
    """

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    in_doubt: int = 0
    unreachable: bool = False


def deliver(
    services: Services, courier: Courier, archive: Callable[[bytes], None] | None = None
) -> Delivered:
    """Send all mail that is due. Over the hourly cap mail waits; none is dropped."""
    counts = dict.fromkeys(DeliveryKind, 0)
    unreachable = False
    while not unreachable and (mails := services.store.run(lambda tx: _claim(tx, services))):
        for mail in mails:
            delivery = _not_asked(mail) if unreachable else _hand_over(services, courier, mail)
            if delivery is None:
                continue
            unreachable = unreachable or delivery.unreachable
            services.store.run(partial(_record, services, mail, delivery))
            counts[delivery.kind] += 1
            if delivery.kind is DeliveryKind.SENT and archive is not None:
                archive(mail.content)
    return Delivered(
        sent=counts[DeliveryKind.SENT],
        deferred=counts[DeliveryKind.DEFERRED],
        failed=counts[DeliveryKind.FAILED],
        in_doubt=counts[DeliveryKind.IN_DOUBT],
        unreachable=unreachable,
    )


def _claim(tx: Transaction, services: Services) -> list[OutboxRecord]:
    now = services.clock.now()
    window = _hour(now)
    limits = services.settings.limits
    room = services.settings.courier.hourly_cap - tx.counters.value(_CAP, window)
    if room <= 0:
        return []
    until = now + timedelta(seconds=limits.lease_seconds)
    claimed = tx.outbox.claim(now, min(room, limits.batch), services.worker, until)
    if claimed:
        tx.counters.add(_CAP, window, len(claimed))
    return claimed


def _hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)


def _hand_over(services: Services, courier: Courier, mail: OutboxRecord) -> Delivery | None:
    """Send one claimed mail; None when the claim was lost to another worker."""
    in_doubt = services.settings.courier.in_doubt
    if mail.intended_at is not None and in_doubt == "hold":
        return Delivery(DeliveryKind.IN_DOUBT, "worker_vanished")
    now = services.clock.now()
    if not services.store.run(lambda tx: tx.outbox.intend(mail.id, mail.attempt, now)):
        return None
    sender = services.settings.mailbox.address
    return courier.deliver(mail.content, sender, mail.recipient)


def _not_asked(mail: OutboxRecord) -> Delivery | None:
    """Put a mail off; one that is in doubt keeps its claim and stays so until that runs out."""
    return _UNASKED if mail.intended_at is None else None


def _record(services: Services, mail: OutboxRecord, delivery: Delivery, tx: Transaction) -> None:
    now = services.clock.now()
    if delivery.kind is not DeliveryKind.SENT:
        logs.event("flow.deliver", delivery.kind.value, outbox=mail.id, notice=mail.notice.value)
    match delivery.kind:
        case DeliveryKind.SENT:
            tx.outbox.sent(mail.id, mail.attempt, now)
            _note_certificate(tx, mail, now)
        case DeliveryKind.DEFERRED if mail.attempt < _ATTEMPTS or delivery.unreachable:
            wait = min(_FIRST_WAIT * 2 ** min(mail.attempt - 1, 10), _LONGEST_WAIT)
            tx.outbox.deferred(mail.id, mail.attempt, now + wait, delivery.detail)
        case DeliveryKind.IN_DOUBT:
            tx.outbox.in_doubt(mail.id, mail.attempt, delivery.detail, now)
            alert(tx, services, "mail_in_doubt", _reference(tx, mail), mail.id)
        case _:
            tx.outbox.failed(mail.id, mail.attempt, delivery.detail, now)
            alert(tx, services, "mail_failed", _reference(tx, mail), mail.id)


def _reference(tx: Transaction, mail: OutboxRecord) -> str:
    record = tx.requests.get(mail.request_id) if mail.request_id else None
    return record.reference if record else ""


def _note_certificate(tx: Transaction, mail: OutboxRecord, now: datetime) -> None:
    """Keep when the mail with a certificate went out, apart from when it was issued."""
    if mail.request_id is None or not mail.notice.value.startswith("certificate_"):
        return
    live = tx.certificates.live_of_request(mail.request_id)
    if live is not None and live.mailed_at is None:
        tx.certificates.save(replace(live, mailed_at=now))
