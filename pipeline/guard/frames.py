"""Frames on the two pipes between parent and child: eight bytes of length, then the content."""

import os
import select
import struct
from collections.abc import Callable

#: Waits until a descriptor is ready for an event of :func:`select.poll`, or raises.
Wait = Callable[[int, int], None]

_FRAME = struct.Struct("!Q")
_CHUNK = 1 << 20


class GoneError(Exception):
    """The other end of the pipe is closed."""


def wait_for_ever(descriptor: int, event: int) -> None:
    """Wait without a limit."""
    poller = select.poll()
    poller.register(descriptor, event)
    poller.poll()


def size(payload: bytes) -> int:
    """Return how many bytes the frame of ``payload`` takes."""
    return _FRAME.size + len(payload)


def send(descriptor: int, payload: bytes, wait: Wait = wait_for_ever) -> None:
    """Write one frame. Raises what ``wait`` raises, and OSError when nobody reads."""
    view = memoryview(_FRAME.pack(len(payload)) + payload)
    while view:
        try:
            view = view[os.write(descriptor, view[:_CHUNK]) :]
        except BlockingIOError:
            wait(descriptor, select.POLLOUT)


def receive(descriptor: int, limit: int, wait: Wait = wait_for_ever) -> bytes:
    """Read one frame. Raises GoneError, ValueError over ``limit``, and what ``wait`` raises."""
    (size,) = _FRAME.unpack(_read_exactly(descriptor, _FRAME.size, wait))
    if size > limit:
        raise ValueError("the frame is too big")
    return bytes(_read_exactly(descriptor, size, wait))


def _read_exactly(descriptor: int, size: int, wait: Wait) -> bytearray:
    found = bytearray()
    while len(found) < size:
        try:
            piece = os.read(descriptor, min(size - len(found), _CHUNK))
        except BlockingIOError:
            wait(descriptor, select.POLLIN)
            continue
        if not piece:
            raise GoneError
        found += piece
    return found
