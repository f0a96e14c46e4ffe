"""Tells which pairs of characters a font sets nearer together (ISO/IEC 14496-22, "GPOS")."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_OF_PAIRS = 2
_KEPT = 100_000


@dataclass(frozen=True, slots=True)
class _Table:
    """One subtable: seconds by their firsts, or a matrix of classes of both.

    ``firsts`` are its glyphs and their classes. It decides about every pair with one of them, but a
    table of seconds only about those that it has.
    """

    firsts: Mapping[str, int]
    seconds: Mapping[str, int]
    values: Mapping[tuple[str, str] | tuple[int, int], int]
    has_classes: bool

    def find(self, first: str, second: str) -> int | None:
        if first not in self.firsts:
            return None
        if not self.has_classes:
            return self.values.get((first, second))
        return self.values.get((self.firsts[first], self.seconds.get(second, 0)), 0)


class Kerning(dict[tuple[str, str], int]):
    """What is added to the width of the first of two characters, in 1/1000 em, once it is asked."""

    def __init__(self, path: Path) -> None:
        from fontTools.ttLib import TTFont  # noqa: PLC0415 - slow to import

        with TTFont(path, lazy=True) as font:
            self._scale: float = 1000 / font["head"].unitsPerEm
            self._names: dict[int, str] = dict(font.getBestCmap())
            self._lookups = [list(map(_table, one)) for one in _pair_lookups(font["GPOS"].table)]

    def __missing__(self, pair: tuple[str, str]) -> int:
        first, second = (self._names.get(ord(one), "") for one in pair)
        found = 0.0
        for tables in self._lookups:
            values = (table.find(first, second) for table in tables)
            found += next((value for value in values if value is not None), 0)
        added = round(found * self._scale)
        if len(self) < _KEPT:
            self[pair] = added
        return added


@cache
def kerning(path: Path) -> Kerning:
    """Return the kerning of the font ``path``."""
    return Kerning(path)


def _pair_lookups(table: Any) -> list[list[Any]]:
    """Return the subtables of each lookup of the feature ``kern`` that adjusts pairs."""
    numbers = {
        number
        for record in table.FeatureList.FeatureRecord
        if record.FeatureTag == "kern"
        for number in record.Feature.LookupListIndex
    }
    lookups = [table.LookupList.Lookup[number] for number in sorted(numbers)]
    return [lookup.SubTable for lookup in lookups if lookup.LookupType == _OF_PAIRS]


def _table(table: Any) -> _Table:
    glyphs = table.Coverage.glyphs
    if table.Format == 1:
        values: dict[tuple[str, str] | tuple[int, int], int] = {
            (first, record.SecondGlyph): _advance(record.Value1)
            for first, seconds in zip(glyphs, table.PairSet, strict=True)
            for record in seconds.PairValueRecord
        }
        return _Table(dict.fromkeys(glyphs, 0), {}, values, has_classes=False)
    classes = table.ClassDef1.classDefs
    matrix: dict[tuple[str, str] | tuple[int, int], int] = {
        (one, other): value
        for one, row in enumerate(table.Class1Record)
        for other, record in enumerate(row.Class2Record)
        if (value := _advance(record.Value1))
    }
    firsts = {glyph: classes.get(glyph, 0) for glyph in glyphs}
    return _Table(firsts, table.ClassDef2.classDefs, matrix, has_classes=True)


def _advance(value: Any) -> int:
    return int(getattr(value, "XAdvance", 0)) if value else 0
