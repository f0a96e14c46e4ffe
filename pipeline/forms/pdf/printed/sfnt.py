"""Reads which characters the glyphs of an embedded font stand for (OpenType 1.9, table ``cmap``).

A font comes from a stranger, so nothing is followed that it only claims: so many glyphs and
characters are read and no more.
"""

import struct
from collections.abc import Iterator

from pipeline.forms.pdf.printed.fold import as_typed

_MAXIMUM_PAIRS = 70_000
_MOST_TABLES = 64
_MOST_SUBTABLES = 16
_UNICODE, _WINDOWS = 0, 3
_UNICODE_OF_WINDOWS = frozenset({1, 10})
_PRIVATE = range(0xE000, 0xF900)
_NO_CHARACTER = 0xFFFF
_SEGMENTS, _TRIMMED, _GROUPS = 4, 6, 12


def characters_of_glyphs(font: bytes) -> dict[int, int]:
    """Return the code point of each glyph of a TrueType or OpenType ``font``, as its map tells.

    Of several the one that people type. Nothing for a font without a map to Unicode.
    """
    found: dict[int, int] = {}
    try:
        for code, glyph in _pairs(font):
            if glyph and (glyph not in found or _is_likelier(code, found[glyph])):
                found[glyph] = code
    except struct.error:
        return {}
    return found


def _is_likelier(code: int, other: int) -> bool:
    """Return whether ``code`` is typed rather than ``other``, which looks the same."""
    return _rank(code) < _rank(other)


def _rank(code: int) -> tuple[bool, bool, int]:
    text = chr(code)
    return code in _PRIVATE, as_typed(text) != text, code


def _pairs(font: bytes) -> Iterator[tuple[int, int]]:
    """Yield (code point, glyph) of the widest map to Unicode; raises struct.error on a torn one."""
    start = _table(font, b"cmap")
    if start is None:
        return
    (count,) = struct.unpack_from(">H", font, start + 2)
    known = [
        struct.unpack_from(">HHI", font, start + 4 + 8 * number)
        for number in range(min(count, _MOST_SUBTABLES))
    ]
    maps = [
        start + offset
        for platform, encoding, offset in known
        if platform == _UNICODE or (platform == _WINDOWS and encoding in _UNICODE_OF_WINDOWS)
    ]
    readers = {_GROUPS: _groups, _SEGMENTS: _segments, _TRIMMED: _trimmed}
    formats = {struct.unpack_from(">H", font, at)[0]: at for at in maps}
    for kind, read in readers.items():
        if kind in formats:
            for number, pair in enumerate(read(font, formats[kind])):
                if number >= _MAXIMUM_PAIRS:
                    return
                yield pair
            return


def _table(font: bytes, name: bytes) -> int | None:
    (count,) = struct.unpack_from(">H", font, 4)
    for number in range(min(count, _MOST_TABLES)):
        tag, _, offset, _ = struct.unpack_from(">4sIII", font, 12 + 16 * number)
        if tag == name:
            return int(offset)
    return None


def _groups(font: bytes, at: int) -> Iterator[tuple[int, int]]:
    (count,) = struct.unpack_from(">I", font, at + 12)
    for number in range(min(count, _MAXIMUM_PAIRS)):
        first, last, glyph = struct.unpack_from(">III", font, at + 16 + 12 * number)
        for code in range(first, min(last, 0x10FFFF) + 1):
            yield code, glyph + code - first


def _segments(font: bytes, at: int) -> Iterator[tuple[int, int]]:
    (doubled,) = struct.unpack_from(">H", font, at + 6)
    ends, starts = at + 14, at + 16 + doubled
    deltas, offsets = starts + doubled, starts + 2 * doubled
    for step in range(0, doubled - doubled % 2, 2):
        (last,), (first,) = (struct.unpack_from(">H", font, base + step) for base in (ends, starts))
        (delta,) = struct.unpack_from(">H", font, deltas + step)
        (offset,) = struct.unpack_from(">H", font, offsets + step)
        for code in range(first, last + 1):
            glyph = code
            if offset:
                place = offsets + step + offset + 2 * (code - first)
                (glyph,) = struct.unpack_from(">H", font, place)
            is_one = code != _NO_CHARACTER and (glyph or not offset)
            yield code, (glyph + delta) & 0xFFFF if is_one else 0


def _trimmed(font: bytes, at: int) -> Iterator[tuple[int, int]]:
    first, count = struct.unpack_from(">HH", font, at + 6)
    for number in range(count):
        (glyph,) = struct.unpack_from(">H", font, at + 10 + 2 * number)
        yield first + number, glyph
