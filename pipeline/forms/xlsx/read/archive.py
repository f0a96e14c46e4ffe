"""Opens an untrusted zip: its directory is checked before anything is unpacked."""

import zipfile
from dataclasses import dataclass, field

from pipeline.forms.zip_entries import (
    CrowdedZipError,
    UnsoundZipError,
    check_headers,
    read_directory,
    read_entry,
)

MAX_FILE_BYTES = 5_000_000
MAX_PARTS = 300
MAX_TOTAL_BYTES = 20_000_000
MAX_RATIO = 200
#: Parts below this size may be packed tighter than the ratio: they cannot hurt.
_RATIO_FREE_BYTES = 200_000
_LOCAL_HEADER_BYTES = 30
_ENCRYPTED = 0x1
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


class DamagedFileError(Exception):
    """The bytes cannot be read as a workbook."""


class RefusedFileError(Exception):
    """The bytes are beyond a limit, or made to harm."""


@dataclass
class Archive:
    """The parts of a workbook, read through a cap; names are compared without case."""

    _content: bytes
    _infos: dict[str, zipfile.ZipInfo]
    _left: int = field(default=MAX_TOTAL_BYTES)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all parts, folded."""
        return tuple(self._infos)

    def has(self, name: str) -> bool:
        """Return whether there is a part ``name``."""
        return _folded(name) in self._infos

    def read(self, name: str) -> bytes:
        """Return the bytes of a part.

        Raises DamagedFileError when it is missing or broken, RefusedFileError beyond the cap.
        """
        info = self._infos.get(_folded(name))
        if info is None:
            raise DamagedFileError
        self._left -= info.file_size
        if self._left < 0:
            raise RefusedFileError
        try:
            return read_entry(self._content, info)
        except UnsoundZipError as error:
            raise DamagedFileError from error


def _folded(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").casefold()


def open_archive(content: bytes) -> Archive:
    """Return the archive of ``content`` after its directory passed the checks.

    Raises DamagedFileError for broken and RefusedFileError for hostile bytes.
    """
    if len(content) > MAX_FILE_BYTES:
        raise RefusedFileError
    try:
        infos = read_directory(content, MAX_PARTS)
        _check_directory(infos, len(content))
        check_headers(content, infos)
    except CrowdedZipError as error:
        raise RefusedFileError from error
    except UnsoundZipError as error:
        raise DamagedFileError from error
    return Archive(content, {_folded(info.filename): info for info in infos})


def _check_directory(infos: list[zipfile.ZipInfo], size: int) -> None:
    """Raise RefusedFileError when the directory of the zip is beyond a limit."""
    names = {_folded(info.filename) for info in infos}
    total = sum(info.file_size for info in infos)
    if (
        len(names) != len(infos)
        or total > MAX_TOTAL_BYTES
        or (total > _RATIO_FREE_BYTES and total > MAX_RATIO * size)
        or any(_is_hostile(info) for info in infos)
        or _overlaps(infos)
    ):
        raise RefusedFileError


def _is_hostile(info: zipfile.ZipInfo) -> bool:
    return bool(
        info.flag_bits & _ENCRYPTED
        or info.compress_type not in _METHODS
        or (
            info.file_size > _RATIO_FREE_BYTES
            and info.file_size > MAX_RATIO * max(info.compress_size, 1)
        )
    )


def _overlaps(infos: list[zipfile.ZipInfo]) -> bool:
    """Return whether two parts share bytes of the file, as in a bomb without nesting."""
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            return True
        name = len(info.filename.encode("utf-8", "replace")) if info.flag_bits & 0x800 else 0
        end = info.header_offset + _LOCAL_HEADER_BYTES + name + info.compress_size
    return False
