"""The file of a backup: a tar of a few known members, sealed by the digest of all bytes before it.

The last member holds the SHA-256 of everything that precedes it, and what follows that is known to
the byte: a file that was cut off, or of which any byte was changed, is refused as a whole before
anything in it is believed. A member is found by a header that is byte for byte the one that we
write, so there are no links, no folders and no names but ours.
"""

import hashlib
import json
import os
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from pipeline.errors import ConfigurationError
from pipeline.store.schema.plain import from_plain, to_plain

#: The kind of these files; another number means another layout.
FORMAT: Final = "pipeline/backup/1"
#: The members in their order; ``keys`` is there or not.
MANIFEST, DATABASE, BLOBS, SETTINGS, KEYS = (
    *("manifest.json", "database.z", "blobs.z", "settings.json", "keys.sealed"),
)
_PACKED = frozenset({DATABASE, BLOBS})
_SEAL = "sha256"
_BLOCK = tarfile.BLOCKSIZE
_CHUNK = 1 << 20
_MOST_MANIFEST = 1 << 16
_LEVEL = 6
_LONGEST_LINE = 100
_MOST_DIGITS = 15
#: The largest of the members that are read as a whole.
_MOST_SMALL = 1 << 24
_SMALL = frozenset({MANIFEST, SETTINGS, KEYS})


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. ``sizes`` are the bytes of each member as it is unpacked.

    ``made_at`` is an instant in ISO format. ``blobs`` are how many the rows name, ``blob_bytes``
    all their bytes; ``missing`` of them were not there, or damaged, when the backup was made.
    """

    format: str
    made_at: str
    program: str
    mailbox_id: str
    engine: str
    revision: str
    sizes: Mapping[str, int]
    blobs: int
    blob_bytes: int
    missing: int


def damaged(path: Path, reason: str) -> ConfigurationError:
    """Return the error of a file that is no whole backup of ours."""
    return ConfigurationError("backup_damaged", path=path, reason=reason)


def write(path: Path, manifest: Manifest, members: Mapping[str, Path]) -> str:
    """Write the new file ``path`` (0600), flushed; return its digest.

    ``members`` are files, packed where their names say so. The order is that of the mapping.
    """
    digest = hashlib.sha256()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:

        def put(data: bytes) -> None:
            digest.update(data)
            file.write(data)

        content = json.dumps(to_plain(manifest)).encode()
        put(_header(MANIFEST, len(content)) + content + _padding(len(content)))
        for name, source in members.items():
            size = source.stat().st_size
            put(_header(name, size))
            with source.open("rb") as content_of:
                while data := content_of.read(_CHUNK):
                    put(data)
            put(_padding(size))
        sealed = digest.hexdigest()
        file.write(_tail(sealed))
        file.flush()
        os.fsync(file.fileno())
    return sealed


def pack(source: Path, target: Path) -> int:
    """Write ``source`` compressed to the new file ``target`` (0600); return the bytes of it."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    packing, size = zlib.compressobj(_LEVEL), 0
    with source.open("rb") as plain, os.fdopen(descriptor, "wb") as packed:
        while data := plain.read(_CHUNK):
            size += len(data)
            packed.write(packing.compress(data))
        packed.write(packing.flush())
    return size


