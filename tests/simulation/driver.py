"""The driver of the year: a clock that jumps to whatever happens next, and who makes it happen.

Between two happenings batches would find nothing to do: they are not run, but the time of the last
one is kept as if they had been. In an outage there is none, and mail waits on the server.
"""

import heapq
import itertools
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from random import Random

import sqlalchemy as sa

from pipeline.batch import Failure
from pipeline.flow.staff.numbers import set_number
from pipeline.model.form import FormKind
from pipeline.model.notice import NoticeName
from pipeline.model.request import NumberState
from pipeline.store import queues
from pipeline.store.outbox_records import OutboxRecord, OutboxState
from pipeline.store.records import NumberRecord, RequestRecord
from pipeline.store.schema.mail_and_requests import messages
from tests.simulation import rules
from tests.simulation.checks import Mail
from tests.simulation.facts import Written
from tests.simulation.misfortune import Misfortune
from tests.simulation.people import Person
from tests.simulation.staff import Staff
from tests.world.outbox import parsed, plain_text
from tests.world.settings import STAFF
from tests.world.world import World, deliver

_PERIOD = timedelta(minutes=5)
_SOON = timedelta(minutes=30)
_CERTIFICATE = ("active", "active", "created", "new", "")
#: What customers answer to a mail, one as likely as the other (empty: nothing).
_ANSWERS: dict[NoticeName, tuple[str, ...]] = {
    NoticeName.READINESS_CHECK: ("ready", "ready", "ready", "date"),
    NoticeName.TWO_STEP_INSTRUCTIONS: ("done",),
    NoticeName.SLOT_PROPOSAL: ("slot", "slot", "slot", "other"),
    NoticeName.CERTIFICATE_ISSUED: _CERTIFICATE,
    NoticeName.CERTIFICATE_REISSUED: _CERTIFICATE,
    NoticeName.CERTIFICATE_REMINDER: ("active", ""),
    NoticeName.INTEGRATION_REMINDER: ("active", ""),
    NoticeName.CERTIFICATE_EXPIRED: ("new",),
    NoticeName.WITHDRAWN: ("undo", "", ""),
    NoticeName.HELP_CHOOSE_FORM: ("help", ""),
}
Action = Callable[[], None]


