"""Landlock: from here on this thread reads the named places and touches no other file.

Needs no library: three system calls (landlock(7), Documentation/userspace-api/landlock.rst) with
the same numbers on every architecture.
"""

import ctypes
import os
from collections.abc import Iterable

from pipeline.guard.kernel import call

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_BENEATH = 1

_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
#: How many rights of the file system each version of the interface knows, from the lowest bit:
#: 2 adds moving between folders, 3 truncating, 5 commands to devices.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_NEWEST_FILE_RIGHTS = 16
_NETWORK_SINCE, _SCOPE_SINCE = 4, 6
_BIND_AND_CONNECT = 0b11  # of TCP
_SOCKETS_AND_SIGNALS = 0b11  # abstract UNIX sockets of others; signals to others


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"  # what a packed structure is, by name, from Python 3.14 on
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """Return the version of the kernel's interface. Raises OSError where there is none."""
    return call(_CREATE_RULESET, None, 0, _ASK_VERSION)


def restrict(readable: Iterable[str]) -> int:
    """Let this thread read ``readable`` and nothing else, for ever; return the version in force.

    Needs no_new_privs or root. A place that is not there is passed over. Raises OSError.
    """
    known = version()
    ruleset = _Ruleset(
        (1 << _FILE_RIGHTS.get(known, _NEWEST_FILE_RIGHTS)) - 1,
        _BIND_AND_CONNECT if known >= _NETWORK_SINCE else 0,
        _SOCKETS_AND_SIGNALS if known >= _SCOPE_SINCE else 0,
    )
    # an older kernel knows a shorter structure
    fields = 3 if known >= _SCOPE_SINCE else 2 if known >= _NETWORK_SINCE else 1
    size = fields * ctypes.sizeof(ctypes.c_uint64)
    rules = call(_CREATE_RULESET, ctypes.byref(ruleset), size, 0)
    try:
        for path in readable:
            _allow(rules, path)
        call(_RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)
    return known


def _allow(rules: int, path: str) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights = _READ_FILE | _READ_DIR if os.path.isdir(path) else _READ_FILE  # noqa: PTH112
        beneath = _Beneath(rights, place)
        call(_ADD_RULE, rules, _BENEATH, ctypes.byref(beneath), 0)
    finally:
        os.close(place)
