"""Reads which pairs of letters a font sets nearer together (ISO/IEC 14496-22, "GPOS", type 2)."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

#: Only of these is there kerning that a reader sees; the rest of the table is large.
_LETTERS = range(0x20, 0x180)


@cache
def kerning(path: Path) -> Mapping[tuple[str, str], int]:
    """Return what is added to the width of the first of two letters, in 1/1000 em."""
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - slow to import

    with TTFont(path, lazy=True) as font:
        scale = 1000 / font["head"].unitsPerEm
        glyphs = {name: chr(code) for code, name in font.getBestCmap().items() if code in _LETTERS}
        found: dict[tuple[str, str], int] = {}
        for lookup in _lookups(font["GPOS"].table):
            for table in lookup.SubTable:
                for pair, value in _pairs(table, glyphs):
                    found.setdefault(pair, round(value * scale))
    return {pair: value for pair, value in found.items() if value}


def _lookups(table: Any) -> list[Any]:
    numbers = {
        number
        for record in table.FeatureList.FeatureRecord
        if record.FeatureTag == "kern"
        for number in record.Feature.LookupListIndex
    }
    return [
        lookup
        for number, lookup in enumerate(table.LookupList.Lookup)
        if number in numbers and lookup.LookupType == 2  # noqa: PLR2004 - adjustment of pairs
    ]


def _pairs(table: Any, glyphs: Mapping[str, str]) -> list[tuple[tuple[str, str], int]]:
    """Return the adjustments of one table: of single pairs, or of classes of letters."""
    firsts = [name for name in table.Coverage.glyphs if name in glyphs]
    if table.Format == 1:
        rows = dict(zip(table.Coverage.glyphs, table.PairSet, strict=True))
        return [
            ((glyphs[first], glyphs[record.SecondGlyph]), _advance(record.Value1))
            for first in firsts
            for record in rows[first].PairValueRecord
            if record.SecondGlyph in glyphs
        ]
    one, other = table.ClassDef1.classDefs, table.ClassDef2.classDefs
    return [
        ((glyphs[first], glyphs[second]), _advance(row[other.get(second, 0)].Value1))
        for first in firsts
        for row in [table.Class1Record[one.get(first, 0)].Class2Record]
        for second in glyphs
    ]


def _advance(value: Any) -> int:
    return getattr(value, "XAdvance", 0) if value else 0
