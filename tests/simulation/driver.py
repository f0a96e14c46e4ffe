"""The driver of the year: a clock that jumps to whatever happens next, and who makes it happen.

Between two happenings batches would find nothing to do: they are not run, but the time of the last
one is kept as if they had been. In an outage there is none, and mail waits on the server.
"""

import heapq
import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from pipeline.errors import RefusedError, UsageError
from pipeline.flow.staff import certificates, corrections, letters, organisations, review
from pipeline.flow.staff.numbers import set_number
from pipeline.flow.staff.send_form import send_form
from pipeline.model.form import FormKind
from pipeline.model.notice import NoticeName
from pipeline.model.request import EventName, HoldReason, Move, NumberState, Slot, Status, Track
from pipeline.store import queues
from pipeline.store.outbox_records import OutboxState
from pipeline.store.records import NumberRecord, RequestRecord
from tests.simulation.checks import Mail
from tests.simulation.facts import Written
from tests.simulation.people import Person, at_work
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
    _plans: list[tuple[datetime, int, Action]] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _planned: set[tuple[str, Status, datetime]] = field(default_factory=set)
    _sent: set[str] = field(default_factory=set)
    _wait: datetime | None = None

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.world.clock.now()

    def written_by(self, promised: datetime) -> datetime:
        """Return when the mail of a promised date has to be out: soon, or after the outage."""
        begun, over = self.outage
        return (over if begun <= promised + _PERIOD and promised < over else promised) + _SOON

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
        while (moment := self._next()) < self.until:
            self.world.clock.set(moment)
            while self._plans and self._plans[0][0] <= moment:
                heapq.heappop(self._plans)[2]()
            if not self._down(moment):
                self._batch(moment)
        self.world.clock.set(self.until)

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
            summary = self.world.batch()
            assert not summary.failures, summary.failures
        self._read_mails()
        self._let_staff_see()

    # --- what went out -----------------------------------------------------------------------

    def _read_mails(self) -> None:
        with self.world.services.store.read() as tx:
            rows = sorted(tx.outbox.list("sent", 300), key=lambda row: row.id)
            new = [row for row in rows if row.id not in self._sent and row.recipient != STAFF]
            told = {row.id: tx.outbox.requests_of(row.id) for row in new}
            records = {key: tx.requests.get(key) for keys in told.values() for key in keys}
            opened = queues.queue(tx, queues.QueueView.OPEN, limit=1000)
            waiting = tx.outbox.list("open", 1000)
        times = [row.next_at for row in opened] + [mail.next_at for mail in waiting]
        self._wait = min(filter(None, times), default=None)
        for row in new:
            self._sent.add(row.id)
            record = records[row.request_id] if row.request_id else None
            if record is None or row.sent_at is None:
                continue
            also = tuple(
                found.reference for key in told[row.id] if (found := records[key]) is not None
            )
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
            if mine:
                self._react(record, row.notice, row.variant)
        for record in records.values():
            if record is not None and record.state.ended_at is not None:
                self.ended[record.reference] = record.state.ended_at

    # --- customers ---------------------------------------------------------------------------

    def _apply(self, person: Person) -> None:
        now, write = self.now, self.world.customer.write
        if person.kind is None:
            deliver(self.world.services, write(person.address, text=person.word("help")))
            return
        file = person.form(now, mistakes=person.chance(0.3))
        deliver(self.world.services, write(person.address, file))
        if person.chance(0.1):
            again = now + person.pause()
            self.plan(again, lambda: deliver(self.world.services, write(person.address, file)))

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
        deliver(self.world.services, raw)

    # --- staff and Meta ----------------------------------------------------------------------

    def _let_staff_see(self) -> None:
        with self.world.services.store.read() as tx:
            rows = queues.queue(tx, queues.QueueView.OPEN, limit=1000)
        for row in rows:
            key = (row.id, row.status, row.since)
            theirs = row.move in {Move.STAFF, Move.META}
            if key in self._planned or not theirs:
                continue
            self._planned.add(key)
            at = self._when(row.status, row.move)
            self.plan(at, lambda key=key: self._decide(key))  # type: ignore[misc]

    def _when(self, status: Status, move: Move) -> datetime:
        if move is Move.META:
            return at_work(self.now + timedelta(days=self.random.uniform(0.5, 24)))
        if status is Status.SLOT_AGREED:
            return self.now + timedelta(hours=1)  # looks up the agreed time, then waits for it
        late = self.random.random() < 0.2
        hours = self.random.uniform(100, 220) if late else self.random.uniform(1, 40)
        return at_work(self.now + timedelta(hours=hours))

    def _decide(self, key: tuple[str, Status, datetime]) -> None:
        with self.world.services.store.read() as tx:
            record = tx.requests.get(key[0])
        if record is None or (record.status, record.state.entered_at) != key[1:]:
            return
        try:
            self._act(record, key)
        except (RefusedError, UsageError) as error:
            self.refused[f"{record.status}: {error.code}"] += 1
            self._planned.discard(key)  # somebody looks at it again another day
            again = at_work(self.now + timedelta(days=2))
            self._planned.add(key)
            self.plan(again, lambda: self._decide(key))

    def _act(self, record: RequestRecord, key: tuple[str, Status, datetime]) -> None:
        services, chance = self.world.services, self.random.random()
        event = {
            Status.BUSINESS_VERIFICATION: EventName.VERIFIED,
            Status.NAME_REVIEW: EventName.NAME_APPROVED,
        }.get(record.status)
        match record.status:
            case Status.POLICY_REVIEW | Status.ELIGIBILITY_REVIEW | Status.CONTENT_REVIEW:
                self._review(record, chance)
            case Status.BUSINESS_VERIFICATION | Status.NAME_REVIEW if chance < 0.08:
                refused = (
                    EventName.REFUSED
                    if record.status is Status.BUSINESS_VERIFICATION
                    else EventName.NAME_DECLINED
                )
                review.advance(services, record, "saki", event=refused)
            case Status.BUSINESS_VERIFICATION | Status.NAME_REVIEW:
                review.advance(services, record, "saki", event=event)
            case Status.SLOT_PLANNING:
                review.advance(services, record, "saki", slots=self._slots(record))
            case Status.SLOT_AGREED:
                slot = record.state.slot
                if slot is not None and self.now < slot.start:
                    self.plan(slot.start + timedelta(minutes=20), lambda: self._decide(key))
                    return
                failed = EventName.CODE_FAILED if chance < 0.1 else EventName.CODE_VERIFIED
                review.advance(services, record, "saki", event=failed)
            case Status.TRIAGE:
                self._help(record, chance)
            case Status.HELD:
                self._held(record)
            case _:
                review.advance(services, record, "saki")

    def _review(self, record: RequestRecord, chance: float) -> None:
        services = self.world.services
        if chance < 0.05:
            review.reject(services, record, "saki", reason="policy")
        elif chance < 0.12:
            corrections.ask(services, record, "saki", text="Which of the two shops is it?")
        elif chance < 0.16:
            letters.answer(services, record, "saki", text="We look at it with our colleagues.")
        elif chance < 0.2:
            letters.delay(services, record, "saki", text="A colleague is ill.")
        else:
            review.approve(services, record, "saki", ticked="all", business_verified=chance > 0.7)
        if 0.12 <= chance < 0.2:
            key = (record.id, record.status, record.state.entered_at)
            self.plan(at_work(self.now + timedelta(days=1)), lambda: self._decide(key))

    def _slots(self, record: RequestRecord) -> tuple[Slot, ...]:
        zone = ZoneInfo(record.time_zone)
        local = self.now.astimezone(zone)
        first = max(local.date(), record.state.ready_date or local.date())
        found = []
        for number in range(self.random.choice((1, 3))):
            day = first + timedelta(days=3 + number + self.random.randrange(6))
            start = datetime(day.year, day.month, day.day, 10, tzinfo=zone)
            found.append(Slot(start, start + timedelta(hours=1)))
        return tuple(sorted(set(found), key=lambda slot: slot.start))

    def _help(self, record: RequestRecord, chance: float) -> None:
        services = self.world.services
        if chance < 0.3:
            letters.answer(services, record, "saki", text="Use the onboarding form, please.")
        elif chance < 0.4:
            corrections.route(services, record, "saki", track=Track.MIGRATION)
        else:
            send_form(services, record, "saki", form=record.suggestion or FormKind.MIGRATION)

    def _held(self, record: RequestRecord) -> None:
        services, reason = self.world.services, record.state.hold_reason
        match reason:
            case HoldReason.NUMBER:
                organisation = record.organisation
                number = NumberRecord(record.number, NumberState.ACTIVE, organisation, None)
                set_number(services, number, "saki")
                review.advance(services, record, "saki", event=EventName.NUMBER_SET)
            case HoldReason.OWNERSHIP:
                organisations.release_with_number(services, record, "saki", "transferred")
            case HoldReason.CERTIFICATE_LIMIT:
                review.advance(services, record, "saki", event=EventName.APPROVE)
            case HoldReason.CORRECTIONS:
                corrections.ask(services, record, "saki", text="Please look at the organisation.")
            case HoldReason.CERTIFICATE_REVOKED | HoldReason.APPROVAL_LAPSED:
                review.reject(services, record, "saki", reason="other", text="Apply again.")
            case HoldReason.CHANGE if record.state.has_live_certificate:
                certificates.reissue_certificate(services, record, "saki")
            case _:
                review.release(services, record, "saki")
