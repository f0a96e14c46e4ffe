"""Servers whose answers are odd: what they say is read as it is meant, or taken for no answer."""

import select
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from pipeline.config import CourierSettings
from pipeline.errors import ExitCode
from pipeline.store.outbox_records import OutboxState
from tests.faults.conftest import OpenBox
from tests.servers.smtp_script import SILENCE, ScriptedSmtp, scripted_smtp
from tests.world.outbox import queue_to
from tests.world.world import World

_PEOPLE = ("aiko@shrub.example", "ben@tree.example", "chie@moss.example")
_BYTES = "\udcff\udcfe\udc80"  # as they come: no UTF-8
_ENDLESS = "x" * 100_000


def _lines(code: str, count: int) -> str:
    return "\r\n".join([*(f"{code}-line {number}" for number in range(count)), f"{code} end"])


@pytest.fixture
def server() -> Iterator[ScriptedSmtp]:
    with scripted_smtp() as running:
        yield running


@pytest.fixture
def box(open_box: OpenBox, server: ScriptedSmtp) -> World:
    values = {"kind": "smtp", "host": "127.0.0.1", "port": server.port, "encryption": "none"}
    values |= {"time_scale": 0.01, "in_doubt": "hold"}
    opened = open_box(courier=CourierSettings.model_validate(values))
    queue_to(opened.services, *_PEOPLE)
    return opened


def _rest_arrives(box: World, server: ScriptedSmtp, settled: int) -> None:
    """Let the server be well again: what is not settled arrives, once."""
    taken = len(server.taken)
    server.heal()
    assert box.batch(after=timedelta(hours=1)).sent == len(_PEOPLE) - settled
    assert len(server.taken) == taken + len(_PEOPLE) - settled
    assert len(set(server.recipients())) == len(server.recipients())


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("greeting", _lines("220", 30)),
        ("greeting", "220-script.example\n220 ends lines as Unix does"),
        ("greeting", "220"),
        ("greeting", f"220 {_BYTES} \x1b[2J\x00 \u202egr\u00fc\u00df"),
        ("greeting", f"220 {_ENDLESS}"),
        ("ehlo", "250"),
        ("ehlo", f"250-script\r\n250-{_BYTES}\r\n250-\r\n250 SIZE"),
        ("ehlo", f"250-script\r\n{_lines('250', 9000)}"),
        ("ehlo", "250-script\r\n250 SIZE 100"),  # smaller than the mail, which it takes after all
        ("mail", "250-ok\n250 ok"),
        ("rcpt", "251 2.1.5 will forward"),
        ("rcpt", "252 2.5.2 cannot verify"),
        ("data", "354-go\r\n354 ahead"),
        ("data", "354"),
        ("end", "251 yes"),
        ("end", f"250 {_BYTES}{_ENDLESS}"),
        ("end", _lines("250", 9000)),
        ("end", "250 2.0.0 ok\r\n250 2.0.0 ok"),
        ("quit", SILENCE),
        ("quit", _BYTES),
    ],
)
def test_odd_words_of_a_yes_are_a_yes(
    box: World, server: ScriptedSmtp, command: str, reply: str
) -> None:
    server.say(command, reply)
    summary = box.batch()
    assert (summary.sent, summary.exit_code) == (3, ExitCode.DONE)
    assert sorted(server.recipients()) == list(_PEOPLE)


@pytest.mark.parametrize("refusal", ["500 what?", "502 5.5.1 not here", "504 5.5.4 no"])
def test_old_server_is_greeted_by_helo(box: World, server: ScriptedSmtp, refusal: str) -> None:
    server.say("ehlo", refusal)
    server.say("helo", "250 script.example")
    assert box.batch().sent == 3
    assert not any("SMTPUTF8" in line for line in server.commands)


@pytest.mark.parametrize("command", ["greeting", "ehlo"])
@pytest.mark.parametrize(
    "reply",
    [
        "999 odd",
        "154 odd",
        "SSH-2.0-OpenSSH_9.2",
        "HTTP/1.1 400 Bad Request",
        _BYTES,
        "",
        "\u0662\u0662\u0660 other digits",
        "220-first\r\n554 last",
        "554-first\r\n250 last",
    ],
)
def test_what_is_no_reply_at_the_beginning_may_pass(
    box: World, server: ScriptedSmtp, command: str, reply: str
) -> None:
    server.say(command, reply)
    summary = box.batch()
    assert (summary.sent, summary.put_off, summary.exit_code) == (0, 3, ExitCode.TRY_LATER)
    assert {(mail.attempt, mail.refusals) for mail in box.outbox()} == {(0, 0)}
    _rest_arrives(box, server, 0)


