"""How big and how deep a file may be before anything opens it."""

import itertools
import zipfile
from dataclasses import dataclass
from typing import Literal

from pipeline.forms.zip_entries import (
    CrowdedZipError,
    UnsoundZipError,
    check_headers,
    read_directory,
    read_entry,
)
from pipeline.intake.zip_names import entry_name
from pipeline.model.problem import Problem, Severity

FILE_BYTES = 25 * 1024 * 1024
SMALL_IMAGE_BYTES = 40 * 1024
MAX_FILES = 50
#: What may be taken out of all that is packed in one mail, however it is nested.
OPENED_FILES = 200
OPENED_BYTES = 100 * 1024 * 1024
DEEPEST = 6

_MEGABYTE = 1024 * 1024
_LOCAL_HEADER = 30
_ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """What a zip may hold; sizes in bytes, ``ratio`` of unpacked to packed size."""

    packed: int
    entries: int
    unpacked: int
    ratio: int = 200


XLSX_LIMITS = ArchiveLimits(packed=5 * _MEGABYTE, entries=300, unpacked=20 * _MEGABYTE)
ZIP_LIMITS = ArchiveLimits(packed=FILE_BYTES, entries=200, unpacked=60 * _MEGABYTE)

Refusal = Literal["damaged", "password", "refused"]


class ArchiveRefusedError(Exception):
    """A zip is not opened; ``why`` says for which reason the customer is told."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why)
        self.why: Refusal = why


def too_big(size: int, limit: int) -> Problem | None:
    """Return the problem of a mail of ``size`` bytes over ``limit``, or None."""
    if size <= limit:
        return None
    return Problem("file_big", Severity.ERROR, params=(("n", limit // _MEGABYTE),))


class Archive:
    """A zip whose directory was judged before a byte of it was unpacked."""

    def __init__(self, content: bytes, limits: ArchiveLimits) -> None:
        """Read the directory of ``content``; raise :class:`ArchiveRefusedError`."""
        if len(content) > limits.packed:
            raise ArchiveRefusedError("refused")
        self._content = content
        self._limits = limits
        self._unpacked = 0
        try:
            infos = read_directory(content, limits.entries)
        except CrowdedZipError:
            raise ArchiveRefusedError("refused") from None
        except UnsoundZipError:
            raise ArchiveRefusedError("damaged") from None
        self._judge(infos)
        try:
            check_headers(content, infos)
        except UnsoundZipError:
            raise ArchiveRefusedError("damaged") from None
        self._infos = {info.filename: info for info in infos}
        self.names = tuple(info.filename for info in infos if not info.is_dir())

    def _judge(self, entries: list[zipfile.ZipInfo]) -> None:
        limits = self._limits
        if any(info.flag_bits & _ENCRYPTED for info in entries):
            raise ArchiveRefusedError("password")
        names = [info.filename for info in entries]
        told = sum(info.file_size for info in entries)
        packed = sum(info.compress_size for info in entries)
        spans = sorted((info.header_offset, info.compress_size) for info in entries)
        pairs = itertools.pairwise(spans)
        bad = (
            len(names) != len(set(names)),
            told > limits.unpacked,
            told > limits.ratio * max(packed, 1024),
            any(
                start + _LOCAL_HEADER + size > following for (start, size), (following, _) in pairs
            ),
        )
        if any(bad):
            raise ArchiveRefusedError("refused")

    def read(self, name: str, limit: int | None = None) -> bytes:
        """Return an entry, at most ``limit`` bytes of it; raise :class:`ArchiveRefusedError`.

        The entry is unpacked and its checksum compared to the end, whatever the ``limit``.
        """
        info = self._infos[name]
        self._unpacked += info.file_size
        if self._unpacked > self._limits.unpacked:
            raise ArchiveRefusedError("refused")
        try:
            return read_entry(self._content, info)[:limit]
        except UnsoundZipError:
            raise ArchiveRefusedError("damaged") from None

    def size(self, name: str) -> int:
        """Return how many bytes an entry has, as the directory tells."""
        return self._infos[name].file_size

    def shown_name(self, name: str, language: str = "") -> str:
        """Return the name of an entry as its maker meant it; ``language`` is that of the mail."""
        return entry_name(self._infos[name], language)
