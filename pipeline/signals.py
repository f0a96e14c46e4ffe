"""A clean end of a long-running command on SIGTERM, SIGHUP and SIGINT.

The first signal asks: work ends where nothing is half done. Work that does not see the question,
because a server is slow to answer, is broken off by :class:`StopNowError` a little later; a call
that cannot be broken off (a database file that another process has locked) ends with the process.
The second signal ends the process at once.
"""

import logging
import math
import os
import select
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from pipeline import logs

_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
#: Both are below the five seconds within which the process has to be gone.
_BREAK_OFF_SECONDS = 3.0
_GIVE_UP_SECONDS = 4.5
#: What tidies up while it is broken off may wait for the same silent server.
_AGAIN_SECONDS = 0.5
_ENDED = b"\0"  # no signal has the number 0


class StopNowError(BaseException):
    """The work in hand is broken off, since it did not end in time by itself.

    Like KeyboardInterrupt it is no Exception: nothing may take it for a fault of a server or mail.
    """


class Stop:
    """Whether this process was asked to end; its descriptor is readable from then on."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._reader, self._writer = os.pipe()

    def ask(self) -> None:
        """Ask for the end."""
        if not self._asked.is_set():
            self._asked.set()
            os.write(self._writer, b"!")

    def asked(self) -> bool:
        """Whether the end was asked for."""
        return self._asked.is_set()

    def fileno(self) -> int:
        """Return the descriptor to wait on beside others."""
        return self._reader

    def wait(self, seconds: float) -> bool:
        """Wait until the end is asked for, at most ``seconds``; return whether it was."""
        return self._asked.wait(max(0.0, seconds))

    def close(self) -> None:
        """Close the descriptors."""
        os.close(self._reader)
        os.close(self._writer)


@contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """Give the Stop that the signals ask; only for the main thread.

    A SIGHUP that is ignored (``nohup``) stays ignored. A thread listens, because a signal handler
    of Python waits until the main thread is back from C code. Raises StopNowError, in whatever the
    main thread does, three seconds after the first signal.
    """
    stop = Stop()
    heard, told = os.pipe()
    os.set_blocking(told, False)
    caught = [number for number in _SIGNALS if not _ignored_hangup(number)]
    before = {number: signal.signal(number, _wake) for number in caught}
    before[signal.SIGALRM] = signal.signal(signal.SIGALRM, _break_off)
    earlier = signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    listener = threading.Thread(
        target=_listen, args=(heard, stop, threading.get_ident()), name="signals", daemon=True
    )
    listener.start()
    try:
        yield stop
    finally:
        signal.signal(signal.SIGALRM, _wake)  # too late to break anything off
        os.write(told, _ENDED)
        listener.join()
        signal.set_wakeup_fd(earlier)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(heard)
        os.close(told)
        stop.close()


def _ignored_hangup(number: signal.Signals) -> bool:
    return number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN


def _wake(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: the number is written to the pipe, and waiting calls are woken."""


def _break_off(_number: int, _frame: FrameType | None) -> NoReturn:
    raise StopNowError


def _listen(heard: int, stop: Stop, main: int) -> None:
    """Ask for the end on the first signal, and see to it that it comes."""
    give_up = break_off = math.inf
    while True:
        left = max(0.0, break_off - time.monotonic())
        if select.select([heard], [], [], None if math.isinf(left) else left)[0]:
            for number in os.read(heard, 64):
                if number == _ENDED[0]:
                    return
                if number not in _SIGNALS:
                    continue
                if give_up < math.inf:
                    os._exit(128 + number)
                give_up = time.monotonic() + _GIVE_UP_SECONDS
                break_off = time.monotonic() + _BREAK_OFF_SECONDS
                stop.ask()
        if time.monotonic() >= give_up:
            logs.event("signals", "not_ended_in_time", logging.WARNING)
            os._exit(0)
        if time.monotonic() >= break_off:
            break_off = time.monotonic() + _AGAIN_SECONDS
            signal.pthread_kill(main, signal.SIGALRM)
