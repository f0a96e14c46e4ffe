"""What we ask of a customer while the server is down, or in the undo window: what arrives is true.

What was settled meanwhile is not asked, nobody is reminded of what they were not asked, and no mail
names a date that has passed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from pipeline.errors import TryLaterError
from pipeline.flow.staff import corrections
from pipeline.flow.staff import review as decisions
from pipeline.model.form import FormKind
from pipeline.model.request import Slot, Status
from pipeline.notifications.courier import Delivery, DeliveryKind
from pipeline.notifications.maildir import MaildirCourier
from pipeline.store.outbox_records import OutboxState
from pipeline.store.records import RequestRecord
from tests.world.customers import HANAKO, OLIVER, form
from tests.world.outbox import Sent, notices
from tests.world.world import World


def _refuses(*_: object) -> Delivery:
    fault = TryLaterError("courier_unreachable", place="mail:587", reason="down")
    return Delivery(DeliveryKind.DEFERRED, "down", fault=fault)


@contextmanager
def _server_down() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(MaildirCourier, "deliver", _refuses)
        yield


def _overtaken(world: World, record: RequestRecord) -> list[str]:
    return [
        mail.notice.value
        for mail in world.mails_of(record)
        if (mail.state, mail.last_error) == (OutboxState.CANCELLED, "overtaken")
    ]


def _by_days(world: World, days: int) -> list[tuple[int, str]]:
    """Return what comes in the next ``days``, each with its day."""
    return [(day, name) for day in range(days) for name in notices(world.later(days=1))]


# --- the undo window -----------------------------------------------------------------------------


def test_answer_that_staff_enter_after_asking_is_not_asked_for(world: World) -> None:
    world.mail(OLIVER, form(language="en"))
    record = corrections.ask(
        world.services, world.request(OLIVER), "saki", fields=("display_name",), text="Which?"
    )
    record = corrections.edit(
        world.services, record, "saki", answers=(("display_name", "Harbour Books Ltd"),)
    )
    (mail,) = world.staff_mails()
    assert notices([mail]) == ["revision_received"]
    assert "Our team has changed answers" in mail.text
    assert "We received" not in mail.text
    assert _overtaken(world, record) == ["needs_correction"]
    assert any(dict(event.detail).get("mail_overtaken") for event in world.history(record))


def test_question_before_a_hold_of_staff_is_asked_all_the_same(world: World) -> None:
    world.mail(OLIVER, form(language="en"))
    asked = corrections.ask(
        world.services, world.request(OLIVER), "saki", text="Is the name right?"
    )
    held = decisions.hold(world.services, asked, "saki")
    (mail,) = world.staff_mails()
    assert notices([mail]) == ["needs_correction"]
    assert "Is the name right?" in mail.text
    released = decisions.release(world.services, world.again(held), "saki")
    assert released.status is Status.NEEDS_CORRECTION
    assert world.staff_mails() == []


def test_nothing_is_asked_of_a_request_that_staff_end(world: World) -> None:
    world.mail(OLIVER, form(language="en"))
    record = decisions.approve(
        world.services, world.request(OLIVER), "saki", ticked="all", business_verified=True
    )
    world.staff_mails()
    asked = corrections.ask(world.services, record, "saki", text="Is the name right?")
    assert asked.status is Status.NEEDS_CORRECTION
    decisions.withdraw(world.services, asked, "saki")
    assert notices(world.staff_mails()) == ["withdrawn"]


# --- an outage -----------------------------------------------------------------------------------


def test_correction_that_came_meanwhile_is_not_asked_for(world: World) -> None:
    with _server_down():
        world.mail(OLIVER, form(language="en", display_name=""))
        record = world.request(OLIVER)
        world.reply(record, "", form(language="en", display_name="Harbour Books"))
    assert notices(world.later(hours=1)) == ["revision_received"]
    assert _overtaken(world, record) == ["needs_correction"]


def _corrections(world: World) -> RequestRecord:
    world.mail(OLIVER, form(language="en", display_name=""))
    return world.request(OLIVER)


def _two_step(world: World) -> RequestRecord:
    world.mail(HANAKO, form(FormKind.MIGRATION, two_step_disabled="no"))
    return decisions.approve(
        world.services, world.request(), "saki", ticked="all", business_verified=True
    )


@pytest.mark.parametrize(
    ("ask", "first", "again"),
    [
        (_corrections, "needs_correction", "correction_reminder"),
        (_two_step, "two_step_instructions", "two_step_instructions"),
    ],
)
def test_nobody_is_reminded_of_what_they_were_not_asked(
    world: World, ask: Callable[[World], RequestRecord], first: str, again: str
) -> None:
    with _server_down():
        record = ask(world)
        for _ in range(4):
            assert first not in notices(world.later(days=1))
    assert first in notices(world.later(hours=1))
    # the reminder that fell into the outage comes a day later, and the others at their time
    assert _by_days(world, 2)[0] == (0, again)
    assert world.again(record).state.reminded_at is not None


def test_mail_with_a_date_that_passed_is_written_anew(world: World) -> None:
    world.mail(HANAKO, form(FormKind.MIGRATION))
    record = decisions.approve(
        world.services, world.request(), "saki", ticked="all", business_verified=True
    )
    world.staff_mails()
    # Monday 23 November, 18:30 in Japan; the first hour is on Saturday
    begin = world.clock.now() + timedelta(days=5)
    starts = [begin + timedelta(days=days) for days in (0, 2, 3)]
    slots = tuple(Slot(start, start + timedelta(hours=1)) for start in starts)
    with _server_down():
        record = decisions.advance(world.services, record, "saki", slots=slots)
        for _ in range(4):
            world.later(days=1)
    found = _until_something_comes(world)
    (mail,) = found
    assert mail.notice == "slot_proposal"
    assert "再度" not in mail.subject
    assert "期限：2026年11月28日（土）17:" in mail.text
    again = world.again(record)
    assert again.next_at is not None
    assert [one.state for one in world.mails_of(record) if one.notice.value == "slot_proposal"] == [
        OutboxState.CANCELLED,
        OutboxState.SENT,
    ]


def _until_something_comes(world: World) -> list[Sent]:
    for _ in range(3):
        if found := world.later(minutes=30):
            return found
    return []


def test_withdrawal_told_after_a_day_offers_nothing_that_is_over(world: World) -> None:
    world.mail(OLIVER, form(language="en"))
    record = world.request(OLIVER)
    with _server_down():
        world.reply(record, "WITHDRAW")
        assert world.again(record).status is Status.WITHDRAWN
        for _ in range(2):
            world.later(days=1)
    (mail,) = _until_something_comes(world)
    assert mail.notice == "withdrawn"
    assert "UNDO" not in mail.text + mail.subject
    # told in time it does
    world.mail(HANAKO, form())
    (told,) = world.reply(world.request(), "取り下げ")
    assert "取り下げの取消" in told.text
