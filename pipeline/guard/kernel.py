"""System calls for which Python has no function, and what protects a process from others."""

import ctypes
import os
import struct
import sys
from contextlib import suppress
from functools import cache
from typing import Any

_SET_PARENT_DEATH_SIGNAL, _SET_DUMPABLE, _SET_NO_NEW_PRIVILEGES = 1, 4, 38
_KILL = 9
_CAPABILITIES_OF_THREE = 0x20080522  # _LINUX_CAPABILITY_VERSION_3, capget(2)
_READ_EVERYTHING = 1 << 2  # CAP_DAC_READ_SEARCH
_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPGET = {"x86_64": 125, "aarch64": 90}


@cache
def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def call(number: int, *arguments: Any) -> int:
    """Do the system call ``number``. Raises OSError with its errno."""
    wide = [ctypes.c_long(item) if isinstance(item, int) else item for item in arguments]
    found = int(_library().syscall(ctypes.c_long(number), *wide))
    if found < 0:
        raise _failed()
    return found


def prctl(option: int, value: int = 0, pointer: Any = None) -> None:
    """Set an attribute of this process (prctl(2)). Raises OSError, also where there is none."""
    if not sys.platform.startswith("linux"):
        raise OSError(0, "no prctl")
    third = ctypes.c_ulong(0) if pointer is None else pointer
    zero = ctypes.c_ulong(0)
    if _library().prctl(option, ctypes.c_ulong(value), third, zero, zero):
        raise _failed()


def _failed() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))


def hide_memory() -> None:
    """Let no other process of this user read our memory and environment, nor a core dump tell."""
    with suppress(OSError):
        prctl(_SET_DUMPABLE, 0)


def refuse_new_privileges() -> None:
    """Gain nothing by set-user-ID programs. Raises OSError."""
    prctl(_SET_NO_NEW_PRIVILEGES, 1)


def end_with(parent: int) -> None:
    """Be killed when the thread of ``parent`` that started us ends; end now if it has ended."""
    with suppress(OSError):
        prctl(_SET_PARENT_DEATH_SIGNAL, _KILL)
        if os.getppid() != parent:
            os._exit(1)


def drop_capabilities(*, keep_reading: bool) -> None:
    """Give up what root may do beyond other users.

    With ``keep_reading`` the right to read others' files stays, where it was there: libraries may
    lie in the folder of another user. Raises OSError.
    """
    machine = os.uname().machine
    if machine not in _CAPSET or not sys.platform.startswith("linux"):
        raise OSError(0, "unknown machine")
    head = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITIES_OF_THREE, 0))
    held = ctypes.create_string_buffer(struct.calcsize("=6I"))
    call(_CAPGET[machine], head, held)
    effective, permitted, *_ = struct.unpack("=6I", held.raw[: struct.calcsize("=6I")])
    kept = effective & permitted & _READ_EVERYTHING if keep_reading else 0
    wanted = ctypes.create_string_buffer(struct.pack("=6I", kept, kept, 0, 0, 0, 0))
    call(_CAPSET[machine], head, wanted)
