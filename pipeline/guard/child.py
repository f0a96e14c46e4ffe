"""The child's side: shut itself in, then do one job after another until the pipe is closed."""

import errno
import json
import math
import os
import pickle
import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib import import_module

from pipeline.collector import loading
from pipeline.errors import place_of
from pipeline.guard import kernel
from pipeline.guard.frames import GoneError, receive, send
from pipeline.guard.limits import GuardLimits
from pipeline.guard.sandbox import shut_in
from pipeline.guard.values import flatten

_ANY_SIZE = 1 << 40
#: What the parent runs with ``python -c``; the path is that of the parent, the environment empty.
BOOT = """# the process of pipeline that reads what strangers sent
import json, os, sys
jobs, answers = int(sys.argv[1]), int(sys.argv[2])
first = json.loads(os.fdopen(jobs, "rb", 0, closefd=False).readline())
sys.path[:] = first["path"]
from pipeline.guard.child import serve
serve(jobs, answers, first["parent"])
os._exit(0)  # there is nothing to tidy up, and the parent waits
"""


@dataclass(frozen=True, slots=True)
class Start:
    """What the child has to know before its first job."""

    limits: GuardLimits
    modules: tuple[str, ...]
    private: tuple[str, ...]


def serve(jobs: int, answers: int, parent: int) -> None:
    """Do jobs until the parent closes the pipe."""
    kernel.end_with(parent)
    # a signal to the whole group is the parent's to answer; the child ends with its pipe
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with suppress(OSError):
        os.dup2(2, 1)  # what an import prints must not reach the standard output of --json
    start: Start = pickle.loads(receive(jobs, _ANY_SIZE))  # noqa: S301 - from the parent
    with loading():
        for name in start.modules:
            import_module(name)
    _leave_the_terminal()
    locks = shut_in(start.limits, start.private)
    with suppress(GoneError, OSError):
        send(answers, json.dumps(asdict(locks)).encode("ascii"))
        while True:
            job = receive(jobs, _ANY_SIZE)
            with _processor_time(start.limits.cpu_seconds):
                frames = _work(job)
            for frame in frames:
                send(answers, frame)


def _leave_the_terminal() -> None:
    """Let go of the parent's standard error: a log, or a terminal that could be typed into."""
    with suppress(OSError):
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        os.close(nothing)


@contextmanager
def _processor_time(seconds: int) -> Iterator[None]:
    """Set the soft limit anew for each job: the system counts over the whole life of a process."""
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = math.ceil(time.process_time()) + seconds
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
        report = {"error": name, "at": f"{_name_of(error)} at {place_of(error)}"}
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
