"""The child process that reads hostile bytes: warm, limited, and never believed.

A :class:`Guard` keeps one fresh interpreter (``spawn``: no inherited sockets or files) and gives it
one job after another, about a millisecond each. Each job has its own limits of processor time,
address space and wall clock. Arguments go to the child pickled, since we trust ourselves; results
come back as JSON with the bytes beside it and are rebuilt from the function's annotated return type
alone, so that a child taken over by a file cannot make the parent run anything.
"""

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
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from importlib import import_module
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, Literal, ParamSpec, Self, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Reason = Literal["memory", "cpu", "time", "crash", "exception"]

_FRAME = struct.Struct("!Q")
_START_SECONDS = 60.0  # a cold machine imports slowly; a job's own clock starts after this
_STOP_SECONDS = 2.0
_CHUNK = 1 << 20
_TAG = "$"
_BLOB = "$blob"


@dataclass(frozen=True, slots=True)
class GuardLimits:
    """What one job may use.

    ``result_bytes`` bounds what the parent takes back; ``jobs`` is how many jobs a child does
    before a fresh one takes its place, so that small leaks never add up.
    """

    cpu_seconds: int = 8
    memory_bytes: int = 1 << 30
    wall_seconds: float = 10.0
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
            return typing.cast("Result", _rebuild(expected, answer[0], answer[1:]))
        except (TypeError, ValueError, KeyError, IndexError, RecursionError) as error:
            raise GuardError("crash", f"answer of another shape: {type(error).__name__}") from None

    def close(self) -> None:
        """End the child; a later call starts a new one."""
        with self._lock:
            self._drop(kill=False)

    def _exchange(self, job: bytes) -> list[Any]:
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
            raise GuardError("crash", "the child did not start") from None
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
        value = _flatten(function(*args, **kwargs), blobs)
        head = {"value": value, "blobs": len(blobs)}
        return [json.dumps(head).encode("ascii"), *blobs]
    except Exception as error:  # noqa: BLE001 - whatever a hostile file makes a reader raise
        name = type(error).__name__
        report = {"error": name, "at": f"{_name_of(error)} at {_place_of(error)}"}
        return [json.dumps(report).encode("ascii")]


def _name_of(error: Exception) -> str:
    """Name an error by its type and, for an error of ours, its code and reason."""
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


# --- values on the pipe ---------------------------------------------------------------------


def _flatten(value: object, blobs: list[bytes]) -> Any:  # noqa: PLR0911 - one return a kind
    """Turn a value into what JSON can hold; bytes go beside it."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, bytes):
        blobs.append(value)
        return {_BLOB: len(blobs) - 1}
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        flat = {item.name: _flatten(getattr(value, item.name), blobs) for item in fields(value)}
        return {_TAG: type(value).__name__, **flat}
    if isinstance(value, (tuple, list, set, frozenset)):
        return [_flatten(item, blobs) for item in value]
    if isinstance(value, Mapping):
        return [[str(key), _flatten(item, blobs)] for key, item in value.items()]
    raise TypeError(f"{type(value).__name__} cannot cross the pipe")


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _rebuild(expected: Any, data: Any, blobs: list[bytes]) -> Any:  # noqa: PLR0911 - one a kind
    """Build a value of the ``expected`` type from ``data``; anything else is a TypeError."""
    origin, parts = typing.get_origin(expected), typing.get_args(expected)
    if origin in (typing.Union, types.UnionType):
        return _rebuild_union(parts, data, blobs)
    if origin is typing.Annotated:
        return _rebuild(parts[0], data, blobs)
    if origin is Literal:
        return _must(data, data in parts)
    if origin is tuple and not (len(parts) == 2 and parts[1] is Ellipsis):  # noqa: PLR2004 - (X, ...)
        pairs = zip(parts, _must(data, isinstance(data, list)), strict=True)
        return tuple(_rebuild(part, item, blobs) for part, item in pairs)
    if origin in (tuple, list, set, frozenset):
        items = _must(data, isinstance(data, list))
        return origin(_rebuild(parts[0], item, blobs) for item in items)
    if origin is not None and issubclass(origin, Mapping):
        items = _must(data, isinstance(data, list))
        return {_rebuild(parts[0], k, blobs): _rebuild(parts[1], v, blobs) for k, v in items}
    return _rebuild_plain(expected, data, blobs)


def _rebuild_union(parts: tuple[Any, ...], data: Any, blobs: list[bytes]) -> Any:
    for part in parts:
        try:
            return _rebuild(part, data, blobs)
        except (TypeError, ValueError):
            continue
    raise TypeError("no arm of the union fits")


def _rebuild_plain(expected: Any, data: Any, blobs: list[bytes]) -> Any:  # noqa: PLR0911 - one a kind
    if expected in (None, types.NoneType):
        return _must(data, data is None)
    if not isinstance(expected, type):
        raise TypeError(f"{expected} cannot cross the pipe")
    if is_dataclass(expected):
        flat = dict(_must(data, isinstance(data, dict) and data.get(_TAG) == expected.__name__))
        del flat[_TAG]
        hints = _hints(expected)
        return expected(**{name: _rebuild(hints[name], item, blobs) for name, item in flat.items()})
    if issubclass(expected, Enum):
        return expected(data)
    if expected is bytes:
        return blobs[_must(data, isinstance(data, dict))[_BLOB]]
    if issubclass(expected, (datetime, date)):
        return expected.fromisoformat(_must(data, isinstance(data, str)))
    if expected is float:
        return float(_must(data, type(data) in (int, float)))
    return _must(data, expected in (str, int, bool) and type(data) is expected)


def _must(data: Any, fits: bool) -> Any:  # noqa: FBT001 - the condition of an assertion
    if not fits:
        raise TypeError("another shape")
    return data
