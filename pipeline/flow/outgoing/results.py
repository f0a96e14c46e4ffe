"""What came of mails that were handed over: written down together, for as many as one moment has.

Until it is written, a mail that went out is in doubt, and its worker may vanish. So no result waits
for longer than a moment: while the sending thread waits for a slow server, the keeper of the claims
writes what came of the mails before.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from pipeline import logs
from pipeline.errors import PipelineError
from pipeline.flow.outgoing import budgets, doubt, receipts
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.outgoing.doubt import Archive
from pipeline.flow.outgoing.ledger import went_out
from pipeline.flow.outgoing.notices import references_of
from pipeline.flow.outgoing.refusals import Fault, note_refusal, note_taken
from pipeline.flow.services import Services, Work, pause, waits
from pipeline.model.certificate import CertificateState
from pipeline.model.notice import MailPriority, NoticeName
from pipeline.notifications.courier import Delivery, DeliveryKind
from pipeline.store.outbox_records import OutboxRecord
from pipeline.store.unit_of_work import Transaction

T = TypeVar("T")

#: So many seconds may pass until what came of a mail is written.
MOMENT = 0.2
#: What could not be written beside the sending is tried again after so many seconds more.
_AGAIN = 5.0
#: What is tried also while sending is paused: it may be the only way to tell staff of it.
TO_STAFF = (MailPriority.ALERT,)


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What came of a mail; ``is_final``: staff have it when it is in doubt, whatever the setting.

    So are a mail that was looked for, and one at which our own code has a bug, which would meet it
    again.
    """

    mail: OutboxRecord
    delivery: Delivery
    is_final: bool = False


@dataclass(slots=True)
class _Written:
    """How many mails became what, and the fault that was shown by a refusal."""

    counts: Counter[DeliveryKind] = field(default_factory=Counter)
    shown: Fault | None = None
    #: whether the server takes mail after all, so that earlier refusals are forgotten
    taken: bool = False


