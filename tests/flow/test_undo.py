"""The last decision is undone while its mails wait, by whom, and when it is not."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest

from pipeline.batch import run_batch
from pipeline.clock import SettableClock
from pipeline.errors import RefusedError
from pipeline.flow.services import Services
from pipeline.flow.services.state import open_store
from pipeline.flow.staff import certificates, corrections, letters, outbox, review
from pipeline.flow.staff.desk import hands
from pipeline.flow.staff.desk.rehearsal import rehearse
from pipeline.flow.staff.desk.undo import undo, undoable
from pipeline.flow.upkeep.housekeep import housekeep
from pipeline.model.request import EventName, HoldReason, Move, NumberState, Status
from pipeline.store import queues
from pipeline.store.outbox_records import OutboxState
from pipeline.store.queues import QueueView
from pipeline.store.records import RequestRecord
from tests.flow.test_undo_walk import assert_undone
from tests.world.customers import HANAKO, TARO, form
from tests.world.fixtures import MakeWorld
from tests.world.outbox import notices
from tests.world.rows import all_rows
from tests.world.world import World

_WHO, _OTHER = "saki", "ken"
_NUMBER = "+819012345678"

Decide = Callable[[Services, RequestRecord, str], RequestRecord]
_reject: Decide = partial(review.reject, reason="policy")
_ask: Decide = partial(corrections.ask, fields=("company_legal_name",), text="？")
_edit: Decide = partial(corrections.edit, answers=(("contact_email", "nobody"),))
_answer: Decide = partial(letters.answer, text="はい、可能です。")
_DECISIONS: dict[str, Decide] = {
    "reject": _reject,
    "withdraw": review.withdraw,
    "ask": _ask,
    "edit": _edit,
    "answer": _answer,
    "take": hands.take,
    "hold": partial(review.hold, note="Meta asked about it"),
}


def _opened(world: World) -> RequestRecord:
    world.mail(HANAKO, form())
    return world.request()


def _approved(world: World) -> RequestRecord:
    return review.approve(
        world.services, _opened(world), _WHO, ticked="all", business_verified=True
    )


def _refusal(world: World, record: RequestRecord) -> str:
    before = all_rows(world.services.store)
    with pytest.raises(RefusedError) as refused:
        undo(world.services, record, _OTHER)
    assert all_rows(world.services.store) == before
    return refused.value.code


@pytest.mark.parametrize("name", _DECISIONS)
def test_all_rows_are_what_they_were(any_world: World, name: str) -> None:
    world = any_world
    record = _opened(world)
    before = all_rows(world.services.store)
    decided = _DECISIONS[name](world.services, record, _WHO)
    found = undoable(world.services, decided)
    assert found is not None
    assert found.until == world.clock.now() + timedelta(seconds=120)
    restored = undo(world.services, decided, _OTHER)
    assert_undone(before, all_rows(world.services.store))
    assert restored.state.version > decided.state.version
    assert world.staff_mails() == []


def test_history_names_both_and_is_never_rewritten(world: World) -> None:
    record = _reject(world.services, _opened(world), _WHO)
    lines = world.history(record)
    undo(world.services, record, _OTHER)
    *old, last = world.history(record)
    assert old == lines
    assert (last.actor_name, last.before, last.after) == (
        _OTHER, Status.REJECTED, Status.POLICY_REVIEW,
    )  # fmt: skip
    assert dict(last.detail)["undone"] == EventName.REJECT.value
    assert dict(last.detail)["decided_by"] == _WHO
    with world.services.store.read() as tx:
        assert tx.events.verify(record.id)
        assert [line.event for line in tx.events.standing(record.id)] == [
            line.event for line in lines[:-1]
        ]


def test_the_same_decision_can_be_taken_again_and_its_mail_goes_out(world: World) -> None:
    record = _reject(world.services, _opened(world), _WHO)
    restored = undo(world.services, record, _OTHER)
    _reject(world.services, restored, _WHO)
    assert notices(world.staff_mails()) == ["rejected"]


def test_nothing_is_undone_twice_nor_without_a_decision(world: World) -> None:
    record = _opened(world)
    assert (_refusal(world, record), undoable(world.services, record)) == ("undo_nothing", None)
    held = review.hold(world.services, record, _WHO)
    assert _refusal(world, undo(world.services, held, _WHO)) == "undo_nothing"


def test_the_window_ends_with_the_second_in_which_the_mail_may_go_out(world: World) -> None:
    record = _reject(world.services, _opened(world), _WHO)
    world.clock.advance(timedelta(seconds=119.9))
    assert undoable(world.services, record) is not None
    world.clock.advance(timedelta(seconds=0.1))
    assert undoable(world.services, record) is None
    assert _refusal(world, record) == "decision_undo_late"
    assert notices(world.run()) == ["rejected"]


def test_what_was_kept_is_gone_after_the_window(world: World) -> None:
    record = _edit(world.services, _opened(world), _WHO)
    housekeep(world.services)
    assert undoable(world.services, record) is not None
    world.clock.advance(timedelta(seconds=120))
    housekeep(world.services)
    assert all_rows(world.services.store)["undo"] == {}


def test_erasing_a_request_erases_what_was_kept_of_it(world: World) -> None:
    record = _edit(world.services, _opened(world), _WHO)
    world.services.store.run(lambda tx: tx.privacy.erase_request(record.id))
    assert all_rows(world.services.store)["undo"] == {}


def test_settings_can_leave_no_time(make_world: MakeWorld) -> None:
    world = make_world(courier={"undo_seconds": 0})
    record = review.hold(world.services, _opened(world), _WHO)
    assert _refusal(world, record) == "undo_nothing"


def test_a_claimed_mail_is_too_late(any_world: World) -> None:
    world = any_world
    record = _reject(world.services, _opened(world), _WHO)
    (name,) = [mail.id for mail in world.mails_of(record) if mail.state is OutboxState.QUEUED]
    until = world.clock.now() + timedelta(minutes=5)
    with world.services.store.read() as tx:
        mail = tx.outbox.get(name)
    assert mail is not None
    world.services.store.run(lambda tx: tx.outbox.take([mail], "another", until))
    assert _refusal(world, record) == "decision_undo_late"


@pytest.mark.parametrize("since", ["withdrawn", "answered", "mail cancelled"])
def test_what_happened_since_is_not_undone_with_it(world: World, since: str) -> None:
    record = _ask(world.services, _opened(world), _WHO)
    if since == "mail cancelled":
        outbox.cancel(world.services, world.mails_of(record)[-1].id, _OTHER)
    else:
        world.reply(record, "取り下げます。" if since == "withdrawn" else "", *_file(since))
    assert undoable(world.services, world.again(record)) is None
    late = since == "mail cancelled"
    code = _refusal(world, world.again(record))
    assert code == ("decision_undo_late" if late else "undo_changed_since")


def _file(since: str) -> list[tuple[str, bytes]]:
    return [form(contact_email="hanako.new@sakura-denki.example")] if since == "answered" else []


def test_words_that_wait_for_staff_stay_and_hinder_nothing(world: World) -> None:
    record = _ask(world.services, _opened(world), _WHO)
    world.reply(record, "急いでいます。いつごろになりますか。")
    undo(world.services, world.again(record), _OTHER)
    assert world.again(record).status is Status.POLICY_REVIEW
    with world.services.store.read() as tx:
        notes = [note for note in tx.notes.list(record.id) if note.from_customer]
    assert notes[-1].waits_since is not None


def test_the_last_of_two_decisions_alone_is_undone(world: World) -> None:
    record = _ask(world.services, _opened(world), _WHO)
    withdrawn = review.withdraw(world.services, record, _WHO)
    restored = undo(world.services, withdrawn, _OTHER)
    assert restored.status is Status.NEEDS_CORRECTION
    assert _refusal(world, restored) == "undo_nothing"
    assert notices(world.staff_mails()) == ["needs_correction"]


def test_a_certificate_that_was_ordered_lasts(world: World) -> None:
    record = _approved(world)
    review.advance(world.services, record, _WHO, event=EventName.NAME_APPROVED)
    issued = world.again(record)
    assert issued.status is Status.CERTIFICATE_ISSUED
    assert _refusal(world, issued) == "undo_lasting"
    withdrawn = review.withdraw(world.services, issued, _WHO)
    assert _refusal(world, withdrawn) == "undo_lasting"
    with world.services.store.read() as tx:
        assert tx.certificates.live_of_request(record.id) is None


def test_a_revoked_certificate_lasts(world: World) -> None:
    record = _approved(world)
    review.advance(world.services, record, _WHO, event=EventName.NAME_APPROVED)
    certificates.revoke_certificate(world.services, world.again(record), _WHO, "exposed")
    assert _refusal(world, world.again(record)) == "undo_lasting"


def test_an_undone_mail_is_never_queued_again(world: World) -> None:
    record = _reject(world.services, _opened(world), _WHO)
    mail = world.mails_of(record)[-1]
    undo(world.services, record, _OTHER)
    with pytest.raises(RefusedError, match="outbox_not_retried"):
        outbox.retry(world.services, mail.id, _OTHER)


def test_an_undone_question_is_in_no_later_mail(world: World) -> None:
    """What was asked and taken back was never asked."""
    world.mail(HANAKO, form(contact_email="nobody"))
    record = world.request()
    world.clock.advance(timedelta(hours=1))
    asked = corrections.ask(
        world.services, record, _WHO, fields=("company_legal_name",), text="UNASKED"
    )
    undo(world.services, asked, _OTHER)
    mails = world.later(days=8)
    assert mails
    assert not any("UNASKED" in mail.text for mail in mails)


def test_the_number_is_claimed_as_before(world: World) -> None:
    record = _approved(world)
    before = world.number(_NUMBER)
    assert before is not None
    assert before.state is NumberState.REQUESTED
    rejected = review.withdraw(world.services, record, _WHO)
    assert world.number(_NUMBER) != before
    undo(world.services, rejected, _OTHER)
    assert world.number(_NUMBER) == before


def test_a_number_that_another_request_has_meanwhile_stays_there(world: World) -> None:
    record = review.withdraw(world.services, _approved(world), _WHO)
    world.set_number(_NUMBER, NumberState.ACTIVE, "other.example")
    assert _refusal(world, world.again(record)) == "undo_changed_since"


def test_both_of_two_requests_that_one_decision_settled_are_back(world: World) -> None:
    world.know("sakura-denki.example")
    world.mail(HANAKO, form())
    world.mail(TARO, form(display_name="さくら"))
    first = world.request()
    assert first.state.hold_reason is HoldReason.FIRST_OF_TWO
    before = all_rows(world.services.store)
    decided = review.withdraw(world.services, first, _WHO)
    assert world.request(TARO).status is Status.POLICY_REVIEW
    found = undoable(world.services, decided)
    assert found is not None
    assert len(found.mails) == 2
    undo(world.services, decided, _OTHER)
    assert_undone(before, all_rows(world.services.store))
    assert [dict(line.detail)["undone"] for line in world.history(world.request(TARO))[-1:]] == [
        EventName.WITHDRAW.value
    ]
    assert world.staff_mails() == []


def test_the_rehearsal_tells_whether_it_can_be_undone(world: World) -> None:
    record = _opened(world)
    announced = rehearse(world.services, record, _reject, _WHO)
    assert (announced.undo_seconds, announced.lasting) == (120, True)
    assert undoable(world.services, record) is None
    approved = review.approve(world.services, record, _WHO, ticked="all", business_verified=True)
    name_approved = partial(review.advance, event=EventName.NAME_APPROVED)
    announced = rehearse(world.services, approved, name_approved, _WHO)
    assert announced.undo_seconds == 0
    assert announced.kept is not None
    assert announced.kept.lasting == "certificate"


def test_a_decision_without_its_mail_is_the_move_of_staff(world: World) -> None:
    record = _opened(world)
    world.clock.advance(timedelta(minutes=1))
    record = _ask(world.services, record, _WHO)
    assert record.move is Move.CUSTOMER
    mail = world.mails_of(record)[-1]
    done = outbox.cancel(world.services, mail.id, _OTHER)
    assert [one.id for one in done.waiting] == [record.id]
    assert _needs_me(world) == [record.reference]
    outbox.retry(world.services, mail.id, _OTHER)
    assert (_needs_me(world), world.again(record).move) == ([], Move.CUSTOMER)
    assert notices(world.staff_mails()) == ["needs_correction"]


def test_a_customer_who_was_asked_before_stays_to_move(world: World) -> None:
    world.mail(HANAKO, form(contact_email="nobody"))
    record = _answer(world.services, world.request(), _WHO)
    mail = world.mails_of(record)[-1]
    assert mail.state is OutboxState.QUEUED
    assert outbox.cancel(world.services, mail.id, _OTHER).waiting == ()
    assert world.again(record).move is Move.CUSTOMER


def _needs_me(world: World) -> list[str]:
    with world.services.store.read() as tx:
        rows = queues.queue(tx, QueueView.NEEDS_ME, now=world.clock.now())
    return [row.reference for row in rows]


# --- two at once --------------------------------------------------------------------------------


def _worker(world: World, ahead: timedelta) -> Services:
    """Open the services of another worker, whose clock is ``ahead``."""
    clock = SettableClock(world.clock.now() + ahead)
    store = open_store(world.services.settings, clock, make=False)
    return replace(world.services, clock=clock, store=store, blobs=store.blobs, worker="other")


def _both(services: Services, world: World, record: RequestRecord) -> str:
    """Undo while another worker runs a batch; return the code of the refusal, or nothing."""
    barrier = Barrier(2)

    def other() -> None:
        barrier.wait(10)
        run_batch(services)

    def ours() -> str:
        barrier.wait(10)
        try:
            undo(world.services, record, _OTHER)
        except RefusedError as error:
            return error.code
        return ""

    with ThreadPoolExecutor(2) as pool, closing(services.store):
        batch, undone = pool.submit(other), pool.submit(ours)
        batch.result(60)
        return undone.result(60)


@pytest.mark.parametrize("attempt", range(3))
def test_a_mail_goes_out_or_is_undone_and_never_both(any_world: World, attempt: int) -> None:
    """The clock of the sender is two minutes ahead of the one who undoes."""
    world = any_world
    record = _reject(world.services, _opened(world), _WHO)
    code = _both(_worker(world, timedelta(seconds=120 + attempt)), world, record)
    (mail,) = [one for one in world.mails_of(record) if one.notice == "rejected"]
    sent = notices(world.new_mails())
    if code:
        assert (code, mail.state) == ("decision_undo_late", OutboxState.SENT)
        assert sent.count("rejected") == 1
        assert world.again(record).status is Status.REJECTED
    else:
        assert (mail.state, "rejected" in sent) == (OutboxState.CANCELLED, False)
        assert world.again(record).status is Status.POLICY_REVIEW


@pytest.mark.parametrize("attempt", range(3))
def test_a_customer_s_mail_is_never_undone(any_world: World, attempt: int) -> None:
    world = any_world
    world.mail(HANAKO, form(contact_email="nobody"))
    record = world.request()
    held = review.hold(world.services, record, _WHO)
    text = f"取り下げます。\n\n{'> ' * attempt}"
    ours = world.mails_of(record)[-1]
    raw = world.customer.write(
        HANAKO, text=text, subject=f"Re: {ours.subject}", headers={"In-Reply-To": ours.message_id}
    )
    world.deliver(raw)
    code = _both(_worker(world, timedelta()), world, held)
    assert code in {"", "undo_changed_since"}
    now = world.again(record)
    lines = [(line.actor_name, dict(line.detail).get("undone")) for line in world.history(now)]
    assert ((_OTHER, EventName.HOLD.value) in lines) is (code == "")
    with world.services.store.read() as tx:
        assert tx.events.verify(record.id)
        assert tx.messages.requests_of(world.last_message().id) == [record.id]
        told = [note for note in tx.notes.list(record.id) if note.from_customer]
    assert told or now.status is Status.WITHDRAWN
