"""Receipts to unproven senders: budgets of their own, behind all other mail, dropped in a day."""

from datetime import timedelta

import pytest

from pipeline.model.notice import MailPriority
from pipeline.model.request import HoldReason
from pipeline.notifications.courier import Delivery
from pipeline.notifications.maildir import MaildirCourier
from pipeline.store.outbox_records import OutboxState
from tests.world.customers import HANAKO, form
from tests.world.fixtures import MakeWorld
from tests.world.outbox import Sent
from tests.world.world import World, deliver

HOUR, FLOOD = 30, 45


@pytest.fixture
def carried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whom mails went to, in the order in which the courier got them."""
    order: list[str] = []
    deliver_really = MaildirCourier.deliver

    def deliver_and_note(courier: MaildirCourier, raw: bytes, sender: str, to: str) -> Delivery:
        order.append(to)
        return deliver_really(courier, raw, sender, to)

    monkeypatch.setattr(MaildirCourier, "deliver", deliver_and_note)
    return order


def flood(world: World, count: int, proof: str = "nothing", first: int = 0) -> None:
    """Put forged mails of as many addresses into the mailbox."""
    mails = [
        world.customer.write(f"victim{number}@v{number}.example", text="hello", proof=proof)
        for number in range(first, first + count)
    ]
    deliver(world.services, *mails)


def receipts(mails: list[Sent]) -> int:
    return sum(mail.notice == "receipt_unverified" for mail in mails)


def test_a_flood_of_forged_mails_keeps_no_customer_waiting(
    any_world: World, carried: list[str]
) -> None:
    world = any_world
    flood(world, FLOOD)
    world.deliver(world.customer.write(HANAKO, form()))
    world.run()
    assert carried[0] == HANAKO
    assert len(carried) == HOUR + 1
    assert len(world.requests()) == FLOOD + 1


def test_over_the_budget_of_the_day_a_receipt_waits_a_day_and_is_dropped(any_world: World) -> None:
    world = any_world
    limits = {"receipts_hourly": 5, "receipts_daily": 12}
    world.change(courier=world.services.settings.courier.model_copy(update=limits))
    world.clock.advance(timedelta(hours=-9))  # half past midnight
    flood(world, 30)
    sent = [receipts(world.run())]
    sent += [receipts(world.later(hours=1)) for _ in range(23)]
    assert sent[:4] == [5, 5, 2, 0]
    assert sum(sent) == 12
    assert receipts(world.later(hours=1)) == 5  # a new day
    world.later(hours=1)
    states = [row.state for row in world.outbox() if row.priority is MailPriority.RECEIPT]
    assert states.count(OutboxState.SENT) + states.count(OutboxState.CANCELLED) == 30
    assert states.count(OutboxState.CANCELLED) > 0
    assert world.alerts().count("receipts_dropped") == 1
    held = [record for record in world.requests() if record.held_for(HoldReason.SENDER)]
    assert len(held) == 30  # they wait for staff
    assert sum(record.state.unasked for record in held) == states.count(OutboxState.CANCELLED)


def test_senders_whose_spf_passed_have_a_budget_of_their_own(
    make_world: MakeWorld, carried: list[str]
) -> None:
    world = make_world(courier={"receipts_hourly": 3})
    flood(world, 10)
    flood(world, 2, proof="none", first=50)
    assert receipts(world.run()) == 5
    assert carried[:2] == ["victim50@v50.example", "victim51@v51.example"]


def test_a_failed_attempt_costs_no_room(make_world: MakeWorld) -> None:
    world = make_world(courier={"receipts_hourly": 1})
    flood(world, 1)
    assert receipts(world.run()) == 1
    flood(world, 1, first=9)
    assert receipts(world.run()) == 0
    assert receipts(world.later(hours=1)) == 1


@pytest.mark.parametrize(("proof", "priority"), [("pass", 1), ("none", 2), ("nothing", 3)])
def test_mail_has_the_priority_of_its_kind(world: World, proof: str, priority: int) -> None:
    world.mail(HANAKO, form(), proof=proof)
    (mail,) = world.outbox()
    assert mail.priority == priority


@pytest.mark.long
@pytest.mark.parametrize("count", [300, 5000])
def test_a_great_flood_meets_the_budget_of_the_day(
    world: World, carried: list[str], count: int
) -> None:
    flood(world, count)
    world.deliver(world.customer.write(HANAKO, form()))
    world.run()
    assert carried[0] == HANAKO
    for _ in range(12):
        world.later(hours=1)
    assert len([to for to in carried if to.startswith("victim")]) == 200
