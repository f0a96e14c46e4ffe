"""``pipeline watch`` as a real process between a real Dovecot and a real SMTP server."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from imapclient import IMAPClient

from tests.servers.processes import ImapServer
from tests.world.crowd import form_mail, plain_mail, sender_of
from tests.world.settings import ADDRESS, AUTHSERV

#: The command line with a clock that is ahead, whatever the shell of the tests does with SIGHUP.
_COMMAND = """
import signal, sys
from datetime import timedelta
from pipeline import clock
signal.signal(signal.SIGHUP, signal.SIG_DFL)
ahead = timedelta(seconds=float(sys.argv.pop(1)))
now = clock.SystemClock.now
clock.SystemClock.now = lambda self: now(self) + ahead
from pipeline.cli import main
main()
"""
_SETTINGS = """
[store]
home = {home}
[mailbox]
kind = "imap"
address = "{address}"
host = "{server.host}"
port = {server.port}
encryption = "none"
user = "{user}"
password = {{ file = {secret} }}
fetch_count = 4
[sender]
authserv_ids = ["{authserv_id}"]
[courier]
kind = "smtp"
host = "127.0.0.1"
port = {smtp_port}
encryption = "none"
undo_seconds = {undo_seconds}
[limits]
batch = 3
lease_seconds = 60
[watch]
poll_seconds = {poll_seconds}
[logs]
level = "info"
"""
LONGEST = 60.0
#: When this has passed, what a killed process had claimed may be claimed again.
LEASE_IS_OVER = 61.0


def until(true: Callable[[], object], seconds: float = LONGEST) -> float:
    """Wait until ``true`` is, and return how long it took; fails after ``seconds``."""
    begin = time.monotonic()
    while not true():
        assert time.monotonic() - begin < seconds, "it never came"
        time.sleep(0.01)
    return time.monotonic() - begin


@dataclass
class Watching:
    """A mailbox, its settings, and the process that watches it."""

    folder: Path
    server: ImapServer
    user: str
    manager: socket.socket
    environment: dict[str, str]
    told: list[str] = field(default_factory=list)
    process: "subprocess.Popen[bytes] | None" = None
    signalled_at: float = 0.0

    def configure(self, smtp_port: int, *, poll_seconds: int = 600, undo_seconds: int = 0) -> None:
        """Write the settings; with this poll interval only hints and due work wake."""
        secret = self.folder / "password"
        secret.write_text(self.server.password)
        secret.chmod(0o600)
        text = _SETTINGS.format(
            home=json.dumps(str(self.folder / "state")),
            address=ADDRESS,
            authserv_id=AUTHSERV,
            server=self.server,
            user=self.user,
            secret=json.dumps(str(secret)),
            smtp_port=smtp_port,
            poll_seconds=poll_seconds,
            undo_seconds=undo_seconds,
        )
        (self.folder / "pipeline.toml").write_text(text, encoding="utf-8")

    def start(self, *, ahead: float = 0) -> None:
        """Start the process, its clock ``ahead`` by so many seconds."""
        with (self.folder / "out").open("ab") as out, (self.folder / "err").open("ab") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _COMMAND, str(ahead), "watch"],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )

    def ready(self, *, ahead: float = 0) -> None:
        """Start the process and wait until it says that it is ready."""
        self.told.clear()
        self.start(ahead=ahead)
        until(lambda: self.hears("READY=1"))

    def hears(self, line: str) -> bool:
        """Whether the process has told its manager so."""
        while True:
            try:
                self.told.append(self.manager.recv(1000).decode())
            except BlockingIOError:
                return line in self.told

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Send a signal; return the exit code and how long the process took to end."""
        self.signal(number)
        return self.ended()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        assert self.process is not None
        self.signalled_at = time.monotonic()
        self.process.send_signal(number)

    def ended(self) -> tuple[int, float]:
        """Return the exit code of the process, and how long after the signal it ended."""
        assert self.process is not None
        code = self.process.wait(LONGEST)
        return code, time.monotonic() - self.signalled_at

    def deliver(self, *positions: int) -> None:
        """Put mails into the mailbox: the first is a good form, the others plain words."""
        with self.client() as client:
            for position in positions:
                plain = plain_mail(position, "We need a number.")
                client.append("INBOX", plain if position else form_mail(0))

    @contextmanager
    def client(self) -> Iterator[IMAPClient]:
        """Give a client of the mailbox of its own."""
        with IMAPClient(self.server.host, self.server.port, ssl=False) as client:
            client.login(self.user, "secret")
            yield client

    def mails_in(self, folder: str) -> int:
        """Return how many mails a folder holds."""
        with self.client() as client:
            name = next((name for _, _, name in client.list_folders() if name.endswith(folder)), "")
            return int(client.folder_status(name, ["MESSAGES"])[b"MESSAGES"]) if name else 0

    def said(self) -> str:
        """Return what the process wrote on standard error."""
        return (self.folder / "err").read_text(encoding="utf-8")

    def events(self, name: str) -> list[dict[str, object]]:
        """Return the lines of the log with this event of the watch."""
        lines = (json.loads(line) for line in self.said().splitlines() if line.startswith("{"))
        return [line for line in lines if (line["room"], line["event"]) == ("pipeline.watch", name)]


@contextmanager
def watching(folder: Path, server: ImapServer, user: str) -> Iterator[Watching]:
    """Give a mailbox to watch; what is left of its process is killed."""
    with (
        tempfile.TemporaryDirectory() as place,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager,
    ):
        manager.bind(f"{place}/notify")
        manager.setblocking(False)
        environment = {
            **{name: value for name, value in os.environ.items() if name[:9] != "PIPELINE_"},
            "PIPELINE_CONFIG": str(folder / "pipeline.toml"),
            "PIPELINE_LANG": "en",
            "NOTIFY_SOCKET": f"{place}/notify",
            "WATCHDOG_USEC": "2000000",
        }
        found = Watching(folder, server, user, manager, environment)
        try:
            yield found
        finally:
            if found.process is not None:
                found.process.kill()
                found.process.wait()


def addressees(messages: list[tuple[str, list[str], bytes]]) -> list[str]:
    """Return to whom mails went, sorted."""
    return sorted(address for _, to, _ in messages for address in to)


def senders(count: int) -> list[str]:
    """Return the addresses that the first ``count`` forms come from, sorted."""
    return sorted(sender_of(position) for position in range(count))
