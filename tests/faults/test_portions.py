"""Mails are sent in portions: what a commit covers, and what is in doubt when something happens."""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from pipeline.clock import SystemClock
from pipeline.config import CourierSettings, LimitSettings
from pipeline.errors import TryLaterError
from pipeline.flow.outgoing import ledger, portions, results, stale
from pipeline.flow.outgoing.deliver import Delivered, deliver
from pipeline.flow.outgoing.portions import Pace
from pipeline.flow.services import Work
from pipeline.model.notice import MailPriority
from pipeline.notifications.courier import Delivery, DeliveryKind
from pipeline.store.outbox_records import OutboxRecord, OutboxState
from pipeline.store.unit_of_work import Transaction
from tests.faults.conftest import OpenBox
from tests.world.outbox import queue_to
from tests.world.queued import claim_mails, queue_mails
from tests.world.world import World

_SENT = Delivery(DeliveryKind.SENT)
_LONG = timedelta(seconds=5)
_FAULT = TryLaterError("courier_unreachable", place="test", reason="test")


class _Courier:
    """Takes every mail; before the one at a place of ``at``, it does what stands there."""

    def __init__(self, at: dict[int, Callable[[], Delivery | None]] | None = None) -> None:
        self.taken: list[str] = []
        self._at = at or {}

    def deliver(self, message_bytes: bytes, envelope_sender: str, recipient: str) -> Delivery:
        self.taken.append(recipient)
        answer = self._at.get(len(self.taken), lambda: None)()
        return answer or _SENT

    def check(self) -> Delivery:
        return _SENT

    def close(self) -> None:
        """Hold nothing."""


def _rows(box: World) -> list[OutboxRecord]:
    return sorted(box.outbox(), key=lambda mail: mail.id)


def _intended(box: World) -> list[OutboxRecord]:
    return [mail for mail in _rows(box) if mail.intended_at is not None]


def _states(box: World) -> list[OutboxState]:
    return [mail.state for mail in _rows(box)]


