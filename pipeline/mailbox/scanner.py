"""Asks a clamd whether bytes are known to be harmful, before anything of ours opens them.

The protocol is clamd(8)'s own: a command ended by NUL, the bytes in pieces with their length in
front (INSTREAM), one line as the answer.
"""

import re
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.errors import ConfigurationError, TryLaterError

_TCP = re.compile(r"(?:tcp:(?://)?)?\[?([A-Za-z0-9.:_-]*[A-Za-z0-9._-])\]?:(\d{1,5})\Z")
_UNIX = re.compile(r"(?:unix:)?(?://)?(/[^\x00]{1,100})\Z")
_FOUND = re.compile(r"stream: (.{1,300}) FOUND\Z")
_PIECE = 128 * 1024
_ANSWER = 4096
_SECONDS = 60


class InfectedError(Exception):
    """The scanner knows something harmful in the bytes; ``name`` is what it calls it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = re.sub(r"[^A-Za-z0-9._:()/-]", "_", name)[:100]


class Scanner:
    """A clamd at an address: ``unix:/run/clamav/clamd.ctl``, or ``tcp:127.0.0.1:3310``."""

    def __init__(self, address: str, seconds: float = _SECONDS) -> None:
        """Take the address; raise ConfigurationError ``scanner_address`` when it is none."""
        self._address = address
        self._seconds = seconds
        unix, tcp = _UNIX.match(address), _TCP.match(address)
        if not unix and not tcp:
            raise ConfigurationError("scanner_address", value=address)
        self._path = unix[1] if unix else ""
        self._host = (tcp[1], int(tcp[2])) if tcp else ("", 0)

    def check(self) -> str:
        """Return the version that answers; raise TryLaterError ``scanner_unreachable``."""
        return self._asked(b"zVERSION\x00", b"")

    def scan(self, content: bytes) -> None:
        """Return when ``content`` is clean; raise InfectedError with the name of what is found.

        Raises TryLaterError ``scanner_unreachable``, ConfigurationError ``scanner_refused`` when
        the scanner takes no bytes of this size or answers with an error.
        """
        answer = self._asked(b"zINSTREAM\x00", content)
        if answer == "stream: OK":
            return
        if found := _FOUND.match(answer):
            raise InfectedError(found[1])
        raise ConfigurationError("scanner_refused", address=self._address, answer=answer[:200])

    def _asked(self, command: bytes, content: bytes) -> str:
        try:
            with self._connected() as line:
                answer = _exchange(line, command, content)
        except (OSError, ValueError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise TryLaterError(
                "scanner_unreachable", address=self._address, reason=reason
            ) from error
        if not answer:
            raise TryLaterError("scanner_unreachable", address=self._address, reason="EOF")
        return answer

    @contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        if self._path:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
                line.settimeout(self._seconds)
                line.connect(self._path)
                yield line
            return
        with socket.create_connection(self._host, timeout=self._seconds) as line:
            yield line


def _exchange(line: socket.socket, command: bytes, content: bytes) -> str:
    """Send a command with its bytes; return the answer, which may come before all was taken."""
    line.sendall(command)
    try:
        for start in range(0, len(content), _PIECE):
            piece = content[start : start + _PIECE]
            line.sendall(struct.pack("!I", len(piece)) + piece)
        if command.startswith(b"zINSTREAM"):
            line.sendall(struct.pack("!I", 0))
    except (BrokenPipeError, ConnectionResetError):
        pass  # over its limit it answers and hangs up
    answer = b""
    while not answer.endswith(b"\x00") and len(answer) < _ANSWER and (more := line.recv(_ANSWER)):
        answer += more
    return answer.rstrip(b"\x00\r\n").decode("utf-8", "replace")
