"""``pipeline`` as a real process on a real mailbox, killed at random moments and run again."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.config import load
from pipeline.flow.services import open_services
from pipeline.flow.staff import review as decisions
from pipeline.model.request import EventName, Status
from pipeline.store.queries import counts
from pipeline.store.records import RequestRecord
from tests.servers.dovecot import Dovecot
from tests.world.crowd import form_mail
from tests.world.maildirs import mails_in
from tests.world.outbox import parsed
from tests.world.records import Records
from tests.world.settings import write_settings
from tests.world.world import deliver

#: The command line with a clock that is ahead, so that leases and waits end between two runs.
_COMMAND = """
import sys
from datetime import timedelta
from pipeline import clock
ahead = timedelta(seconds=float(sys.argv[1]))
now = clock.SystemClock.now
clock.SystemClock.now = lambda self: now(self) + ahead
from pipeline.cli import main
main(sys.argv[2:])
"""
_SETTINGS: Mapping[str, Mapping[str, object]] = {
    "mailbox": {"fetch_count": 4},
    "courier": {"hourly_cap": 100_000},
    "limits": {"batch": 3, "lease_seconds": 60},
}
_LEASE_IS_OVER = 61.0
_ALL_WAITS_ARE_OVER = 700.0
_LONGEST_RUN = 120.0
_ROUNDS = 5


class AheadClock:
    """The clock of the machine, ahead by what the processes are ahead."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> datetime:
        """Return the present instant (aware, UTC)."""
        return datetime.now(UTC) + timedelta(seconds=self.ahead)


@dataclass
class Killing(Records):
    """A state folder, what was delivered to its mailbox, and how often a process was killed."""

    folder: Path
    clock: AheadClock
    dice: random.Random
    kills: int = 0
    delivered: int = 0
    codes: Counter[int] = field(default_factory=Counter)
    _start: float = 0.0
    _span: float = 2.0

    def deliver(self, count: int) -> None:
        """Put the next ``count`` mails into the mailbox."""
        now = self.clock.now()
        positions = range(self.delivered, self.delivered + count)
        deliver(self.services, *(form_mail(position, now) for position in positions))
        self.delivered += count

    def measure(self) -> None:
        """Learn how long a process takes to start, from a run with nothing to do."""
        assert self.call("run") == 0  # makes the tables
        begin = time.monotonic()
        assert self.call("run") == 0
        self._start = time.monotonic() - begin

    def call(self, *arguments: str, kill: bool = False) -> int | None:
        """Run a command to its end, or kill it at a random moment; None when it was killed."""
        self.clock.ahead += _LEASE_IS_OVER
        return self._ended(self.begin(*arguments), kill=kill)

    def call_two(self, *, kill: bool = False) -> None:
        """Let two workers run a batch at once; each is killed at a moment of its own."""
        self.clock.ahead += _LEASE_IS_OVER
        both = [self.begin("run"), self.begin("run")]
        with ThreadPoolExecutor(len(both)) as waiting:
            for done in [waiting.submit(self._ended, one, kill=kill) for one in both]:
                done.result()

    def begin(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start a command; its clock stays ahead as far as it is now."""
        return subprocess.Popen(
            [sys.executable, "-c", _COMMAND, str(self.clock.ahead), *arguments],
            env={
                **os.environ,
                "PIPELINE_CONFIG": str(self.folder / "pipeline.toml"),
                **_compiled(self.folder),
            },
            stdout=subprocess.DEVNULL,
        )

    def _ended(self, process: "subprocess.Popen[bytes]", *, kill: bool) -> int | None:
        delay = self._start * 0.5 + self.dice.uniform(0, self._span) if kill else _LONGEST_RUN
        try:
            code = process.wait(delay)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            assert kill, "a run did not end"
            self.kills += 1
            self._span = min(self._span * 1.1, 10.0)
            return None
        if kill:
            self._span = max(self._span * 0.8, 0.3)
        self.codes[code] += 1
        return code

    def review(self) -> list[RequestRecord]:
        """Approve the policy of all new requests; return those that wait for their name."""
        for record in self.requests():
            if record.status is Status.POLICY_REVIEW:
                decisions.approve(
                    self.services, record, "staff", ticked="all", business_verified=True
                )
        return [record for record in self.requests() if record.status is Status.NAME_REVIEW]

    def approve_name(self, record: RequestRecord, *, kill: bool) -> int | None:
        """Enter the last approval of a request: its certificate is issued at once."""
        event = EventName.NAME_APPROVED.value
        arguments = ("request", "advance", record.reference, "--event", event)
        return self.call(*arguments, kill=kill)

    def finish(self) -> None:
        """Run without killing until all waits are over and nothing is left to do."""
        for _ in range(2):
            self.call("run")
            self.clock.ahead += _ALL_WAITS_ARE_OVER
        for record in self.review():
            decisions.advance(self.services, record, "staff", event=EventName.NAME_APPROVED)
        for _ in range(3):
            self.clock.ahead += _ALL_WAITS_ARE_OVER
            assert self.call("run") == 0

    def settle(self) -> None:
        """Run without killing until all waits are over and no mail is left to take in."""
        for _ in range(_ROUNDS):
            self.clock.ahead += _ALL_WAITS_ARE_OVER
            self.call_two()
            with self.services.store.read() as tx:
                left = counts(tx, self.clock.now())
            if not left.messages + left.unmoved + left.queued:
                return
        raise AssertionError(left)

    def sent(self) -> list[tuple[str, str]]:
        """Return Message-ID and recipient of every mail that went out."""
        mails = [parsed(path.read_bytes()) for path in mails_in(self.folder / "state" / "sent")]
        return [(str(mail["Message-ID"]), str(mail["To"])) for mail in mails]


def _compiled(folder: Path) -> Mapping[str, str]:
    """Return where bytecode lies: a process that compiles nothing gets to its work."""
    if not sys.dont_write_bytecode:
        return {}
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}


@contextmanager
def killing(
    folder: Path,
    seed: int,
    *,
    url: str = "",
    server: Dovecot | None = None,
    user: str = "",
    more: Mapping[str, Mapping[str, object]] | None = None,
) -> Iterator[Killing]:
    """Make the state folder with its settings: a Maildir, or the mailbox of ``user`` at ``server``.

    ``url`` names the database; empty: SQLite in the state folder. ``more`` are settings beside
    those of :data:`_SETTINGS`.
    """
    sections = {**_SETTINGS, "store": {"home": folder / "state", "url": url}}
    for name, values in (more or {}).items():
        sections[name] = {**_SETTINGS.get(name, {}), **values}
    if server is not None:
        at = _mailbox_of(server, user, folder / "password")
        sections["mailbox"] = {**_SETTINGS["mailbox"], **at}
    settings = write_settings(folder / "pipeline.toml", **sections)
    clock = AheadClock()
    with open_services(load(settings, environment={}), clock, make=True) as services:
        yield Killing(services, folder, clock, random.Random(seed))


def _mailbox_of(server: Dovecot, user: str, secret: Path) -> Mapping[str, object]:
    secret.write_text(server.password, encoding="utf-8")
    secret.chmod(0o600)
    return {
        "kind": "imap",
        "host": server.host,
        "port": server.port,
        "encryption": "none",
        "user": user,
        "password": {"file": secret},
    }
