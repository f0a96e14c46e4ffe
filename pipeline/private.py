"""Checks of files that only we may read: keys and secrets."""

import os
import stat
from pathlib import Path

from pipeline.errors import ConfigurationError

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def check_private(path: Path, *, links: bool) -> None:
    """Refuse a file that others may use, that is another user's, a link, empty or all zeros.

    ``links`` allows a link whose goal passes. Raises ConfigurationError.
    """
    facts = path.stat() if links else path.lstat()
    if stat.S_ISLNK(facts.st_mode):
        raise ConfigurationError("file_is_link", path=path)
    mode = f"{stat.S_IMODE(facts.st_mode):04o}"
    if facts.st_mode & _OTHERS:
        raise ConfigurationError("file_open_to_others", path=path, mode=mode)
    if facts.st_uid not in {os.geteuid(), 0}:
        raise ConfigurationError("file_of_another_user", path=path)
    if not path.read_bytes().strip(b"\0"):
        raise ConfigurationError("file_empty_or_zeros", path=path)
