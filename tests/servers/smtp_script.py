"""An SMTP server that follows a script: any answer, silence or hang-up at any command.

It speaks enough of RFC 5321 to take mail, offers STARTTLS and a log-in when told so, and keeps what
it took: a mail counts as taken when its yes was written, or when the script says so.
"""

import base64
import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.certificates import server_context

#: Answers that are none: nothing is said, or the line is cut.
SILENCE, HANG_UP = "silence", "hang up"
#: The mail is taken, and its yes never arrives.
TAKE_AND_HANG_UP = "take and hang up"
#: The line is cut in the middle of a mail, after some of its bytes.
CUT = "cut"

_YES = {
    "greeting": "220 script.example ESMTP",
    "starttls": "220 go ahead",
    "auth": "235 2.7.0 welcome",
    "mail": "250 2.1.0 ok",
    "rcpt": "250 2.1.5 ok",
    "data": "354 go ahead",
    "end": "250 2.0.0 taken",
    "rset": "250 2.0.0 ok",
    "noop": "250 2.0.0 ok",
    "quit": "221 2.0.0 bye",
}
Fits = Callable[[str], bool]


@dataclass
class _Rule:
    """The answer to a command, the next ``times`` times (None: always) that its line fits."""

    command: str
    answer: str
    times: int | None
    fits: Fits
    after: float


