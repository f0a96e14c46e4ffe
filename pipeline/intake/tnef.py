"""The files inside Outlook's winmail.dat (MS-OXTNEF): names and bytes, nothing more.

Files of a message inside are files too: it lies in the property PR_ATTACH_DATA_OBJ of an
attachment (method 5, embedded message), as a TNEF stream of its own.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

SIGNATURE = b"\x78\x9f\x3e\x22"
_HEADER = struct.Struct("<BII")
_START = 6  # signature and key
_CHECKSUM = 2
_NEW_FILE, _TITLE, _DATA, _PROPERTIES = 0x00069002, 0x00018010, 0x0006800F, 0x00069005
_TRANSPORT_NAME, _CODE_PAGE = 0x00069001, 0x00069007
_LONG_NAMES = (0x3707, 0x3001, 0x3704)
"""PR_ATTACH_LONG_FILENAME, PR_DISPLAY_NAME, PR_ATTACH_FILENAME: the first that is there."""
_CONTENT = 0x3701
_UNICODE, _STRING_8, _BINARY, _OBJECT = 0x001F, 0x001E, 0x0102, 0x000D
_MANY = 0x1000
_GUID_BYTES = 16
_MAX_FILES = 50
_DEEPEST = 10
_VARIABLE = {_STRING_8, _UNICODE, _BINARY, _OBJECT}
_FIXED = {0x0002: 4, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4, 0x000B: 4,
          0x0014: 8, 0x0040: 8, 0x0048: 16}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TnefFile:
    """A file that was inside."""

    name: str
    content: bytes


@dataclass(slots=True)
class _Attachment:
    """What the attributes of one attachment have told so far."""

    title: bytes = b""
    transport_name: bytes = b""
    data: bytes = b""
    names: tuple[tuple[int, bytes], ...] = ()
    inside: bytes = b""


def tnef_files(content: bytes) -> tuple[TnefFile, ...]:
    """Return the files inside ``content``; what is cut off or broken ends the list."""
    return tuple(_files(content, 0))[:_MAX_FILES]


def _files(content: bytes, depth: int) -> Iterator[TnefFile]:
    code_page = ""
    current = _Attachment()
    for attribute, value in _attributes(content):
        if attribute == _CODE_PAGE and len(value) >= 4:  # noqa: PLR2004 - a number of 32 bits
            code_page = f"cp{int.from_bytes(value[:4], 'little')}"
        elif attribute == _NEW_FILE:
            yield from _finished(current, code_page, depth)
            current = _Attachment()
        elif attribute == _TITLE:
            current.title = current.title or value
        elif attribute == _TRANSPORT_NAME:
            current.transport_name = value
        elif attribute == _DATA:
            current.data = value
        elif attribute == _PROPERTIES:
            properties = dict(_properties(value))
            current.names = tuple(
                (tag & 0xFFFF, properties[tag])
                for number in _LONG_NAMES
                for tag in (number << 16 | _UNICODE, number << 16 | _STRING_8)
                if properties.get(tag)
            )
            current.inside = _inside(properties)
    yield from _finished(current, code_page, depth)


def _inside(properties: Mapping[int, bytes]) -> bytes:
    """Return the content that an attachment has as a property, without the interface's GUID."""
    if value := properties.get(_CONTENT << 16 | _OBJECT):
        return value[_GUID_BYTES:]
    value = properties.get(_CONTENT << 16 | _BINARY, b"")
    return value.removeprefix(value[:_GUID_BYTES]) if _is_tnef(value[_GUID_BYTES:]) else value


def _is_tnef(content: bytes) -> bool:
    return content.startswith(SIGNATURE)


def _finished(found: _Attachment, code_page: str, depth: int) -> Iterator[TnefFile]:
    content = found.data or found.inside
    if not content:
        return
    for nested in (found.inside, found.data):
        if _is_tnef(nested) and depth < _DEEPEST:
            yield from _files(nested, depth + 1)
            return
    yield TnefFile(_name(found, code_page), content)


def _name(found: _Attachment, code_page: str) -> str:
    for kind, raw in found.names:
        name = raw.decode("utf-16-le", "replace") if kind == _UNICODE else _text(raw, code_page)
        if name := name.rstrip("\x00"):
            return name
    return _text((found.title or found.transport_name).rstrip(b"\x00"), code_page)


def _attributes(content: bytes) -> Iterator[tuple[int, bytes]]:
    at = _START
    while at + _HEADER.size <= len(content):
        _, attribute, size = _HEADER.unpack_from(content, at)
        start = at + _HEADER.size
        if start + size + _CHECKSUM > len(content):
            break
        yield attribute, content[start : start + size]
        at = start + size + _CHECKSUM


def _text(raw: bytes, code_page: str) -> str:
    """Return the text of ``raw`` in the code page that the mail names, or the first that fits."""
    raw = raw.rstrip(b"\x00")
    for charset in (code_page, "utf-8", "cp932"):
        try:
            return raw.decode(charset)
        except (UnicodeDecodeError, LookupError, ValueError):
            continue
    return raw.decode("cp1252", "replace")


def _properties(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the MAPI properties of a file with a value of variable size (MS-OXTNEF 2.1.3.4)."""
    try:
        (count,) = struct.unpack_from("<I", raw)
        at = 4
        for _ in range(min(count, 200)):
            (tag,) = struct.unpack_from("<I", raw, at)
            at += 4
            if tag >> 16 >= 0x8000:  # noqa: PLR2004 - a named property: skip its name
                at = _skip_name(raw, at)
            kind = tag & 0xFFFF
            base = kind & ~_MANY
            values = 1
            if base in _VARIABLE or kind & _MANY:
                (values,) = struct.unpack_from("<I", raw, at)
                at += 4
            if base not in _VARIABLE:
                at += _FIXED[base] * values
                continue
            for _ in range(min(values, 100)):
                (size,) = struct.unpack_from("<I", raw, at)
                yield tag, raw[at + 4 : at + 4 + size]
                at += 4 + (size + 3) // 4 * 4
    except (struct.error, KeyError, IndexError):
        return


def _skip_name(raw: bytes, at: int) -> int:
    (kind,) = struct.unpack_from("<I", raw, at + 16)
    if kind == 0:
        return at + 24
    (size,) = struct.unpack_from("<I", raw, at + 20)
    return int(at + 24 + (size + 3) // 4 * 4)
