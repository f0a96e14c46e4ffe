"""The loop of ``watch`` in one process: it never spins, and does not grow in thousands of turns."""

import itertools
import json
import math
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import psycopg
import pytest

from pipeline.batch import Failure, Summary, inject, run_batch
from pipeline.clock import SystemClock
from pipeline.config import (
    CourierSettings,
    MailboxSettings,
    PingSettings,
    Secret,
    SenderSettings,
    Settings,
    StoreSettings,
    WatchSettings,
)
from pipeline.errors import ConfigurationError, TryLaterError
from pipeline.flow.services import Services, open_services
from pipeline.mailbox.maildir import MaildirMailbox
from pipeline.signals import Stop
from pipeline.systemd import Manager
from pipeline.watch import watch
from tests.servers.monitor import running_monitor
from tests.servers.needed import skip_without
from tests.servers.postgresql import postgresql_programs, running_postgresql
from tests.world.crowd import plain_mail
from tests.world.settings import ADDRESS, AUTHSERV

ROOT = Path(__file__).parents[2]


_END_CONNECTIONS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'watched'"
)


class Told:
    """What the watch told, in its order; ``then`` is called with each."""

    def __init__(self, then: Callable[[str], None] = lambda _: None) -> None:
        self.all: list[str] = []
        self._then = then

    def _tell(self, text: str) -> None:
        self.all.append(text)
        self._then(text)

    def started(self) -> None:
        self._tell("started")

    def done(self, summary: Summary, at: datetime) -> None:
        self._tell(f"sent {summary.sent}")

    def failing(self, failure: Failure) -> None:
        self._tell(f"failing {failure.error.code if failure.error else failure.kind}")

    def recovered(self, failure: Failure) -> None:
        self._tell(f"recovered {failure.error.code if failure.error else failure.kind}")

    def silenced(self, *, begins: bool) -> None:
        self._tell(f"silenced {begins}")


def settings(
    home: Path,
    courier: CourierSettings | None = None,
    authserv_id: str = AUTHSERV,
    poll_seconds: int = 1,
) -> Settings:
    return Settings(
        store=StoreSettings(home=home),
        mailbox=MailboxSettings(address=ADDRESS),
        sender=SenderSettings(authserv_ids=(authserv_id,)),
        courier=courier or CourierSettings(undo_seconds=0),
        watch=WatchSettings(poll_seconds=poll_seconds),
    )


def deliver(home: Path, *positions: int) -> None:
    mailbox = MaildirMailbox(ADDRESS, home / "inbox")
    for position in positions:
        mailbox.append("INBOX", plain_mail(position, "A number, please"))


@pytest.fixture
def stop() -> Iterator[Stop]:
    found = Stop()
    yield found
    found.close()


class Batches:
    """The moments at which batches began; the end is asked for when there are so many."""

    def __init__(self, stop: Stop) -> None:
        self.begun: list[float] = []
        self.enough = math.inf
        self._stop = stop

    def __call__(self, services: Services) -> Summary:
        self.begun.append(time.monotonic())
        summary = run_batch(services)
        if len(self.begun) >= self.enough:
            self._stop.ask()
        return summary

    @property
    def gaps(self) -> list[float]:
        return [after - before for before, after in itertools.pairwise(self.begun)]


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch, stop: Stop) -> Batches:
    found = Batches(stop)
    monkeypatch.setattr("pipeline.watch.run_batch", found)
    return found


def watched(found: Settings, stop: Stop, told: Told) -> None:
    """Watch until the test asks for the end, or a minute has passed."""
    timer = threading.Timer(60, stop.ask)
    timer.start()
    try:
        watch(lambda: open_services(found, SystemClock(), make=True), stop, Manager({}), told)
        assert not timer.finished.is_set(), "nobody asked for the end"
    finally:
        timer.cancel()
        timer.join()


#: Longer than five batches take on a busy machine, in seconds.
_A_WHILE = 30


