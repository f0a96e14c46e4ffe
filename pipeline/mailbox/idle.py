"""Waiting for new mail on an IMAP server by IDLE (RFC 2177): a hint, never the rule.

Servers may push nothing, and lines may break without a word, so who waits must also look at times.
A server without IDLE is asked by NOOP, which RFC 9051, section 6.1.2, means for this.
"""

import select
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
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
        with self._line.connected() as client:
            if client is not self._known:
                self._known = None
                self._line.examine(client)
                self._listen(client)
                self._known = client
                return True
            while (left := end - time.monotonic()) > 0:
                if not client.has_capability("IDLE"):
                    if _readable([wake], min(_NOOP_SECONDS, left)):
                        return False
                    if _tells_of_mail(client.noop()[1]):
                        return True
                    continue
                ready = _readable([client.socket().fileno(), wake], left)
                if wake in ready:
                    return False
                if not ready:
                    break
                if self._heard(client):
                    return True
            return self._renewed(client)

    def close(self) -> None:
        """Let go of the connection."""
        self._known = None
        self._line.drop()

    def _listen(self, client: "IMAPClient") -> None:
        self._listening_since = time.monotonic()
        if client.has_capability("IDLE"):
            client.idle()

    def _heard(self, client: "IMAPClient") -> bool:
        """Read what the server says; whether it may mean new mail."""
        said = client.idle_check(timeout=0)
        if said:
            return _tells_of_mail(said)
        # a closed line can be read, too, and gives nothing: a line that is alive answers
        client.idle_done()
        self._listen(client)
        return True

    def _renewed(self, client: "IMAPClient") -> bool:
        """Renew an IDLE that is old; True when it was: what came in between is not told."""
        old = time.monotonic() - self._listening_since >= _RENEWED_SECONDS
        if not old or not client.has_capability("IDLE"):
            return False
        client.idle_done()
        self._listen(client)
        return True


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
