"""``pipeline watch``: mail is decided at once, nothing ends it but a signal, nothing is doubled."""

import itertools
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from imaplib import IMAP4
from pathlib import Path

import pytest

from pipeline.clock import SystemClock
from pipeline.config import load
from pipeline.flow.services import open_services
from pipeline.flow.staff import review
from pipeline.store.queues import QueueView, queue
from tests.faults.watching import LEASE_IS_OVER, Watching, addressees, senders, until, watching
from tests.servers.dovecot import Dovecot, dovecot_program, running_dovecot
from tests.servers.lines import line_server
from tests.servers.needed import skip_without
from tests.servers.smtp import SmtpSink, smtp_sink
from tests.world.pace import soon

pytestmark = pytest.mark.dovecot

_numbers = itertools.count()

#: What is promised is 5 seconds; other tests run beside this one on the same two processors.
SOON = 5 + 5


@pytest.fixture(scope="module")
def dovecot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dovecot]:
    skip_without(dovecot_program(), "Dovecot")
    users = {f"watched{number}": "secret" for number in range(30)}
    with running_dovecot(tmp_path_factory.mktemp("dovecot"), users) as server:
        yield server


@pytest.fixture
def watch(dovecot: Dovecot, tmp_path: Path) -> Iterator[Watching]:
    with watching(tmp_path, dovecot, f"watched{next(_numbers)}") as found:
        yield found


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with smtp_sink() as found:
        yield found


def test_mail_is_decided_within_five_seconds_of_its_arrival(
    watch: Watching, sink: SmtpSink
) -> None:
    watch.configure(sink.port)
    watch.deliver(0)
    watch.ready()
    until(lambda: len(sink.messages) == 1)
    watch.deliver(1)
    assert until(lambda: len(sink.messages) == 2, SOON) < SOON
    watch.deliver(2)
    assert until(lambda: len(sink.messages) == 3, SOON) < SOON
    assert addressees(sink.messages) == senders(3)
    until(lambda: watch.hears("WATCHDOG=1"))
    assert watch.process is not None
    for child in (
        Path(f"/proc/{watch.process.pid}/task/{watch.process.pid}/children").read_text().split()
    ):
        assert b"NOTIFY_SOCKET" not in Path(f"/proc/{child}/environ").read_bytes()
    code, seconds = watch.end()
    assert (code, soon(seconds, SOON)) == (0, True)
    assert watch.hears("STOPPING=1")
    assert watch.told[0] == "READY=1"
    assert (watch.folder / "out").read_text().count("fetched") == 3, "one line a batch with work"


def test_a_hangup_ends_the_waiting(watch: Watching, sink: SmtpSink) -> None:
    watch.configure(sink.port)
    watch.ready()
    code, seconds = watch.end(signal.SIGHUP)
    assert (code, soon(seconds, SOON)) == (0, True)


class Signalling(list[tuple[str, list[str], bytes]]):
    """The mails that a server took; the first one makes the sender get a signal."""

    def __init__(self, watch: Watching, number: signal.Signals) -> None:
        super().__init__()
        self._watch, self._number = watch, number

    def append(self, mail: tuple[str, list[str], bytes], /) -> None:
        super().append(mail)
        if len(self) == 1:
            self._watch.signal(self._number)


@pytest.mark.parametrize("moment", ["receiving", pytest.param("sending", marks=pytest.mark.long)])
def test_a_signal_ends_a_batch_between_two_transactions(
    watch: Watching, sink: SmtpSink, moment: str
) -> None:
    watch.configure(sink.port)
    watch.deliver(*range(9))
    if moment == "sending":
        sink.messages = Signalling(watch, signal.SIGTERM)
        watch.start()
    else:
        watch.ready()
        until(lambda: watch.mails_in("Requests"))
        watch.signal(signal.SIGHUP)
    code, seconds = watch.ended()
    assert (code, soon(seconds, SOON)) == (0, True)
    assert len(sink.messages) < 9, "it was not in the middle of the batch"
    watch.ready()
    until(lambda: len(sink.messages) == 9)
    until(lambda: watch.mails_in("Requests") == 9)
    watch.end()
    assert addressees(sink.messages) == senders(9)


def test_a_killed_watch_is_taken_up_by_the_next(watch: Watching, sink: SmtpSink) -> None:
    watch.configure(sink.port)
    watch.deliver(*range(9))
    watch.ready()
    until(lambda: watch.mails_in("Requests"))
    assert watch.end(signal.SIGKILL)[0] == -signal.SIGKILL
    watch.ready(ahead=LEASE_IS_OVER)
    until(lambda: len(sink.messages) == 9)
    until(lambda: watch.mails_in("Requests") == 9)
    watch.end()
    assert addressees(sink.messages) == senders(9)


