"""A wrong setting must not silence everybody: doctor, the batch, and what staff see of a sender."""

from datetime import timedelta

import pytest

from pipeline.cli.pages.message_page import print_message
from pipeline.cli.pages.request_page import print_request
from pipeline.config import SenderSettings
from pipeline.flow.views.doctor import Finding, examine
from pipeline.flow.views.doctor import servers as checks
from pipeline.flow.views.messages import shown_messages
from pipeline.flow.views.request import request_view
from pipeline.model.message import SenderVerdict
from pipeline.model.request import NumberState
from tests.world.customers import HANAKO, JULIA, OLIVER, form
from tests.world.fixtures import MakeWorld
from tests.world.settings import AUTHSERV
from tests.world.world import World

RELAY = b"Received: from mx.genesys.example by box.genesys.example with ESMTP id 7; now\r\n"


def authserv(world: World) -> Finding:
    """Return what doctor finds, without its other checks."""
    return checks.authserv(checks.Servers(world.services))


def write(world: World, senders: tuple[str, ...], relay: bytes = b"") -> None:
    for sender in senders:
        world.deliver(relay + world.customer.write(sender, text="Hello"))


def test_doctor_finds_the_id_and_the_relays(make_world: MakeWorld) -> None:
    world = make_world()
    (found,) = [item for item in examine(world.services.settings) if item.check == "authserv"]
    assert found == authserv(world)
    assert found.state == "good"
    write(world, (OLIVER, HANAKO, JULIA), RELAY)
    found = authserv(world)
    assert (found.state, found.word) == ("bad", "authserv_hops")
    assert dict(found.values)["needed"] == "1"
    assert f'sender.authserv_ids = ["{AUTHSERV}"]' in dict(found.values)["found"]
    world.change(sender=SenderSettings(authserv_ids=(AUTHSERV,), inner_hops=1))
    assert authserv(world).state == "good"
    world.change(sender=SenderSettings(authserv_ids=("mx.elsewhere.example",)))
    assert (authserv(world).state, authserv(world).word) == ("bad", "authserv_differs")
    world.change(sender=SenderSettings())
    assert (authserv(world).state, authserv(world).word) == ("warn", "authserv_not_set")
    world.change(sender=SenderSettings(dkim="check"))
    assert authserv(world).state == "good"


def test_doctor_says_each_time_that_a_gateway_is_trusted(make_world: MakeWorld) -> None:
    world = make_world(sender={"trust": "gateway"})
    for _ in range(2):
        assert (authserv(world).state, authserv(world).word) == ("warn", "trust_gateway")
    world.mail(OLIVER, form(language="en"), proof="")
    assert world.request(OLIVER).sender_verdict is SenderVerdict.PASS


@pytest.mark.parametrize(("unjudged", "silenced"), [(10, False), (11, True)])
def test_batch_is_done_and_then_stops_when_most_senders_are_unknown(
    make_world: MakeWorld, unjudged: int, silenced: bool
) -> None:
    world = make_world()
    for number in range(20):
        proof = "" if number < unjudged else "pass"
        world.deliver(world.customer.write(f"a@firm{number}.example", text="Hi", proof=proof))
    world.batch(timedelta())
    assert len(world.messages()) == 20
    assert (world.summary.silenced, int(world.summary.exit_code)) == (silenced, 4 * silenced)
    assert ("sender_setting" in world.alerts()) is silenced


def test_strangers_cannot_stop_the_batch_with_malformed_senders(make_world: MakeWorld) -> None:
    world = make_world()
    write(world, tuple(f"a@firm{number}.example" for number in range(20)))
    for number in range(30):
        raw = world.customer.write(f"a@firm{number}.example", text=f"Hi {number}")
        world.deliver(raw.replace(b"\nFrom: ", b"\nFrom: b@evil.example: ", 1))
    world.batch(timedelta())
    unknown = [row for row in world.messages() if row.sender_verdict is SenderVerdict.UNKNOWN]
    assert len(unknown) == 30
    assert not world.summary.silenced


def test_staff_see_what_may_deceive_them(
    make_world: MakeWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world = make_world()
    world.mail("a@genesis.com", form(language="en"), headers={"Reply-To": "b@evil.example"})
    record = world.request("a@genesis.com")
    with world.services.store.read() as tx:
        view = request_view(world.services.work(tx), record)
        (mail,) = shown_messages(tx, world.messages())
    assert view.sender_warnings == ("look_alike_domain", "reply_to_differs")
    print_request(view, "UTC", {})
    shown = " ".join(capsys.readouterr().out.split())
    assert "looks like a known one" in shown
    assert "(Reply-To)" in shown
    print_message(mail, "UTC")
    assert "looks like a known one" in " ".join(capsys.readouterr().out.split())


def test_domain_like_that_of_a_customer_is_told(make_world: MakeWorld) -> None:
    world = make_world()
    world.set_number("+447400123456", NumberState.ACTIVE, "lindenhof.example")
    world.mail("a@lindenhoff.example", text="Hello")
    assert world.last_message().sender_warnings == ("look_alike_domain",)
    world.mail("a@mail.lindenhof.example", text="Hello again")
    assert world.last_message().sender_warnings == ()
