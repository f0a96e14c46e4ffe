"""What a CMS wrapper holds (S/MIME; RFC 5652, RFC 8551): the content taken out, nothing verified.

A signature is passed over, so no trust follows from one. Written out by hand because libraries read
DER and verify, and mail programs write BER: indefinite lengths, octet strings in pieces.
"""

import base64
import binascii
import re
import zlib
from dataclasses import dataclass
from enum import StrEnum

_PKCS7 = bytes.fromhex("2a864886f70d0107")
_CONTENT_TYPES = bytes.fromhex("2a864886f70d01091001")
_START = re.compile(
    rb"\x30(?:\x80|[\x01-\x7f]|[\x81-\x84].{1,4}?)\x06(?:\x09"
    + re.escape(_PKCS7)
    + rb"[\x01-\x06]|\x0b"
    + re.escape(_CONTENT_TYPES)
    + rb"[\x02\x09\x17])",
    re.DOTALL,
)
_TEXT = re.compile(
    rb"\s*(?:-----BEGIN (?:PKCS7|CMS|PKCS #7 SIGNED DATA)-----\s*)?(?=MI[A-Za-z0-9+/])"
)
_SEQUENCE, _OID, _EXPLICIT = 0x30, 0x06, 0xA0
_CONSTRUCTED = 0x20
_INDEFINITE = 0x80
_LONG_TAG = 0x1F
_END = b"\x00\x00"
_MOST_ELEMENTS = 100_000
_DEEPEST = 30


class CmsKind(StrEnum):
    """What a wrapper does with its content."""

    OPEN = "open"
    ENCRYPTED = "encrypted"
    DETACHED = "detached"


@dataclass(frozen=True, slots=True)
class Cms:
    """A wrapper; ``content`` is what it holds, empty where it cannot be seen."""

    kind: CmsKind
    content: bytes = b""


_ENCRYPTED = {_PKCS7 + b"\x03", _PKCS7 + b"\x04", _PKCS7 + b"\x06", _CONTENT_TYPES + b"\x17"}
_COMPRESSED = _CONTENT_TYPES + b"\x09"
_DATA = _PKCS7 + b"\x01"


class _BrokenError(Exception):
    """The bytes are no BER, or more pieces than a mail has."""


def open_cms(content: bytes, most: int) -> Cms | None:
    """Return what the wrapper ``content`` holds, ``most`` bytes at most; None: it is no wrapper.

    Signed, digested, authenticated and compressed content is taken out. What is cut off at its end
    gives as much as there is.
    """
    content = _binary(content)
    if not _START.match(content):
        return None
    try:
        return _opened(_Reader(content), most)
    except _BrokenError:
        return None


def _opened(reader: "_Reader", most: int) -> Cms | None:
    reader.enter(_SEQUENCE)
    kind = reader.value(_OID)
    if kind in _ENCRYPTED:
        return Cms(CmsKind.ENCRYPTED)
    if not reader.at_tag(_EXPLICIT):
        return Cms(CmsKind.DETACHED)
    reader.enter(_EXPLICIT)
    inner = reader.octets(most) if kind == _DATA else _encapsulated(reader, most)
    if inner is None:
        return Cms(CmsKind.DETACHED)
    if kind == _COMPRESSED:
        inner = _inflated(inner, most)
    return None if inner is None else Cms(CmsKind.OPEN, inner)


