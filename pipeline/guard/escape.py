"""Tries from inside the child to get out of it: ``doctor`` tells what holds, not what should.

Each attempt is harmless where it succeeds: nothing is changed and nothing left behind.
"""

import os
import socket
from collections.abc import Callable


def ways_out(file: str, parent: int) -> tuple[str, ...]:
    """Return the names of the attempts that succeed on ``file`` and ``parent``.

    Runs in the child.
    """
    attempts: dict[str, Callable[[], None]] = {
        "read": lambda: _open(file, os.O_RDONLY),
        "write": lambda: _open(file, os.O_WRONLY),
        "network": lambda: socket.socket(socket.AF_UNIX).close(),
        "processes": _fork,
        "signals": lambda: os.kill(parent, 0),
    }
    return tuple(name for name, attempt in attempts.items() if _succeeds(attempt))


def _succeeds(attempt: Callable[[], None]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


def _open(file: str, flags: int) -> None:
    os.close(os.open(file, flags))


def _fork() -> None:
    process = os.fork()
    if not process:
        os._exit(0)
    os.waitpid(process, 0)
