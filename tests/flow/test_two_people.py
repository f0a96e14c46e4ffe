"""Four eyes: with ``approval.two_people`` a certificate needs the yes of two people of staff."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from pipeline.config import ApprovalSettings, Section
from pipeline.errors import RefusedError
from pipeline.flow.services import Services
from pipeline.flow.staff import certificates, command, corrections, review
from pipeline.flow.staff.desk.rehearsal import rehearse
from pipeline.flow.staff.desk.second import second
from pipeline.flow.staff.possible import decisions_now
from pipeline.flow.views.second_yes import waiting_of, waits_for_second
from pipeline.model.certificate import CertificateState
from pipeline.model.form import FormKind
from pipeline.model.request import EventName, HoldReason, Move, NumberState, Slot, Status
from pipeline.store.queues import QueueView, queue
from pipeline.store.records import RequestRecord
from tests.flow.test_certificates import issued, states
from tests.world.customers import HANAKO, form
from tests.world.fixtures import MakeWorld
from tests.world.outbox import notices
from tests.world.world import World

LIVE, REVOKED = CertificateState.LIVE, CertificateState.REVOKED
SUPERSEDED = CertificateState.SUPERSEDED
TWO = {"two_people": True}
#: Other ways to type the name of who approved.
SAKI = ("saki", "Saki", " S A K I ", "ｓａｋｉ", "sa\u200bki")


@pytest.fixture
def two(make_world: MakeWorld) -> World:
    return make_world(approval=TWO)


def refusal(decide: Callable[..., object], *given: object, **named: object) -> str:
    with pytest.raises(RefusedError) as refused:
        decide(*given, **named)
    return refused.value.code


def waits_for(world: World, record: RequestRecord) -> str | None:
    with world.services.store.read() as tx:
        return waits_for_second(world.services.work(tx), world.again(record))


def switch(world: World, **sections: Section) -> None:
    world.change(**sections)
    for name in ("issuer", "policy"):
        world.services.__dict__.pop(name, None)


def both_names(world: World, record: RequestRecord) -> dict[EventName | None, tuple[str, str]]:
    """Return who said yes, by the lines of the history that tell two people."""
    found = {}
    for line in world.history(record):
        detail = dict(line.detail)
        if "first_yes" in detail:
            found[line.event] = (detail["first_yes"], detail.get("second_yes", ""))
    return found


def test_a_certificate_waits_for_a_second_person_and_is_then_issued_at_once(
    make_world: MakeWorld,
) -> None:
    world = make_world(approval=TWO)
    record = issued(world)
    assert (record.status, record.move) == (Status.APPROVED, Move.STAFF)
    assert (waits_for(world, record), world.certificates(record)) == ("saki", [])
    assert world.alerts().count("second_wanted") == 1
    with world.services.store.read() as tx:
        needs_me = [row.id for row in queue(tx, QueueView.NEEDS_ME)]
        assert waiting_of(world.services.work(tx), needs_me) == {record.id}
    world.staff_mails()
    for name in SAKI:
        assert refusal(second, world.services, record, name) == "second_same_person"
    record = second(world.services, world.again(record), "ken")
    assert record.status is Status.CERTIFICATE_ISSUED
    assert states(world, record) == [LIVE]
    assert notices(world.staff_mails()) == ["certificate_issued"]
    assert both_names(world, record) == {
        EventName.SECOND: ("saki", "ken"),
        EventName.ISSUED: ("saki", "ken"),
    }
    assert waits_for(world, record) is None
    assert refusal(second, world.services, record, "yuki") == "second_not_wanted"


def test_nothing_happens_by_itself_while_it_waits(two: World) -> None:
    record = issued(two)
    two.staff_mails()
    sent = [name for _ in range(16) for name in notices(two.later(hours=3))]
    assert set(sent) <= {"delayed"}  # what was promised before
    assert two.again(record).status is Status.APPROVED
    assert two.certificates(record) == []
    # once when it began to wait, then as every step that staff leave undone
    assert two.alerts().count("second_wanted") == 1
    assert two.alerts().count("overdue") <= 2
    assert refusal(certificates.issue_wanted, two.services, two.again(record)) == "second_missing"
    assert refusal(review.advance, two.services, two.again(record), "ken") == "second_missing"
    offered = {found.event for found in decisions_now(two.services, two.again(record))}
    assert EventName.SECOND in offered
    assert EventName.PROCEED not in offered


@pytest.mark.parametrize("name", ["", " ", "\u200b", "\t"])
def test_nobody_is_no_second_person(two: World, name: str) -> None:
    record = issued(two)
    assert refusal(second, two.services, record, name) == "second_nameless"
    assert two.certificates(record) == []


def test_a_customer_who_asks_is_told_nothing_untrue_while_it_waits(two: World) -> None:
    record = issued(two)
    two.staff_mails()
    (mail,) = two.reply(two.again(record), "STATUS")
    assert mail.notice == "duplicate"
    assert mail.files == {}
    assert two.again(record).status is Status.APPROVED


def test_an_answer_that_staff_change_takes_the_yes_back(two: World) -> None:
    record = issued(two)
    entered = (("website", "https://example.org"),)
    corrections.edit(two.services, record, "ken", answers=entered)
    record = two.again(record)
    assert waits_for(two, record) == ""
    assert two.certificates(record) == []
    record = second(two.services, record, "ken")
    assert (record.status, waits_for(two, record)) == (Status.APPROVED, "ken")
    assert refusal(second, two.services, record, "KEN") == "second_same_person"
    record = second(two.services, record, "saki")
    assert record.status is Status.CERTIFICATE_ISSUED
    assert both_names(two, record)[EventName.ISSUED] == ("ken", "saki")


def test_a_new_form_takes_the_yes_back(two: World) -> None:
    record = issued(two)
    two.staff_mails()
    other = form(FormKind.ONBOARDING, "ja", phone_number="090 8765 4321")
    two.reply(two.again(record), "", other)
    record = two.again(record)
    assert record.state.held_for(HoldReason.CHANGE)
    record = review.release(two.services, record, "saki")
    assert (record.status, waits_for(two, record)) == (Status.APPROVED, "")
    record = second(two.services, record, "saki")
    assert two.certificates(record) == []
    record = second(two.services, record, "ken")
    assert states(two, record) == [LIVE]


def test_what_was_held_is_said_yes_to_anew(two: World) -> None:
    record = review.hold(two.services, issued(two), "ken")
    assert refusal(second, two.services, record, "ken") == "no_such_move"
    record = review.release(two.services, record, "ken")
    assert waits_for(two, record) == ""


def test_a_number_that_turns_out_to_be_anothers_gets_no_certificate(two: World) -> None:
    record = issued(two)
    two.set_number(record.number, NumberState.ACTIVE, "other.example")
    assert refusal(second, two.services, two.again(record), "ken") == "number_of_another"
    assert waits_for(two, record) == "saki"
    assert two.certificates(record) == []


def test_a_reissue_waits_for_another_than_who_ordered_it(two: World) -> None:
    record = second(two.services, issued(two), "ken")
    record = certificates.reissue_certificate(two.services, record, "ken")
    assert states(two, record) == [LIVE]
    assert (record.move, waits_for(two, record)) == (Move.STAFF, "ken")
    # a second order is no second yes
    record = certificates.reissue_certificate(two.services, record, "saki")
    assert (states(two, record), waits_for(two, record)) == ([LIVE], "ken")
    assert refusal(second, two.services, record, "Ken") == "second_same_person"
    record = second(two.services, record, "saki")
    assert sorted(states(two, record)) == sorted([SUPERSEDED, LIVE])
    assert record.move is Move.CUSTOMER


def test_a_certificate_that_the_customer_asks_for_waits_and_is_not_closed(two: World) -> None:
    record = second(two.services, issued(two), "ken")
    two.staff_mails()
    two.later(days=8)
    two.reply(two.again(record), "新しい証明書をお願いします")
    record = two.again(record)
    assert (record.status, waits_for(two, record)) == (Status.CERTIFICATE_EXPIRED, "saki")
    assert record.move is Move.STAFF
    sent = [name for _ in range(40) for name in notices(two.later(days=1))]
    assert "closed_no_response" not in sent
    record = two.again(record)
    assert record.status is Status.CERTIFICATE_EXPIRED
    told = [alert for alert in two.alerts() if alert == "overdue"]
    assert 4 <= len(told) <= 8
    assert refusal(second, two.services, record, "saki") == "second_same_person"
    assert second(two.services, record, "ken").status is Status.CERTIFICATE_ISSUED


def test_a_certificate_that_is_made_anew_after_a_withdrawal_waits_as_well(two: World) -> None:
    record = second(two.services, issued(two), "ken")
    two.staff_mails()
    record = review.withdraw(two.services, record, "ken")
    record = review.advance(two.services, record, "ken", event=EventName.UNDO_WITHDRAW)
    assert states(two, record) == [REVOKED]
    assert waits_for(two, record) == "saki"
    record = second(two.services, record, "ken")
    assert sorted(states(two, record)) == sorted([REVOKED, LIVE])


def test_who_enters_what_another_person_approved_is_the_second(make_world: MakeWorld) -> None:
    maker = make_world()
    text = maker.certificates(issued(maker))[0].text
    world = make_world(approval=TWO, certificates={"issuer": "manual"})
    record = issued(world)
    enter = certificates.enter_certificate
    assert refusal(enter, world.services, record, text, "Saki") == "second_missing"
    assert refusal(enter, world.services, record, text, " ") == "second_missing"
    assert world.certificates(record) == []
    record = enter(world.services, record, text, "ken")
    assert states(world, record) == [LIVE]
    assert both_names(world, record) == {EventName.ISSUED: ("saki", "ken")}


def test_who_approved_enters_it_once_a_colleague_has_said_yes(make_world: MakeWorld) -> None:
    maker = make_world()
    text = maker.certificates(issued(maker))[0].text
    world = make_world(approval=TWO, certificates={"issuer": "manual"})
    record = second(world.services, issued(world), "ken")
    assert record.status is Status.APPROVED
    assert world.alerts()[-2:] == ["second_wanted", "certificate_wanted"]
    record = certificates.enter_certificate(world.services, record, text, "saki")
    assert both_names(world, record)[EventName.ISSUED] == ("saki", "ken")


def test_an_order_from_before_the_setting_waits_from_then_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(command, "issue", lambda *_: [])
        record = issued(world)
    assert (record.move, states(world, record)) == (Move.SYSTEM, [CertificateState.RESERVED])
    switch(world, approval=ApprovalSettings(two_people=True))
    world.staff_mails()
    assert states(world, record) == [REVOKED]
    record = world.again(record)
    assert (record.status, record.move) == (Status.APPROVED, Move.STAFF)
    assert world.alerts() == ["second_wanted"]
    record = second(world.services, record, "ken")
    assert sorted(states(world, record)) == sorted([REVOKED, LIVE])


def test_switched_off_it_waits_for_nobody(two: World) -> None:
    record = issued(two)
    switch(two, approval=ApprovalSettings(two_people=False))
    assert refusal(second, two.services, record, "ken") == "second_not_wanted"
    record = certificates.issue_wanted(two.services, record)
    assert states(two, record) == [LIVE]


def test_ready_by_the_customer_waits_for_the_second_person(two: World) -> None:
    record = issued(two, ready_date="2026-12-21")
    assert (record.status, waits_for(two, record)) == (Status.AWAITING_READINESS, None)
    two.staff_mails()
    assert notices(two.reply(two.again(record), "準備完了")) == []
    assert waits_for(two, record) == "saki"
    assert second(two.services, two.again(record), "ken").status is Status.CERTIFICATE_ISSUED


def test_preview_tells_that_it_waits_and_keeps_nothing(two: World) -> None:
    two.mail(HANAKO, form(FormKind.ONBOARDING, "ja"))
    record = review.approve(
        two.services, two.request(), "saki", ticked="all", business_verified=True
    )

    def named(services: Services, record: RequestRecord, who: str) -> RequestRecord:
        return review.advance(services, record, who, event=EventName.NAME_APPROVED)

    announced = rehearse(two.services, record, named, "saki")
    assert (announced.first_yes, announced.ordered, announced.lasting) == ("saki", None, False)
    record = named(two.services, record, "saki")
    announced = rehearse(two.services, record, second, "ken")
    assert (announced.first_yes, announced.lasting) == (None, True)
    assert announced.ordered is not None
    # what was only rehearsed is nobody's yes
    assert waits_for(two, record) == "saki"
    assert two.certificates(record) == []


def test_with_one_person_everything_is_as_before(world: World) -> None:
    record = issued(world)
    assert record.status is Status.CERTIFICATE_ISSUED
    assert both_names(world, record) == {}
    assert refusal(second, world.services, record, "ken") == "second_not_wanted"


def test_a_move_waits_for_the_second_person_after_its_call(two: World) -> None:
    two.mail(HANAKO, form(FormKind.MIGRATION, "ja"))
    record = review.approve(two.services, two.request(), "saki", ticked="all", two_step_off=True)
    start = two.clock.now() + timedelta(days=40)
    slot = Slot(start, start + timedelta(hours=1))
    record = review.advance(two.services, record, "ken", slots=(slot,))
    record = review.advance(two.services, record, "ken", event=EventName.ACCEPT_SLOT, slots=(slot,))
    record = review.record_early(two.services, record, "ken", EventName.CODE_VERIFIED)
    assert (record.status, waits_for(two, record)) == (Status.APPROVED, "saki")
    assert refusal(second, two.services, record, "saki") == "second_same_person"
    assert states(two, second(two.services, record, "ken")) == [LIVE]
