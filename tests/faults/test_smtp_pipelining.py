"""A server that takes several commands at once (RFC 2920): its refusals, silence and hang-ups."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from pipeline.config import CourierSettings
from pipeline.errors import ExitCode
from pipeline.notifications.courier import DeliveryKind
from pipeline.notifications.smtp import SmtpCourier, SmtpServer
from pipeline.notifications.smtp.line import Line
from pipeline.store.outbox_records import OutboxState
from tests.faults.conftest import OpenBox
from tests.servers.smtp_script import HANG_UP, SILENCE, ScriptedSmtp, scripted_smtp
from tests.world.outbox import queue_to
from tests.world.settings import ADDRESS
from tests.world.world import World

_PEOPLE = ("aiko@shrub.example", "ben@tree.example", "chie@moss.example")
_LATER = timedelta(minutes=10)
_NO_RECIPIENT = "554 5.5.1 Error: no valid recipients"


@pytest.fixture
def server() -> Iterator[ScriptedSmtp]:
    with scripted_smtp() as running:
        running.extensions = (*running.extensions, "PIPELINING")
        yield running


@pytest.fixture
def box(open_box: OpenBox, server: ScriptedSmtp) -> World:
    """A world with three mails to different people that wait."""
    return _open(open_box, server)


def _open(open_box: OpenBox, server: ScriptedSmtp, **more: object) -> World:
    values = {
        "kind": "smtp",
        "host": "127.0.0.1",
        "port": server.port,
        "encryption": "none",
        "time_scale": 0.001,
        "in_doubt": "hold",
        **more,
    }
    box = open_box(courier=CourierSettings.model_validate(values))
    queue_to(box.services, *_PEOPLE)
    return box


def _all_arrive(box: World, server: ScriptedSmtp, *, but: tuple[str, ...] = ()) -> None:
    """Let the server be well again: each mail arrives whole, and none twice."""
    server.heal()
    box.batch(after=_LATER)
    assert sorted(server.recipients()) == [name for name in _PEOPLE if name not in but]
    assert {mail.raw.count(b"Message-ID:") for mail in server.taken} == {1}
    assert box.batch(after=timedelta(days=1)).sent == 0


def test_commands_of_a_mail_are_one_write(
    server: ScriptedSmtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[bytes] = []
    push = Line._push

    def recorded(line: Line, data: bytes) -> None:
        written.append(bytes(data))
        push(line, data)

    monkeypatch.setattr(Line, "_push", recorded)
    courier = SmtpCourier(SmtpServer("127.0.0.1", server.port, "none"))
    raw = b"Subject: A mail\r\n\r\n.Dear customer\r\n"
    for name in _PEOPLE[:2]:
        assert courier.deliver(raw, ADDRESS, name).kind is DeliveryKind.SENT
    courier.close()
    commands = [data for data in written if not data.startswith((b"ehlo", b"QUIT", b"quit"))]
    for first, second, name in zip(commands[::2], commands[1::2], _PEOPLE, strict=False):
        expected = f"MAIL FROM:<{ADDRESS}>\r\nRCPT TO:<{name}>\r\nDATA\r\n"
        assert first.decode() == expected
        assert second == b"Subject: A mail\r\n\r\n..Dear customer\r\n.\r\n"
    assert [mail.raw for mail in server.taken] == [raw, raw]


@pytest.mark.parametrize(
    ("command", "answer", "code"),
    [
        ("mail", "421 4.7.0 too many", ExitCode.TRY_LATER),
        ("mail", "530 5.7.0 log in", ExitCode.CONFIGURATION),
        ("mail", "550 5.7.1 not as that address", ExitCode.CONFIGURATION),
        ("mail", SILENCE, ExitCode.TRY_LATER),
        ("rcpt", "421 4.7.0 too many", ExitCode.TRY_LATER),
        ("rcpt", "530 5.7.0 log in", ExitCode.CONFIGURATION),
        ("data", "421 4.7.0 too many", ExitCode.TRY_LATER),
        ("data", SILENCE, ExitCode.TRY_LATER),
        ("end", "421 4.3.2 closing", ExitCode.TRY_LATER),
    ],
)
def test_what_every_mail_would_meet_ends_the_run(
    box: World, server: ScriptedSmtp, command: str, answer: str, code: ExitCode
) -> None:
    server.say(command, answer)
    summary = box.batch()
    assert (summary.exit_code, summary.sent, summary.failed) == (code, 0, 0)
    assert (summary.in_doubt, summary.put_off) == (0, len(_PEOPLE))
    assert server.taken == []
    _all_arrive(box, server)


@pytest.mark.parametrize("to_data", [_NO_RECIPIENT, "354 go ahead"])
@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("550 5.1.1 nobody here", OutboxState.FAILED),
        ("451 4.7.1 greylisted", OutboxState.QUEUED),
    ],
)
def test_refused_recipient_gets_no_mail_whatever_data_is_answered(
    box: World, server: ScriptedSmtp, to_data: str, answer: str, state: OutboxState
) -> None:
    server.say("rcpt", answer, times=1)
    server.say("data", to_data, times=1)
    summary = box.batch()
    assert summary.sent == 2
    (refused,) = (mail for mail in box.outbox() if mail.state is not OutboxState.SENT)
    assert (refused.state, refused.last_error) == (state, answer)
    # a server that waits for a mail is left
    assert server.connections == (1 if to_data == _NO_RECIPIENT else 2)
    _all_arrive(box, server, but=(refused.recipient,) if state is OutboxState.FAILED else ())


@pytest.mark.parametrize("command", ["mail", "data"])
@pytest.mark.parametrize("answer", ["451 4.3.0 later", "552 5.3.4 too big"])
def test_other_refusals_are_of_one_mail(
    box: World, server: ScriptedSmtp, command: str, answer: str
) -> None:
    server.say(command, answer, times=1)
    if command == "mail":
        server.say("rcpt", "503 5.5.1 need MAIL", times=1)
        server.say("data", _NO_RECIPIENT, times=1)
    assert box.batch().sent == 2
    (refused,) = (mail for mail in box.outbox() if mail.state is not OutboxState.SENT)
    assert refused.last_error == answer
    assert server.connections == 1
    _all_arrive(box, server, but=(refused.recipient,) if answer.startswith("5") else ())


@pytest.mark.parametrize("command", ["mail", "rcpt", "data"])
def test_hang_up_before_the_mail_is_no_doubt(
    box: World, server: ScriptedSmtp, command: str
) -> None:
    server.say(command, HANG_UP, times=1)
    summary = box.batch()
    assert summary.in_doubt == 0
    assert summary.sent + summary.put_off == len(_PEOPLE)
    _all_arrive(box, server)


@pytest.mark.parametrize("answer", ["421 4.4.2 enough for one connection", HANG_UP])
def test_line_that_the_server_had_enough_of_is_opened_again(
    box: World, server: ScriptedSmtp, answer: str
) -> None:
    server.say("mail", answer, times=1, fits=lambda _line: bool(server.taken))
    assert box.batch().sent == 3
    assert server.connections == 2
    assert sorted(server.recipients()) == list(_PEOPLE)


def test_mail_with_a_copy_is_begun_when_both_recipients_are_taken(
    open_box: OpenBox, server: ScriptedSmtp
) -> None:
    server.say("rcpt", "550 5.7.1 not to us", fits=lambda line: ADDRESS in line)
    box = _open(open_box, server, archive="bcc", in_doubt="auto")
    summary = box.batch()
    assert (summary.exit_code, summary.sent) == (ExitCode.CONFIGURATION, 0)
    assert "DATA" not in server.commands
    server.heal()
    assert box.batch(after=_LATER).sent == 3
    assert [mail.recipients[1:] for mail in server.taken] == [(ADDRESS,)] * 3


def test_check_begins_no_mail(server: ScriptedSmtp) -> None:
    courier = SmtpCourier(SmtpServer("127.0.0.1", server.port, "none", copy_to=ADDRESS))
    assert courier.check().kind is DeliveryKind.SENT
    courier.close()
    assert "DATA" not in server.commands
