"""The form that staff send is taken back when its customer writes before it went out."""

from datetime import timedelta

import pytest

from pipeline.errors import TryLaterError
from pipeline.flow.staff.send_form import send_form
from pipeline.model.form import FormKind
from pipeline.model.request import Status
from pipeline.notifications.courier import Delivery, DeliveryKind
from pipeline.notifications.maildir import MaildirCourier
from pipeline.store.outbox_records import OutboxState
from pipeline.store.records import RequestRecord
from tests.world.customers import OLIVER, form
from tests.world.outbox import notices
from tests.world.world import World


def _down(*_: object) -> Delivery:
    fault = TryLaterError("courier_unreachable", place="mail:587", reason="down")
    return Delivery(DeliveryKind.DEFERRED, "down", fault=fault)


def _asked(world: World) -> RequestRecord:
    world.mail(OLIVER, text="Hello, which form do we need?")
    return world.request(OLIVER)


def _states(world: World, record: RequestRecord, variant: str) -> list[tuple[OutboxState, str]]:
    mails = [mail for mail in world.mails_of(record) if mail.variant == variant]
    return [(mail.state, mail.last_error) for mail in mails]


def test_form_does_not_go_out_when_the_customer_writes_within_the_undo_window(
    world: World,
) -> None:
    record = _asked(world)
    sent = send_form(world.services, record, "saki", form=FormKind.MIGRATION)
    assert sent.status is Status.AWAITING_FORM
    world.reply(record, "We would like a QR code, too. What do we need for it?")
    assert world.again(record).status is Status.TRIAGE
    assert world.staff_mails() == []
    assert _states(world, record, "prefilled_form") == [(OutboxState.CANCELLED, "overtaken")]
    taken_back = [dict(event.detail).get("mail_overtaken") for event in world.history(record)]
    (mail,) = (one for one in world.mails_of(record) if one.variant == "prefilled_form")
    assert taken_back.count(mail.id) == 1
    assert "prefilled_form" not in {variant for _, variant in _gone(world, record)}


def _gone(world: World, record: RequestRecord) -> set[tuple[str, str]]:
    mails = world.mails_of(record)
    return {(m.notice.value, m.variant) for m in mails if m.state is OutboxState.SENT}


def test_form_that_staff_send_again_goes_out_once(world: World) -> None:
    record = _asked(world)
    send_form(world.services, record, "saki", form=FormKind.MIGRATION)
    world.clock.advance(timedelta(seconds=30))
    world.reply(record, "It is a new number, by the way, no migration.")
    world.clock.advance(timedelta(seconds=30))
    send_form(world.services, world.again(record), "saki", form=FormKind.ONBOARDING)
    (mail,) = world.staff_mails()
    assert notices([mail]) == ["question:prefilled_form"]
    assert [name.partition("_")[0] for name in mail.files] == ["onboarding"]
    assert _states(world, record, "prefilled_form") == [
        (OutboxState.CANCELLED, "overtaken"),
        (OutboxState.SENT, ""),
    ]


def test_form_goes_out_when_nothing_came(world: World) -> None:
    record = _asked(world)
    send_form(world.services, record, "saki", form=FormKind.MIGRATION)
    assert notices(world.staff_mails()) == ["question:prefilled_form"]
    assert _states(world, record, "prefilled_form") == [(OutboxState.SENT, "")]


def test_reminder_does_not_go_out_when_the_form_came_while_the_server_was_down(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = _asked(world)
    send_form(world.services, record, "saki", form=FormKind.ONBOARDING)
    world.staff_mails()
    with monkeypatch.context() as patched:
        patched.setattr(MaildirCourier, "deliver", _down)
        world.batch()
        assert world.later(days=8) == []
        world.reply(record, "Here it is.", form(language="en"))
    assert notices(world.later(hours=1)) == ["acknowledged"]
    assert _states(world, record, "prefilled_form_reminder") == [
        (OutboxState.CANCELLED, "overtaken")
    ]
