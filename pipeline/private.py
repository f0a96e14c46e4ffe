"""Files that only we may read: keys and secrets, refused when others could read or change them."""

import os
import stat
from pathlib import Path

from pipeline.errors import ConfigurationError

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_MOST_BYTES = 1_000_000


def check_private(path: Path, *, links: bool, root_may_share: bool = False) -> None:
    """Refuse a key or secret file that others can read, that is a link, or that holds nothing.

    Raises what :func:`read_private` raises.
    """
    read_private(path, links=links, root_may_share=root_may_share)


def read_private(path: Path, *, links: bool, root_may_share: bool = False) -> bytes:
    """Return the bytes of a key or secret file after checking the very file that is read.

    ``links``: the path may be a symbolic link (Kubernetes mounts each secret as one); what it
    leads to is checked. ``root_may_share``: a file of root may be readable by its group, as
    PostgreSQL allows it for keys, so that root can give one to a service's user.

    Raises ConfigurationError ``file_is_link``, ``file_not_regular``, ``file_of_another_user``,
    ``file_open_to_others``, ``file_too_long`` or ``file_empty_or_zeros``, and OSError when it
    cannot be opened.
    """
    if not links and path.is_symlink():
        raise ConfigurationError("file_is_link", path=path, target=path.readlink())
    # O_NONBLOCK: a pipe without a writer would otherwise be waited for.
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if links else os.O_NOFOLLOW)
    handle = os.open(path, flags)
    try:
        _check_status(path, os.fstat(handle), root_may_share=root_may_share)
        with os.fdopen(handle, "rb", closefd=False) as file:
            content = file.read(_MOST_BYTES + 1)
    finally:
        os.close(handle)
    if len(content) > _MOST_BYTES:
        raise ConfigurationError("file_too_long", path=path, most=_MOST_BYTES)
    if not content.strip(b"\0\r\n\t "):
        raise ConfigurationError("file_empty_or_zeros", path=path, size=len(content))
    return content


def _check_status(path: Path, status: os.stat_result, *, root_may_share: bool) -> None:
    mode = stat.S_IMODE(status.st_mode)
    if not stat.S_ISREG(status.st_mode):
        raise ConfigurationError("file_not_regular", path=path)
    if status.st_uid not in {0, os.geteuid()}:
        raise ConfigurationError("file_of_another_user", path=path, uid=status.st_uid)
    allowed = stat.S_IRGRP if root_may_share and status.st_uid == 0 else 0
    if mode & _OTHERS & ~allowed:
        raise ConfigurationError("file_open_to_others", path=path, mode=f"{mode:04o}")
