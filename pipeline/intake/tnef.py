"""The files inside Outlook's winmail.dat (MS-OXTNEF): names and bytes, nothing more."""

import struct
from dataclasses import dataclass

SIGNATURE = b"\x78\x9f\x3e\x22"
_HEADER = struct.Struct("<BII")
_START = 6  # signature and key
_CHECKSUM = 2
_NEW_FILE, _TITLE, _DATA, _PROPERTIES = 0x00069002, 0x00018010, 0x0006800F, 0x00069005
_LONG_NAMES = {0x3707001F: "utf-16-le", 0x3001001F: "utf-16-le", 0x3707001E: "cp932"}
_MAX_FILES = 50
_VARIABLE = {0x001E, 0x001F, 0x0102, 0x000D}
_FIXED = {0x0002: 4, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4, 0x000B: 4,
          0x0014: 8, 0x0040: 8, 0x0048: 16}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TnefFile:
    """A file that was inside."""

    name: str
    content: bytes


def tnef_files(content: bytes) -> tuple[TnefFile, ...]:
    """Return the files inside ``content``; what is cut off or broken ends the list."""
    found: list[TnefFile] = []
    name, data = "", b""
    for attribute, value in _attributes(content):
        if attribute == _NEW_FILE:
            if data:
                found.append(TnefFile(name, data))
            name, data = "", b""
        elif attribute == _TITLE:
            name = name or _text(value.rstrip(b"\x00"))
        elif attribute == _DATA:
            data = value
        elif attribute == _PROPERTIES:
            name = _long_name(value) or name
    if data:
        found.append(TnefFile(name, data))
    return tuple(found[:_MAX_FILES])


def _attributes(content: bytes) -> list[tuple[int, bytes]]:
    found = []
    at = _START
    while at + _HEADER.size <= len(content):
        _, attribute, size = _HEADER.unpack_from(content, at)
        start = at + _HEADER.size
        if start + size + _CHECKSUM > len(content):
            break
        found.append((attribute, content[start : start + size]))
        at = start + size + _CHECKSUM
    return found


def _text(raw: bytes) -> str:
    for charset in ("utf-8", "cp932"):
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def _long_name(raw: bytes) -> str:
    """Return the long file name among the MAPI properties of a file, or empty."""
    try:
        (count,) = struct.unpack_from("<I", raw)
        at, names = 4, {}
        for _ in range(min(count, 200)):
            (tag,) = struct.unpack_from("<I", raw, at)
            at += 4
            if tag >> 16 >= 0x8000:  # noqa: PLR2004 - a named property: skip its name
                at = _skip_name(raw, at)
            kind = tag & 0xFFFF
            if kind not in _VARIABLE:
                at += _FIXED[kind]
                continue
            (values,) = struct.unpack_from("<I", raw, at)
            at += 4
            for _ in range(min(values, 100)):
                (size,) = struct.unpack_from("<I", raw, at)
                if tag in _LONG_NAMES:
                    names[tag] = raw[at + 4 : at + 4 + size]
                at += 4 + (size + 3) // 4 * 4
    except (struct.error, KeyError, IndexError):
        return ""
    for tag, charset in _LONG_NAMES.items():
        if tag in names:
            return names[tag].decode(charset, "replace").rstrip("\x00")
    return ""


def _skip_name(raw: bytes, at: int) -> int:
    (kind,) = struct.unpack_from("<I", raw, at + 16)
    if kind == 0:
        return at + 24
    (size,) = struct.unpack_from("<I", raw, at + 20)
    return int(at + 24 + (size + 3) // 4 * 4)
