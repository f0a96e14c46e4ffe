"""A message that nothing can read is put aside alone, and can be put back."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.flow.connections import open_mailbox
from pipeline.flow.inbound.child import read_message
from pipeline.flow.inbound.fetch import fetch
from pipeline.flow.staff import quarantine
from pipeline.guard import Guard
from pipeline.model.request import Status
from tests.world.customers import HANAKO, OLIVER, form
from tests.world.outbox import notices
from tests.world.poison import poisoned
from tests.world.world import World


def _fail(*_: object) -> None:
    raise ValueError("a bug of ours")


def test_message_that_kills_the_reader_is_quarantined_alone(
    any_world: World, deadly: pytest.MonkeyPatch
) -> None:
    world = any_world
    world.deliver(world.customer.write("a@a.example", form(phone_number="", language="ja")))
    world.deliver(poisoned(world.customer.write(HANAKO, form())))
    world.deliver(world.customer.write(OLIVER, form(language="en")))
    mails = world.run()
    assert sorted(mail.to for mail in mails) == ["a@a.example", OLIVER]
    assert int(world.summary.exit_code) == 3
    assert world.folders() == {"Requests": 2, "Quarantine": 1}
    (entry,) = world.quarantined()
    assert "quarantined" in world.alerts()

    assert world.run() == []
    assert int(world.summary.exit_code) == 0

    deadly.undo()
    quarantine.release(world.services, entry, "sato")
    assert notices(world.run()) == ["acknowledged"]
    assert world.request(HANAKO).status is Status.POLICY_REVIEW
    assert world.quarantined() == []
    assert world.folders() == {"Requests": 3}


def test_dropped_message_never_comes_back(world: World, deadly: pytest.MonkeyPatch) -> None:
    world.deliver(poisoned(world.customer.write(HANAKO, form())))
    world.run()
    (entry,) = world.quarantined()
    quarantine.drop(world.services, entry, "sato")
    deadly.undo()
    assert world.later(days=1) == []
    assert world.quarantined() == []
    assert world.requests_of(HANAKO) == []


def test_failing_message_is_tried_again_before_it_is_quarantined(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deliver(world.customer.write(HANAKO, form()))
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.flow.inbound.receive.open_forms", _fail)
        world.run()
        assert (world.summary.deferred, world.quarantined()) == (1, [])
        world.later(minutes=6)
        world.later(minutes=20)
    assert len(world.quarantined()) == 1
    assert int(world.summary.exit_code) == 3
    assert world.requests_of(HANAKO) == []


def test_failing_message_that_works_the_second_time_is_processed_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deliver(world.customer.write(HANAKO, form()))
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.flow.inbound.receive.open_forms", _fail)
        assert world.run() == []
    assert notices(world.later(minutes=6)) == ["acknowledged"]
    assert len(world.requests_of(HANAKO)) == 1


def test_lost_bytes_of_a_mail_are_an_error_of_ours_and_stop_nothing_else(world: World) -> None:
    world.deliver(world.customer.write(HANAKO, form()))
    world.deliver(world.customer.write(OLIVER, form(language="en")))
    with open_mailbox(world.services) as mailbox:
        fetch(world.services, mailbox)
    first = world.messages()[0]
    for path in Path(world.services.settings.home() / "blobs").rglob(f"*{first.sha256[4:]}*"):
        path.unlink()
    mails = world.run()
    assert [mail.to for mail in mails] == [OLIVER]
    assert len(world.requests_of(OLIVER)) == 1


def test_guard_is_the_real_one(guard: Guard) -> None:
    found = guard.call(read_message, b"From: a@example.com\r\n\r\nHello\r\n")
    assert replace(found.message, headers=()).new_text.strip() == "Hello"
