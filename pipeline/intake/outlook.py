"""The files inside a mail saved by Outlook (.msg; MS-OXMSG in a compound file, MS-CFB).

Only attachments are taken out: names and bytes. A mail attached to it is a storage of its own, and
its files are files too.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER = 512
_ENTRY = 128
_IN_HEADER = 109
_LAST_SECTOR = 0xFFFFFFF9
_STORAGE, _ROOT = 1, 5
_ATTACHMENT = "__attach_version1.0_"
_CONTENT, _MESSAGE = "__substg1.0_37010102", "__substg1.0_3701000d"
_NAMES = ("3707", "3704", "3001")
"""PR_ATTACH_LONG_FILENAME, PR_ATTACH_FILENAME, PR_DISPLAY_NAME."""
_MOST_ENTRIES = 20_000
_MAX_FILES = 50
_DEEPEST = 10


@dataclass(frozen=True, slots=True)
class OutlookFile:
    """A file that was attached."""

    name: str
    content: bytes


class _BrokenError(Exception):
    """The bytes are no sound compound file."""


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    kind: int
    left: int
    right: int
    child: int
    start: int
    size: int


def outlook_files(content: bytes) -> tuple[OutlookFile, ...]:
    """Return the files attached to the saved mail ``content``; none when it is broken."""
    try:
        return tuple(_limited(_Compound(content)))
    except (_BrokenError, struct.error):
        return ()


def _limited(compound: "_Compound") -> Iterator[OutlookFile]:
    for count, file in enumerate(_files(compound, 0, 0)):
        if count >= _MAX_FILES:
            return
        yield file


def _files(compound: "_Compound", storage: int, depth: int) -> Iterator[OutlookFile]:
    for name, number in compound.inside(storage).items():
        if not name.startswith(_ATTACHMENT) or compound.entries[number].kind != _STORAGE:
            continue
        parts = compound.inside(number)
        message = parts.get(_MESSAGE)
        if message is not None and depth < _DEEPEST:
            yield from _files(compound, message, depth + 1)
        elif _CONTENT in parts:
            yield OutlookFile(_name(compound, parts), compound.read(parts[_CONTENT]))


def _name(compound: "_Compound", parts: dict[str, int]) -> str:
    for number in _NAMES:
        if (wide := parts.get(f"__substg1.0_{number}001f")) is not None:
            return compound.read(wide).decode("utf-16-le", "replace").rstrip("\x00")
        if (narrow := parts.get(f"__substg1.0_{number}001e")) is not None:
            return _text(compound.read(narrow).rstrip(b"\x00"))
    return ""


def _text(raw: bytes) -> str:
    for charset in ("utf-8", "cp932"):
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            continue
    return raw.decode("cp1252", "replace")


class _Compound:
    """A compound file in memory; every chain and tree is walked once, and has an end."""

    def __init__(self, content: bytes) -> None:
        if not content.startswith(_SIGNATURE) or len(content) < _HEADER:
            raise _BrokenError
        self._content = content
        shift, mini_shift = struct.unpack_from("<HH", content, 30)
        if shift not in {9, 12} or mini_shift != 6:  # noqa: PLR2004 - versions 3 and 4
            raise _BrokenError
        self._sector = 1 << shift
        self._mini_sector = 1 << mini_shift
        directory, self._cutoff, mini_fat = struct.unpack_from("<I4xII", content, 48)
        (tables,) = struct.unpack_from("<I", content, 68)
        self._fat = self._table(tables)
        self.entries = [
            _entry(raw) for raw in _pieces(self._chain(directory), _ENTRY)[:_MOST_ENTRIES]
        ]
        if not self.entries or self.entries[0].kind != _ROOT:
            raise _BrokenError
        small = self._chain(mini_fat)
        self._mini_fat = struct.unpack(f"<{len(small) // 4}I", small[: len(small) // 4 * 4])
        self._mini = self._chain(self.entries[0].start)

    def _at(self, number: int) -> bytes:
        start = (number + 1) * self._sector
        return self._content[start : start + self._sector]

    def _table(self, more: int) -> tuple[int, ...]:
        """Return the table of sectors: its places stand in the header, then in a chain."""
        places = list(struct.unpack_from(f"<{_IN_HEADER}I", self._content, 76))
        for _ in range(len(self._content) // self._sector):
            if more >= _LAST_SECTOR:
                break
            numbers = struct.unpack(f"<{self._sector // 4}I", self._at(more))
            places += numbers[:-1]
            more = numbers[-1]
        found = b"".join(self._at(place) for place in places if place < _LAST_SECTOR)
        return struct.unpack(f"<{len(found) // 4}I", found[: len(found) // 4 * 4])

    def _chain(self, start: int) -> bytes:
        found: list[bytes] = []
        while start < len(self._fat):
            if len(found) > len(self._fat):
                raise _BrokenError  # a circle
            found.append(self._at(start))
            start = self._fat[start]
        return b"".join(found)

    def read(self, number: int) -> bytes:
        """Return the bytes of a stream."""
        entry = self.entries[number]
        if entry.size >= self._cutoff:
            return self._chain(entry.start)[: entry.size]
        found: list[bytes] = []
        at = entry.start
        while at < len(self._mini_fat):
            if len(found) > len(self._mini_fat):
                raise _BrokenError
            start = at * self._mini_sector
            found.append(self._mini[start : start + self._mini_sector])
            at = self._mini_fat[at]
        return b"".join(found)[: entry.size]

    def inside(self, storage: int) -> dict[str, int]:
        """Return the numbers of what is in a storage, by name in lower case."""
        found: dict[str, int] = {}
        seen: set[int] = set()
        waiting = [self.entries[storage].child]
        while waiting:
            number = waiting.pop()
            if number >= len(self.entries) or number in seen:
                continue
            seen.add(number)
            entry = self.entries[number]
            found[entry.name.lower()] = number
            waiting += (entry.left, entry.right)
        return dict(sorted(found.items()))


def _pieces(raw: bytes, size: int) -> list[bytes]:
    return [raw[at : at + size] for at in range(0, len(raw) - size + 1, size)]


def _entry(raw: bytes) -> _Entry:
    length, kind = struct.unpack_from("<HB", raw, 64)
    left, right, child = struct.unpack_from("<III", raw, 68)
    start, size = struct.unpack_from("<II", raw, 116)
    name = raw[: max(min(length, 64) - 2, 0)].decode("utf-16-le", "replace")
    return _Entry(name, kind, left, right, child, start, size)