def test_what_cannot_be_done_now_waits_for_the_poll(
    tmp_path: Path, stop: Stop, batches: Batches
) -> None:
    deliver(tmp_path, 0, 1, 2)
    batches.enough = 5
    told = Told()
    left = 3600 - time.time() % 3600
    if left < _A_WHILE:  # the next hour has room again
        time.sleep(left)
    watched(settings(tmp_path, CourierSettings(hourly_cap=1, undo_seconds=0)), stop, told)
    assert told.all == ["started", "sent 1"], "over the cap mail waits for the next hour"
    assert min(batches.gaps[1:]) > 0.9


def test_a_courier_that_is_down_is_told_once_and_stops_no_mail_coming_in(
    tmp_path: Path, stop: Stop, batches: Batches
) -> None:
    deliver(tmp_path, 0)
    courier = CourierSettings(
        kind="smtp", host="127.0.0.1", port=1, encryption="none", undo_seconds=0
    )

    def then(text: str) -> None:
        if told.all.count("sent 0") == 2:
            stop.ask()
        elif text == "failing courier_unreachable":
            deliver(tmp_path, 1)

    told = Told(then)
    watched(settings(tmp_path, courier, poll_seconds=3600), stop, told)
    assert told.all == ["started", "sent 0", "failing courier_unreachable", "sent 0"]
    assert len(batches.begun) <= 4


