"""Compound files (MS-CFB, version 3) made in memory, as Outlook saves mails in them."""

import struct
from dataclasses import dataclass, field

_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SECTOR, _MINI, _CUTOFF = 512, 64, 4096
Tree = dict[str, "bytes | Tree"]


@dataclass
class _Writer:
    sectors: list[bytes] = field(default_factory=list)
    fat: list[int] = field(default_factory=list)
    mini: bytearray = field(default_factory=bytearray)
    mini_fat: list[int] = field(default_factory=list)
    entries: list[list[object]] = field(default_factory=list)

    def put(self, content: bytes) -> int:
        """Write ``content`` into sectors; return the first."""
        if not content:
            return _END
        start = len(self.sectors)
        count = -(-len(content) // _SECTOR)
        for number in range(count):
            piece = content[number * _SECTOR : (number + 1) * _SECTOR]
            self.sectors.append(piece.ljust(_SECTOR, b"\x00"))
            self.fat.append(start + number + 1 if number + 1 < count else _END)
        return start

    def put_small(self, content: bytes) -> int:
        start = len(self.mini_fat)
        count = -(-len(content) // _MINI)
        self.mini += content.ljust(count * _MINI, b"\x00")
        self.mini_fat += [start + n + 1 if n + 1 < count else _END for n in range(count)]
        return start if count else _END

    def add(self, name: str, kind: int, content: bytes = b"") -> int:
        start = 0
        if kind == 2:
            start = self.put(content) if len(content) >= _CUTOFF else self.put_small(content)
        self.entries.append([name, kind, _FREE, _FREE, _FREE, start, len(content)])
        return len(self.entries) - 1

    def fill(self, parent: int, tree: Tree) -> None:
        """Write what is in a storage, as a tree that leans to the right."""
        before, place = parent, 4
        for name, item in tree.items():
            number = self.add(name, 2 if isinstance(item, bytes) else 1,
                              item if isinstance(item, bytes) else b"")  # fmt: skip
            self.entries[before][place] = number
            before, place = number, 3
            if not isinstance(item, bytes):
                self.fill(number, item)


def compound(tree: Tree) -> bytes:
    """Return a compound file with these storages and streams."""
    writer = _Writer()
    writer.add("Root Entry", 5)
    writer.fill(0, tree)
    writer.entries[0][5] = writer.put(bytes(writer.mini))
    writer.entries[0][6] = len(writer.mini)
    mini_fat = writer.put(b"".join(struct.pack("<I", number) for number in writer.mini_fat))
    directory = writer.put(b"".join(_entry(*entry) for entry in writer.entries))
    tables = 1
    while tables * (_SECTOR // 4) < len(writer.fat) + tables:
        tables += 1
    first = len(writer.sectors)
    fat = writer.fat + [_FAT] * tables
    raw = b"".join(struct.pack("<I", number) for number in fat)
    raw = raw.ljust(tables * _SECTOR, b"\xff")
    places = [first + number for number in range(tables)] + [_FREE] * (109 - tables)
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 16
    head += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<IIIIIIIII", 0, tables, directory, 0, _CUTOFF, mini_fat, 1, _END, 0)
    return head + struct.pack("<109I", *places) + b"".join(writer.sectors) + raw


def _entry(*values: object) -> bytes:
    name, kind, left, right, child, start, size = values
    raw = str(name).encode("utf-16-le")
    found = raw.ljust(64, b"\x00") + struct.pack("<HBB", len(raw) + 2, kind, 1)
    return (
        found
        + struct.pack("<III", left, right, child)
        + b"\x00" * 36
        + struct.pack("<IQ", start, size)
    )


def saved_by_outlook(*attachments: Tree) -> Tree:
    """Return what a .msg holds: its properties and its attachments."""
    found: Tree = {"__properties_version1.0": b"\x00" * 32, "__substg1.0_0037001F": b"S\x00"}
    for number, item in enumerate(attachments):
        found[f"__attach_version1.0_#{number:08X}"] = {
            "__properties_version1.0": b"\x00" * 8, **item,
        }  # fmt: skip
    return found
