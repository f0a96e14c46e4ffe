"""One connection to an SMTP server: how long each answer may take, and mails written whole.

The standard library has one time-out for everything, starts it anew with each byte, and lets the
kernel hold back a last small packet until the one before is acknowledged (Nagle, RFC 896), which
costs 40 ms a mail.
"""

import re
import smtplib
import socket
import ssl
import time
from collections import deque
from typing import TYPE_CHECKING, Final

from pipeline.notifications.addresses import is_sendable

if TYPE_CHECKING:
    from _socket import _Address

    from _typeshed import ReadableBuffer

#: Seconds that a server has (RFC 5321, 4.5.3.2). The RFC names none for the last four.
GREETING: Final = 300.0
ENVELOPE: Final = 300.0
DATA: Final = 120.0
BLOCK: Final = 180.0
FINAL_DOT: Final = 600.0
CONNECT: Final = 60.0
SESSION: Final = 300.0
RESET: Final = 20.0
GOODBYE: Final = 5.0

_BLOCK_BYTES = 65_536
_REPLY_BYTES = 1_048_576
_LINE_BYTES = 2048
_CHUNK = 8192
#: A reply begins with a code whose first digit the RFC knows; no server gives a preliminary one
#: (RFC 5321, 4.2.1).
_CODE = re.compile(rb"[2-5][0-9]{2}")
_NO_CODE = -1
_DOT = b".\r\n"
_YES = 2
_REFUSED = 400
#: EHLO is not known to the server, so that HELO may be (RFC 5321, 4.1.4).
_NO_EHLO = frozenset({500, 502, 504})


class _Replies:
    """Reads lines from a socket until an instant, however slowly they drip in."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._buffer = b""
        self._room = 0
        self._end = 0.0

    def begin(self, seconds: float) -> None:
        """Give the next reply so many seconds."""
        self._end = time.monotonic() + seconds
        self._room = _REPLY_BYTES

    @property
    def are_left(self) -> bool:
        """Whether the server said more than it was asked."""
        return bool(self._buffer)

    def readline(self) -> bytes:
        """Return the beginning of the next line, or what there is of it at the end of the line.

        Raises TimeoutError, and OSError when the connection breaks or a reply never ends.
        """
        kept = b""
        while True:
            piece, end, self._buffer = self._buffer.partition(b"\n")
            self._room -= len(piece) + len(end)
            if self._room < 0:
                raise OSError("endless reply")
            kept += piece[: _LINE_BYTES - len(kept)] + end
            if end or not self._receive():
                return kept

    def _receive(self) -> bool:
        """Wait for more; False at the end of the connection."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        self._buffer = self._sock.recv(_CHUNK)
        return bool(self._buffer)

    def close(self) -> None:
        """Do nothing: the socket is closed by its owner."""


