"""The child process that reads hostile bytes: warm, limited, and never believed.

A :class:`Guard` keeps one fresh interpreter (``spawn``: no inherited sockets or files) and gives it
one job after another, about a millisecond each. Each job has its own limits of processor time,
address space and wall clock. Arguments go to the child pickled, since we trust ourselves; results
come back as JSON with the bytes beside it and are rebuilt from the function's annotated return type
alone, so that a child taken over by a file cannot make the parent run anything.
"""

import errno
import json
import math
import multiprocessing
import os
import pickle
import resource
import select
import signal
import struct
import threading
import time
import typing
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, Literal, ParamSpec, Self, TypeVar

from pipeline.guard.values import flatten, rebuild

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Reason = Literal["memory", "cpu", "time", "crash", "exception"]

_FRAME = struct.Struct("!Q")
_START_SECONDS = 60.0  # a cold machine imports slowly; a job's own clock starts after this
_STOP_SECONDS = 2.0
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class GuardLimits:
    """What one job may use.

    ``file_bytes`` bounds each file that the child writes (its log, should that be a file, ends
    there); ``result_bytes`` bounds what the parent takes back; ``jobs`` is how many jobs a child
    does before a fresh one takes its place, so that small leaks never add up.
    """

    cpu_seconds: int = 8
    memory_bytes: int = 1 << 30
    wall_seconds: float = 10.0
    file_bytes: int = 64 << 20
    result_bytes: int = 128 << 20
    jobs: int = 1000


class GuardError(Exception):
    """A job did not end well; ``detail`` names an exception, place or signal, never raw text."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason: Reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else self.reason


class GuardStartError(GuardError):
    """The child did not start: the machine is at fault, never the job."""


class _GoneError(Exception):
    """The other end of the pipe is closed."""


class Guard:
    """A warm child process for functions that read what strangers sent; safe between threads.

    ``preload`` names modules that the child imports once, before any limit holds. The child starts
    with the first call.
    """

    def __init__(self, limits: GuardLimits | None = None, *, preload: tuple[str, ...] = ()) -> None:
        self._limits = limits or GuardLimits()
        self._preload = preload
        self._lock = threading.Lock()
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None
        self._jobs = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

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
                answer = self._exchange(job)
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

    def close(self) -> None:
        """End the child; a later call starts a new one."""
        with self._lock:
            self._drop(kill=False)

    def _exchange(self, job: bytes) -> list[Any]:
        if self._process is not None and not self._process.is_alive():
            self._drop(kill=True)  # killed between two jobs: the next job is not to blame
        pipe = self._pipe or self._start()
        self._jobs += 1
        deadline = time.monotonic() + self._limits.wall_seconds
        try:
            _send(pipe.fileno(), job, deadline)
            head = json.loads(_receive(pipe.fileno(), deadline, self._limits.result_bytes))
            if "error" in head:
                raise GuardError(
                    "memory" if head["error"] == "MemoryError" else "exception", str(head["at"])
                )
            room = self._limits.result_bytes
            blobs: list[bytes] = []
            for _ in range(int(head["blobs"])):
                blobs.append(_receive(pipe.fileno(), deadline, room))
                room -= len(blobs[-1])
            return [head["value"], *blobs]
        except TimeoutError:
            raise GuardError("time", f"{self._limits.wall_seconds:g} s") from None
        except (_GoneError, OSError):
            raise self._obituary() from None
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise GuardError("crash", f"no answer: {type(error).__name__}") from None

    def _start(self) -> Connection:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=True)
        process = context.Process(
            target=_serve, args=(theirs, self._limits, self._preload), daemon=True, name="guard"
        )
        try:
            process.start()
        except OSError as error:
            ours.close()
            raise GuardStartError("crash", type(error).__name__) from error
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        os.set_blocking(ours.fileno(), False)
        self._process, self._pipe, self._jobs = process, ours, 0
        try:
            _receive(ours.fileno(), time.monotonic() + _START_SECONDS, _CHUNK)
        except (TimeoutError, _GoneError, OSError):
            raise GuardStartError("crash", "the child did not start") from None
        return ours

    def _obituary(self) -> GuardError:
        process = self._process
        if process is None:
            return GuardError("crash", "no child")
        process.join(_STOP_SECONDS)
        code = process.exitcode
        if code is None or code >= 0:
            return GuardError("crash", f"exit {code}")
        if -code == signal.SIGXCPU:
            return GuardError("cpu", f"{self._limits.cpu_seconds} s")
        return GuardError("memory" if -code == signal.SIGKILL else "crash", f"signal {-code}")

    def _drop(self, *, kill: bool) -> None:
        process, pipe = self._process, self._pipe
        self._process = self._pipe = None
        if pipe is not None:
            pipe.close()
        if process is None:
            return
        if not kill:
            process.join(_STOP_SECONDS)  # the closed pipe tells it to end by itself
        if process.is_alive():
            process.kill()
        process.join()
        process.close()


def _wait(descriptor: int, event: int, deadline: float) -> None:
    left = deadline - time.monotonic()
    poller = select.poll()
    poller.register(descriptor, event)
    if left <= 0 or not poller.poll(math.ceil(left * 1000)):
        raise TimeoutError


def _send(descriptor: int, payload: bytes, deadline: float) -> None:
    view = memoryview(_FRAME.pack(len(payload)) + payload)
    while view:
        try:
            view = view[os.write(descriptor, view[:_CHUNK]) :]
        except BlockingIOError:
            _wait(descriptor, select.POLLOUT, deadline)


def _receive(descriptor: int, deadline: float, limit: int) -> bytes:
    (size,) = _FRAME.unpack(_read_exactly(descriptor, _FRAME.size, deadline))
    if size > limit:
        raise ValueError("the answer is too big")
    return bytes(_read_exactly(descriptor, size, deadline))


def _read_exactly(descriptor: int, size: int, deadline: float) -> bytearray:
    found = bytearray()
    while len(found) < size:
        try:
            piece = os.read(descriptor, min(size - len(found), _CHUNK))
        except BlockingIOError:
            _wait(descriptor, select.POLLIN, deadline)
            continue
        if not piece:
            raise _GoneError
        found += piece
    return found


# --- in the child ---------------------------------------------------------------------------


def _serve(pipe: Connection, limits: GuardLimits, preload: tuple[str, ...]) -> None:
    """Do jobs until the parent closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    with suppress(OSError):
        os.dup2(2, 1)  # what a library prints must not reach the standard output of --json
    for name in preload:
        import_module(name)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file_bytes, limits.file_bytes))
    with suppress(ValueError, OSError):  # some systems know no limit of the address space
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    descriptor = pipe.fileno()
    with suppress(_GoneError, OSError):
        _send(descriptor, b"ready", math.inf)
        while True:
            job = _receive(descriptor, math.inf, 1 << 40)
            with _processor_time(limits.cpu_seconds):
                frames = _work(job)
            for frame in frames:
                _send(descriptor, frame, math.inf)


