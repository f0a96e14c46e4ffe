"""Shut this process in: from here on it reads its libraries, works, and answers; nothing else.

Several locks hold the same door, since each is missing on some machine: Landlock (files, from Linux
5.13), seccomp (system calls; some containers refuse it), the capabilities of root, and the limits
that every system has.
"""

import errno
import resource
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from pipeline.guard import kernel, landlock, seccomp
from pipeline.guard.limits import GuardLimits
from pipeline.guard.readable import readable, remember_modules


@dataclass(frozen=True, slots=True)
class Locks:
    """What holds the child: Landlock's version (0: none) and whether calls are filtered.

    The reasons are the names of error numbers, empty where it holds.
    """

    landlock: int
    landlock_reason: str
    seccomp: bool
    seccomp_reason: str


def shut_in(limits: GuardLimits, private: tuple[str, ...]) -> Locks:
    """Take from this process whatever a reader does not need; ``private`` stays unreadable.

    Has to come after the imports that need more, and before the first foreign byte.
    """
    places = list(readable(private))
    remember_modules()
    _limit(limits)
    kernel.hide_memory()
    _try(kernel.refuse_new_privileges)
    version, landlock_reason = 0, ""
    try:
        version = landlock.restrict(places)
    except OSError as error:
        landlock_reason = _name(error)
    _try(lambda: kernel.drop_capabilities(keep_reading=version > 0))
    seccomp_reason = _try(seccomp.restrict)
    if seccomp_reason:
        # threads count too, so it is the second choice; it does not bind root
        _set(resource.RLIMIT_NPROC, 0)
    return Locks(version, landlock_reason, not seccomp_reason, seccomp_reason)


def _limit(limits: GuardLimits) -> None:
    _set(resource.RLIMIT_CORE, 0)
    _set(resource.RLIMIT_FSIZE, limits.file_bytes)
    _set(resource.RLIMIT_NOFILE, limits.open_files)
    _set(resource.RLIMIT_AS, limits.memory_bytes)  # some systems know no such limit


def _set(kind: int, value: int) -> None:
    with suppress(ValueError, OSError):
        resource.setrlimit(kind, (value, value))


def _try(lock: Callable[[], None]) -> str:
    """Return why ``lock`` does not hold, or nothing."""
    try:
        lock()
    except OSError as error:
        return _name(error)
    return ""


def _name(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, "ENOSYS")
