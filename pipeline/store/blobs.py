"""Blobs: raw messages and attachments as files that are named by the SHA-256 of their bytes."""

import errno
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pipeline.durable import flush_folder, make_folder, write_draft
from pipeline.errors import NotFoundError, PipelineError, TryLaterError

#: So many files are flushed at the same time: a disk writes them in one go, and one flush takes as
#: long as eight.
_AT_ONCE = 8
_NAME = re.compile(r"[0-9a-f]{64}")


class Blobs:
    """A folder of blobs; a blob is there whole or not at all, also after a power cut."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Return where the blob lies; ValueError when ``sha256`` is no lower-case hash."""
        if not _NAME.fullmatch(sha256):
            raise ValueError("a blob is named by 64 hexadecimal digits")
        return self.folder / sha256[:2] / sha256

    def put(self, data: bytes) -> str:
        """Keep ``data`` durably and return its SHA-256; the same bytes are kept once."""
        return self.put_many([data])[0]

    def put_many(self, contents: Iterable[bytes]) -> list[str]:
        """Keep all ``contents`` durably and return their SHA-256, with one flush per folder.

        A file whose bytes were damaged is replaced as a whole.
        Raises TryLaterError(``storage_unwritable``) when the disk is full or takes no writes.
        """
        try:
            return self._put_many(contents)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else type(error).__name__
            raise TryLaterError(
                "storage_unwritable", where=str(self.folder), reason=reason
            ) from error

    def _put_many(self, contents: Iterable[bytes]) -> list[str]:
        many = list(contents)
        if len(many) == 1:
            names = [self._put(many[0])]
            flush_folder(self.path(names[0]).parent)
            return names
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="blobs") as threads:
            names = list(threads.map(self._put, many))
            # a blob that another process has just renamed may not be durable yet
            folders = {self.path(name).parent for name in names}
            list(threads.map(flush_folder, folders))
        return names

    def _put(self, data: bytes) -> str:
        """Write ``data``, and leave its folder to be flushed."""
        name = hashlib.sha256(data).hexdigest()
        path = self.path(name)
        if not self._holds(path, data):
            self._write(path, data)
        return name

    def get(self, sha256: str) -> bytes:
        """Return the bytes.

        Raises NotFoundError(``blob_missing``), PipelineError(``blob_damaged``) when the bytes no
        longer have their hash.
        """
        try:
            data = self.path(sha256).read_bytes()
        except FileNotFoundError as error:
            raise NotFoundError("blob_missing", sha256=sha256) from error
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            raise PipelineError("blob_damaged", sha256=sha256) from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise PipelineError("blob_damaged", sha256=sha256)
        return data

    def exists(self, sha256: str) -> bool:
        """Whether the blob is there."""
        return self.path(sha256).is_file()

    def delete(self, sha256: str) -> bool:
        """Remove the blob; return whether it was there."""
        path = self.path(sha256)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        flush_folder(path.parent)
        return True

    def names(self) -> Iterator[str]:
        """Give the SHA-256 of all blobs, sorted within their folders."""
        if not self.folder.is_dir():
            return
        for folder in sorted(self.folder.iterdir()):
            if folder.is_dir():
                yield from sorted(
                    path.name for path in folder.iterdir() if _NAME.fullmatch(path.name)
                )

    @staticmethod
    def _holds(path: Path, data: bytes) -> bool:
        """Whether the file has these bytes: a disk can damage a file and leave its size.

        A file that cannot be read (``EIO``) counts as damaged and is replaced.
        """
        try:
            return path.stat().st_size == len(data) and path.read_bytes() == data
        except FileNotFoundError:
            return False
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return False

    def _write(self, path: Path, data: bytes) -> None:
        make_folder(path.parent)
        write_draft(path, data)
