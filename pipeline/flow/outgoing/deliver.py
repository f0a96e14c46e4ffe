"""Send what the outbox holds: claim, intent, hand over, record.

Intents and records of a portion are a commit each, and the records of one are in the commit of the
next one's intents. A mail comes back with ``intended_at`` when nobody knows whether it went out;
:mod:`pipeline.flow.outgoing.doubt` says what happens then.
"""

import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from pipeline import logs
from pipeline.errors import PipelineError
from pipeline.flow.outgoing import doubt, portions
from pipeline.flow.outgoing.claims import ClaimKeeper
from pipeline.flow.outgoing.doubt import Archive, Fate
from pipeline.flow.outgoing.poll import Poll
from pipeline.flow.outgoing.portions import Pace, Portion, SkipReason
from pipeline.flow.outgoing.refusals import paused
from pipeline.flow.outgoing.results import Outcome, Results
from pipeline.flow.services import Services, Work, pause
from pipeline.model.notice import MailPriority
from pipeline.notifications.courier import Courier, Delivery, DeliveryKind
from pipeline.store.outbox_records import OutboxRecord


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

    ``left`` are mails that are written down as going out, and that nobody was asked to take. Who
    takes one out of it, of the two threads, does with it what is to be done.
    """

    services: Services
    courier: Courier
    archive: Archive | None
    results: Results
    pace: Pace
    claims: ClaimKeeper = field(init=False)
    left: deque[OutboxRecord] = field(default_factory=deque)
    #: held by whom gives mails back, until that is written
    giving_back: threading.Lock = field(default_factory=threading.Lock)
    overtaken: int = 0
    archive_fault: PipelineError | None = None

    def __post_init__(self) -> None:
        self.claims = ClaimKeeper(self.services, self.meanwhile)

    def goes_on(self) -> bool:
        """Whether the next mail is to be tried."""
        return self.results.fault is None and not self.services.stopping()

    def all_left(self) -> list[OutboxRecord]:
        """Take all mails out that are left; what the other thread gives back is back by then.

        Else the next look would find none due, and end the run before its time.
        """
        with self.giving_back:
            return self._taken_out()

    def _taken_out(self) -> list[OutboxRecord]:
        mails = []
        with suppress(IndexError):
            while True:
                mails.append(self.left.popleft())
        return mails

    def meanwhile(self) -> None:
        """Leave as little in doubt as can be while one mail takes long: for the other thread."""
        self.results.write_overdue()
        if not (self.left and self.pace.is_over()):
            return
        with self.giving_back:
            mails = self._taken_out()
            try:
                self.services.run(partial(portions.give_back, mails=mails))
            except BaseException:
                self.left.extend(mails)
                raise


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
    with services.store.keeping():
        return _deliver(services, courier, archive, Poll(with_receipts=with_receipts), tried)


def _deliver(
    services: Services,
    courier: Courier,
    archive: Archive | None,
    poll: Poll,
    tried: set[str] | None,
) -> Delivered:
    results = Results(services, archive, set() if tried is None else tried)
    pace = Pace(portions.largest(services, archive), services.clock)
    sending = _Sending(services, courier, archive, results, pace)
    try:
        while sending.goes_on() and (portion := _next(sending, poll)):
            _send(sending, portion)
    finally:
        sending.claims.close()
        _end(sending)
    if results.bug is not None:
        raise results.bug
    if not sending.goes_on():
        waiting = _waiting(services, with_receipts=poll.with_receipts) - results.counted_waiting
        results.counts[DeliveryKind.DEFERRED] += max(0, waiting)
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


def _waiting(services: Services, *, with_receipts: bool) -> int:
    with services.store.read() as tx:
        return tx.outbox.waiting(services.clock.now(), receipts=with_receipts)


def _next(sending: _Sending, poll: Poll) -> Portion | None:
    """Write what came of the last portion, and claim the next one, in one transaction."""
    results, left = sending.results, sending.all_left()
    take = partial(portions.take, poll=poll, most=sending.pace.size, tried=results.tried, left=left)
    try:
        portion = results.write(take)
    except PipelineError:
        sending.left.extend(left)
        raise
    except Exception:
        sending.left.extend(left)
        if sending.pace.size == 1:
            raise
        # one of them hinders the others: it is found when each goes by itself
        sending.pace.size = 1
        return _next(sending, poll)
    if portion is not None:
        sending.left = deque(portion.going)
        sending.overtaken += portion.skipped.count(SkipReason.OUT_OF_DATE)
    return portion


def _end(sending: _Sending) -> None:
    """Write what came of the last mails, and give back those that were not tried."""
    try:
        sending.results.write_all()
    finally:
        if left := sending.all_left():
            sending.services.run(partial(portions.give_back, mails=left))


def _send(sending: _Sending, portion: Portion) -> None:
    """Send a portion; what there is no time for is left."""
    sending.pace.begin()
    with sending.claims.holding(portion.going):
        while sending.goes_on() and not sending.pace.is_over():
            try:
                mail = sending.left.popleft()
            except IndexError:
                break
            _hand_over(sending, mail)
            sending.pace.count()
    sending.pace.end()
    if portion.doubtful:
        _end(sending)  # it may take long
        _send_doubtful(sending, portion.doubtful)


def _send_doubtful(sending: _Sending, mails: Sequence[OutboxRecord]) -> None:
    """Find out what became of mails in doubt, and send those again that did not go out.

    One after the other: each stays in doubt until it is tried.
    """
    results = sending.results
    for mail in mails:
        if not sending.goes_on():
            return  # they keep their claims, and come back when those end
        found = _settled(sending, mail)
        if isinstance(found, Delivery):
            results.add(Outcome(mail, found, is_final=True))
        elif found is None:
            found = results.write(partial(portions.send_again, mail=mail))
            if found is None and sending.goes_on():
                with sending.claims.holding([mail]):
                    _hand_over(sending, mail)
        results.write_all()
        sending.overtaken += found is SkipReason.OUT_OF_DATE


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
            reason = SkipReason.LOOKED_FOR
            logs.event("flow.deliver", reason.value, outbox=mail.id, notice=mail.notice.value)
            return reason
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