def _binary(content: bytes) -> bytes:
    """Return the DER or BER of ``content``, which may be base64 or PEM."""
    text = _TEXT.match(content)
    if not text:
        return content
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", content[text.end() :].partition(b"-----END")[0])
    try:
        found = base64.b64decode(letters[: len(letters) // 4 * 4])
    except binascii.Error:
        return content
    return found if _START.match(found) else content


def _encapsulated(reader: "_Reader", most: int) -> bytes | None:
    """Return the eContent of signed, digested, authenticated or compressed data."""
    reader.enter(_SEQUENCE)
    for _ in range(10):  # version, algorithms, recipients: whatever stands before it
        if reader.at_tag(_SEQUENCE) and (found := reader.inside_content_info()):
            break
        reader.skip()
    else:
        raise _BrokenError
    if not found.at_tag(_EXPLICIT):
        return None
    found.enter(_EXPLICIT)
    return found.octets(most)


def _inflated(packed: bytes, most: int) -> bytes | None:
    unpacker = zlib.decompressobj()
    try:
        return unpacker.decompress(packed, most)
    except zlib.error:
        return None


class _Reader:
    """A place in BER text (X.690, 8.1). Every step goes forward."""

    def __init__(self, content: bytes, at: int = 0) -> None:
        self._content = content
        self._at = at
        self._end = len(content)
        self._elements = 0

    def _header(self) -> tuple[int, int | None, int]:
        """Return the tag, the length (None: indefinite) and the start of the element here."""
        self._elements += 1
        content, at = self._content, self._at
        if self._elements > _MOST_ELEMENTS or at + 1 >= len(content):
            raise _BrokenError
        tag, first = content[at], content[at + 1]
        if tag & _LONG_TAG == _LONG_TAG:
            raise _BrokenError  # no element of CMS has such a tag
        if first == _INDEFINITE:
            return tag, None, at + 2
        if first < _INDEFINITE:
            return tag, first, at + 2
        size = first & 0x7F
        if size > 8 or at + 2 + size > len(content):  # noqa: PLR2004 - longer than any memory
            raise _BrokenError
        return tag, int.from_bytes(content[at + 2 : at + 2 + size], "big"), at + 2 + size

    def at_tag(self, tag: int) -> bool:
        """Return whether the element here has this tag."""
        return self._at < self._end and self._content[self._at] == tag

    def enter(self, tag: int) -> None:
        """Go to the first element inside the element here."""
        found, size, start = self._header()
        if found != tag:
            raise _BrokenError
        self._at = start
        if size is not None:
            self._end = min(self._end, start + size)

    def value(self, tag: int) -> bytes:
        """Return the bytes of the primitive element here, and go behind it."""
        found, size, start = self._header()
        if found != tag or size is None:
            raise _BrokenError
        self._at = start + size
        return self._content[start : start + size]

    def skip(self) -> None:
        """Go behind the element here."""
        depth = 0
        while True:
            if depth and self._content[self._at : self._at + 2] == _END:
                depth -= 1
                self._at += len(_END)
            else:
                _, size, start = self._header()
                depth += size is None
                self._at = start + (size or 0)
            if not depth:
                return
            if depth > _DEEPEST:
                raise _BrokenError

    def inside_content_info(self) -> "_Reader | None":
        """Return the place behind the type of the EncapsulatedContentInfo here, or None.

        An algorithm begins with an identifier too, but has no explicit content; the types of
        content are those of PKCS #7 and its successors.
        """
        look = _Reader(self._content, self._at)
        look.enter(_SEQUENCE)
        if not look.at_tag(_OID):
            return None
        kind = look.value(_OID)
        return look if kind.startswith((_PKCS7, _CONTENT_TYPES)) or look.at_tag(_EXPLICIT) else None

    def octets(self, most: int) -> bytes:
        """Return the bytes of the octet string here, whole or in pieces (X.690, 8.7)."""
        tag, size, start = self._header()
        if not tag & _CONSTRUCTED:
            if size is None:
                raise _BrokenError
            return self._content[start : start + min(size, most)]
        found: list[bytes] = []
        total = 0
        ends: list[int | None] = [None if size is None else start + size]
        self._at = start
        while ends and total <= most and self._at + 1 < len(self._content):  # or it is cut off
            end = ends[-1]
            if end is None and self._content[self._at : self._at + 2] == _END:
                ends.pop()
                self._at += len(_END)
                continue
            if end is not None and self._at >= end:
                ends.pop()
                continue
            tag, size, start = self._header()
            self._at = start
            if tag & _CONSTRUCTED and len(ends) < _DEEPEST:
                ends.append(None if size is None else start + size)
                continue
            if size is None:
                raise _BrokenError
            found.append(self._content[start : start + size])
            total += size
            self._at += size
        return b"".join(found)[:most]
