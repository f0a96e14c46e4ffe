"""Waiting by IDLE on a server that says odd things: a hint, silence, or a line that broke."""

import contextlib
import os
import socket
import struct
import threading
import time
from collections.abc import Iterator

import pytest

from pipeline.errors import PipelineError, TryLaterError
from pipeline.mailbox.imap import idle
from pipeline.mailbox.imap.mailbox import ImapAccess, ImapMailbox
from pipeline.mailbox.protocol import Arrivals
from tests.world.pace import soon

_ANSWERS = {
    b"CAPABILITY": b"* CAPABILITY IMAP4rev1 IDLE\r\n",
    b"LIST": b'* LIST () "/" ""\r\n',
    b"EXAMINE": b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n",
    b"LOGIN": b"",
}
_RESET = b"reset"
_CLOSE = b"close"


class Server:
    """A server that answers IDLE with ``begins``, and pushes what a test wants."""

    def __init__(self, begins: bytes) -> None:
        self._begins = begins
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._idle: list[socket.socket] = []
        self.commands: list[bytes] = []
        self.deaf = False
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def push(self, *said: bytes) -> None:
        """Say something unasked to the client that waits, or leave it."""
        client = self._idle[-1]
        for piece in said:
            if piece == _CLOSE:
                client.shutdown(socket.SHUT_RDWR)
            elif piece == _RESET:
                # what closes the socket then sends a reset
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.shutdown(socket.SHUT_RD)
            else:
                client.sendall(piece)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with client, contextlib.suppress(OSError):
                    self._talk(client)

    def _talk(self, client: socket.socket) -> None:
        client.sendall(b"* OK hi\r\n")
        idle_tag = b""
        buffer = b""
        while received := client.recv(1000):
            *lines, buffer = (buffer + received).split(b"\r\n")
            for line in lines:
                tag, _, command = line.partition(b" ")
                self.commands.append(command or tag)
                if command == b"IDLE":
                    idle_tag = tag
                    self._idle.append(client)
                    client.sendall(self._begins.replace(b"{tag}", tag))
                    if self._begins == b"":
                        return
                elif self.deaf:
                    pass
                elif tag == b"DONE":
                    client.sendall(idle_tag + b" OK done\r\n")
                else:
                    said = _ANSWERS.get(command.partition(b" ")[0], b"")
                    client.sendall(said + tag + b" OK done\r\n")


def arrivals_at(port: int) -> Arrivals:
    access = ImapAccess(
        "requests", "127.0.0.1", port, "box", "plain", password=lambda: "x", timeout_seconds=1
    )
    return ImapMailbox(access).arrivals()


@pytest.fixture
def wake() -> Iterator[int]:
    ends = os.pipe()
    yield ends[0]
    for end in ends:
        os.close(end)


@pytest.fixture
def server() -> Iterator[Server]:
    with contextlib.closing(Server(b"+ idling\r\n")) as found:
        yield found


@pytest.fixture
def arrivals(server: Server, wake: int) -> Iterator[Arrivals]:
    with contextlib.closing(arrivals_at(server.port)) as found:
        assert found.wait(0, wake) is True
        assert found.wait(0, wake) is False
        yield found


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ((b"* 3 EXISTS\r\n",), True),
        ((b"* 2 EXISTS\r\n* 1 RECENT\r\n",), True),
        ((b"* OK Still here\r\n", b"* 2 EXISTS\r\n"), True),
        ((b"* OK Still here\r\n",), False),
        ((b"* 1 FETCH (FLAGS (\\Seen))\r\n",), False),
        ((b"* 1 EXPUNGE\r\n",), False),
        ((b"* VANISHED 1:3\r\n",), False),
        ((b'* OK [X-NOTE "EXISTS"] words\r\n',), False),
    ],
)
def test_only_new_mail_is_a_hint(
    server: Server, arrivals: Arrivals, wake: int, said: tuple[bytes, ...], *, hint: bool
) -> None:
    server.push(*said)
    assert arrivals.wait(0.4, wake) is hint
    assert arrivals.wait(0.1, wake) is False


def wait_until_it_breaks(arrivals: Arrivals, wake: int) -> None:
    end = time.monotonic() + 5
    while time.monotonic() < end:
        arrivals.wait(1, wake)


@pytest.mark.parametrize(
    "said",
    [
        (_CLOSE,),
        (_RESET,),
        (b"* BYE going down\r\n", _CLOSE),
        (b"\x00\xff garbage\r\n",),
        (b"* \xff\xfe\r\n", b"+ what\r\n"),
        (b"* 3 EXI", _CLOSE),
        (b"x" * 100_000,),
    ],
)
def test_a_line_that_breaks_is_try_later_and_the_next_wait_begins_anew(
    server: Server, arrivals: Arrivals, wake: int, said: tuple[bytes, ...]
) -> None:
    server.push(*said)
    with pytest.raises(TryLaterError) as raised:
        wait_until_it_breaks(arrivals, wake)
    assert raised.value.code == "mailbox_unreachable"
    assert arrivals.wait(1, wake) is True, "what came meanwhile is not told"
    assert arrivals.wait(0, wake) is False


@pytest.mark.parametrize(
    "begins",
    [b"{tag} NO not now\r\n", b"{tag} BAD what\r\n", b"", b"* OK wait\r\n", b"\xff\r\n", b"+"],
)
def test_a_server_that_does_not_idle_is_try_later_within_its_patience(
    wake: int, begins: bytes
) -> None:
    with (
        contextlib.closing(Server(begins)) as server,
        contextlib.closing(arrivals_at(server.port)) as arrivals,
    ):
        start = time.monotonic()
        with pytest.raises(PipelineError) as raised:
            arrivals.wait(0, wake)
        assert raised.value.code == "mailbox_unreachable"
        assert soon(time.monotonic() - start, 3)


def test_idle_is_renewed_and_what_came_in_between_is_looked_for(
    server: Server, arrivals: Arrivals, wake: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert idle._RENEWED_SECONDS < 29 * 60
    monkeypatch.setattr(idle, "_RENEWED_SECONDS", 0.2)
    assert arrivals.wait(2, wake) is True
    assert server.commands[-2:] == [b"DONE", b"IDLE"]
    monkeypatch.setattr(idle, "_RENEWED_SECONDS", 200)
    assert arrivals.wait(0.1, wake) is False


def test_a_line_that_died_without_a_word_is_found_by_the_renewal(
    server: Server, arrivals: Arrivals, wake: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.deaf = True
    monkeypatch.setattr(idle, "_RENEWED_SECONDS", 0.2)
    with pytest.raises(TryLaterError):
        arrivals.wait(5, wake)