@dataclass(frozen=True)
class Taken:
    """A mail that the server took."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes


@dataclass
class ScriptedSmtp:
    """The server: where it is, what it took, which commands came, and its script."""

    port: int
    tls: ssl.SSLContext | None = None
    #: ``user:password`` that it wants; empty: no log-in is offered.
    login: str = ""
    extensions: tuple[str, ...] = ("8BITMIME", "SMTPUTF8")
    taken: list[Taken] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    rules: list[_Rule] = field(default_factory=list)

    def say(
        self,
        command: str,
        answer: str,
        *,
        times: int | None = None,
        fits: Fits = lambda _line: True,
        after: float = 0.0,
    ) -> None:
        """Answer ``command`` so, the next ``times`` times that its line ``fits``.

        Commands are the keys above and ``ehlo``; ``end`` is the final dot. The answer comes
        ``after`` so many seconds.
        """
        self.rules.append(_Rule(command, answer, times, fits, after))

    def heal(self) -> None:
        """Forget the script: everything is taken from now on."""
        self.rules.clear()

    def answer_to(self, command: str, line: str) -> str:
        """Return the answer to ``command``, after its time."""
        for rule in self.rules:
            if rule.command == command and rule.times != 0 and rule.fits(line):
                if rule.times is not None:
                    rule.times -= 1
                time.sleep(rule.after)
                return rule.answer
        return _YES.get(command, "500 5.5.1 what?")

    def recipients(self) -> list[str]:
        """Return whom the mails that it took were for, in order."""
        return [name for mail in self.taken for name in mail.recipients]


@contextlib.contextmanager
def scripted_smtp(certificate: Path | None = None, *, login: str = "") -> Iterator[ScriptedSmtp]:
    """Run the server on a free port; with a ``certificate`` it offers STARTTLS."""
    opened: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        tls = server_context(certificate) if certificate is not None else None
        server = ScriptedSmtp(listener.getsockname()[1], tls, login)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    opened.append(client)
                    server.connections += 1
                    talk = _Talk(server, client, opened)
                    threading.Thread(target=talk.run, daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            for line in (listener, *opened):
                with contextlib.suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
            thread.join(5)
            for line in opened:
                line.close()


class _OverError(Exception):
    """The connection is over."""


class _Talk:
    """One connection."""

    def __init__(
        self, server: ScriptedSmtp, client: socket.socket, opened: list[socket.socket]
    ) -> None:
        self.server = server
        self.client = client
        self.opened = opened
        self.reader = client.makefile("rb")
        self.sender = ""
        self.recipients: list[str] = []
        self.safe = False
        self.known = not server.login

    def run(self) -> None:
        """Talk until one of both hangs up."""
        with contextlib.suppress(OSError, _OverError, ValueError):
            self.give("greeting", "")
            while raw := self.reader.readline():  # the reader changes with STARTTLS
                line = raw.decode("utf-8", "replace").rstrip("\r\n")
                self.one(line)
        for end in (self.reader, self.client):
            with contextlib.suppress(OSError):
                end.close()

    def give(self, command: str, line: str) -> str:
        """Answer a command by the script; return the answer."""
        answer = self.server.answer_to(command, line)
        if answer == HANG_UP:
            self.client.shutdown(socket.SHUT_RDWR)
            raise _OverError
        if answer not in (SILENCE, TAKE_AND_HANG_UP, CUT):
            self.client.sendall(_bytes(answer))
            if answer.startswith("421"):
                raise _OverError
        return answer

    def one(self, line: str) -> None:
        """Answer one line."""
        word = line.partition(" ")[0].lower().partition(":")[0]
        self.server.commands.append(line)
        if word in {"ehlo", "helo"}:
            self.hello(word, line)
        elif word == "starttls":
            self.start_tls(line)
        elif word == "auth":
            self.log_in(line)
        elif word == "mail":
            self.mail(line)
        elif word == "rcpt":
            if self.give("rcpt", line).startswith("2"):
                self.recipients.append(_address(line))
        elif word == "data":
            if self.give("data", line).startswith("3"):
                self.data()
        else:
            if word == "rset":
                self.recipients = []
            self.give(word, line)
            if word == "quit":
                raise _OverError

    def hello(self, word: str, line: str) -> None:
        if any(rule.command == word and rule.times != 0 for rule in self.server.rules):
            self.give(word, line)
            return
        names = ["script.example", *self.server.extensions]
        if self.server.tls is not None and not self.safe:
            names.append("STARTTLS")
        if self.server.login:
            names.append("AUTH PLAIN LOGIN")
        last = len(names) - 1
        for number, name in enumerate(names):
            self.client.sendall(f"250{' ' if number == last else '-'}{name}\r\n".encode())

    def start_tls(self, line: str) -> None:
        if not self.give("starttls", line).startswith("220") or self.server.tls is None:
            return
        self.client = self.server.tls.wrap_socket(self.client, server_side=True)
        self.opened.append(self.client)
        self.reader = self.client.makefile("rb")
        self.safe = True

    def log_in(self, line: str) -> None:
        _, _, rest = line.partition(" ")
        mechanism, _, initial = rest.partition(" ")
        given = b""
        if mechanism.upper() == "PLAIN":
            given = b":".join(base64.b64decode(initial).split(b"\0")[1:])
        elif mechanism.upper() == "LOGIN":
            user = base64.b64decode(initial) if initial else self.ask("VXNlcm5hbWU6")
            given = user + b":" + self.ask("UGFzc3dvcmQ6")
        if given == self.server.login.encode():
            self.known = self.give("auth", line).startswith("2")
        else:
            self.client.sendall(b"535 5.7.8 bad credentials\r\n")

    def ask(self, challenge: str) -> bytes:
        self.client.sendall(f"334 {challenge}\r\n".encode())
        return base64.b64decode(self.reader.readline())

    def mail(self, line: str) -> None:
        if not self.known:
            self.client.sendall(b"530 5.7.0 authentication required\r\n")
            return
        self.recipients = []
        if self.give("mail", line).startswith("2"):
            self.sender = _address(line)

    def data(self) -> None:
        lines: list[bytes] = []
        cut = any(rule.answer == CUT and rule.times != 0 for rule in self.server.rules)
        for raw in self.reader:
            if raw == b".\r\n":
                break
            lines.append(raw[1:] if raw.startswith(b".") else raw)
            if cut and len(lines) > 3:
                self.server.answer_to("end", "")
                self.client.shutdown(socket.SHUT_RDWR)
                raise _OverError
        else:
            raise _OverError
        mail = Taken(self.sender, tuple(self.recipients), b"".join(lines))
        answer = self.server.answer_to("end", " ".join(self.recipients))
        if answer == TAKE_AND_HANG_UP or answer.startswith("2"):
            self.server.taken.append(mail)
        if answer in (HANG_UP, TAKE_AND_HANG_UP):
            self.client.shutdown(socket.SHUT_RDWR)
            raise _OverError
        if answer != SILENCE:
            self.client.sendall(_bytes(answer))
            if answer.startswith("421"):
                raise _OverError
        self.recipients = []


def _bytes(answer: str) -> bytes:
    """Return an answer as it is sent; a byte that is no UTF-8 is a surrogate escape."""
    return f"{answer}\r\n".encode(errors="surrogateescape")


def _address(line: str) -> str:
    return line.partition("<")[2].rpartition(">")[0]
