"""The child process that reads hostile bytes: warm, shut in, limited, and never believed.

A :class:`Guard` keeps one fresh interpreter with an empty environment, no file but two pipes, and
no way out (:mod:`pipeline.guard.sandbox`), and gives it one job after another, about a millisecond
each. Each job has its own limits of processor time, address space and wall clock. Arguments go to
the child pickled, since we trust ourselves; results come back as JSON with the bytes beside it and
are rebuilt from the function's annotated return type alone, so that a child taken over by a file
cannot make the parent run anything.
"""

import fcntl
import json
import os
import pickle
import select
import signal
import subprocess
import sys
import threading
import time
import typing
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any, ParamSpec, Self, TypeVar

from pipeline.guard import frames, kernel
from pipeline.guard.child import BOOT, Start
from pipeline.guard.limits import (
    GuardError,
    GuardLimits,
    GuardStartError,
    GuardStarvedError,
    Reason,
)
from pipeline.guard.patience import Patience
from pipeline.guard.sandbox import Locks
from pipeline.guard.values import rebuild

__all__ = [
    "Guard",
    "GuardError",
    "GuardLimits",
    "GuardStartError",
    "GuardStarvedError",
    "Locks",
    "Reason",
]

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

_START_SECONDS = 60.0  # a cold machine imports slowly; a job's own clock starts after this
_STOP_SECONDS = 2.0
_LOOK_SECONDS = 0.005
_PIPE_BYTES = 1 << 20
#: All of an interpreter's environment that a start may depend on: where its own libraries are.
_ENVIRONMENT = ("LD_LIBRARY_PATH", "PYTHONHOME", "DYLD_LIBRARY_PATH", "__PYVENV_LAUNCHER__")


class Guard:
    """A warm child process for functions that read what strangers sent; safe between threads.

    ``preload`` names modules that the child imports before it shuts itself in, as it does with the
    module of the first function. What lies below ``private`` is never readable for it, wherever
    that is. The child starts with the first call.
    """

    def __init__(
        self,
        limits: GuardLimits | None = None,
        *,
        preload: tuple[str, ...] = (),
        private: tuple[str, ...] = (),
    ) -> None:
        self._limits = limits or GuardLimits()
        self._preload = preload
        self._private = private
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self._jobs = 0
        self._warming: threading.Thread | None = None
        # The kernel ends a child together with the thread that started it: one that stays.
        self._keeper: ThreadPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def process_id(self) -> int | None:
        """The id of the child, while there is one."""
        return self._child.process.pid if self._child else None

    def call(
        self,
        function: Callable[Parameters, Result],
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Result:
        """Run a module-level ``function`` in the child and return what it returned.

        The function's return annotation must consist of frozen dataclasses, enums, tuples, lists,
        sets, mappings with text keys, unions, dates and plain values. Raises :class:`GuardError`;
        the child is then replaced by a fresh one with the next call.
        """
        expected = typing.get_type_hints(function)["return"]
        job = pickle.dumps((function, args, kwargs))
        with self._lock:
            try:
                answer = self._exchange(job, function.__module__)
            except BaseException as error:
                # after an exception of the job the child waits for the next one and can end itself
                raised = isinstance(error, GuardError) and error.reason == "exception"
                self._drop(kill=not raised)
                raise
            if self._jobs >= self._limits.jobs:
                self._drop(kill=False)
        try:
            return typing.cast("Result", rebuild(expected, answer[0], answer[1:]))
        except (TypeError, ValueError, KeyError, IndexError, RecursionError) as error:
            raise GuardError("crash", f"answer of another shape: {type(error).__name__}") from None

    def warm(self) -> None:
        """Begin to start the child, if there is none, and return at once.

        A start that fails fails again, and is told, at the next call.
        """
        if self._child is None and self._warming is None:
            self._warming = threading.Thread(target=self._start, name="guard-start", daemon=True)
            self._warming.start()

    def _start(self) -> None:
        with suppress(Exception):
            self.locks()

    def locks(self) -> Locks:
        """Return what holds the child on this machine. Raises GuardStartError."""
        with self._lock:
            return self._running("").locks

    def close(self) -> None:
        """End the child; a later call starts a new one."""
        if self._warming is not None:
            self._warming.join()
            self._warming = None
        with self._lock:
            self._drop(kill=False)
            if self._keeper is not None:
                self._keeper.shutdown()
                self._keeper = None

    def _exchange(self, job: bytes, module: str) -> list[Any]:
        child = self._running(module)
        self._jobs += 1
        patience = Patience(child.process.pid, self._limits)
        try:
            frames.send(child.jobs, job, patience.wait)
            room = self._limits.result_bytes
            head = json.loads(frames.receive(child.answers, room, patience.wait))
            if "error" in head:
                raise GuardError(
                    "memory" if head["error"] == "MemoryError" else "exception", str(head["at"])
                )
            blobs: list[bytes] = []
            for _ in range(int(head["blobs"])):
                blobs.append(frames.receive(child.answers, room, patience.wait))
                room -= len(blobs[-1])
            return [head["value"], *blobs]
        except (frames.GoneError, OSError):
            raise child.obituary(self._limits) from None
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise GuardError("crash", f"no answer: {type(error).__name__}") from None

    def _running(self, module: str) -> "_Child":
        """Return the child; one that was killed between two jobs is replaced first."""
        if self._child is not None and self._child.process.poll() is not None:
            self._drop(kill=True)
        if self._child is None:
            if self._keeper is None:
                self._keeper = ThreadPoolExecutor(1, thread_name_prefix="guard")
            modules = (*self._preload, module) if module else self._preload
            start = Start(self._limits, modules, self._private)
            self._child, self._jobs = self._keeper.submit(_Child, start).result(), 0
        return self._child

    def _drop(self, *, kill: bool) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end(kill=kill)


class _Child:
    """One child: its process, our ends of its pipes, and what holds it."""

    def __init__(self, start: Start) -> None:
        """Start it and wait until it is shut in. Raises GuardStartError."""
        kernel.hide_memory()  # our own, from the child
        theirs_in, self.jobs = os.pipe()
        self.answers, theirs_out = os.pipe()
        for descriptor in (self.jobs, self.answers):
            os.set_blocking(descriptor, False)
            _widen(descriptor)
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

    def obituary(self, limits: GuardLimits) -> GuardError:
        """Return why the child ended."""
        until = time.monotonic() + _STOP_SECONDS
        while (code := self.process.poll()) is None and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)  # it has closed its pipe and is about to be gone
        if code is None or code >= 0:
            return GuardError("crash", f"exit {code}")
        if -code == signal.SIGXCPU:
            return GuardError("cpu", f"{limits.cpu_seconds} s")
        return GuardError("memory" if -code == signal.SIGKILL else "crash", f"signal {-code}")

    def end(self, *, kill: bool) -> None:
        """End it with all that it started; it may end by itself unless ``kill``."""
        os.close(self.jobs)  # this tells it to end
        if not kill:
            poller = select.poll()
            poller.register(self.answers, 0)  # hung up
            poller.poll(int(_STOP_SECONDS * 1000))
        os.close(self.answers)
        # It leads a session of its own. Until it is waited for, its id belongs to nobody else.
        if self.process.returncode is None:
            with suppress(OSError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

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


def _widen(pipe: int) -> None:
    """Let a whole answer into the pipe at once, where the system can."""
    with suppress(OSError, AttributeError):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