def test_a_monitor_is_told_of_each_batch_but_not_of_one_that_was_broken_off(
    tmp_path: Path, stop: Stop, batches: Batches, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = tmp_path / "ping"
    url.touch(mode=0o600)
    batches.enough = 2
    with running_monitor() as monitor:
        url.write_text(monitor.url)
        ping = PingSettings(url=Secret(file=url))
        found = settings(tmp_path).model_copy(update={"ping": ping})
        watched(found, stop, Told())
        assert monitor.heard == ["/start", "", "/start", ""]
        monitor.heard.clear()
        again = Stop()

        def broken_off(_services: Services) -> Summary:
            again.ask()
            raise TryLaterError("database_busy")

        monkeypatch.setattr("pipeline.watch.run_batch", broken_off)
        watched(found, again, Told())
        again.close()
        assert monitor.heard == ["/start"]


def test_senders_that_nobody_judges_do_not_end_the_watch(
    tmp_path: Path, stop: Stop, batches: Batches
) -> None:
    deliver(tmp_path, *range(20))
    batches.enough = 3
    told = Told()
    watched(settings(tmp_path, authserv_id="mx.elsewhere.example"), stop, told)
    assert Counter(told.all)["silenced True"] == 1


def test_a_mail_put_into_the_ledger_beside_the_watch_is_decided_within_five_seconds(
    tmp_path: Path, stop: Stop, batches: Batches
) -> None:
    found = settings(tmp_path, poll_seconds=3600)
    put: list[float] = []

    def beside() -> None:
        with open_services(found, SystemClock()) as other:
            inject(other, [plain_mail(1, "A number, please")])
        put.append(time.monotonic())

    def then(text: str) -> None:
        if text == "sent 1" and not put:
            timer.start()
        elif text == "sent 1":
            put.append(time.monotonic())
            stop.ask()

    deliver(tmp_path, 0)
    timer = threading.Timer(0.5, beside)
    watched(found, stop, Told(then))
    timer.join()
    assert 0 < put[1] - put[0] < 10


@pytest.mark.postgresql
def test_a_database_that_goes_away_and_comes_back_is_waited_for(
    tmp_path: Path, stop: Stop, batches: Batches
) -> None:
    skip_without(postgresql_programs(), "PostgreSQL")
    with running_postgresql(tmp_path) as url:

        def ask(statement: str) -> None:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(statement.encode())

        def then(text: str) -> None:
            match text.partition(" ")[0], len(batches.begun):
                case "started", _:
                    deliver(tmp_path, 0)
                case "sent", 1 | 2 | 3 if "failing" not in " ".join(told.all):
                    ask("ALTER DATABASE watched ALLOW_CONNECTIONS false")
                    ask(_END_CONNECTIONS)
                case "failing", _:
                    ask("ALTER DATABASE watched ALLOW_CONNECTIONS true")
                case "recovered", _:
                    deliver(tmp_path, 1)
                case "sent", _:
                    stop.ask()

        ask("CREATE DATABASE watched")
        told = Told(then)
        found = settings(tmp_path)
        store = StoreSettings(home=found.home(), url=f"{url.rpartition('/')[0]}/watched")
        watched(found.model_copy(update={"store": store}), stop, told)
    assert [text.partition(" ")[0] for text in told.all] == [
        "started",
        "sent",
        "failing",
        "recovered",
        "sent",
    ]


@pytest.mark.parametrize("error", [ValueError("unforeseen"), TryLaterError("database_busy")])
def test_a_batch_that_fails_as_a_whole_is_tried_again_more_and_more_seldom(
    tmp_path: Path, stop: Stop, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    begun: list[float] = []

    def fails(_services: Services) -> Summary:
        begun.append(time.monotonic())
        if len(begun) > 3:
            return Summary()
        raise error

    def enough(text: str) -> None:
        if text.startswith("recovered"):
            stop.ask()

    monkeypatch.setattr("pipeline.watch.run_batch", fails)
    monkeypatch.setattr("random.uniform", lambda _least, most: most / 8)
    told = Told(enough)
    watched(settings(tmp_path), stop, told)
    assert [text.partition(" ")[0] for text in told.all] == ["started", "failing", "recovered"]
    first, second, third = (after - before for before, after in itertools.pairwise(begun))
    assert first < second < third < 2


def test_a_database_that_is_down_at_the_start_is_waited_for(tmp_path: Path, stop: Stop) -> None:
    tries: list[float] = []

    @contextmanager
    def opening() -> Iterator[Services]:
        tries.append(time.monotonic())
        if len(tries) < 3:
            raise TryLaterError("database_unreachable", where="there")
        with open_services(settings(tmp_path), SystemClock(), make=True) as services:
            yield services

    told = Told(lambda text: stop.ask() if text == "started" else None)
    watch(opening, stop, Manager({}), told)
    reason = "database_unreachable"
    assert told.all == [f"failing {reason}", f"recovered {reason}", "started"]


def test_a_wrong_setting_in_the_first_batch_ends_the_watch(tmp_path: Path, stop: Stop) -> None:
    deliver(tmp_path, 0)
    courier = CourierSettings(kind="smtp", host="", undo_seconds=0)
    with pytest.raises(ConfigurationError, match="courier_not_set"):
        watched(settings(tmp_path, courier), stop, Told())


_GROWTH = """
import json, os, sys
from pathlib import Path
from pipeline import watch as module
from pipeline.clock import SystemClock
from pipeline.flow.services import open_services
from pipeline.signals import stop_on_signals
from pipeline.systemd import Manager
from tests.faults.test_watch_loop import Told, deliver, settings

home, turns, every = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
early, late, count = [], [], 0
real = module.run_batch

def measure():
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return resident, len(os.listdir("/proc/self/fd")), len(children)

def counted(services):
    global count
    count += 1
    if count % every == 0:
        deliver(home, count)
    summary = real(services)
    assert not summary.failures, summary
    if turns // 2 <= count < turns // 2 + every:
        early.append(measure())
    if count >= turns - every:
        late.append(measure())
    if count == turns:
        stop.ask()
    return summary

module.run_batch = counted
module._Watch._wait = lambda *_, **__: None
with stop_on_signals() as stop:
    opening = lambda: open_services(settings(home), SystemClock(), make=True)
    module.watch(opening, stop, Manager({}), Told())
print(json.dumps([max(rows) for part in (early, late) for rows in zip(*part)]))
"""


#: Every fourth or tenth batch has a mail to decide and an answer to send, the others nothing.
@pytest.mark.parametrize(
    ("turns", "every"), [(120, 4), pytest.param(2000, 10, marks=pytest.mark.long)]
)
def test_memory_files_and_children_are_the_same_after_many_batches(
    turns: int, every: int, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _GROWTH, str(tmp_path), str(turns), str(every)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    early, files, children, late, late_files, late_children = json.loads(done.stdout)
    assert (late_files, late_children) == (files, children)
    assert late - early < 4_000_000, f"{early:,} → {late:,}"
