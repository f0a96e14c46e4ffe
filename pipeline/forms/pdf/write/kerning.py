"""Tells which pairs of characters a font sets nearer together (ISO/IEC 14496-22, "GPOS").

The table is read as bytes, and of it only what is asked for.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.forms.pdf.write.subset import read_font

_GPOS, _KERN = b"GPOS", b"kern"
_OF_PAIRS = 2
#: Fields of a value record: what comes before the advance, the advance, and all of them.
_BEFORE_ADVANCE, _ADVANCE, _FIELDS = 0x3, 0x4, 0xFF
_KEPT = 100_000


class Kerning(dict[tuple[str, str], int]):
    """What is added to the width of the first of two characters, in 1/1000 em, once it is asked."""

    def __init__(self, path: Path) -> None:
        font = read_font(path)
        self._glyphs = font.characters
        self._scale = 1000 / font.units
        self._lookups = _lookups(font.tables[_GPOS])

    def __missing__(self, pair: tuple[str, str]) -> int:
        first, second = (self._glyphs.get(ord(one), 0) for one in pair)
        found = 0
        for tables in self._lookups:
            values = (table.find(first, second) for table in tables)
            found += next((value for value in values if value is not None), 0)
        added = round(found * self._scale)
        if len(self) < _KEPT:
            self[pair] = added
        return added


@cache
def kerning(path: Path) -> Kerning:
    """Return the kerning of the font ``path``, whose feature ``kern`` adjusts pairs directly."""
    return Kerning(path)


@dataclass(frozen=True, slots=True)
class _Pairs:
    """A table of single pairs: where the seconds of each first are, which are in order."""

    content: bytes
    places: Mapping[int, int]
    size: int
    advance: int

    def find(self, first: int, second: int) -> int | None:
        at = self.places.get(first)
        if at is None:
            return None
        (count,) = struct.unpack_from(">H", self.content, at)
        for each in range(at + 2, at + 2 + count * self.size, self.size):
            glyph, value = _glyph_and_value(self.content, each, each + 2 + self.advance)
            if glyph == second:
                return value
        return None


@dataclass(frozen=True, slots=True)
class _Classes:
    """A table of classes: a matrix, whose rows are those of the firsts."""

    content: bytes
    firsts: Mapping[int, int]
    seconds: Mapping[int, int]
    row: int
    size: int
    advance: int

    def find(self, first: int, second: int) -> int | None:
        one = self.firsts.get(first)
        if one is None:
            return None
        at = 16 + one * self.row + self.seconds.get(second, 0) * self.size + self.advance
        return int(struct.unpack_from(">h", self.content, at)[0])


def _glyph_and_value(content: bytes, glyph_at: int, value_at: int) -> tuple[int, int]:
    (glyph,) = struct.unpack_from(">H", content, glyph_at)
    (value,) = struct.unpack_from(">h", content, value_at)
    return glyph, value


def _lookups(content: bytes) -> list[list[_Pairs | _Classes]]:
    """Return the tables of each lookup of the feature ``kern`` that adjusts pairs."""
    features, lookups = struct.unpack_from(">2H", content, 6)
    numbers: set[int] = set()
    for place in range(_number(content, features)):
        tag, offset = struct.unpack_from(">4sH", content, features + 2 + 6 * place)
        if tag == _KERN:
            numbers |= set(_numbers(content, features + offset + 2))
    found = []
    for place in sorted(numbers):
        at = lookups + _number(content, lookups + 2 + 2 * place)
        kind, _, *_ = struct.unpack_from(">2H", content, at)
        if kind == _OF_PAIRS:
            found.append([_table(content[at + offset :]) for offset in _numbers(content, at + 4)])
    return found


def _table(content: bytes) -> _Pairs | _Classes:
    form, coverage, one, other, *_ = struct.unpack_from(">4H", content)
    first_size, second_size = (2 * (fields & _FIELDS).bit_count() for fields in (one, other))
    advance = 2 * (one & _BEFORE_ADVANCE).bit_count()
    covered = _coverage(content, coverage)
    if form == 1:
        places = dict(zip(covered, _numbers(content, 8), strict=True))
        return _Pairs(content, places, 2 + first_size + second_size, advance)
    first_classes, second_classes, _, count = struct.unpack_from(">4H", content, 8)
    classes = _class_of(content, first_classes)
    return _Classes(
        content,
        {glyph: classes.get(glyph, 0) for glyph in covered},
        _class_of(content, second_classes),
        count * (first_size + second_size),
        first_size + second_size,
        advance,
    )


def _coverage(content: bytes, at: int) -> list[int]:
    """Return the glyphs of a coverage table: a list, or ranges."""
    form, count = struct.unpack_from(">2H", content, at)
    if form == 1:
        return _numbers(content, at + 2)
    ranges = (struct.unpack_from(">3H", content, at + 4 + 6 * place) for place in range(count))
    return [glyph for first, last, _ in ranges for glyph in range(first, last + 1)]


def _class_of(content: bytes, at: int) -> dict[int, int]:
    """Return the classes of glyphs that a table of them names."""
    form, first = struct.unpack_from(">2H", content, at)
    if form == 1:
        return dict(enumerate(_numbers(content, at + 4), first))
    ranges = (struct.unpack_from(">3H", content, at + 4 + 6 * place) for place in range(first))
    return {glyph: kind for low, high, kind in ranges for glyph in range(low, high + 1)}


def _number(content: bytes, at: int) -> int:
    return int(struct.unpack_from(">H", content, at)[0])


def _numbers(content: bytes, at: int) -> list[int]:
    """Return a list of numbers behind their count."""
    return list(struct.unpack_from(f">{_number(content, at)}H", content, at + 2))
