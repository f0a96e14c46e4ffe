"""Answers, silence and hang-ups of a real server at each command, from the outbox to the exit code.

What every mail would meet is a fault of the server or of a setting: it ends sending for the run,
costs no mail an attempt, and is told by its exit code. Refusals of one mail are that mail's.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.config import CourierSettings, Secret
from pipeline.errors import ExitCode
from pipeline.store.outbox_records import OutboxRecord, OutboxState
from tests.faults.conftest import OpenBox
from tests.servers.certificates import make_certificate
from tests.servers.smtp_script import (
    CUT,
    HANG_UP,
    SILENCE,
    TAKE_AND_HANG_UP,
    ScriptedSmtp,
    scripted_smtp,
)
from tests.world.outbox import queue_to
from tests.world.world import World

_PEOPLE = ("aiko@shrub.example", "ben@tree.example", "chie@moss.example")
_LATER = timedelta(minutes=10)
_CAN_PASS, _SETTING = ExitCode.TRY_LATER, ExitCode.CONFIGURATION


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"), "127.0.0.1")


@pytest.fixture
def server(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedSmtp]:
    """A server with STARTTLS and a log-in, whose certificate this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with scripted_smtp(certificate, login="box:secret") as running:
        yield running


def courier(server: ScriptedSmtp, tmp_path: Path, **more: object) -> CourierSettings:
    secret = tmp_path / "secret"
    secret.touch(mode=0o600)
    secret.write_text("secret")
    values = {
        "kind": "smtp",
        "host": "127.0.0.1",
        "port": server.port,
        "user": "box",
        "password": Secret(file=secret),
        "time_scale": 0.001,
        "in_doubt": "hold",
        **more,
    }
    return CourierSettings.model_validate(values)


@pytest.fixture
def box(open_box: OpenBox, server: ScriptedSmtp, tmp_path: Path) -> World:
    """A world with three mails to different people that wait."""
    opened = open_box(courier=courier(server, tmp_path))
    queue_to(opened.services, *_PEOPLE)
    return opened


def _mails(box: World) -> dict[str, OutboxRecord]:
    return {mail.recipient: mail for mail in box.outbox()}


def _untouched(box: World) -> bool:
    rows = _mails(box).values()
    return all(
        (mail.state, mail.attempt, mail.refusals) == (OutboxState.QUEUED, 0, 0) for mail in rows
    )


def _all_arrive(box: World, server: ScriptedSmtp, *, but: tuple[str, ...] = ()) -> None:
    """Let the server be well again: each mail arrives, and none twice."""
    server.heal()
    summary = box.batch(after=_LATER)
    assert summary.exit_code == ExitCode.DONE
    expected = [name for name in _PEOPLE if name not in but]
    assert sorted(server.recipients()) == expected
    assert box.batch(after=timedelta(days=1)).sent == 0
    assert len(server.taken) == len(expected)


@pytest.mark.parametrize(
    ("command", "answer", "code"),
    [
        ("greeting", "421 4.3.2 closing", _CAN_PASS),
        ("greeting", "451 4.3.0 later", _CAN_PASS),
        ("greeting", "554 5.3.2 not now", _CAN_PASS),
        ("greeting", "550 5.7.1 you are blocked", _SETTING),
        ("greeting", SILENCE, _CAN_PASS),
        ("greeting", HANG_UP, _CAN_PASS),
        ("ehlo", "421 4.3.2 closing", _CAN_PASS),
        ("ehlo", "451 4.3.0 later", _CAN_PASS),
        ("ehlo", "550 5.7.1 no such host", _SETTING),
        ("ehlo", SILENCE, _CAN_PASS),
        ("ehlo", HANG_UP, _CAN_PASS),
        ("starttls", "421 4.3.2 closing", _CAN_PASS),
        ("starttls", "451 4.3.0 later", _CAN_PASS),
        ("starttls", "454 4.7.0 not now", _CAN_PASS),
        ("starttls", "550 5.7.0 no", _SETTING),
        ("starttls", SILENCE, _CAN_PASS),
        ("starttls", HANG_UP, _CAN_PASS),
        ("auth", "421 4.3.2 closing", _CAN_PASS),
        ("auth", "451 4.3.0 later", _CAN_PASS),
        ("auth", "454 4.7.0 not now", _CAN_PASS),
        ("auth", "530 5.7.0 encryption first", _SETTING),
        ("auth", "535 5.7.8 bad credentials", _SETTING),
        ("auth", "550 5.7.1 no", _SETTING),
        ("auth", SILENCE, _CAN_PASS),
        ("auth", HANG_UP, _CAN_PASS),
        ("mail", "421 4.7.0 too many", _CAN_PASS),
        ("mail", "530 5.7.0 log in", _SETTING),
        ("mail", "503 5.5.1 hello first", _CAN_PASS),
        ("mail", "550 5.7.1 not as that address", _SETTING),
        ("mail", SILENCE, _CAN_PASS),
        ("rcpt", "421 4.7.0 too many", _CAN_PASS),
        ("rcpt", "530 5.7.0 log in", _SETTING),
        ("rcpt", SILENCE, _CAN_PASS),
        ("data", "421 4.7.0 too many", _CAN_PASS),
        ("data", SILENCE, _CAN_PASS),
        ("end", "421 4.3.2 closing", _CAN_PASS),
    ],
)
def test_what_every_mail_would_meet_ends_the_run(
    box: World, server: ScriptedSmtp, command: str, answer: str, code: ExitCode
) -> None:
    server.say(command, answer)
    summary = box.batch()
    assert summary.exit_code == code
    assert (summary.sent, summary.failed, summary.in_doubt) == (0, 0, 0)
    assert summary.put_off == len(_PEOPLE)
    assert _untouched(box)
    assert sum(line.startswith("MAIL") for line in server.commands) <= 1
    assert server.taken == []
    _all_arrive(box, server)


