"""Staff and Meta of the year: what they look at, when they decide, and what."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pipeline.errors import RefusedError, UsageError
from pipeline.flow.staff import certificates, corrections, letters, organisations, review
from pipeline.flow.staff.numbers import set_number
from pipeline.flow.staff.send_form import send_form
from pipeline.model.form import FormKind
from pipeline.model.request import EventName, HoldReason, Move, NumberState, Slot, Status, Track
from pipeline.store import queues
from pipeline.store.records import NumberRecord, RequestRecord
from tests.simulation.people import at_work

if TYPE_CHECKING:
    from tests.simulation.driver import Year


@dataclass
class Staff:
    """Everybody at our side of ``year``, and Meta."""

    year: "Year"
    _planned: set[tuple[str, Status, datetime]] = field(default_factory=set)

    def see(self) -> None:
        """Look at what is theirs now, and plan when they decide it."""
        with self.year.world.services.store.read() as tx:
            rows = queues.queue(tx, queues.QueueView.OPEN, limit=1000)
        for row in rows:
            key = (row.id, row.status, row.since)
            theirs = row.move in {Move.STAFF, Move.META}
            if key in self._planned or not theirs:
                continue
            self._planned.add(key)
            at = self._when(row.status, row.move)
            self.year.plan(at, lambda key=key: self._decide(key))  # type: ignore[misc]

    def _when(self, status: Status, move: Move) -> datetime:
        if move is Move.META:
            return at_work(self.year.now + timedelta(days=self.year.random.uniform(0.5, 24)))
        if status is Status.SLOT_AGREED:
            return self.year.now + timedelta(hours=1)  # looks up the agreed time, then waits for it
        late = self.year.random.random() < 0.2
        hours = self.year.random.uniform(100, 220) if late else self.year.random.uniform(1, 40)
        return at_work(self.year.now + timedelta(hours=hours))

    def _decide(self, key: tuple[str, Status, datetime]) -> None:
        with self.year.world.services.store.read() as tx:
            record = tx.requests.get(key[0])
        if record is None or (record.status, record.state.entered_at) != key[1:]:
            return
        slot = record.state.slot
        if record.status is Status.SLOT_AGREED and slot is not None and self.year.now < slot.start:
            self.year.plan(slot.start + timedelta(minutes=20), lambda: self._decide(key))
            return
        before = len(self.year.world.history(record))
        try:
            self._act(record)
            if len(self.year.world.history(record)) == before:
                self.year.broken.append(
                    f"{record.reference}: a decision was taken, and is not there"
                )
        except (RefusedError, UsageError) as error:
            self.year.refused[f"{record.status}: {error.code}"] += 1
            self._planned.discard(key)  # somebody looks at it again another day
            again = at_work(self.year.now + timedelta(days=2))
            self._planned.add(key)
            self.year.plan(again, lambda: self._decide(key))

    def _act(self, record: RequestRecord) -> None:
        services, chance = self.year.world.services, self.year.random.random()
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
                failed = EventName.CODE_FAILED if chance < 0.1 else EventName.CODE_VERIFIED
                review.advance(services, record, "saki", event=failed)
            case Status.TRIAGE:
                self._help(record, chance)
            case Status.HELD:
                self._held(record)
            case _:
                review.advance(services, record, "saki")

    def _review(self, record: RequestRecord, chance: float) -> None:
        services = self.year.world.services
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
            self.year.plan(at_work(self.year.now + timedelta(days=1)), lambda: self._decide(key))

    def _slots(self, record: RequestRecord) -> tuple[Slot, ...]:
        zone = ZoneInfo(record.time_zone)
        local = self.year.now.astimezone(zone)
        first = max(local.date(), record.state.ready_date or local.date())
        found = []
        for number in range(self.year.random.choice((1, 3))):
            day = first + timedelta(days=3 + number + self.year.random.randrange(6))
            start = datetime(day.year, day.month, day.day, 10, tzinfo=zone)
            found.append(Slot(start, start + timedelta(hours=1)))
        return tuple(sorted(set(found), key=lambda slot: slot.start))

    def _help(self, record: RequestRecord, chance: float) -> None:
        services = self.year.world.services
        if chance < 0.3:
            letters.answer(services, record, "saki", text="Use the onboarding form, please.")
        elif chance < 0.4:
            corrections.route(services, record, "saki", track=Track.MIGRATION)
        else:
            send_form(services, record, "saki", form=record.suggestion or FormKind.MIGRATION)

    def _held(self, record: RequestRecord) -> None:
        services, reason = self.year.world.services, record.state.hold_reason
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