@pytest.mark.long
def test_a_silent_server_does_not_hold_up_the_end(watch: Watching) -> None:
    with line_server(None, {}) as port:
        watch.configure(port)
        watch.deliver(0)
        watch.ready()
        until(lambda: watch.mails_in("Requests"))
        code, seconds = watch.end()
    assert (code, soon(seconds, SOON)) == (0, True)
    with smtp_sink() as sink:
        watch.configure(sink.port)
        watch.ready(ahead=LEASE_IS_OVER)
        until(lambda: sink.messages)
        watch.end()
        assert addressees(sink.messages) == senders(1)


@pytest.mark.long
def test_a_locked_database_does_not_hold_up_the_end(watch: Watching, sink: SmtpSink) -> None:
    watch.configure(sink.port)
    watch.ready()
    database = watch.folder / "state" / "requests.sqlite3"
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        watch.deliver(0)
        code, seconds = watch.end()
        assert (code, soon(seconds, SOON)) == (0, True)
    watch.ready()
    until(lambda: sink.messages)
    watch.end()


def test_a_mail_leaves_when_its_time_to_be_taken_back_is_over(
    watch: Watching, sink: SmtpSink
) -> None:
    watch.configure(sink.port, undo_seconds=2)
    watch.deliver(0)
    watch.ready()
    until(lambda: len(sink.messages) == 1)
    settings = load(watch.folder / "pipeline.toml", environment={})
    with open_services(settings, SystemClock()) as staff:
        with staff.store.read() as tx:
            record = tx.requests.get(queue(tx, QueueView.ALL)[0].id)
        assert record is not None
        review.reject(staff, record, "staff", reason="policy")
        decided = datetime.now(UTC)
    until(lambda: len(sink.messages) == 2, 10)
    assert 1.5 < (datetime.now(UTC) - decided).total_seconds() < 7
    watch.end()


def test_a_wrong_setting_at_the_start_is_exit_code_4(watch: Watching, sink: SmtpSink) -> None:
    watch.configure(sink.port)
    (watch.folder / "password").write_text("wrong")
    watch.start()
    assert watch.process is not None
    assert watch.process.wait(20) == 4
    assert not watch.hears("READY=1")
    assert watch.user in watch.said()


@pytest.mark.long
def test_a_password_that_changes_and_comes_back_ends_nothing(
    dovecot: Dovecot, watch: Watching, sink: SmtpSink
) -> None:
    watch.configure(sink.port, poll_seconds=1)
    watch.deliver(0)
    watch.ready()
    until(lambda: sink.messages)  # what is wrong in the first batch ends the process
    users = dovecot.folder / "users"
    right = users.read_text()
    _rewrite(users, right.replace(f"{watch.user}:{{PLAIN}}secret", f"{watch.user}:{{PLAIN}}new"), 1)
    until(lambda: watch.events("failing"))
    assert watch.events("failing")[0]["code"] == "mailbox_refused_login"
    until(lambda: watch.said().count("stage_failed") >= 2)
    _rewrite(users, right, 2)
    until(lambda: _delivered(watch, 1))
    until(lambda: len(sink.messages) == 2)
    until(lambda: watch.events("recovered"))
    assert len(watch.events("failing")) == 1, "told in every batch"
    assert watch.end()[0] == 0


def _rewrite(users: Path, text: str, later: int) -> None:
    """Write the users of Dovecot, which reads them again when they are of another second."""
    users.write_text(text)
    at = time.time() + later
    os.utime(users, (at, at))


def _stop(server: Dovecot) -> None:
    conf = str(server.folder / "dovecot.conf")
    subprocess.run([str(dovecot_program()), "-c", conf, "stop"], check=True)


def _start(server: Dovecot) -> "subprocess.Popen[bytes]":
    conf = str(server.folder / "dovecot.conf")
    with (server.folder / "out").open("ab") as out:
        return subprocess.Popen(
            [str(dovecot_program()), "-F", "-c", conf],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )


def test_a_server_that_is_down_at_the_start_and_later_is_waited_for(
    tmp_path: Path, sink: SmtpSink
) -> None:
    skip_without(dovecot_program(), "Dovecot")
    with running_dovecot(tmp_path) as server, watching(tmp_path, server, server.user) as watch:
        watch.configure(sink.port)
        watch.deliver(0)
        _stop(server)
        watch.ready()
        until(lambda: watch.events("failing"))
        again = _start(server)
        try:
            until(lambda: len(sink.messages) == 1)
            until(lambda: len(watch.events("recovered")) == 1)
            _stop(server)
            again.wait(10)
            again = _start(server)
            until((server.folder / "run" / "master.pid").exists)
            until(lambda: _delivered(watch, 1))
            until(lambda: len(sink.messages) == 2, 15)
            assert watch.end()[0] == 0
        finally:
            again.terminate()
            again.wait(10)
    assert addressees(sink.messages) == senders(2)


def _delivered(watch: Watching, position: int) -> bool:
    try:
        watch.deliver(position)
    except (OSError, IMAP4.error):
        return False  # the server is not up yet, or has not read its users anew
    return True