@pytest.mark.parametrize("command", ["mail", "rcpt", "data", "end"])
def test_temporary_refusal_of_one_mail_is_that_mails(
    box: World, server: ScriptedSmtp, command: str
) -> None:
    server.say(command, "451 4.3.0 later", times=1)
    summary = box.batch()
    assert (summary.sent, summary.put_off, summary.exit_code) == (2, 1, ExitCode.DONE)
    (waits,) = (mail for mail in box.outbox() if mail.state is OutboxState.QUEUED)
    assert (waits.refusals, waits.refused_since) == (1, box.clock.now())
    _all_arrive(box, server)


@pytest.mark.parametrize("command", ["rcpt", "data", "end"])
def test_permanent_refusal_of_one_mail_fails_it(
    box: World, server: ScriptedSmtp, command: str
) -> None:
    server.say(command, "550 5.1.1 nobody here", times=1)
    summary = box.batch()
    assert (summary.sent, summary.failed, summary.exit_code) == (2, 1, ExitCode.UNFINISHED)
    (failed,) = (mail for mail in box.outbox() if mail.state is OutboxState.FAILED)
    _all_arrive(box, server, but=(failed.recipient,))


@pytest.mark.parametrize("command", ["mail", "rcpt", "data"])
def test_hang_up_before_the_final_dot_puts_the_mail_off(
    box: World, server: ScriptedSmtp, command: str
) -> None:
    server.say(command, HANG_UP, times=1)
    summary = box.batch()
    assert (summary.in_doubt, summary.exit_code) == (0, ExitCode.DONE)
    assert summary.sent + summary.put_off == len(_PEOPLE)
    _all_arrive(box, server)


def test_hang_up_in_the_middle_of_a_large_mail_is_no_doubt(
    open_box: OpenBox, server: ScriptedSmtp, tmp_path: Path
) -> None:
    box = open_box(courier=courier(server, tmp_path, time_scale=1.0))
    queue_to(box.services, *_PEOPLE, size=9_000_000)
    server.say("end", CUT, times=1)
    summary = box.batch()
    assert (summary.sent, summary.put_off, summary.in_doubt) == (2, 1, 0)
    _all_arrive(box, server)


@pytest.mark.parametrize("answer", [HANG_UP, TAKE_AND_HANG_UP, "what?", "250"])
def test_broken_answer_to_the_final_dot_is_a_doubt(
    box: World, server: ScriptedSmtp, answer: str
) -> None:
    server.say("end", answer, times=1)
    summary = box.batch()
    if answer == "250":  # a yes without words is a yes
        assert (summary.sent, summary.exit_code) == (3, ExitCode.DONE)
        return
    assert (summary.sent, summary.in_doubt, summary.exit_code) == (2, 1, ExitCode.UNFINISHED)
    assert box.batch(after=timedelta(days=1)).sent == 0


def test_silence_after_the_final_dot_is_a_doubt_and_ends_the_run(
    box: World, server: ScriptedSmtp
) -> None:
    server.say("end", SILENCE, times=1)
    summary = box.batch()
    assert (summary.sent, summary.in_doubt, summary.put_off) == (0, 1, 2)
    assert summary.exit_code == _CAN_PASS
    (doubtful,) = (mail for mail in box.outbox() if mail.state is OutboxState.IN_DOUBT)
    _all_arrive(box, server, but=(doubtful.recipient,))


@pytest.mark.parametrize(
    "answer", ["421 4.3.2 closing", "451 4.3.0 later", "550 5.0.0 no", HANG_UP]
)
def test_refusal_outlives_a_broken_reset(box: World, server: ScriptedSmtp, answer: str) -> None:
    server.say("rcpt", "550 5.1.1 nobody here", times=1)
    server.say("rset", answer)
    summary = box.batch()
    assert (summary.sent, summary.failed, summary.exit_code) == (2, 1, ExitCode.UNFINISHED)