class Line(smtplib.SMTP):
    """A connection that a server may keep waiting so long, and no longer.

    ``limit`` is how many seconds the next reply may take; ``scale`` multiplies all time-outs.
    With ``tls`` the connection begins with TLS.
    """

    scale = 1.0
    limit = GREETING
    last_reply = 0.0
    _unsent = 0

    def __init__(
        self, host: str, port: int, *, scale: float = 1.0, tls: ssl.SSLContext | None = None
    ) -> None:
        self.scale = scale
        #: Whether a mail was handed over on it: the server may have had enough of it since.
        self.used = False
        self._tls = tls
        self._ahead: deque[str] = deque()
        super().__init__(host, port, timeout=CONNECT * scale)

    def connect(
        self,
        host: str = "localhost",
        port: int = 0,
        source_address: "_Address | None" = None,
    ) -> tuple[int, bytes]:
        """Connect, with TLS at once where it is wanted, and read the greeting.

        Small packets are sent at once from then on.
        """
        sock = socket.create_connection((host, port), CONNECT * self.scale, source_address)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_hostname=host)
        except BaseException:
            sock.close()
            raise
        self.sock, self.file = sock, None
        return self.getreply()

    def greet(self) -> None:
        """Say EHLO, or HELO to a server that does not know it.

        Raises SMTPHeloError when the server refuses us: asking for less would not help.
        """
        code, text = self.ehlo()
        if code in _NO_EHLO:
            code, text = self.helo()
        if code // 100 != _YES:
            raise smtplib.SMTPHeloError(code, text)

    def getreply(self) -> tuple[int, bytes]:
        """Read one reply within ``limit`` seconds, however many lines it has.

        The code is -1 for what is no reply: without a code, or with several that differ.
        """
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("no connection")
        if self.file is None:
            self.file = _Replies(self.sock)
        self.file.begin(self.limit * self.scale)
        lines: list[bytes] = []
        more = True
        while more:
            try:
                lines.append(self.file.readline())
            except OSError as error:
                self.close()
                raise smtplib.SMTPServerDisconnected("broken in a reply") from error
            if not lines[-1]:
                self.close()
                raise smtplib.SMTPServerDisconnected("closed before a reply")
            more = bool(_CODE.match(lines[-1])) and lines[-1][3:4] == b"-"
        self.last_reply = time.monotonic()
        codes = {line[:3] for line in lines}
        code = codes.pop()
        if codes or not _CODE.fullmatch(code):
            return _NO_CODE, b"\n".join(line.strip() for line in lines)
        return int(code), b"\n".join(line[4:].strip() for line in lines)

    def ask(self, command: str, limit: float) -> tuple[int, bytes]:
        """Send a command and return the reply, which may take ``limit`` seconds.

        One that was sent ahead is not sent again. Raises SMTPServerDisconnected when the server has
        answered already: what it says next could be taken for the answer to another command.
        """
        self.limit = limit
        if self._ahead:
            return self._reply_ahead(command)
        self._in_step()
        return self.docmd(command)

    def send_ahead(self, *commands: str) -> None:
        """Send several commands at once, if the server takes them so (RFC 2920).

        They are asked for afterwards, in this order.
        """
        if any("\r" in command or "\n" in command for command in commands):
            raise ValueError("a command is one line")
        if self.has_extn("pipelining"):
            self._in_step()
            self.send("".join(f"{command}\r\n" for command in commands))
            self._ahead.extend(commands)

    def skip_ahead(self) -> bool:
        """Read the replies that were not asked for; tell whether the server is in step then.

        It is not when it waits for a mail: nothing but a mail, or the end, could follow.
        """
        in_step = True
        while self._ahead:
            command = self._ahead[0]
            code, _ = self._reply_ahead(command)
            in_step = in_step and (command != "DATA" or code >= _REFUSED)
        return in_step

    def _reply_ahead(self, command: str) -> tuple[int, bytes]:
        if self._ahead.popleft() != command:
            raise ValueError("another command was sent ahead")
        return self.getreply()

    def set_time_out(self, seconds: float) -> None:
        """Give what does not end in a reply, the handshake of TLS, so long for each step."""
        if self.sock is not None:
            self.sock.settimeout(seconds * self.scale)

    def send(self, s: "ReadableBuffer | str") -> None:
        """Send a command."""
        try:
            self._push(s.encode(self.command_encoding) if isinstance(s, str) else bytes(s))
        except OSError as error:
            self.close()
            raise smtplib.SMTPServerDisconnected("Server not connected") from error

    def send_mail(self, message_bytes: bytes) -> None:
        """Send the bytes of a mail and the final dot, the last block of them in one write.

        Raises OSError when not all of it could be handed to the system; see ``dot_is_out``.
        A yes that was there before the mail is none: it raises SMTPServerDisconnected.
        """
        stuffed = _dot_stuffed(message_bytes)
        self._unsent = len(stuffed)
        self._in_step()
        for start in range(0, len(stuffed), _BLOCK_BYTES):
            self._push(stuffed[start : start + _BLOCK_BYTES])

    def _in_step(self) -> None:
        if self.file is not None and self.file.are_left:
            raise smtplib.SMTPServerDisconnected("answered unasked")

    @property
    def dot_is_out(self) -> bool:
        """Whether the final dot of the mail that was being sent may have reached the server."""
        return self._unsent < len(_DOT)

    def _push(self, data: bytes) -> None:
        """Hand ``data`` to the system within the time for one block; raises OSError."""
        if self.sock is None:
            raise OSError("no connection")
        end = time.monotonic() + BLOCK * self.scale
        rest = memoryview(data)
        while rest:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.sock.settimeout(left)
            sent = self.sock.send(rest)
            self._unsent -= sent
            rest = rest[sent:]


def _dot_stuffed(message_bytes: bytes) -> bytes:
    """Return the mail with each leading dot of a line doubled, and its end (RFC 5321, 4.5.2)."""
    whole = message_bytes if message_bytes.endswith(b"\r\n") else message_bytes + b"\r\n"
    stuffed = whole.replace(b"\r\n.", b"\r\n..")
    return (b"." + stuffed if stuffed.startswith(b".") else stuffed) + _DOT


def impossible(line: Line, recipient: str) -> str:
    """Return why no mail to ``recipient`` can be handed over on this line, or an empty text."""
    if not is_sendable(recipient):
        return "address_malformed"
    lacking = not recipient.isascii() and not line.has_extn("smtputf8")
    return "smtputf8_missing" if lacking else ""
