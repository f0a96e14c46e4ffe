"""Mail out to servers of the world: Postfix with STARTTLS and a log-in, and its smtp-sink."""

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.config import CourierSettings, Secret
from pipeline.errors import ExitCode
from pipeline.flow.staff import outbox
from pipeline.store.outbox_records import OutboxState
from tests.faults.conftest import OpenBox
from tests.servers.certificates import make_certificate
from tests.servers.needed import skip_without
from tests.servers.postfix import (
    Postfix,
    password_server,
    postfix_program,
    postfix_sink,
    running_postfix,
    smtp_sink_program,
    submission,
)
from tests.world.outbox import queue_to
from tests.world.world import World

_PEOPLE = tuple(f"taro@shrub{number}.example" for number in range(6))
_SECONDS = 20.0


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"), "127.0.0.1")


@pytest.fixture(scope="module")
def postfix(certificate: Path) -> Iterator[Postfix]:
    """A Postfix that takes mail from user ``box`` alone, over TLS, and small mails only."""
    skip_without(postfix_program(), "postfix")
    with password_server("box:secret") as port:
        more = {
            **submission(certificate, port),
            "smtputf8_enable": "yes",
            "message_size_limit": "100000",
        }
        with running_postfix("mx.tree.example", "tree.example", more=more) as running:
            yield running


def _courier(port: int, folder: Path, **more: object) -> CourierSettings:
    secret = folder / "secret"
    secret.touch(mode=0o600)
    secret.write_text("secret")
    values = {
        "kind": "smtp",
        "host": "127.0.0.1",
        "port": port,
        "user": "box",
        "password": Secret(file=secret),
        "in_doubt": "hold",
        **more,
    }
    return CourierSettings.model_validate(values)