def test_silence_at_a_reset_keeps_the_refusal_and_ends_the_run(
    box: World, server: ScriptedSmtp
) -> None:
    server.say("rcpt", "550 5.1.1 nobody here", times=1)
    server.say("rset", SILENCE)
    summary = box.batch()
    assert (summary.sent, summary.failed, summary.put_off) == (0, 1, 2)
    assert summary.exit_code == _CAN_PASS


@pytest.mark.parametrize(
    "answer", ["421 4.4.2 enough for one connection", "503 5.5.1 nested MAIL command", HANG_UP]
)
def test_line_that_the_server_had_enough_of_is_opened_again(
    box: World, server: ScriptedSmtp, answer: str
) -> None:
    server.say("mail", answer, times=1, fits=lambda _line: bool(server.taken))
    summary = box.batch()
    assert (summary.sent, summary.exit_code) == (3, ExitCode.DONE)
    assert server.connections == 2


def test_server_that_wants_something_else_first_blames_no_address(
    box: World, server: ScriptedSmtp, tmp_path: Path
) -> None:
    server.say("mail", "503 5.5.1 EHLO and AUTH first")
    (down,) = box.batch().failures
    assert down.error is not None
    assert down.error.code == "courier_unreachable"
    # a server that offers a log-in to whoever has none wants that
    server.extensions, server.login = (*server.extensions, "AUTH PLAIN"), ""
    box.change(courier=courier(server, tmp_path, user="", password=Secret()))
    (wanted,) = box.batch(after=_LATER).failures
    assert wanted.error is not None
    assert wanted.error.code == "courier_login"
    assert "EHLO and AUTH first" in str(wanted.error.params)


@pytest.mark.parametrize(
    ("change", "offers"),
    [
        ({"user": "", "password": Secret()}, "530 for want of a log-in"),
        ({"host": "localhost"}, "a certificate of another name"),
        ({"encryption": "tls"}, "plain text on the port of TLS"),
    ],
)
def test_wrong_setting_ends_the_run_with_4(
    box: World, server: ScriptedSmtp, tmp_path: Path, change: dict[str, object], offers: str
) -> None:
    box.change(courier=courier(server, tmp_path, **change))
    assert box.batch().exit_code == _SETTING, offers
    assert _untouched(box)
    box.change(courier=courier(server, tmp_path))
    _all_arrive(box, server)


def test_wrong_password_ends_the_run_with_4(
    box: World, server: ScriptedSmtp, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("guess")
    assert box.batch().exit_code == _SETTING
    assert _untouched(box)
    (tmp_path / "secret").write_text("secret")
    _all_arrive(box, server)


@pytest.mark.parametrize("minutes", [1.25, 9])
def test_late_yes_to_the_final_dot_is_a_yes(
    box: World, server: ScriptedSmtp, tmp_path: Path, minutes: float
) -> None:
    """The server has 10 minutes there (RFC 5321, 4.5.3.2.6); here a minute is 0.2 seconds."""
    box.change(courier=courier(server, tmp_path, time_scale=0.2 / 60))
    server.say("end", "250 2.0.0 taken at last", times=1, after=0.2 * minutes)
    summary = box.batch()
    assert (summary.sent, summary.in_doubt, summary.exit_code) == (3, 0, ExitCode.DONE)
    assert sorted(server.recipients()) == list(_PEOPLE)


@pytest.mark.long
def test_late_yes_in_real_time(box: World, server: ScriptedSmtp, tmp_path: Path) -> None:
    box.change(courier=courier(server, tmp_path, time_scale=1))
    for seconds in (75, 540):
        server.say("end", "250 2.0.0 taken at last", times=1, after=seconds)
    summary = box.batch()
    assert (summary.sent, summary.in_doubt, summary.exit_code) == (3, 0, ExitCode.DONE)
    assert sorted(server.recipients()) == list(_PEOPLE)


def test_expired_certificate_ends_the_run_with_4(
    open_box: OpenBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expired = make_certificate(tmp_path, "127.0.0.1", days=-1)
    monkeypatch.setenv("SSL_CERT_FILE", str(expired))
    with scripted_smtp(expired, login="box:secret") as server:
        box = open_box(courier=courier(server, tmp_path))
        queue_to(box.services, *_PEOPLE)
        summary = box.batch()
        assert summary.exit_code == _SETTING
        (failure,) = summary.failures
        assert failure.error is not None
        assert failure.error.code == "courier_tls_refused"
        assert "expired" in str(failure.error.params["reason"])
        assert server.taken == []
        assert _untouched(box)


def test_server_that_drips_holds_no_run(box: World, server: ScriptedSmtp) -> None:
    """An answer of ever more lines ends with its time, not with the last of them."""
    server.say("greeting", "\r\n".join(["220-wait"] * 20_000))
    assert box.batch().exit_code == _CAN_PASS
    assert _untouched(box)