class Archive:
    """A backup; its members are read one by one.

    Every byte of it was checked, unless it was opened for a ``glance``, which nothing is put back
    from.
    """

    def __init__(self, path: Path, *, glance: bool = False) -> None:
        """Check the file. Raises ConfigurationError ``backup_damaged`` or ``backup_unreadable``."""
        self.path = path
        self.digest = ""
        self._places: dict[str, tuple[int, int]] = {}
        try:
            with path.open("rb") as file:
                self._end = os.fstat(file.fileno()).st_size - len(_tail(""))
                if self._end < 0 or self._end % _BLOCK:
                    raise damaged(path, "length")
                if not glance:
                    self.digest = self._checked(file)
                self._find(file)
                self.manifest = self._manifest(file)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise ConfigurationError("backup_unreadable", path=path, reason=reason) from error

    @property
    def with_keys(self) -> bool:
        """Whether the keys are in it."""
        return KEYS in self._places

    def lines(self) -> Iterator[tuple[str, int | None]]:
        """Yield name and bytes of each blob that the rows name; None: it was missing."""
        rest = b""
        for data in self.plain(BLOBS):
            *whole, rest = (rest + data).split(b"\n")
            yield from map(self._line, whole)
            if len(rest) > _LONGEST_LINE:
                raise damaged(self.path, BLOBS)
        if rest:
            raise damaged(self.path, BLOBS)

    def plain(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a member, unpacked; never more of them than the manifest says."""
        most = self.manifest.sizes.get(name, 0)
        found = 0
        for data in self._unpacked(name) if name in _PACKED else self._stored(name):
            found += len(data)
            if found > most:
                raise damaged(self.path, name)
            yield data
        if found != most:
            raise damaged(self.path, name)

    def _line(self, line: bytes) -> tuple[str, int | None]:
        name, _, size = line.decode("ascii", "replace").partition(" ")
        number = size.isascii() and size.isdigit() and len(size) <= _MOST_DIGITS
        hexadecimal = len(name) == 2 * hashlib.sha256().digest_size and set(name) <= _DIGITS
        if not hexadecimal or not (size == "-" or number):
            raise damaged(self.path, BLOBS)
        return name, None if size == "-" else int(size)

    def _stored(self, name: str) -> Iterator[bytes]:
        offset, left = self._places[name]
        with self.path.open("rb") as file:
            file.seek(offset)
            while left and (data := file.read(min(left, _CHUNK))):
                left -= len(data)
                yield data

    def _unpacked(self, name: str) -> Iterator[bytes]:
        """Unpack in small steps: a bomb is noticed before it has any room."""
        unpacking = zlib.decompressobj()
        try:
            for data in self._stored(name):
                while data:
                    yield unpacking.decompress(data, _CHUNK)
                    data = unpacking.unconsumed_tail  # noqa: PLW2901 - what is left of it
            yield unpacking.flush()
        except zlib.error as error:
            raise damaged(self.path, name) from error
        if not unpacking.eof or unpacking.unused_data:
            raise damaged(self.path, name)

    def _checked(self, file: BinaryIO) -> str:
        """Return the digest of the file; refuse one that does not end as it has to."""
        digest, left = hashlib.sha256(), self._end
        while left and (data := file.read(min(left, _CHUNK))):
            digest.update(data)
            left -= len(data)
        if file.read() != _tail(digest.hexdigest()):
            raise damaged(self.path, "digest")
        return digest.hexdigest()

    def _find(self, file: BinaryIO) -> None:
        """Note where each member is; each is one of ours, in our order."""
        offset, expected = 0, [MANIFEST, DATABASE, BLOBS, SETTINGS, KEYS]
        while offset < self._end:
            file.seek(offset)
            header = file.read(_BLOCK)
            try:
                entry = tarfile.TarInfo.frombuf(header, "utf-8", "strict")
            except (tarfile.HeaderError, UnicodeDecodeError) as error:
                raise damaged(self.path, "header") from error
            if not expected or entry.name != expected.pop(0):
                raise damaged(self.path, "member")
            size = entry.size
            end = offset + _BLOCK + size + len(_padding(size)) if size >= 0 else self._end + 1
            if entry.name in _SMALL and size > _MOST_SMALL:
                raise damaged(self.path, entry.name)
            if end > self._end or header != _header(entry.name, size):
                raise damaged(self.path, "header")
            self._places[entry.name] = (offset + _BLOCK, size)
            offset = end
        if expected not in ([], [KEYS]):
            raise damaged(self.path, "member")

    def _manifest(self, file: BinaryIO) -> Manifest:
        offset, size = self._places[MANIFEST]
        if size > _MOST_MANIFEST:
            raise damaged(self.path, MANIFEST)
        file.seek(offset)
        try:
            values = json.loads(file.read(size))
            found: Manifest = from_plain(Manifest, values)
            numbers = [found.blobs, found.blob_bytes, found.missing, *found.sizes.values()]
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise damaged(self.path, MANIFEST) from error
        if found.format != FORMAT:
            raise ConfigurationError("backup_of_another_format", path=self.path)
        if any(type(number) is not int or number < 0 for number in numbers):
            raise damaged(self.path, MANIFEST)
        return found


_DIGITS = frozenset("0123456789abcdef")


def _header(name: str, size: int) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry.tobuf(tarfile.GNU_FORMAT)


def _padding(size: int) -> bytes:
    return b"\0" * (-size % _BLOCK)


def _tail(digest: str) -> bytes:
    """Return what ends a file: the member with the digest, and the end of a tar."""
    content = digest.ljust(hashlib.sha256().digest_size * 2).encode()
    return _header(_SEAL, len(content)) + content + _padding(len(content)) + b"\0" * (2 * _BLOCK)
