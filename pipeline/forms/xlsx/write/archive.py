"""Writes the zip of a workbook from parts that may be packed already (APPNOTE 6.3.10, 4.3).

``zipfile`` packs each part at every writing; most parts of our workbooks never change.
"""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_VERSION, _DEFLATED = 20, 8
#: 1 January 1980, 00:00: the earliest date of a zip, which says nothing of the making.
_TIME, _DATE = 0, (1 << 5) | 1


@dataclass(frozen=True, slots=True)
class Packed:
    """One part, deflated; ``name`` is plain ASCII."""

    name: str
    crc: int
    size: int
    data: bytes


def pack(name: str, content: bytes) -> Packed:
    """Return the part ``name``, deflated."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    data = packer.compress(content) + packer.flush()
    return Packed(name, zlib.crc32(content), len(content), data)


def archive(parts: Iterable[Packed]) -> bytes:
    """Return a zip of ``parts`` in their order, with fixed times: same input, same bytes."""
    bodies: list[bytes] = []
    directory: list[bytes] = []
    at = 0
    for part in parts:
        name = part.name.encode("ascii")
        common = (_DEFLATED, _TIME, _DATE, part.crc, len(part.data), part.size, len(name), 0)
        local = _LOCAL.pack(b"PK\x03\x04", _VERSION, 0, *common) + name
        directory.append(
            _CENTRAL.pack(b"PK\x01\x02", _VERSION, _VERSION, 0, *common, 0, 0, 0, 0, at) + name
        )
        bodies += [local, part.data]
        at += len(local) + len(part.data)
    listed = b"".join(directory)
    count = len(directory)
    end = _END.pack(b"PK\x05\x06", 0, 0, count, count, len(listed), at, 0)
    return b"".join([*bodies, listed, end])
