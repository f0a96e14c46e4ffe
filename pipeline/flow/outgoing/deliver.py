"""Send what the outbox holds: claim, intent, hand over, record; each step is its own commit.

A mail comes back with ``intended_at`` when nobody knows whether it went out;
:mod:`pipeline.flow.outgoing.doubt` says what happens then.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from pipeline import logs
from pipeline.errors import PipelineError
from pipeline.flow.outgoing import doubt, receipts
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.outgoing.budgets import count_sent, turn_of
from pipeline.flow.outgoing.claims import ClaimKeeper
from pipeline.flow.outgoing.doubt import Archive, Fate
from pipeline.flow.outgoing.ledger import take_back, went_out
from pipeline.flow.outgoing.notices import references_of
from pipeline.flow.outgoing.refusals import Fault, note_refusal, note_taken, paused
from pipeline.flow.outgoing.stale import note_taken_back, overtaken
from pipeline.flow.services import Services, Work, pause, waits
from pipeline.model.certificate import CertificateState
from pipeline.model.notice import MailPriority, NoticeName
from pipeline.notifications.courier import Courier, Delivery, DeliveryKind
from pipeline.store.outbox_records import OutboxRecord
from pipeline.store.unit_of_work import Transaction

_CAP = "mail:hour"
_RENEWED_AFTER = timedelta(minutes=1)
#: What has no budget but the cap of all mail.
_ALWAYS = tuple(one for one in MailPriority if one not in receipts.PRIORITIES)
#: What is tried also while sending is paused: it may be the only way to tell staff of it.
_TO_STAFF = (MailPriority.ALERT,)


@dataclass(frozen=True, slots=True)
class Delivered:
    """How many mails were sent, put off, failed for good, or left in doubt.

    ``in_doubt`` are those that staff have now, and those that are still looked for.
    ``overtaken`` ones were taken back, because what they tell is no longer so. ``fault``: why
    no mail could be handed over; the rest waits for the next run. ``archive_fault``: why sent mail
    got no copy.
    """

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    in_doubt: int = 0
    overtaken: int = 0
    fault: PipelineError | None = None
    archive_fault: PipelineError | None = None


class SkipReason(StrEnum):
    """Why a claimed mail was not handed over."""

    CLAIM_LOST = "claim_lost"
    PROMISE_PASSED = "promise_passed"
    OUT_OF_DATE = "out_of_date"
    OVER_CAP = "over_cap"
    OVER_SHARE = "over_share"
    LOOKED_FOR = "looked_for"


@dataclass
class _Sending:
    """One delivery: who carries, who keeps copies, and what came of the mails so far."""

    services: Services
    courier: Courier
    archive: Archive | None
    counts: dict[DeliveryKind, int]
    claims: ClaimKeeper
    tried: set[str]
    refused: bool
    stumbled: set[str] = field(default_factory=set)
    overtaken: int = 0
    fault: PipelineError | None = None
    archive_fault: PipelineError | None = None

    def goes_on(self) -> bool:
        """Whether the next mail is to be tried."""
        return self.fault is None and not self.services.stopping()


def deliver(
    services: Services,
    courier: Courier,
    archive: Archive | None = None,
    *,
    with_receipts: bool = True,
    tried: set[str] | None = None,
) -> Delivered:
    """Send all mail that is due, certificates first and receipts last, or no receipts.

    ``tried`` are the ids of mails that were tried in this run and are not tried again; it grows.
    Over the hourly cap mail waits, and none is dropped but receipts, after a day.
    """
    counts = dict.fromkeys(DeliveryKind, 0)
    tried = set() if tried is None else tried
    with services.store.read() as tx:
        refused = bool(pause.refusals(tx).mails)
    sending = _Sending(services, courier, archive, counts, ClaimKeeper(services), tried, refused)
    claim = partial(_claim, with_receipts=with_receipts)
    try:
        while sending.goes_on() and (mails := services.run(claim)):
            _send(sending, mails)
        if sending.fault is None:
            sending.fault = services.run(_paused)
    finally:
        sending.claims.close()
    return Delivered(
        sent=sending.counts[DeliveryKind.SENT],
        deferred=sending.counts[DeliveryKind.DEFERRED],
        failed=sending.counts[DeliveryKind.FAILED],
        in_doubt=sending.counts[DeliveryKind.IN_DOUBT],
        overtaken=sending.overtaken,
        fault=sending.fault,
        archive_fault=sending.archive_fault,
    )


def _paused(work: Work) -> PipelineError | None:
    """Return what is told when mails wait because sending is paused."""
    found = pause.refusals(work.tx)
    if found.paused_at is None or not work.tx.outbox.any_due(MailPriority, work.now):
        return None
    return paused(found)


def _claim(work: Work, *, with_receipts: bool) -> list[OutboxRecord]:
    limits = work.services.settings.limits
    wanted = min(_room(work, work.now), limits.batch)
    if wanted <= 0:
        return []
    until = work.now + timedelta(seconds=limits.lease_seconds)

    def take(most: int, priorities: tuple[MailPriority, ...]) -> list[OutboxRecord]:
        return work.tx.outbox.claim(work.now, most, work.services.worker, until, priorities)

    if pause.refusals(work.tx).paused_at is not None:
        return take(wanted, _TO_STAFF)
    mails = take(wanted, _ALWAYS)
    waiting = with_receipts and work.tx.outbox.any_due(receipts.PRIORITIES, work.now)
    for priority in receipts.PRIORITIES if waiting else ():
        room = receipts.room(work, priority)
        most = min(room, wanted - len(mails))
        mails += take(most, (priority,)) if most else []
        if most == room:
            receipts.put_off(work, priority)
    return mails


def _room(work: Work, now: datetime) -> int:
    """Return how many mails may still go out in this hour."""
    return work.services.settings.courier.hourly_cap - work.tx.counters.value(_CAP, _hour(now))


def _hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)


def _send(sending: _Sending, mails: list[OutboxRecord]) -> None:
    """Send the claimed ``mails``; those that are not tried are given back, whatever happens."""
    waiting = list(mails)
    try:
        while waiting and sending.goes_on():
            _one(sending, waiting.pop(0))
    finally:
        for mail in waiting:
            if _give_back(sending.services, mail):
                sending.counts[DeliveryKind.DEFERRED] += 1


def _give_back(services: Services, mail: OutboxRecord) -> bool:
    now = services.clock.now()
    return services.store.run(lambda tx: tx.outbox.unclaim(mail.id, mail.attempt, now))


def _one(sending: _Sending, mail: OutboxRecord) -> None:
    """Send one claimed mail and record what came of it."""
    services = sending.services
    if mail.id in sending.tried:
        services.run(partial(_not_again, mail))
        return
    open_to_doubt = mail.intended_at is not None or mail.copied_at is not None
    found = _settled(sending, mail) if open_to_doubt else None
    if found is None:
        found = services.run(lambda work: _intend(work, mail))
    if isinstance(found, SkipReason):
        logs.event("flow.deliver", found.value, outbox=mail.id, notice=mail.notice.value)
        sending.overtaken += found is SkipReason.OUT_OF_DATE
        return
    sending.tried.add(mail.id)
    delivery = found or _hand_over(sending, mail)
    if found is None and _still_in_doubt(sending, mail, delivery):
        shown = services.run(partial(note_refusal, mail=mail, delivery=delivery))
        written = _Written(delivery.kind, shown)
    else:
        written = services.run(lambda work: _record(sending, work, mail, delivery))
    if written.kind is not None:
        sending.counts[written.kind] += 1
    sending.refused = sending.refused or delivery.step is not None
    if written.shown is not None:
        again = len(sending.tried.intersection(written.shown.waiting))
        sending.counts[DeliveryKind.FAILED] -= again
        sending.counts[DeliveryKind.DEFERRED] += again
    sending.fault = (
        sending.fault or delivery.fault or (written.shown.error if written.shown else None)
    )


def _not_again(mail: OutboxRecord, work: Work) -> None:
    """Leave a mail that was tried in this run to the next one; it costs no attempt."""
    later = work.now + waits.SENDING.wait_after(1)
    if not work.tx.outbox.unclaim(mail.id, mail.attempt, later):
        doubt.look_on(work, mail, mail.look_until)


def _settled(sending: _Sending, mail: OutboxRecord) -> Delivery | SkipReason | None:
    """Say what became of a mail in doubt, as the setting wants it; None: send it (again)."""
    services = sending.services
    found = doubt.judge(services, sending.archive, mail)
    if found.fault is not None:
        _archive_failed(sending, found.fault, "archive_unread")
    match found.fate:
        case Fate.WENT_OUT:
            return Delivery(DeliveryKind.SENT, "found_in_archive")
        case Fate.FOR_STAFF:
            return Delivery(DeliveryKind.IN_DOUBT, mail.last_error or doubt.VANISHED)
        case Fate.LOOK_AGAIN:
            services.run(partial(doubt.look_on, mail=mail, until=found.look_until))
            sending.counts[DeliveryKind.IN_DOUBT] += 1
            return SkipReason.LOOKED_FOR
    return None


def _still_in_doubt(sending: _Sending, mail: OutboxRecord, delivery: Delivery) -> bool:
    """Leave a mail in doubt whose line broke at the final dot; False: there is another end to it.

    A bug of ours at a mail would meet it again: staff have it at once.
    """
    if delivery.kind is not DeliveryKind.IN_DOUBT or mail.id in sending.stumbled:
        return False
    stay = partial(doubt.broke_off, archive=sending.archive, mail=mail, why=delivery.detail)
    return sending.services.run(stay)


def _intend(work: Work, mail: OutboxRecord) -> SkipReason | None:
    """Record that ``mail`` goes out now, its lease renewed; else why it does not."""
    now = work.now
    if overtaken(work.tx, mail, now):
        done = work.tx.outbox.overtaken(mail.id, mail.attempt, now)
        if not done:
            return SkipReason.CLAIM_LOST
        take_back(work, mail)
        note_taken_back(work, mail)
        return SkipReason.OUT_OF_DATE
    if mail.promise_at is not None and mail.promise_at <= now and mail.intended_at is None:
        # it is written anew by the next batch
        work.tx.outbox.unclaim(mail.id, mail.attempt, now + _RENEWED_AFTER)
        return SkipReason.PROMISE_PASSED
    if _room(work, now) <= 0 or receipts.over_budget(work, mail):
        # another worker used it up; in doubt it keeps its claim, and comes back when that ends
        work.tx.outbox.unclaim(mail.id, mail.attempt, now)
        return SkipReason.OVER_CAP
    turn = turn_of(work, mail) if mail.intended_at is None else None
    if turn is not None:
        work.tx.outbox.unclaim(mail.id, mail.attempt, turn)
        return SkipReason.OVER_SHARE
    until = now + timedelta(seconds=work.services.settings.limits.lease_seconds)
    return (
        None if work.tx.outbox.intend(mail.id, mail.attempt, now, until) else SkipReason.CLAIM_LOST
    )


def _hand_over(sending: _Sending, mail: OutboxRecord) -> Delivery:
    """Give ``mail`` to the courier, and a copy to the archive before it counts as sent.

    In this order a worker that vanishes in between leaves a copy, which tells that it went out.
    """
    sender = sending.services.settings.mailbox.address
    try:
        with sending.claims.holding(mail):
            delivery = sending.courier.deliver(mail.content, sender, mail.recipient)
    except Exception as error:  # noqa: BLE001 - a bug at one mail: staff see it, the others go on
        logs.unknown("flow.deliver", error)
        sending.stumbled.add(mail.id)
        return Delivery(DeliveryKind.IN_DOUBT, type(error).__name__)
    if delivery.kind is DeliveryKind.SENT and sending.archive is not None:
        try:
            if sending.archive_fault is None:
                sending.archive(mail.content)
        except PipelineError as error:
            _archive_failed(sending, error, "archive_failed")
    return delivery


def _archive_failed(sending: _Sending, error: PipelineError, code: str) -> None:
    """Tell staff; in this batch the archive is asked to keep no more."""
    if sending.archive_fault is None:
        sending.archive_fault = error
        doubt.tell_of_archive(sending.services, code, error)


@dataclass(frozen=True, slots=True)
class _Written:
    """What was written of a mail (None: its claim was lost), and the fault that was shown by it."""

    kind: DeliveryKind | None
    shown: Fault | None = None


def _record(sending: _Sending, work: Work, mail: OutboxRecord, delivery: Delivery) -> _Written:
    """Write what came of ``mail``."""
    kind = delivery.kind
    if kind is DeliveryKind.DEFERRED and delivery.fault is None and mail.refused_since is not None:
        given_up = work.now >= mail.refused_since + waits.GIVEN_UP_AFTER
        kind = DeliveryKind.FAILED if given_up else kind
    if kind is not DeliveryKind.SENT:
        logs.event("flow.deliver", kind.value, outbox=mail.id, notice=mail.notice.value)
    if not _write(work, mail, kind, delivery):
        return _Written(None)
    shown = None
    match kind:
        case DeliveryKind.SENT:
            note_sent(work, mail)
            if sending.refused and mail.priority not in _TO_STAFF:
                note_taken(work)
        case DeliveryKind.IN_DOUBT:
            _tell(work, "mail_in_doubt", mail)
        case DeliveryKind.FAILED:
            _tell(work, "mail_failed", mail)
    if kind is not DeliveryKind.SENT and mail.priority not in _TO_STAFF:
        shown = note_refusal(work, mail, delivery)
    return _Written(kind, shown)


def _write(work: Work, mail: OutboxRecord, kind: DeliveryKind, delivery: Delivery) -> bool:
    """Write the state of ``mail``; False when its claim was lost."""
    outbox, now, attempt, why = work.tx.outbox, work.now, mail.attempt, delivery.detail
    match kind:
        case DeliveryKind.SENT:
            return outbox.sent(mail.id, attempt, now)
        case DeliveryKind.DEFERRED if delivery.fault is not None:
            # no mail is to blame: it costs no attempt, and the next run tries it again
            return outbox.put_back(mail.id, attempt, now + waits.SENDING.wait_after(1), why)
        case DeliveryKind.DEFERRED:
            later = now + waits.SENDING.wait_after(mail.refusals + 1)
            return outbox.refused(mail.id, attempt, later, why, mail.refused_since or now)
        case DeliveryKind.IN_DOUBT:
            return outbox.in_doubt(mail.id, attempt, why, now)
        case _:
            return outbox.failed(mail.id, attempt, why, now)


def note_sent(work: Work, mail: OutboxRecord) -> None:
    """Count a mail that went out, and keep when its certificate did."""
    work.tx.counters.add(_CAP, _hour(work.now))
    receipts.count_sent(work, mail)
    count_sent(work, mail)
    went_out(work, mail)
    _note_certificate(work.tx, mail, work.now)


def _tell(work: Work, code: str, mail: OutboxRecord) -> None:
    """Alert staff of a mail that did not go out, for each request that it tells of.

    Not of an alert: the next one would tell of this one, and so on.
    """
    if mail.notice is NoticeName.STAFF_ALERT:
        return
    for reference in references_of(work.tx, mail) or ("",):
        alert(work, code, reference, mail.id)


def _note_certificate(tx: Transaction, mail: OutboxRecord, now: datetime) -> None:
    """Keep when the mail with a certificate went out, apart from when it was issued."""
    if mail.request_id is None or not mail.notice.value.startswith("certificate_"):
        return
    live = tx.certificates.live_of_request(mail.request_id)
    if live is None or live.mailed_at is not None:
        return
    # read again under its lock: it may have been revoked a moment ago
    row = tx.certificates.lock(live.id)
    if row is not None and row.state is CertificateState.LIVE:
        tx.certificates.save(replace(row, mailed_at=now))
