"""Rows that a clock which ran ahead put to sleep: counted, and woken by a person with a name."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.flow.connections import open_mailbox
from pipeline.flow.inbound.fetch import fetch
from pipeline.flow.staff.mend.wake import wake
from pipeline.flow.views.asleep import Asleep, asleep
from pipeline.model.request import Status
from pipeline.notifications.courier import Delivery, DeliveryKind
from pipeline.notifications.maildir import MaildirCourier
from tests.world.customers import HANAKO, JULIA, OLIVER, form
from tests.world.outbox import notices
from tests.world.world import START, World

_AHEAD = timedelta(days=1000)


def _asleep(world: World) -> Asleep:
    with world.services.store.read() as tx:
        return asleep(world.services.work(tx))


def _put_to_sleep(world: World) -> None:
    """Let a clock that is years ahead open a request, queue its mail, fetch a mail, and vanish."""
    world.clock.set(START + _AHEAD)
    with pytest.MonkeyPatch.context() as patched:
        down = Delivery(DeliveryKind.DEFERRED, "451 later")
        patched.setattr(MaildirCourier, "deliver", lambda *_: down)
        world.mail(OLIVER, form(language="en", phone_number="", contact_email=OLIVER))
    world.deliver(world.customer.write(JULIA, form(language="de")))
    with open_mailbox(world.services) as mailbox:
        fetch(world.services, mailbox)
    now = world.clock.now()
    until = now + timedelta(minutes=10)
    world.services.store.run(lambda tx: tx.leases.acquire("batch:gone", "gone", now, until))
    world.clock.set(START + timedelta(hours=1))


def test_rows_of_a_clock_that_ran_ahead_are_counted_and_woken(any_world: World) -> None:
    world = any_world
    world.mail(HANAKO, form())
    reviewed = world.request()
    assert reviewed.next_at is not None
    _put_to_sleep(world)
    assert world.run() == []
    # the mail to the customer and the alert to staff; the request that was there was looked at too
    sleeping = Asleep(messages=1, mails=2, leases=1, requests=2)
    assert _asleep(world) == sleeping

    assert wake(world.services, "saki") == sleeping
    assert _asleep(world) == Asleep()
    assert sorted(mail.to for mail in world.run()) == sorted([JULIA, OLIVER])
    record = world.request(OLIVER)
    by_saki = [row.detail[0][0] for row in world.history(record) if row.actor_name == "saki"]
    assert sorted(by_saki) == ["mail_woken", "request_woken"]
    with world.services.store.read() as tx:
        assert tx.events.verify(record.id)
    # what comes next comes when the rules say, counted from now
    assert world.again(reviewed).next_at == reviewed.next_at
    assert "correction_reminder" in notices(world.later(days=5))
    assert wake(world.services, "saki") == Asleep()


def test_what_waits_by_a_rule_or_for_a_customers_date_is_left_alone(world: World) -> None:
    far = (START + timedelta(days=300)).date().isoformat()
    world.mail(HANAKO, form(ready_date=far))
    record = world.request()
    world.deliver(world.customer.write(OLIVER, form(language="en")))
    with open_mailbox(world.services) as mailbox:
        fetch(world.services, mailbox)
    assert _asleep(world) == Asleep()
    assert wake(world.services, "saki") == Asleep()
    assert world.again(record) == record


def test_request_that_is_looked_at_too_late_gets_the_time_of_its_rule(world: World) -> None:
    world.mail(HANAKO, form(display_name=""))
    record = world.request()
    assert record.status is Status.NEEDS_CORRECTION
    late = START + _AHEAD
    world.services.store.run(lambda tx: tx.requests.reschedule(record.id, late))
    assert _asleep(world) == Asleep(requests=1)
    assert wake(world.services, "saki") == Asleep(requests=1)
    again = world.again(record)
    assert again == replace(record, state=replace(record.state, version=record.state.version + 1))
    assert world.history(record)[-1].detail == (("request_woken", late.isoformat()),)
    assert world.history(record)[-1].actor_name == "saki"
