"""Send what the outbox holds: claim, intent, hand over, record.

Intents and records of a portion are a commit each, and the records of one are in the commit of the
next one's intents. A mail comes back with ``intended_at`` when nobody knows whether it went out;
:mod:`pipeline.flow.outgoing.doubt` says what happens then.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import islice, takewhile

from pipeline import logs
from pipeline.errors import PipelineError
from pipeline.flow.outgoing import doubt, receipts
from pipeline.flow.outgoing.budgets import Hour
from pipeline.flow.outgoing.claims import ClaimKeeper
from pipeline.flow.outgoing.doubt import Archive, Fate
from pipeline.flow.outgoing.portions import (
    Pace,
    Portion,
    SkipReason,
    give_back,
    intend,
    is_doubtful,
    largest,
)
from pipeline.flow.outgoing.refusals import paused
from pipeline.flow.outgoing.results import TO_STAFF, Outcome, Results
from pipeline.flow.services import Services, Work, pause, waits
from pipeline.model.notice import MailPriority
from pipeline.notifications.courier import Courier, Delivery, DeliveryKind
from pipeline.store.outbox_records import OutboxRecord

#: What has no budget but the cap of all mail.
_ALWAYS = tuple(one for one in MailPriority if one not in receipts.PRIORITIES)


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


@dataclass
class _Sending:
    """One delivery: who carries, who keeps copies, and what came of the mails so far.

    ``intended`` are mails whose intent is written, and that nobody was asked to take yet.
    """

    services: Services
    courier: Courier
    archive: Archive | None
    results: Results
    claims: ClaimKeeper
    pace: Pace
    intended: list[OutboxRecord] = field(default_factory=list)
    overtaken: int = 0
    archive_fault: PipelineError | None = None

    def goes_on(self) -> bool:
        """Whether the next mail is to be tried."""
        return self.results.fault is None and not self.services.stopping()


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
    results = Results(services, archive, set() if tried is None else tried)
    claims = ClaimKeeper(services, results.write_overdue)
    pace = Pace(largest(services, archive))
    sending = _Sending(services, courier, archive, results, claims, pace)
    claim = partial(_claim, with_receipts=with_receipts)
    try:
        while sending.goes_on() and (mails := results.write(claim)):
            _send(sending, mails)
    finally:
        claims.close()
        results.write_all()
    if results.fault is None:
        results.fault = services.run(_paused)
    counts = results.counts
    return Delivered(
        sent=counts[DeliveryKind.SENT],
        deferred=counts[DeliveryKind.DEFERRED],
        failed=counts[DeliveryKind.FAILED],
        in_doubt=counts[DeliveryKind.IN_DOUBT],
        overtaken=sending.overtaken,
        fault=results.fault,
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
    wanted = min(Hour(work).room, limits.batch)
    if wanted <= 0:
        return []
    until = work.now + timedelta(seconds=limits.lease_seconds)

    def take(most: int, priorities: tuple[MailPriority, ...]) -> list[OutboxRecord]:
        return work.tx.outbox.claim(work.now, most, work.services.worker, until, priorities)

    if pause.refusals(work.tx).paused_at is not None:
        return take(wanted, TO_STAFF)
    mails = take(wanted, _ALWAYS)
    waiting = with_receipts and work.tx.outbox.any_due(receipts.PRIORITIES, work.now)
    for priority in receipts.PRIORITIES if waiting else ():
        room = receipts.room(work, priority)
        most = min(room, wanted - len(mails))
        mails += take(most, (priority,)) if most else []
        if most == room:
            receipts.put_off(work, priority)
    return mails


def _send(sending: _Sending, mails: Iterable[OutboxRecord]) -> None:
    """Send the claimed ``mails``; those that are not tried are given back, whatever happens."""
    waiting = deque(mails)
    try:
        while waiting and sending.goes_on():
            mail = waiting[0]
            if mail.id in sending.results.tried:
                sending.services.run(partial(_not_again, waiting.popleft()))
            elif is_doubtful(mail):
                _send_doubtful(sending, waiting.popleft())
            else:
                _send_portion(sending, waiting)
    finally:
        if waiting:
            given = sending.services.run(partial(give_back, mails=tuple(waiting)))
            sending.results.counts[DeliveryKind.DEFERRED] += given
            sending.intended.clear()


def _not_again(mail: OutboxRecord, work: Work) -> None:
    """Leave a mail that was tried in this run to the next one; it costs no attempt."""
    later = work.now + waits.SENDING.wait_after(1)
    if not work.tx.outbox.unclaim(mail.id, mail.attempt, later):
        doubt.look_on(work, mail, mail.look_until)


def _send_portion(sending: _Sending, waiting: deque[OutboxRecord]) -> None:
    """Send the next portion of ``waiting``; what there is no time for stays in it."""
    tried = sending.results.tried
    mails = tuple(
        takewhile(
            lambda mail: mail.id not in tried and not is_doubtful(mail),
            islice(waiting, sending.pace.size),
        )
    )
    put_off = tuple(mail for mail in sending.intended if mail not in mails)
    try:
        portion = sending.results.write(partial(intend, mails=mails, put_off=put_off))
    except PipelineError:
        raise
    except Exception:
        if len(mails) == 1:
            raise
        # one of them hinders the others: it is found when each goes by itself
        sending.pace.one_by_one()
        return
    if portion is None:
        return
    for _ in mails:
        waiting.popleft()
    sending.intended = portion.going
    _note_skipped(sending, portion)
    sending.pace.begin()
    left = deque(portion.going)
    try:
        with sending.claims.holding(portion.going):
            while left and sending.goes_on() and not sending.pace.is_over():
                _hand_over(sending, left.popleft())
                sending.pace.count()
    finally:
        sending.intended = list(left)
        waiting.extendleft(reversed(left))
    sending.pace.end()


def _note_skipped(sending: _Sending, portion: Portion) -> None:
    for mail, reason in portion.skipped:
        logs.event("flow.deliver", reason.value, outbox=mail.id, notice=mail.notice.value)
        sending.overtaken += reason is SkipReason.OUT_OF_DATE


def _send_doubtful(sending: _Sending, mail: OutboxRecord) -> None:
    """Find out what became of a mail in doubt, and send it again if it did not go out.

    It is a portion of its own: whatever hinders the others, it is in doubt until it is tried.
    """
    results = sending.results
    results.write_all()
    found = _settled(sending, mail)
    if found is SkipReason.LOOKED_FOR:
        _note_skipped(sending, Portion(skipped=[(mail, SkipReason.LOOKED_FOR)]))
    elif isinstance(found, Delivery):
        results.add(Outcome(mail, found, is_final=True))
    elif portion := results.write(partial(intend, mails=(mail,))):
        _note_skipped(sending, portion)
        with sending.claims.holding(portion.going):
            for one in portion.going:
                _hand_over(sending, one)
    results.write_all()


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
            sending.results.counts[DeliveryKind.IN_DOUBT] += 1
            return SkipReason.LOOKED_FOR
    return None


def _hand_over(sending: _Sending, mail: OutboxRecord) -> None:
    """Give ``mail`` to the courier, and a copy to the archive before it counts as sent.

    In this order a worker that vanishes in between leaves a copy, which tells that it went out.
    """
    sender = sending.services.settings.mailbox.address
    try:
        delivery = sending.courier.deliver(mail.content, sender, mail.recipient)
    except Exception as error:  # noqa: BLE001 - a bug at one mail: staff see it, the others go on
        logs.unknown("flow.deliver", error)
        delivery = Delivery(DeliveryKind.IN_DOUBT, type(error).__name__)
        sending.results.add(Outcome(mail, delivery, is_final=True))
        return
    if delivery.kind is DeliveryKind.SENT and sending.archive is not None:
        try:
            if sending.archive_fault is None:
                sending.archive(mail.content)
        except PipelineError as error:
            _archive_failed(sending, error, "archive_failed")
    sending.results.add(Outcome(mail, delivery))


def _archive_failed(sending: _Sending, error: PipelineError, code: str) -> None:
    """Tell staff; in this batch the archive is asked to keep no more."""
    if sending.archive_fault is None:
        sending.archive_fault = error
        doubt.tell_of_archive(sending.services, code, error)
