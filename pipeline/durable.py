"""Files and folders of our own: private, and written whole or not at all.

A file is written beside its place, flushed, renamed into it, and the folder is flushed: after a
crash or a power cut the file is the old one or the new one (rename(2), fsync(2)).
"""

import errno
import fcntl
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

_FILE_MODE = 0o600
_FOLDER_MODE = 0o700


def make_folder(folder: Path) -> None:
    """Make ``folder`` and what is missing above it, each for us alone (0700).

    ``Path.mkdir(parents=True)`` gives its mode to the last folder only.
    """
    missing = [folder, *folder.parents]
    missing = [path for path in missing if not path.is_dir()]
    for path in reversed(missing):
        try:
            path.mkdir(mode=_FOLDER_MODE)
        except FileExistsError:
            if not path.is_dir():  # else another process has just made it
                reason = os.strerror(errno.ENOTDIR)
                raise NotADirectoryError(errno.ENOTDIR, reason, str(path)) from None
        flush_folder(path.parent)


def write_file(
    path: Path, content: bytes, *, draft: Path | None = None, mode: int = _FILE_MODE
) -> None:
    """Write ``content`` to ``path`` durably, in place of a file that is there; for us alone (0600).

    ``draft`` is where it is written first, on the same file system; without it, a hidden name
    beside ``path``. ``mode`` is for a file that others read. Raises OSError; the draft is removed
    then.
    """
    _write_draft(path, [content], draft, mode)
    flush_folder(path.parent)


def write_out(path: Path, content: bytes) -> None:
    """Write ``content`` to a path that a person named: a file of ours alone, or a pipe or device.

    A pipe or a device keeps its place and its rights.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(content)
    else:
        write_file(path, content)


def write_chunks(path: Path, chunks: Iterable[bytes]) -> None:
    """Write ``chunks`` one after another to a path that a person named, as :func:`write_out` does.

    A failure while they are made leaves the file that was there.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            file.writelines(chunks)
    else:
        _write_draft(path, chunks)
        flush_folder(path.parent)


def write_draft(path: Path, content: bytes, *, draft: Path | None = None) -> None:
    """Write ``content`` to ``path`` like :func:`write_file`, but leave the folder to be flushed.

    For many files of one folder, which is flushed once after them.
    """
    _write_draft(path, [content], draft)


def _write_draft(
    path: Path, chunks: Iterable[bytes], draft: Path | None = None, mode: int = _FILE_MODE
) -> None:
    draft = draft or path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        descriptor = os.open(draft, flags, _FILE_MODE)
    except OSError as error:
        error.filename = str(path)  # the name that the caller knows
        raise
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(chunks)
            file.flush()
            if mode != _FILE_MODE:
                os.fchmod(file.fileno(), mode)  # the umask may take rights away
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException as error:
        draft.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = str(path)  # a write that fails names no file
        raise


def remove_drafts(path: Path) -> None:
    """Remove what killed writers of ``path`` left behind; only while nobody writes it."""
    prefix = f".{path.name}."
    for left in path.parent.iterdir() if path.parent.is_dir() else ():
        if left.name.startswith(prefix):
            left.unlink(missing_ok=True)


def remove_file(path: Path) -> None:
    """Remove ``path`` durably; one that is not there is no error."""
    path.unlink(missing_ok=True)
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file ``path`` (made when missing) alone; wait for who holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
