"""Files that are named on the command line: what can be read is, the others are told of."""

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pipeline.cli.output import tell_lines
from pipeline.errors import (
    ConfigurationError,
    ExitCode,
    NotFoundError,
    PipelineError,
    UsageError,
)
from pipeline.wording import console as words

_WORST_FIRST = (
    ExitCode.USAGE,
    ExitCode.CONFIGURATION,
    ExitCode.NOT_FOUND,
    ExitCode.UNFINISHED,
)


#: The largest form, mail or other file that a command reads.
MOST_MEGABYTES = 25
_MEGABYTE = 1_000_000
#: Characters of a name: four bytes each, and the number, fit into the 255 bytes of a file system.
_LONGEST_NAME = 50
_LONGEST_ENDING = 8


def read_named(path: Path, megabytes: int = MOST_MEGABYTES) -> bytes:
    """Return the bytes of a regular file that the command names, ``megabytes`` at most.

    Raises NotFoundError ``path_missing``, UsageError ``path_is_folder``, ``path_not_regular`` or
    ``path_too_big``, or ConfigurationError ``file_unusable``.
    """
    try:
        return _read(path, megabytes)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFoundError("path_missing", path=path) from error
    except OSError as error:
        if error.errno in {errno.ENXIO, errno.ENODEV}:  # a socket, a device without a driver
            raise UsageError("path_not_regular", path=path) from error
        reason = error.strerror or type(error).__name__
        raise ConfigurationError("file_unusable", path=path, reason=reason) from error
    except ValueError as error:  # a name that no file can have
        raise NotFoundError("path_missing", path=path) from error


def read_text(path: Path) -> str:
    """Return the text of a file that the command names; what is no UTF-8 is replaced.

    Raises the errors of :func:`read_named`.
    """
    return read_named(path).decode("utf-8", "replace")


def saved_name(number: int, name: str) -> str:
    """Return the name that file ``number`` of a mail is written under; ``name`` is hostile text.

    Letters and digits of all languages stay; what a file system or a shell could read in another
    way becomes ``_``. The number in front keeps files apart and no name from being an option, a
    hidden file or a device.
    """
    kept = "".join(c if c.isalnum() or c in " .-_()" else "_" for c in name)
    stem, dot, ending = kept.strip(" ._-").rpartition(".")
    short = f"{stem[:_LONGEST_NAME]}{dot}{ending[:_LONGEST_ENDING]}" if stem else ending
    return f"{number:02d} {short[: _LONGEST_NAME + _LONGEST_ENDING] or 'file'}"


def write_new(path: Path, content: bytes) -> None:
    """Write a file of ours alone (0600), in a folder that is made where it is missing.

    Raises UsageError ``path_exists``, or ConfigurationError ``file_unusable``.
    """
    with new_file(path) as file:
        file.write(content)


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """Give a new file of ours alone to be written; it is removed again when that fails.

    Raises as :func:`write_new`.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(opened, "w+b") as file:
                yield file
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    except FileExistsError as error:
        raise UsageError("path_exists", path=path) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigurationError("file_unusable", path=path, reason=reason) from error


def _read(path: Path, megabytes: int) -> bytes:
    # without O_NONBLOCK the opening of a pipe waits for its writer
    opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        mode = os.fstat(opened).st_mode
        if stat.S_ISDIR(mode):
            raise UsageError("path_is_folder", path=path)
        if not stat.S_ISREG(mode):
            raise UsageError("path_not_regular", path=path)
        with open(opened, "rb", closefd=False) as file:
            content = file.read(megabytes * _MEGABYTE + 1)
    finally:
        os.close(opened)
    if len(content) > megabytes * _MEGABYTE:
        raise UsageError("path_too_big", path=path, limit=megabytes)
    return content


def tell(error: PipelineError) -> ExitCode:
    """Say on standard error why a file could not be read; return the exit code it stands for."""
    tell_lines(words.explain(error))
    return error.exit_code


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the exit code of a call with several files: misuse before faults before failures."""
    found = set(codes)
    return next((code for code in _WORST_FIRST if code in found), ExitCode.DONE)