@pytest.mark.parametrize("command", ["mail", "rcpt", "data"])
@pytest.mark.parametrize(
    "reply", ["999 odd", "154 odd", "600 odd", _BYTES, "", "+25 ok", "550-no\r\n250 yes"]
)
def test_what_is_no_reply_before_the_mail_puts_it_off(
    box: World, server: ScriptedSmtp, command: str, reply: str
) -> None:
    server.say(command, reply, times=1)
    summary = box.batch()
    assert (summary.sent, summary.put_off, summary.failed) == (2, 1, 0)
    (waits,) = (mail for mail in box.outbox() if mail.state is OutboxState.QUEUED)
    assert waits.last_error
    _rest_arrives(box, server, 2)


@pytest.mark.parametrize(
    "reply",
    ["999 odd", "154 odd", "354 go on", _BYTES, "", " 250 ok", "550-no\r\n250 yes", "2 5 0 ok"],
)
def test_what_is_no_reply_to_the_mail_is_a_doubt(
    box: World, server: ScriptedSmtp, reply: str
) -> None:
    server.say("end", reply, times=1)
    summary = box.batch()
    assert (summary.sent, summary.failed, summary.in_doubt) == (2, 0, 1)
    _rest_arrives(box, server, 3)


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("mail", "250 2.1.0 ok\r\n250 2.1.0 ok"),
        ("rcpt", "250 2.1.5 ok\r\n250 2.1.5 ok"),
        ("data", "354 go\r\n354 go"),
        ("data", "354 go\r\n250 2.0.0 taken before it was there"),
    ],
)
def test_reply_that_nobody_asked_for_is_no_answer_to_the_next_command(
    box: World, server: ScriptedSmtp, command: str, reply: str
) -> None:
    server.say(command, reply, times=1)
    server.say("end", "550 5.7.1 this one is refused", times=1, fits=lambda _line: not server.taken)
    summary = box.batch()
    assert (summary.sent, summary.put_off, summary.failed) == (1, 1, 1)
    assert len(server.taken) == summary.sent


@pytest.mark.parametrize("reply", [f"550 {_ENDLESS}", _lines("550", 9000), f"550 5.1.1 {_BYTES}"])
def test_refusal_of_many_words_is_a_refusal(box: World, server: ScriptedSmtp, reply: str) -> None:
    server.say("rcpt", reply, times=1)
    summary = box.batch()
    assert (summary.sent, summary.failed) == (2, 1)
    (failed,) = (mail for mail in box.outbox() if mail.state is OutboxState.FAILED)
    assert failed.last_error.startswith("550 ")
    assert len(failed.last_error) <= 200


def test_refusal_that_is_there_before_the_mail_is_one(box: World, server: ScriptedSmtp) -> None:
    server.say("data", "354 go\r\n550 5.7.1 no", times=1)
    summary = box.batch()
    assert (summary.sent, summary.failed) == (2, 1)
    assert len(server.taken) == 2


def test_nothing_is_said_before_the_greeting_and_nothing_ahead_of_an_answer(box: World) -> None:
    """Servers refuse who talks early (Postfix: PREGREET, improper command pipelining)."""
    early: list[bytes] = []

    def serve() -> None:
        with listener.accept()[0] as client:
            if select.select([client], [], [], 0.3)[0]:
                early.append(b"before the greeting")
            said, in_mail = b"220 at last\r\n", False
            while True:
                client.sendall(said)
                heard = client.recv(65_536)
                while in_mail and not heard.endswith(b"\r\n.\r\n"):
                    heard += client.recv(65_536)
                time.sleep(0.02)
                if heard.startswith(b"quit"):
                    break
                if select.select([client], [], [], 0)[0] or (
                    not in_mail and heard.count(b"\n") > 1
                ):
                    early.append(heard)
                in_mail = heard == b"DATA\r\n"
                said = b"354 go\r\n" if in_mail else b"250 ok\r\n"

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        where = box.services.settings.courier.model_copy(update={"port": listener.getsockname()[1]})
        box.change(courier=where)
        assert box.batch().sent == 3
        thread.join(5)
    assert early == []


def test_address_of_other_letters_waits_for_no_server_without_smtputf8(
    box: World, server: ScriptedSmtp
) -> None:
    queue_to(box.services, "愛子@shrub.example", name="other letters")
    server.extensions = ()
    summary = box.batch()
    assert (summary.sent, summary.failed) == (3, 1)
    (failed,) = (mail for mail in box.outbox() if mail.state is OutboxState.FAILED)
    assert failed.last_error == "smtputf8_missing"
    # without 8BITMIME, all that was sent is ASCII (RFC 6152)
    assert all(mail.raw.isascii() for mail in server.taken)


def test_server_that_takes_no_mail_of_that_size_fails_that_mail_alone(
    box: World, server: ScriptedSmtp
) -> None:
    server.say("end", "552 5.3.4 message size exceeds the limit", times=1)
    summary = box.batch()
    assert (summary.sent, summary.failed, summary.exit_code) == (2, 1, ExitCode.UNFINISHED)
    _rest_arrives(box, server, 3)