class Results:
    """What came of the mails of one delivery; ``tried`` grows, and none of them is tried again.

    May be used by two threads.
    """

    def __init__(self, services: Services, archive: Archive | None, tried: set[str]) -> None:
        self.counts = dict.fromkeys(DeliveryKind, 0)
        self.fault: PipelineError | None = None
        #: why an outcome could not be written
        self.bug: Exception | None = None
        self.tried = tried
        #: so many mails wait again for a fault that was shown by refusals
        self.counted_waiting = 0
        self._services = services
        self._archive = archive
        self._unwritten: list[Outcome] = []
        self._since = 0.0
        self._lock = threading.Lock()
        with services.store.read() as tx:
            self._refused = bool(pause.refusals(tx).mails)

    def add(self, outcome: Outcome) -> None:
        """Keep an outcome that is to be written; one that is no yes is so at once."""
        with self._lock:
            if not self._unwritten:
                self._since = time.monotonic()
            self._unwritten.append(outcome)
            self.tried.add(outcome.mail.id)
            self.fault = self.fault or outcome.delivery.fault
            if outcome.delivery.kind is not DeliveryKind.SENT:
                self._write(_nothing)

    def write(self, then: Callable[[Work], T]) -> T | None:
        """Write all outcomes, and do ``then`` in the same transaction.

        It is left out, and None returned, when the outcomes show a fault that ends sending. When it
        raises, the outcomes are written all the same.
        """
        with self._lock:
            return self._write(then)

    def write_all(self) -> None:
        """Write all outcomes that are not written yet."""
        if self._unwritten:
            self.write(_nothing)

    def write_overdue(self) -> None:
        """Write what has waited for a moment, unless the other thread is about to."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            if self._unwritten and time.monotonic() - self._since >= MOMENT:
                self._since = time.monotonic() + _AGAIN
                self._run(self._unwritten, _nothing)
        finally:
            self._lock.release()

    def _write(self, then: Callable[[Work], T]) -> T | None:
        try:
            return self._run(self._unwritten, then)
        except PipelineError:
            raise  # no database now: they wait for the next time
        except Exception:
            if not self._write_one_by_one():
                raise  # it was what comes then
            return self._run([], then)

    def _write_one_by_one(self) -> bool:
        """Write each outcome by itself; tell whether there was one that cannot be written.

        It speaks for no other, and its mail comes back as one in doubt.
        """
        broken = False
        for outcome in tuple(self._unwritten):
            try:
                self._run([outcome], _nothing)
            except PipelineError:
                raise
            except Exception as error:  # noqa: BLE001 - raised when all is done
                self._unwritten.remove(outcome)
                self.bug = self.bug or error
                broken = True
        return broken

    def _run(self, outcomes: Sequence[Outcome], then: Callable[[Work], T]) -> T | None:
        outcomes = tuple(outcomes)

        def change(work: Work) -> tuple[_Written, T | None]:
            written = _write(work, outcomes, self._archive, refused=self._refused)
            return written, None if written.shown else then(work)

        written, found = self._services.run(change)
        self._unwritten = [one for one in self._unwritten if one not in outcomes]
        for kind, count in written.counts.items():
            self.counts[kind] += count
        self._refused = any(outcome.delivery.step is not None for outcome in outcomes) or (
            self._refused and not written.taken
        )
        if written.shown is not None:
            self.counted_waiting += len(written.shown.waiting)
            again = len(self.tried.intersection(written.shown.waiting))
            self.counts[DeliveryKind.FAILED] -= again
            self.counts[DeliveryKind.DEFERRED] += again
            self.fault = self.fault or written.shown.error
        return found


def _nothing(work: Work) -> None:
    """Do nothing beside."""


def _write(
    work: Work, outcomes: Collection[Outcome], archive: Archive | None, *, refused: bool
) -> _Written:
    """Write what came of some mails; ``refused``: there were refusals before."""
    written = _Written()
    sent = [one.mail for one in outcomes if one.delivery.kind is DeliveryKind.SENT]
    if sent:
        done = work.tx.outbox.sent([(mail.id, mail.attempt) for mail in sent], work.now)
        sent = [mail for mail in sent if mail.id in done]
        note_sent(work, sent)
        written.counts[DeliveryKind.SENT] += len(sent)
        written.taken = refused and any(mail.priority not in TO_STAFF for mail in sent)
        if written.taken:
            note_taken(work)
    for one in outcomes:
        if one.delivery.kind is not DeliveryKind.SENT:
            _write_other(work, one, archive, written)
    return written


def _write_other(work: Work, outcome: Outcome, archive: Archive | None, written: _Written) -> None:
    """Write what came of a mail that the server did not take."""
    mail, delivery = outcome.mail, outcome.delivery
    kind = delivery.kind
    in_doubt = kind is DeliveryKind.IN_DOUBT and not outcome.is_final
    if in_doubt and doubt.broke_off(work, archive, mail, delivery.detail):
        written.counts[kind] += 1
        written.shown = note_refusal(work, mail, delivery)
        return
    if kind is DeliveryKind.DEFERRED and delivery.fault is None and mail.refused_since is not None:
        given_up = work.now >= mail.refused_since + waits.GIVEN_UP_AFTER
        kind = DeliveryKind.FAILED if given_up else kind
    logs.event("flow.deliver", kind.value, outbox=mail.id, notice=mail.notice.value)
    if not _ended(work, mail, kind, delivery):
        return
    written.counts[kind] += 1
    if kind is DeliveryKind.IN_DOUBT:
        _tell(work, "mail_in_doubt", mail)
    elif kind is DeliveryKind.FAILED:
        _tell(work, "mail_failed", mail)
    if mail.priority not in TO_STAFF:
        written.shown = note_refusal(work, mail, delivery)


def _ended(work: Work, mail: OutboxRecord, kind: DeliveryKind, delivery: Delivery) -> bool:
    """Write the state of ``mail``; False when its claim was lost."""
    outbox, now, attempt, why = work.tx.outbox, work.now, mail.attempt, delivery.detail
    match kind:
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


def note_sent(work: Work, mails: Collection[OutboxRecord]) -> None:
    """Count mails that went out, and keep when their certificates did."""
    amounts = Counter(
        window
        for mail in mails
        for window in (*budgets.amounts(work, mail), *receipts.amounts(work, mail))
    )
    work.tx.counters.add_all(amounts)
    for mail in mails:
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
        tx.certificates.save(replace(row, mailed_at=now), before=row)