@pytest.fixture
def box(
    open_box: OpenBox,
    postfix: Postfix,
    certificate: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> World:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return open_box(courier=_courier(postfix.port, tmp_path))


def test_authority_of_our_own_is_trusted_and_no_other(
    open_box: OpenBox, postfix: Postfix, certificate: Path, tmp_path: Path
) -> None:
    """Another authority's file, and none at all, let nothing out."""
    other = make_certificate(tmp_path, "127.0.0.1")
    box = open_box(courier=_courier(postfix.port, tmp_path))
    queue_to(box.services, *_PEOPLE)
    for wrong in ("", str(other)):
        box.change(courier=_courier(postfix.port, tmp_path, ca_file=wrong))
        summary = box.batch(after=timedelta(minutes=5))
        codes = [failure.error.code for failure in summary.failures if failure.error]
        assert (summary.sent, codes) == (0, ["courier_tls_refused"])
        assert summary.exit_code == ExitCode.CONFIGURATION
    box.change(courier=_courier(postfix.port, tmp_path, ca_file=str(tmp_path / "none.pem")))
    summary = box.batch(after=timedelta(minutes=5))
    codes = [failure.error.code for failure in summary.failures if failure.error]
    assert (summary.sent, codes) == (0, ["ca_file_missing"])
    box.change(courier=_courier(postfix.port, tmp_path, ca_file=str(certificate)))
    assert box.batch(after=timedelta(minutes=5)).sent == 6
    assert len(_delivered(postfix, 6)) == 6
    assert {mail.attempt for mail in box.outbox()} <= {0, 1}


def _delivered(postfix: Postfix, count: int) -> list[bytes]:
    """Wait for so many mails in the Maildir of all other domains, and take them out."""
    folder = postfix.maildir.parent / "others" / "new"
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end and len(list(folder.glob("*"))) < count:
        time.sleep(0.05)
    mails = [path.read_bytes() for path in folder.glob("*")]
    for path in folder.glob("*"):
        path.unlink()
    return mails


def test_postfix_takes_each_mail_once_over_tls_with_a_log_in(box: World, postfix: Postfix) -> None:
    queued = queue_to(box.services, *_PEOPLE, "愛子@shrub.example", '"a b"@shrub.example')
    summary = box.batch()
    assert (summary.sent, summary.exit_code) == (8, ExitCode.DONE)
    mails = _delivered(postfix, 8)
    body = queued[0].content.partition(b"\r\n\r\n")[2].replace(b"\r\n", b"\n")
    assert all(mail.partition(b"\n\n")[2] == body for mail in mails)
    assert all(b"with UTF8SMTPSA" in mail or b"with ESMTPSA" in mail for mail in mails)
    found = {re.search(rb"^Delivered-To: (.+)$", mail, re.MULTILINE)[1] for mail in mails}  # type: ignore[index]
    assert {b'"a b"@shrub.example', "愛子@shrub.example".encode()} <= found
    assert len(found) == 8


def test_postfix_refuses_a_wrong_password_and_a_missing_one(
    box: World, postfix: Postfix, tmp_path: Path
) -> None:
    queue_to(box.services, *_PEOPLE)
    (tmp_path / "secret").write_text("guess")
    summary = box.batch()
    assert (summary.put_off, summary.exit_code) == (6, ExitCode.CONFIGURATION)
    assert {(mail.state, mail.attempt) for mail in box.outbox()} == {(OutboxState.QUEUED, 0)}
    # without a log-in Postfix refuses each recipient, in words that name them
    box.change(courier=_courier(postfix.port, tmp_path, user="", password=Secret()))
    summary = box.batch(after=timedelta(minutes=5))
    assert (summary.failed, summary.exit_code) == (0, ExitCode.CONFIGURATION)
    assert [failure.error.code for failure in summary.failures if failure.error] == [
        "courier_paused"
    ]
    box.change(courier=_courier(postfix.port, tmp_path))
    assert outbox.resume(box.services, "staff") == 5
    assert box.batch(after=timedelta(minutes=5)).sent == 6
    assert len(_delivered(postfix, 6)) == 6


def test_postfix_refuses_what_is_too_large_and_takes_the_rest(box: World, postfix: Postfix) -> None:
    queue_to(box.services, "big@shrub.example", name="big", size=500_000)
    queue_to(box.services, *_PEOPLE)
    summary = box.batch()
    assert (summary.sent, summary.failed, summary.exit_code) == (6, 1, ExitCode.UNFINISHED)
    (failed,) = (mail for mail in box.outbox() if mail.state is OutboxState.FAILED)
    assert failed.last_error.startswith("552 5.3.4")
    assert len(_delivered(postfix, 6)) == 6


@pytest.mark.parametrize(
    ("option", "command", "code"),
    [
        ("-f", "connect", ExitCode.CONFIGURATION),
        ("-r", "connect", ExitCode.TRY_LATER),
        ("-q", "connect", ExitCode.TRY_LATER),
        ("-r", "ehlo", ExitCode.TRY_LATER),
        ("-q", "ehlo", ExitCode.TRY_LATER),
        ("-f", "mail", ExitCode.CONFIGURATION),
        ("-r", "mail", ExitCode.TRY_LATER),
        ("-q", "mail", ExitCode.TRY_LATER),
        ("-f", "rcpt", ExitCode.CONFIGURATION),
        ("-r", "rcpt", ExitCode.DONE),
        ("-q", "rcpt", ExitCode.TRY_LATER),
        ("-f", "data", ExitCode.CONFIGURATION),
        ("-r", "data", ExitCode.TRY_LATER),
        ("-q", "data", ExitCode.TRY_LATER),
        ("-f", ".", ExitCode.CONFIGURATION),
        ("-r", ".", ExitCode.TRY_LATER),
        ("-q", ".", ExitCode.TRY_LATER),
    ],
)
def test_smtp_sink_refuses_or_hangs_up_and_nothing_is_lost(
    open_box: OpenBox, tmp_path: Path, option: str, command: str, code: ExitCode
) -> None:
    skip_without(smtp_sink_program(), "smtp-sink")
    plain = {"encryption": "none", "user": "", "password": Secret()}
    box = open_box()
    queue_to(box.services, *_PEOPLE)
    with postfix_sink(option, command) as port:
        box.change(courier=_courier(port, tmp_path, **plain))
        summary = box.batch()
    assert summary.exit_code == code
    assert (summary.sent, summary.failed) == (0, 0)
    doubtful = summary.in_doubt
    assert (doubtful > 0) == ((option, command) == ("-q", "."))
    assert summary.put_off + doubtful == len(_PEOPLE)
    with postfix_sink() as port:
        box.change(courier=_courier(port, tmp_path, **plain))
        outbox.resume(box.services, "staff")
        assert box.batch(after=timedelta(minutes=5)).sent == len(_PEOPLE) - doubtful