def _waits(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + _LONG.total_seconds()
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    assert condition()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A moment that a busy machine does not outlast."""
    monkeypatch.setattr(portions, "MOMENT", 60.0)
    monkeypatch.setattr(results, "MOMENT", 60.0)


def _box(open_box: OpenBox, **courier: object) -> World:
    return open_box(courier=CourierSettings.model_validate({"hourly_cap": 10_000, **courier}))


# --- commits -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
def test_a_mail_costs_a_part_of_a_commit(
    open_box: OpenBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = _box(open_box)
    queue_mails(box.services, 100)
    commits: list[None] = []
    run = box.services.store.run

    def counted(work: Callable[[Transaction], object]) -> object:
        commits.append(None)
        return run(work)

    monkeypatch.setattr(box.services.store, "run", counted)
    assert deliver(box.services, _Courier()).sent == 100
    # 1, 2, 4, 8, 16, 20, 20, 20, 9 mails, one look that finds none, and one for a pause
    assert len(commits) == 11


@pytest.mark.parametrize(
    ("setting", "most"),
    [
        ({}, 20),
        ({"portion": 1}, 1),
        ({"portion": 3}, 3),
        # staff would have to look at each mail in doubt
        ({"in_doubt": "hold"}, 1),
        ({"in_doubt": "verify"}, 1),
        ({"in_doubt": "hold", "portion": 3}, 3),
    ],
)
@pytest.mark.usefixtures("quick")
def test_so_many_mails_are_in_doubt_at_most(
    open_box: OpenBox, setting: dict[str, object], most: int
) -> None:
    box = _box(open_box, **setting)
    queue_mails(box.services, 60)
    seen: list[int] = []

    class Looking(_Courier):
        def deliver(self, message_bytes: bytes, envelope_sender: str, recipient: str) -> Delivery:
            seen.append(len(_intended(box)))
            return super().deliver(message_bytes, envelope_sender, recipient)

    assert deliver(box.services, Looking()).sent == 60
    assert (max(seen), seen[0]) == (most, 1)
    assert _intended(box) == []


def test_portions_are_as_large_as_what_is_taken_in_a_moment() -> None:
    class Now(SystemClock):
        ahead = timedelta()

        def now(self):  # type: ignore[no-untyped-def]
            return super().now() + self.ahead

    clock = Now()
    pace = Pace(20, clock)
    sizes = []
    for _ in range(6):
        sizes.append(pace.size)
        pace.begin()
        for _ in range(pace.size):
            pace.count()
        pace.end()
    assert sizes == [1, 2, 4, 8, 16, 20]
    pace.begin()
    for _ in range(3):
        pace.count()
    clock.ahead += timedelta(hours=1)
    pace.count()
    pace.end()
    assert pace.size == 3
    # what ended for want of mails says nothing
    pace.begin()
    pace.count()
    pace.end()
    assert pace.size == 3


# --- what happens in the middle ------------------------------------------------------------------


def _faulty() -> Delivery:
    return Delivery(DeliveryKind.DEFERRED, "down", fault=_FAULT)


@pytest.mark.usefixtures("quick")
def test_after_a_fault_the_rest_of_the_portion_is_not_in_doubt(open_box: OpenBox) -> None:
    box = _box(open_box)
    queue_mails(box.services, 30)
    courier = _Courier({10: _faulty})
    done = deliver(box.services, courier)
    assert (done.sent, done.deferred, done.fault) == (9, 21, _FAULT)
    assert len(courier.taken) == 10
    waiting = [mail for mail in _rows(box) if mail.state is not OutboxState.SENT]
    assert {(mail.state, mail.intended_at, mail.attempt) for mail in waiting} == {
        (OutboxState.QUEUED, None, 0)
    }
    box.clock.advance(timedelta(minutes=10))
    assert deliver(box.services, courier).sent == 21
    assert len(set(courier.taken)) == 30


@pytest.mark.usefixtures("quick")
def test_a_stop_in_the_middle_of_a_portion_leaves_no_doubt(open_box: OpenBox) -> None:
    box = _box(open_box)
    queue_mails(box.services, 30)
    stop: list[None] = []
    courier = _Courier({10: lambda: stop.append(None)})
    box.services.stopping = lambda: bool(stop)
    done = deliver(box.services, courier)
    assert (done.sent, done.deferred, done.fault) == (10, 20, None)
    assert _states(box).count(OutboxState.SENT) == 10
    assert _intended(box) == []


@pytest.mark.usefixtures("quick")
def test_what_ends_the_process_in_a_mail_leaves_that_one_in_doubt(open_box: OpenBox) -> None:
    box = _box(open_box)
    queue_mails(box.services, 30)

    def end() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver(box.services, _Courier({10: end}))
    assert _states(box).count(OutboxState.SENT) == 9
    assert [mail.state for mail in _intended(box)] == [OutboxState.SENDING]
    assert _states(box).count(OutboxState.QUEUED) == 20


@pytest.mark.usefixtures("quick")
def test_a_refusal_is_written_before_the_next_mail(open_box: OpenBox) -> None:
    box = _box(open_box)
    queue_mails(box.services, 30)
    refused = Delivery(DeliveryKind.FAILED, "550 5.1.1 nobody here")
    seen: list[list[OutboxState]] = []
    done = deliver(
        box.services, _Courier({10: lambda: refused, 11: lambda: seen.append(_states(box))})
    )
    assert (done.sent, done.failed) == (29, 1)
    assert (seen[0].count(OutboxState.SENT), seen[0].count(OutboxState.FAILED)) == (9, 1)


@pytest.mark.parametrize("place", [9, 10, 15])
def test_a_slow_mail_is_the_only_one_in_doubt(open_box: OpenBox, place: int) -> None:
    """What came of those before it is written, and those behind it are given back."""
    box = _box(open_box)
    queue_mails(box.services, 30)

    def slow() -> None:
        _waits(lambda: len(_intended(box)) == 1)
        assert _intended(box)[0].recipient == courier.taken[-1]
        assert _states(box).count(OutboxState.SENT) == place - 1
        assert _states(box).count(OutboxState.QUEUED) == 30 - place

    courier = _Courier({place: slow})
    assert deliver(box.services, courier).sent == 30
    assert len(courier.taken) == 30
    assert len(set(courier.taken)) == 30


def test_all_claims_of_a_portion_outlive_their_lease(
    open_box: OpenBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portions, "MOMENT", 60.0)
    box = _box(open_box)
    services = box.services
    limits = LimitSettings().model_copy(update={"lease_seconds": 0.3})
    services.settings = services.settings.model_copy(update={"limits": limits})
    queue_mails(services, 15)
    others: list[Sequence[OutboxRecord]] = []

    def taken(work: Work) -> list[OutboxRecord]:
        return claim_mails(work.tx, work.now, 9, "two", work.now + timedelta(minutes=1))

    def slow() -> None:
        for _ in range(4):
            box.clock.advance(timedelta(seconds=0.25))
            time.sleep(0.25)
            others.append(services.run(taken))

    # the eight mails of the fourth portion are in hand
    courier = _Courier({9: slow})
    assert deliver(services, courier).sent == 15
    assert others == [[]] * 4
    assert len(set(courier.taken)) == 15


def test_mails_behind_a_slow_one_are_judged_anew(
    open_box: OpenBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was revoked meanwhile does not go out, although it was about to."""
    box = _box(open_box)
    queue_mails(box.services, 30)
    revoked: list[str] = []
    real = stale.overtaken

    def overtaken(tx: Transaction, mail: OutboxRecord, now: object) -> bool:
        return mail.id in revoked or real(tx, mail, box.clock.now())

    monkeypatch.setattr(portions, "overtaken", overtaken)

    def slow() -> None:
        waiting = [mail for mail in _intended(box) if mail.recipient not in courier.taken]
        revoked.append(waiting[0].id)
        time.sleep(0.25)

    courier = _Courier({10: slow})
    done = deliver(box.services, courier)
    assert (done.sent, done.overtaken) == (29, 1)
    states = {mail.id: mail.state for mail in _rows(box)}
    assert states[revoked[0]] is OutboxState.CANCELLED


# --- one that fails does not speak for all -------------------------------------------------------


@pytest.mark.usefixtures("quick")
def test_a_mail_that_cannot_be_judged_hinders_none_before_it(
    open_box: OpenBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = _box(open_box)
    odd = queue_mails(box.services, 20)[11]
    real = stale.overtaken

    def overtaken(tx: Transaction, mail: OutboxRecord, now: object) -> bool:
        if mail.id == odd.id:
            raise KeyError("odd")
        return real(tx, mail, box.clock.now())

    monkeypatch.setattr(portions, "overtaken", overtaken)
    courier = _Courier()
    with pytest.raises(KeyError):
        deliver(box.services, courier)
    assert len(courier.taken) == 11
    assert _states(box).count(OutboxState.SENT) == 11
    assert _intended(box) == []


@pytest.mark.usefixtures("quick")
def test_a_result_that_cannot_be_written_costs_no_other(
    open_box: OpenBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = _box(open_box)
    odd = queue_mails(box.services, 20)[9]
    real = ledger.went_out

    def went_out(work: Work, mail: OutboxRecord) -> None:
        if mail.id == odd.id:
            raise KeyError("odd")
        real(work, mail)

    monkeypatch.setattr(results, "went_out", went_out)
    courier = _Courier()
    with pytest.raises(KeyError):
        deliver(box.services, courier)
    assert len(courier.taken) == 20
    assert _states(box).count(OutboxState.SENT) == 19
    assert [mail.id for mail in _intended(box)] == [odd.id]


@pytest.mark.usefixtures("quick")
def test_a_database_that_does_not_answer_once_loses_no_result(
    open_box: OpenBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = _box(open_box)
    queue_mails(box.services, 20)
    run = box.services.store.run
    failures: list[None] = []
    courier = _Courier()

    def broken(work: Callable[[Transaction], object]) -> object:
        if len(courier.taken) == 15 and not failures:
            failures.append(None)
            raise TryLaterError("database_busy", where="test")
        return run(work)

    monkeypatch.setattr(box.services.store, "run", broken)
    with pytest.raises(TryLaterError):
        deliver(box.services, courier)
    assert _states(box).count(OutboxState.SENT) == 15
    assert _intended(box) == []


# --- caps and order ------------------------------------------------------------------------------


def _deliver_all(box: World, courier: _Courier) -> Delivered:
    return deliver(box.services, courier)


@pytest.mark.usefixtures("quick")
def test_caps_are_counted_within_a_portion(open_box: OpenBox) -> None:
    box = _box(open_box, hourly_cap=100)
    queue_to(box.services, *["taro@shrub.example"] * 30, name="one")
    queue_to(box.services, *[f"taro+{place}@shrub.example" for place in range(10)], name="two")
    queue_to(box.services, *[f"ben@tree-{place}.example" for place in range(95)], name="three")
    courier = _Courier()
    assert _deliver_all(box, courier).sent == 100
    mailboxes = [name.replace("+", "@").split("@")[0] for name in courier.taken]
    # one mailbox gets a tenth of the hour, whatever its sub-addresses
    assert (mailboxes.count("taro"), mailboxes.count("ben")) == (10, 90)


@pytest.mark.usefixtures("quick")
def test_receipts_keep_their_budget_within_a_portion(open_box: OpenBox) -> None:
    box = _box(open_box, receipts_hourly=7)
    people = [f"ben@tree-{place}.example" for place in range(30)]
    queue_to(box.services, *people, name="receipts", priority=MailPriority.RECEIPT)
    queue_mails(box.services, 9)
    courier = _Courier()
    assert _deliver_all(box, courier).sent == 16
    assert [name.partition("@")[0] for name in courier.taken] == ["taro"] * 9 + ["ben"] * 7


@pytest.mark.usefixtures("quick")
def test_a_certificate_that_comes_meanwhile_goes_out_before_the_next_portion(
    open_box: OpenBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.flow.outgoing.poll.MOMENT", 0.0)
    box = _box(open_box)
    queue_mails(box.services, 40)

    def certificate() -> None:
        name = "aiko@shrub.example"
        queue_to(box.services, name, name="late", priority=MailPriority.CERTIFICATE)

    courier = _Courier({10: certificate})
    assert _deliver_all(box, courier).sent == 41
    assert courier.taken.index("aiko@shrub.example") == 15


@pytest.mark.usefixtures("quick")
def test_a_mail_in_doubt_stays_so_when_it_is_not_tried(open_box: OpenBox) -> None:
    box = _box(open_box, in_doubt="resend")
    mails = queue_mails(box.services, 4)
    now = box.clock.now()
    until = now + timedelta(seconds=1)

    def vanish(tx: Transaction) -> None:
        claimed = claim_mails(tx, now, 2, "gone", until)
        tx.outbox.intend([(mail.id, mail.attempt) for mail in claimed], now, until)

    box.services.store.run(vanish)
    box.clock.advance(timedelta(seconds=2))
    done = deliver(box.services, _Courier({1: _faulty}))
    assert (done.sent, done.fault) == (0, _FAULT)
    doubtful = {mail.id for mail in _intended(box)}
    assert doubtful == {mail.id for mail in mails[:2]}
    box.clock.advance(timedelta(hours=1))
    assert deliver(box.services, _Courier()).sent == 4


def test_claim_that_was_lost_is_sent_by_nobody(open_box: OpenBox) -> None:
    """A worker that slept for longer than its lease sends nothing of its portion."""
    box = _box(open_box)
    queue_mails(box.services, 15)

    def sleep() -> None:
        # the machine sleeps; another worker takes over what is in hand
        box.clock.advance(timedelta(hours=1))
        now = box.clock.now()
        box.services.store.run(lambda tx: claim_mails(tx, now, 50, "two", now + timedelta(hours=1)))

    courier = _Courier({9: sleep})
    done = deliver(box.services, courier)
    assert len(courier.taken) == 9
    # nor does it say what became of the mail before, whose result was not written
    assert done.sent == 7
    assert {mail.claimed_by for mail in _rows(box)[7:]} == {"two"}