@dataclass
class Year:
    """A world, who lives in it, and what they are going to do."""

    world: World
    written: dict[str, Written]
    people: list[Person]
    until: datetime
    outage: tuple[datetime, datetime]
    random: Random
    mails: list[Mail] = field(default_factory=list)
    ended: dict[str, datetime] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    misfortune: Misfortune | None = None
    broken: list[str] = field(default_factory=list)
    _plans: list[tuple[datetime, int, Action]] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _sent: set[str] = field(default_factory=set)
    _answered: set[str] = field(default_factory=set)
    _delivered: int = 0
    _wait: datetime | None = None

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.world.clock.now()

    def written_by(self, promised: datetime) -> datetime:
        """Return when the mail of a promised date has to be out: soon, or after the outage."""
        begun, over = self.outage
        late = self.misfortune.slack if self.misfortune else _SOON
        return (over if begun <= promised + _PERIOD and promised < over else promised) + late

    @cached_property
    def staff(self) -> Staff:
        """Who decides."""
        return Staff(self)

    def plan(self, at: datetime, action: Action) -> None:
        """Let ``action`` happen at ``at``."""
        heapq.heappush(self._plans, (at, next(self._numbers), action))

    # --- the clock ---------------------------------------------------------------------------

    def live(self) -> None:
        """Let the whole time pass."""
        start = self.now
        span = (self.until - start) * 0.7
        for person in self.people:
            at = start + span * self.random.random()
            if person.kind is FormKind.QR and person.chance(0.6):
                number = NumberRecord(person.number, NumberState.ACTIVE, person.address, None)
                set_number(self.world.services, number, "saki")
            self.plan(at, lambda person=person: self._apply(person))  # type: ignore[misc]
        with self.misfortune.lived_in() if self.misfortune else nullcontext():
            while not self.broken and (moment := self._next()) < self.until:
                self.world.clock.set(moment)
                while self._plans and self._plans[0][0] <= moment:
                    heapq.heappop(self._plans)[2]()
                if not self._down(moment):
                    self._batch(moment)
        self.world.clock.set(self.until)
        self.broken += rules.broken_chains(self.world.services.store)

    def _down(self, moment: datetime) -> bool:
        return self.outage[0] <= moment < self.outage[1]

    def _next(self) -> datetime:
        """Return when something happens next: somebody acts, or the pipeline has work to do."""
        planned = self._plans[0][0] if self._plans else self.until
        waiting = self._wait or self.until
        after = self.now + _PERIOD
        if self._down(waiting):
            waiting = self.outage[1]
        return max(min(planned, waiting), min(after, planned)) if planned > self.now else after

    def _batch(self, moment: datetime) -> None:
        services = self.world.services
        before = max(moment - _PERIOD, self.outage[0] - _PERIOD)
        quiet = self.outage[0] <= moment - _PERIOD < self.outage[1]
        last = self.outage[0] if quiet else before
        for at in (min(last, moment) - _PERIOD, min(last, moment)):
            services.store.run(lambda tx, at=at: tx.memory.batch_ended(at))  # type: ignore[misc]
        for _ in range(2 if moment == self.outage[1] else 1):
            summary = (self.misfortune or self.world).batch()
            assert all(self._is_expected(failure) for failure in summary.failures), summary.failures
            if summary.quarantined:
                self.broken.append(f"{summary.quarantined} good messages are in quarantine")
        self._read_mails()
        self._look(moment)
        self.staff.see()

    def _is_expected(self, failure: Failure) -> bool:
        return self.misfortune is not None and failure.server == "courier"

    def _look(self, moment: datetime) -> None:
        """Note which rules do not hold; a mail that waits on the server is not lost."""
        waiting = self.world.folders().get("INBOX", 0)
        if waiting:
            self._wait = moment  # the batch that was to read them was killed
        store = self.world.services.store
        self.broken += rules.broken(store, moment, delivered=self._delivered, waiting=waiting)

    def deliver(self, raw: bytes) -> None:
        """Let a mail of a customer come in."""
        deliver(self.world.services, raw)
        self._delivered += 1

    # --- what went out -----------------------------------------------------------------------

    def _read_mails(self) -> None:
        with self.world.services.store.read() as tx:
            rows = sorted(tx.outbox.list("sent", 300), key=lambda row: row.id)
            new = [row for row in rows if row.id not in self._sent and row.recipient != STAFF]
            told = {row.id: tx.outbox.requests_of(row.id) for row in new}
            records = {key: tx.requests.get(key) for keys in told.values() for key in keys}
            opened = queues.queue(tx, queues.QueueView.OPEN, limit=1000)
            waiting = tx.outbox.list("open", 1000)
            unread = tx.context.connection.scalar(sa.select(sa.func.min(messages.c.next_at)))
        times = [row.next_at for row in opened] + [mail.next_at for mail in waiting] + [unread]
        self._wait = min(filter(None, times), default=None)
        for row in new:
            self._sent.add(row.id)
            record = records[row.request_id] if row.request_id else None
            if record is None or row.sent_at is None:
                continue
            also = tuple(
                found.reference for key in told[row.id] if (found := records[key]) is not None
            )
            self._heed(row, record)
            mine = row.recipient.lower() == record.address_of_record.lower()
            self.mails.append(
                Mail(
                    row.notice,
                    row.variant,
                    row.sent_at,
                    mine,
                    also,
                    self.written[row.message_id],
                    record.state,
                )
            )
            self.broken += rules.leaks(self.mails[-1], self._person(record), self.people)
            if mine:
                self._react(record, row.notice, row.variant)
        for record in records.values():
            if record is not None and record.state.ended_at is not None:
                self.ended[record.reference] = record.state.ended_at

    def _heed(self, row: OutboxRecord, record: RequestRecord) -> None:
        """Note a second mail that answers one of theirs."""
        answers = str(parsed(row.content)["In-Reply-To"] or "")
        direct = row.triggered_by == "customer" and answers and answers not in record.thread
        if not direct or row.notice is NoticeName.RECEIPT_UNVERIFIED:
            return
        if answers in self._answered:
            self.broken.append(f"{record.reference}: {row.notice} is a second answer to {answers}")
        self._answered.add(answers)

    # --- customers ---------------------------------------------------------------------------

    def _apply(self, person: Person) -> None:
        now, write = self.now, self.world.customer.write
        if person.kind is None:
            self.deliver(write(person.address, text=person.word("help")))
            return
        file = person.form(now, mistakes=person.chance(0.3))
        self.deliver(write(person.address, file))
        if person.chance(0.1):
            again = now + person.pause()
            self.plan(again, lambda: self.deliver(write(person.address, file)))

    def _person(self, record: RequestRecord) -> Person:
        return next(one for one in self.people if one.address == record.address_of_record)

    def _react(self, record: RequestRecord, notice: NoticeName, variant: str) -> None:
        """Let the customer decide what they do about a mail, and when."""
        person = self._person(record)
        if person.pace == "silent" and person.chance(0.7):
            return
        text, file = self._answer(person, record, notice, variant)
        at = self.now + person.pause()
        if not text and not file:
            if person.chance(0.12):
                text = person.word(person.random.choice(("status", "status", "question")))
            elif person.chance(0.04):
                text = person.word("withdraw")
            else:
                return
        self.plan(at, lambda: self._reply(person, record, text, file))

    def _answer(
        self, person: Person, record: RequestRecord, notice: NoticeName, variant: str
    ) -> tuple[str, bool]:
        """Return what they write to ``notice``, and whether their form comes with it."""
        form = {NoticeName.NEEDS_CORRECTION, NoticeName.CORRECTION_REMINDER}
        if notice in form or (notice, variant) == (NoticeName.QUESTION, "prefilled_form"):
            return "", True
        choice = person.random.choice(_ANSWERS.get(notice, ("",)))
        if choice == "date":
            return (self.now + timedelta(days=20)).date().isoformat(), False
        if choice == "slot":
            return ("A" if len(record.state.slots) > 1 else person.word("ok")), False
        return (person.word(choice) if choice else ""), False

    def _reply(self, person: Person, record: RequestRecord, text: str, file: bool) -> None:
        mails = [m for m in self.world.mails_of(record) if m.state is OutboxState.SENT]
        mails = [mail for mail in mails if mail.content]
        if not mails:
            return
        kind = self.world.again(record).form_sent or person.kind
        mistakes = person.chance(0.15)
        files = (person.form(self.now, mistakes=mistakes, kind=kind),) if file else ()
        ours = mails[-1]
        seen = parsed(ours.content)
        quoted = "\n".join(f"> {line}" for line in plain_text(seen).splitlines())
        raw = self.world.customer.write(
            person.address,
            *files,
            text=f"{text}\n\n{quoted}\n",
            subject=f"Re: {ours.subject}",
            to=str(seen["Reply-To"]),
            headers={"In-Reply-To": ours.message_id},
        )
        self.deliver(raw)
