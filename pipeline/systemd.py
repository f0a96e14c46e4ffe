"""Tell a service manager how a service fares: sd_notify(3) and sd_watchdog_enabled(3)."""

import os
import socket
import time
from collections.abc import MutableMapping
from contextlib import suppress

_VARIABLES = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
_STATUS_LENGTH = 200


class Manager:
    """The service manager that started this process; where there is none, nobody is told.

    Its variables are taken out of the environment: what this process starts must not speak for it.
    """

    def __init__(self, environment: MutableMapping[str, str] | None = None) -> None:
        taken = os.environ if environment is None else environment
        found = {name: taken.pop(name, "") for name in _VARIABLES}
        self._address = _address(found["NOTIFY_SOCKET"])
        self._socket: socket.socket | None = None
        if self._address:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.settimeout(0)  # never wait for a manager that does not read
        mine = found["WATCHDOG_PID"] in {"", str(os.getpid())}
        self._watchdog = _seconds(found["WATCHDOG_USEC"]) if mine else 0.0
        self._alive_at = float("-inf")

    @property
    def interval(self) -> float:
        """How often :meth:`alive` is wanted, in seconds; infinite without a watchdog.

        A quarter of what the manager waits: it asks for less than half, and work in between takes
        its time.
        """
        return self._watchdog / 4 if self._watchdog else float("inf")

    def ready(self) -> None:
        """Tell that the service has started."""
        self._tell("READY=1")

    def status(self, words: str) -> None:
        """Tell in words what the service does, for ``systemctl status``."""
        self._tell(f"STATUS={' '.join(words.split())[:_STATUS_LENGTH]}")

    def stopping(self) -> None:
        """Tell that the service is about to end."""
        self._tell("STOPPING=1")

    def alive(self) -> None:
        """Tell that work goes on; may be called as often as one likes."""
        now = time.monotonic()
        if now - self._alive_at >= self.interval:
            self._alive_at = now
            self._tell("WATCHDOG=1")

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()

    def _tell(self, line: str) -> None:
        # a manager that does not listen is no reason to fail
        if self._socket is not None:
            with suppress(OSError):
                self._socket.sendto(line.encode("utf-8"), self._address)


def _address(name: str) -> str:
    """Return the address of the socket: a path, or an abstract name behind ``@``; else nothing."""
    if name.startswith("@"):
        return "\0" + name[1:]
    return name if name.startswith("/") else ""


def _seconds(microseconds: str) -> float:
    digits = microseconds.isascii() and microseconds.isdigit()
    return int(microseconds) / 1_000_000 if digits and len(microseconds) < 16 else 0.0  # noqa: PLR2004