@contextmanager
def _processor_time(seconds: int) -> Iterator[None]:
    """Set the soft limit anew for each job: the system counts over the whole life of a process."""
    used = time.process_time()
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = math.ceil(used) + seconds
    resource.setrlimit(
        resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard)
    )
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (hard, hard))


def _work(job: bytes) -> list[bytes]:
    try:
        function, args, kwargs = pickle.loads(job)  # noqa: S301 - from the parent, which we trust
        blobs: list[bytes] = []
        value = flatten(function(*args, **kwargs), blobs)
        head = {"value": value, "blobs": len(blobs)}
        return [json.dumps(head).encode("ascii"), *blobs]
    except Exception as error:  # noqa: BLE001 - whatever a hostile file makes a reader raise
        name = type(error).__name__
        report = {"error": name, "at": f"{_name_of(error)} at {_place_of(error)}"}
        return [json.dumps(report).encode("ascii")]


def _name_of(error: Exception) -> str:
    """Name an error by its type; one of the system by its number too, ours by code and reason."""
    if isinstance(error, OSError) and error.errno:
        return f"{type(error).__name__} {errno.errorcode.get(error.errno, '')}".rstrip()
    code = getattr(error, "code", None)
    if not isinstance(code, str):
        return type(error).__name__
    params = getattr(error, "params", {})
    reason = params.get("reason", "") if isinstance(params, dict) else ""
    return f"{type(error).__name__} {code} {reason}".rstrip()[:120]


def _place_of(error: Exception) -> str:
    """Return file and line where it was raised; never its words, which may be a customer's."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "?"
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
