"""A go-between before a real IMAP server that cuts the line and lies, command by command."""

import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum

_COMMAND = re.compile(rb"(\S+) (?:UID )?([A-Za-z]+)(.*)", re.DOTALL)
_LITERAL = re.compile(rb"\{(\d+)\+?\}\r\n\Z")
_BODY = re.compile(rb"\* \d+ FETCH \((?:.* )?UID (\d+) .*BODY\[\] \{\d+\}\r\n\Z", re.IGNORECASE)
_SIZE = re.compile(rb"RFC822\.SIZE \d+", re.IGNORECASE)
_UIDS = re.compile(rb"[\d,:]+")


class Kind(StrEnum):
    """What happens in place of the server's answer."""

    RST = "rst"
    FIN = "fin"
    HANG = "hang"
    GARBAGE = "garbage"
    NO = "no"
    BAD = "bad"
    NIL = "nil"
    MISSING = "missing"
    CUT = "cut"  # the command is done, and the line is cut before the answer


@dataclass
class Lie:
    """A lie about the commands of one name: the next ``times`` of them, or all (None).

    ``code`` goes into NO; ``only`` says which lines it is about.
    """

    command: str
    kind: Kind
    times: int | None = 1
    code: str = "SERVERBUG"
    only: Callable[[bytes], bool] = field(default=lambda _line: True)
    told: int = 0

    def fits(self, command: str, line: bytes) -> bool:
        """Whether the lie is about this command; counts it."""
        names = {"SELECT": {"SELECT", "EXAMINE"}}.get(self.command, {self.command})
        if command not in names or not self.only(line):
            return False
        if self.times is not None and self.told >= self.times:
            return False
        self.told += 1
        return True


@dataclass
class Liar:
    """The running go-between: where it is, and what it lies about."""

    port: int
    lies: list[Lie] = field(default_factory=list)
    #: UIDs whose BODY[] is NIL.
    nil: set[int] = field(default_factory=set)
    #: The size that is told of every mail, in place of its own.
    size: int | None = None
    #: Called with the name of each command before it goes on to the server.
    before: Callable[[str], None] = field(default=lambda _command: None)
    commands: list[str] = field(default_factory=list)

    def about(self, command: str, line: bytes) -> Lie | None:
        """Return the lie about a command, if any."""
        return next((lie for lie in self.lies if lie.fits(command, line)), None)


@contextmanager
def lying_before(port: int) -> Iterator[Liar]:
    """Run a go-between before the server on ``port``."""
    opened: list[socket.socket] = []
    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        liar = Liar(listener.getsockname()[1])

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    try:
                        server = socket.create_connection(("127.0.0.1", port))
                    except OSError:
                        client.close()
                        continue
                    opened.extend((client, server))
                    talk = _Talk(liar, client, server)
                    for work in (talk.up, talk.down):
                        thread = threading.Thread(target=work, daemon=True)
                        thread.start()
                        threads.append(thread)

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield liar
        finally:
            for line in (listener, *opened):
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
            for thread in (accepting, *threads):
                thread.join(5)
            for line in opened:
                line.close()


class _Talk:
    """One connection of a client, and its own to the server."""

    def __init__(self, liar: Liar, client: socket.socket, server: socket.socket) -> None:
        self._liar = liar
        self._client = client
        self._server = server
        self._cut_at = b""

    def up(self) -> None:
        """Carry what the client says."""
        with suppress(OSError), self._client.makefile("rb") as reader:
            for line in reader:
                if not self._say(line):
                    return
                if found := _LITERAL.search(line):
                    self._server.sendall(reader.read(int(found[1])))
        self._end()

    def down(self) -> None:
        """Carry what the server says."""
        with suppress(OSError), self._server.makefile("rb") as reader:
            for line in reader:
                if self._cut_at and line.startswith(self._cut_at + b" "):
                    break
                if self._liar.size is not None:
                    line = _SIZE.sub(b"RFC822.SIZE %d" % self._liar.size, line)  # noqa: PLW2901
                found = _BODY.match(line)
                if found and int(found[1]) in self._liar.nil:
                    reader.read(int(_LITERAL.search(line)[1]))  # type: ignore[index]  # it has one
                    self._client.sendall(line[: line.rindex(b"{")] + b"NIL" + reader.readline())
                    continue
                self._client.sendall(line)
                if literal := _LITERAL.search(line):
                    self._client.sendall(reader.read(int(literal[1])))
        self._end()

    def _say(self, line: bytes) -> bool:
        """Give the line to the server, or lie; False when the connection is over."""
        found = _COMMAND.match(line)
        if found is None:  # DONE, or the end of a literal
            self._server.sendall(line)
            return True
        tag, command, rest = found[1], found[2].decode().upper(), found[3]
        self._liar.commands.append(command)
        lie = self._liar.about(command, line)
        self._liar.before(command)
        if lie is None:
            self._server.sendall(line)
            return True
        match lie.kind:
            case Kind.RST | Kind.FIN:
                if lie.kind is Kind.RST:
                    # closed without a word before, so that no FIN goes ahead of it
                    now = struct.pack("ii", 1, 0)
                    self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
                    self._client.close()
                self._end()
                return False
            case Kind.CUT:
                self._cut_at = tag
                self._server.sendall(line)
                return True
            case Kind.HANG:
                return True
        self._client.sendall(_lies(lie, tag, command, rest))
        return True

    def _end(self) -> None:
        for line in (self._client, self._server):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            with suppress(OSError):
                line.close()


def _lies(lie: Lie, tag: bytes, command: str, rest: bytes) -> bytes:
    name = command.encode()
    match lie.kind:
        case Kind.GARBAGE:
            return b"\x00\xff((* {99 BODY[ \xe3\x81\r\n* ) NIL FETCH\r\n"
        case Kind.NO:
            return tag + b" NO [" + lie.code.encode() + b"] Internal error\r\n"
        case Kind.BAD:
            return tag + b" BAD " + name + b" is not understood\r\n"
        case Kind.NIL:
            numbers = [
                int(uid) for uid in (_UIDS.search(rest) or [b""])[0].split(b",") if uid.isdigit()
            ]
            return (
                b"".join(b"* %d FETCH (UID %d BODY[] NIL)\r\n" % (uid, uid) for uid in numbers)
                + tag
                + b" OK done\r\n"
            )
        case _:
            return tag + b" OK done\r\n"
