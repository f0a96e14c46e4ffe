"""How long the parent waits for its child: processor time decides, not the clock on the wall.

A child that sleeps has the wall time. One that is runnable but gets no processor, waits for a disk,
or was stopped from outside is not to blame: it has ten times as long. What Linux counts for each
task (proc(5): ``stat``; Documentation/scheduler/sched-stats: ``schedstat``) tells them apart; on
other systems the wall time alone counts.
"""

import math
import os
import select
import time
from contextlib import suppress
from dataclasses import dataclass

from pipeline.guard.limits import GuardError, GuardLimits, GuardStarvedError

_LOOKS = 20  # at the child, in one wall time
_FAR = 10  # wall times, whatever the machine does
_GRACE_SECONDS = 2.0  # the kernel's own limit ends the child first where it can
_NANOSECOND = 1e-9
#: Running or waiting for a processor, waiting for a disk, stopped from outside, traced.
_HELD = frozenset("RDTt")


@dataclass(frozen=True, slots=True)
class Progress:
    """What a process had so far: seconds on a processor, seconds in the queue for one.

    ``held`` tells that one of its threads waits for the machine at this moment.
    """

    processor: float
    queued: float
    held: bool


def progress_of(process: int) -> Progress | None:
    """Return what ``process`` had so far, or None where the system does not tell."""
    folder = f"/proc/{process}"
    try:
        user, system = _stat(f"{folder}/stat")[11:13]
        tasks = os.listdir(f"{folder}/task")  # noqa: PTH208 - names are all that is wanted
    except (OSError, ValueError, IndexError):
        return None
    queued, held = 0.0, False
    for task in tasks:
        with suppress(OSError, ValueError, IndexError):  # a thread may end meanwhile
            held = held or _stat(f"{folder}/task/{task}/stat")[0] in _HELD
            queued += int(_read(f"{folder}/task/{task}/schedstat").split()[1]) * _NANOSECOND
    return Progress((int(user) + int(system)) / os.sysconf("SC_CLK_TCK"), queued, held)


def _stat(path: str) -> list[str]:
    """Return the fields behind the name of the program, which may hold blanks and parentheses."""
    return _read(path).rpartition(")")[2].split()


def _read(path: str) -> str:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, 4096).decode("utf-8", "replace")
    finally:
        os.close(descriptor)


class Patience:
    """The waiting for one job of the child ``process``; call :meth:`wait` as often as needed.

    Time in which the parent itself did not run (a frozen container, a sleeping laptop) is charged
    to nobody.
    """

    def __init__(self, process: int, limits: GuardLimits) -> None:
        self._process = process
        self._limits = limits
        self._slice = limits.wall_seconds / _LOOKS
        self._left = self._slice
        self._first: Progress | None = None
        self._before: Progress | None = None
        self._asleep = self._waited = 0.0

    def wait(self, descriptor: int, event: int) -> None:
        """Wait until ``descriptor`` is ready.

        Raises GuardError ``time`` for a child that slept and ``cpu`` for one that used more than
        its share, GuardStarvedError when the machine is at fault.
        """
        poller = select.poll()
        poller.register(descriptor, event)
        while True:
            begun = time.monotonic()
            if poller.poll(math.ceil(self._left * 1000)):
                self._left = max(self._left - (time.monotonic() - begun), 0.0)
                return
            self._left = self._slice
            self._look()

    def _look(self) -> None:
        now, before = progress_of(self._process), self._before
        self._waited += self._slice
        if now is None or before is None:
            self._asleep += self._slice
        elif not now.held:
            worked = now.processor + now.queued - before.processor - before.queued
            self._asleep += max(self._slice - max(worked, 0.0), 0.0)
        self._before = now
        self._first = self._first or now
        if now is not None and self._first is not None:
            used = now.processor - self._first.processor
            if used > self._limits.cpu_seconds + _GRACE_SECONDS:
                raise GuardError("cpu", f"{self._limits.cpu_seconds} s")
        if self._asleep >= self._limits.wall_seconds:
            raise GuardError("time", f"{self._limits.wall_seconds:g} s")
        if self._waited >= self._limits.wall_seconds * _FAR:
            raise GuardStarvedError("time", f"{self._waited:g} s without its turn")
