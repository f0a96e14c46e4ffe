"""Waiting for new mail on an IMAP server by IDLE (RFC 2177): a hint, never the rule.

Servers may push nothing, and lines may break without a word, so who waits must also look at times.
A server without IDLE is asked by NOOP, which RFC 9051, section 6.1.2, means for this.
"""

import select
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from imaplib import IMAP4
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imapclient import IMAPClient

#: Servers and routers forget longer ones; RFC 2177 allows 29 minutes.
_RENEWED_SECONDS = 300.0
_NOOP_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Line:
    """A connection to a server as this module uses it.

    ``connected`` gives the present connection or a new one, and drops it at an error;
    ``examine`` opens the folder of new mail on it; ``drop`` lets go of it without a word.
    """

    connected: "Callable[[], AbstractContextManager[IMAPClient]]"
    examine: "Callable[[IMAPClient], object]"
    drop: Callable[[], None]


class ImapArrivals:
    """The arrivals in a folder of a server; see :class:`pipeline.mailbox.protocol.Arrivals`."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._known: object = None  # the connection that is listened to
        self._listening_since = 0.0

    def wait(self, seconds: float, wake: int) -> bool:
        """Wait for new mail; see the protocol.

        True also when the connection is new: what came before it was made is not told.
        """
        end = time.monotonic() + seconds
        with self._line.connected() as client, _spoken():
            if self._begins(client):
                return True
            told = self._pushed if client.has_capability("IDLE") else self._asked
            while (left := end - time.monotonic()) > 0:
                if wake in (heard := self._heard(client, left, wake)):
                    return False
                if told(client, spoke=bool(heard)):
                    return True
        return False

    def close(self) -> None:
        """Let go of the connection."""
        self._known = None
        self._line.drop()

    def _begins(self, client: "IMAPClient") -> bool:
        """Listen on a connection that is new; whether it was."""
        if client is self._known:
            return False
        self._known = None
        self._line.examine(client)
        self._listen(client)
        self._known = client
        return True

    def _listen(self, client: "IMAPClient") -> None:
        self._listening_since = time.monotonic()
        if client.has_capability("IDLE"):
            client.idle()

    def _heard(self, client: "IMAPClient", seconds: float, wake: int) -> set[int]:
        """Wait until the server speaks, it is time to ask it, or somebody wakes us."""
        idles = client.has_capability("IDLE")
        every = _RENEWED_SECONDS if idles else _NOOP_SECONDS
        left = self._listening_since + every - time.monotonic()
        ours = [client.socket().fileno()] if idles else []
        return _readable([*ours, wake], min(seconds, left))

    def _pushed(self, client: "IMAPClient", *, spoke: bool) -> bool:
        """Whether a server with IDLE tells of mail; what came while it was renewed is not told."""
        if spoke and (said := client.idle_check(timeout=0)):
            return _tells_of_mail(said)
        # a line that was closed can be read too, and gives nothing; one that is alive answers
        if not spoke and time.monotonic() - self._listening_since < _RENEWED_SECONDS:
            return False
        client.idle_done()
        self._listen(client)
        return True

    def _asked(self, client: "IMAPClient", *, spoke: bool) -> bool:  # noqa: ARG002 - as _pushed
        """Whether a server without IDLE, asked every few seconds, tells of mail."""
        if time.monotonic() - self._listening_since < _NOOP_SECONDS:
            return False
        self._listening_since = time.monotonic()
        return _tells_of_mail(client.noop()[1])


@contextmanager
def _spoken() -> Iterator[None]:
    """Take whatever the reader of answers stumbles over for a line that broke."""
    try:
        yield
    except (IMAP4.error, OSError, EOFError):
        raise
    except Exception as error:
        raise ConnectionError(type(error).__name__) from error


def _readable(descriptors: list[int], seconds: float) -> set[int]:
    """Return which descriptors can be read, waiting for one; select(2) knows only low numbers."""
    poller = select.poll()
    for descriptor in descriptors:
        poller.register(descriptor, select.POLLIN)
    return {descriptor for descriptor, _ in poller.poll(max(0.0, seconds) * 1000)}


def _tells_of_mail(responses: Iterable[Any]) -> bool:
    return any(
        isinstance(item, tuple) and len(item) > 1 and item[1] in {b"EXISTS", b"RECENT"}
        for item in responses
    )
