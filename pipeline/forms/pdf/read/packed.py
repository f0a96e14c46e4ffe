"""Verifies the checksums of object streams, which qpdf does not (ISO 32000-2, 7.5.7; RFC 1950).

A flipped bit can leave a stream that unpacks, with another letter in an answer; only the checksum
behind it tells. Streams of objects and of references are compared here, as answers lie in them.
"""

import re
import zlib
from collections.abc import Iterator
from typing import Any

import pikepdf

_MARK = re.compile(rb"/(?:ObjStm|XRef)\b")
_HEAD = re.compile(rb"\b(\d{1,9})\s+(\d{1,5})\s+obj\b")
_STREAM = re.compile(rb"stream\r?\n")
_MARK_OR_LENGTH = re.compile(rb"/(?:ObjStm\b|XRef\b|Length\s+(\d{5,9})\b)")
_END = re.compile(rb"\s{0,2}endstream\b")
#: Bytes of a dictionary before its type, within which its object begins.
_BEFORE = 400
_TAIL_BYTES = 4_096
#: Keys of a trailer behind which there are other lists, or that make it a stream.
_OTHER_LISTS = ("/Prev", "/XRefStm", "/Type")
_TYPES = frozenset({"/ObjStm", "/XRef"})
_MAXIMUM_STREAMS = 2_000
_MAXIMUM_BYTES = 64 * 1024 * 1024


def is_packed_soundly(content: bytes, pdf: Any, blank: bytes | None = None) -> bool:
    """Return whether all packed objects of the open ``pdf`` have the checksum that they should.

    ``content`` is the file that was opened. Where it is ``blank`` with something added, what was
    added is looked at. Raises whatever pikepdf raises on a broken file.
    """
    if _has_one_table(content, pdf):
        return True  # then no object is packed
    start = len(blank) if blank and content.startswith(blank) else 0
    is_encrypted = pdf.is_encrypted
    left = _MAXIMUM_BYTES
    for count, mark in enumerate(_marks(content, start)):
        if count >= _MAXIMUM_STREAMS or left <= 0:
            return False
        used = None if is_encrypted else _used(_seen(content, mark.end()), left)
        if used is None:
            heads = _HEAD.findall(content, max(mark.start() - _BEFORE, 0), mark.start())
            packed = _packed(pdf, int(heads[-1][0]), int(heads[-1][1])) if heads else None
            used = 0 if packed is None else _used(packed, left)
        if used is None:
            return False
        left -= used
    return True


def _marks(content: bytes, start: int) -> Iterator[re.Match[bytes]]:
    """Yield the types of the streams behind ``start`` that hold objects or references.

    What is in other long streams is not looked through: a font alone can have megabytes.
    """
    at = start
    while (found := _MARK_OR_LENGTH.search(content, at)) is not None:
        at = found.end()
        if found[1] is None:
            yield found
            continue
        stream = _STREAM.search(content, at, at + _BEFORE)
        if stream is not None and _END.match(content, stream.end() + int(found[1])):
            yield from _MARK.finditer(content, at, stream.start())
            at = stream.end() + int(found[1])


def _seen(content: bytes, after: int) -> memoryview:
    """Return the bytes of the stream that seems to begin in ``content`` behind the mark."""
    found = _STREAM.search(content, after, after + _BEFORE)
    if found is None:
        return memoryview(b"")
    return memoryview(content)[found.end() : content.find(b"endstream", found.end())]


def _used(packed: bytes | memoryview, most: int) -> int | None:
    """Return how many bytes ``packed`` unpacks to; None without the right checksum or too many."""
    unpacker = zlib.decompressobj()
    try:
        size = len(unpacker.decompress(packed, most))
    except zlib.error:
        return None
    return size if unpacker.eof else None


def _has_one_table(content: bytes, pdf: Any) -> bool:
    """Return whether the list of all objects is one table, without streams (7.5.4)."""
    if b"trailer" not in content[-_TAIL_BYTES:]:
        return False
    trailer = pdf.trailer
    return not any(key in trailer for key in _OTHER_LISTS)


def _packed(pdf: Any, number: int, generation: int) -> bytes | None:
    """Return the bytes of a stream of objects or references packed by Flate alone, else None."""
    item = pdf.get_object(number, generation)
    if not isinstance(item, pikepdf.Stream) or str(item.get("/Type")) not in _TYPES:
        return None
    filters = item.get("/Filter")
    if isinstance(filters, pikepdf.Array):
        filters = filters[0] if len(filters) == 1 else None
    return bytes(item.read_raw_bytes()) if str(filters) == "/FlateDecode" else None
