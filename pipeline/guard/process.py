"""The parent's side of one child: its process, our ends of its two pipes, and the jobs on the way.

Two jobs may be on the way: the child finds the next one in its pipe when it has done the first,
while the parent still puts the answer together. What a pipe does not surely hold waits until the
child is idle, so that neither end ever waits for the other.
"""

import fcntl
import json
import os
import pickle
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any

from pipeline.guard import frames, kernel
from pipeline.guard.child import BOOT, Start
from pipeline.guard.limits import GuardError, GuardStartError
from pipeline.guard.patience import Patience
from pipeline.guard.sandbox import Locks

_START_SECONDS = 60.0  # a cold machine imports slowly; a job's own clock starts after this
_STOP_SECONDS = 2.0
_LOOK_SECONDS = 0.005
_PIPE_BYTES = 1 << 20
_ON_THE_WAY = 2
#: The share of a pipe that a job may take which is sent behind another, or has one behind it.
_SHARE = 4
#: All of an interpreter's environment that a start may depend on: where its own libraries are.
_ENVIRONMENT = ("LD_LIBRARY_PATH", "PYTHONHOME", "DYLD_LIBRARY_PATH", "__PYVENV_LAUNCHER__")


class Child:
    """One child: its process, our ends of its pipes, and what holds it.

    ``sent`` and ``answered`` count its jobs; ``over`` tells that it gets no more of them. Whoever
    calls sees to it that one thread sends at a time, and one receives.
    """

    def __init__(self, start: Start) -> None:
        """Start it and wait until it is shut in. Raises GuardStartError."""
        self.sent = self.answered = 0
        self.over = False
        self._limits = start.limits
        kernel.hide_memory()  # our own, from the child
        theirs_in, self.jobs = os.pipe()
        self.answers, theirs_out = os.pipe()
        for descriptor in (self.jobs, self.answers):
            os.set_blocking(descriptor, False)
            _widen(descriptor)
        self._room = _room_of(self.jobs) // _SHARE
        self._last = 0
        try:
            self.process = _spawn(theirs_in, theirs_out)
        except BaseException as error:
            self._close()
            if isinstance(error, OSError):
                raise GuardStartError("crash", type(error).__name__) from error
            raise
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        self.locks = self._begin(start)

    def _begin(self, start: Start) -> Locks:
        patience = Patience(
            self.process.pid, replace(start.limits, wall_seconds=_START_SECONDS, cpu_seconds=60)
        )
        first = {"path": [os.path.abspath(entry) for entry in sys.path], "parent": os.getpid()}  # noqa: PTH100 - may be empty: the working folder
        try:
            os.write(self.jobs, json.dumps(first).encode("ascii") + b"\n")
            frames.send(self.jobs, pickle.dumps(start), patience.wait)
            return Locks(**json.loads(frames.receive(self.answers, _PIPE_BYTES, patience.wait)))
        except (GuardError, frames.GoneError, OSError, ValueError, TypeError):
            self.end(kill=True)
            raise GuardStartError("crash", "the child did not start") from None
        except BaseException:
            self.end(kill=True)
            raise

    @property
    def idle(self) -> bool:
        """Whether no job is on the way."""
        return self.sent == self.answered

    @property
    def gone(self) -> bool:
        """Whether it ended while it had nothing to do."""
        return self.idle and self.process.poll() is not None

    def takes(self, job: bytes) -> bool:
        """Tell whether ``job`` can be sent now without waiting for an earlier one."""
        if self.idle:
            return True
        small = max(frames.size(job), self._last) <= self._room
        return small and self.sent < min(self.answered + _ON_THE_WAY, self._limits.jobs)

    def send(self, job: bytes) -> Patience | None:
        """Send ``job``; return the patience with it where it does not stand behind another.

        Raises GuardError.
        """
        patience = Patience(self.process.pid, self._limits) if self.idle else None
        wait = frames.wait_for_ever if patience is None else patience.wait
        self.sent, self._last = self.sent + 1, frames.size(job)
        try:
            frames.send(self.jobs, job, wait)
        except (frames.GoneError, OSError):
            if patience is not None:
                raise self._obituary() from None
            # it ended with the job before: whoever waits for that one says why
        return patience

    def receive(self, patience: Patience | None) -> list[Any]:
        """Return the answer to the next job: the value, then its bytes. Raises GuardError."""
        patience = patience or Patience(self.process.pid, self._limits)
        try:
            room = self._limits.result_bytes
            head = json.loads(frames.receive(self.answers, room, patience.wait))
            if "error" in head:
                raise GuardError(
                    "memory" if head["error"] == "MemoryError" else "exception", str(head["at"])
                )
            blobs: list[bytes] = []
            for _ in range(int(head["blobs"])):
                blobs.append(frames.receive(self.answers, room, patience.wait))
                room -= len(blobs[-1])
            return [head["value"], *blobs]
        except (frames.GoneError, OSError):
            raise self._obituary() from None
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise GuardError("crash", f"no answer: {type(error).__name__}") from None

    def _obituary(self) -> GuardError:
        """Return why the child ended."""
        until = time.monotonic() + _STOP_SECONDS
        while (code := self.process.poll()) is None and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)  # it has closed its pipe and is about to be gone
        if code is None or code >= 0:
            return GuardError("crash", f"exit {code}")
        if -code == signal.SIGXCPU:
            return GuardError("cpu", f"{self._limits.cpu_seconds} s")
        return GuardError("memory" if -code == signal.SIGKILL else "crash", f"signal {-code}")

    def end(self, *, kill: bool) -> None:
        """End it with all that it started; it may end by itself unless ``kill``."""
        os.close(self.jobs)  # this tells it to end
        if not kill:
            poller = select.poll()
            poller.register(self.answers, 0)  # hung up
            poller.poll(int(_STOP_SECONDS * 1000))
        os.close(self.answers)
        self.kill()
        self.process.wait()

    def kill(self) -> None:
        """Kill it with all that it started; our ends of its pipes stay open."""
        # It leads a session of its own. Until it is waited for, its id belongs to nobody else.
        if self.process.returncode is None:
            with suppress(OSError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def _close(self) -> None:
        os.close(self.jobs)
        os.close(self.answers)


def _spawn(jobs: int, answers: int) -> "subprocess.Popen[bytes]":
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]  # as multiprocessing does
    if sys.pycache_prefix:
        flags += ["-X", f"pycache_prefix={sys.pycache_prefix}"]
    return subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, *flags, "-P", "-c", BOOT, str(jobs), str(answers)],
        stdin=subprocess.DEVNULL,
        pass_fds=(jobs, answers),
        env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        cwd="/",
        start_new_session=True,
    )


def _room_of(pipe: int) -> int:
    """Return how many bytes a pipe holds; none where the system does not tell."""
    try:
        return fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ)
    except (OSError, AttributeError):
        return 0


def _widen(pipe: int) -> None:
    """Let a whole answer into the pipe at once, where the system can."""
    with suppress(OSError, AttributeError):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
