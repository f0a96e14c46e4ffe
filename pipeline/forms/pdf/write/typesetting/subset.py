"""Cuts a TrueType font to a few characters (ISO/IEC 14496-22, "Open Font Format").

A composite font of a PDF needs outlines and widths only (ISO 32000-2, 9.9.1), so the tables are cut
as bytes: what is read of a font is kept in this process, and a subset takes milliseconds. The map
of its characters stays too: programs that write a file anew drop what stands beside a font.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_HEAD, _HHEA, _MAXP = b"head", b"hhea", b"maxp"
#: Flags of a component of a composite glyph.
_WORDS, _SCALE, _MORE, _TWO_SCALES, _MATRIX = 0x1, 0x8, 0x20, 0x40, 0x80
_MAGIC_OF_SUM = 0xB1B0AFBA


@dataclass(frozen=True, slots=True)
class Subset:
    """A font cut to some characters.

    ``glyphs`` and ``widths`` (1/1000 em) are by character; ``box`` is that of the whole font.
    """

    program: bytes
    glyphs: Mapping[str, int]
    widths: Mapping[str, float]
    box: list[int]


@dataclass(frozen=True, slots=True)
class Font:
    """A font as far as subsets need it; ``places`` are the offsets of its glyphs in ``glyf``.

    ``characters`` are its glyphs by their code points, ``units`` those of an em.
    """

    tables: Mapping[bytes, bytes]
    places: tuple[int, ...]
    metrics: int
    characters: Mapping[int, int]

    @property
    def units(self) -> int:
        """How many units an em has."""
        return int(struct.unpack_from(">H", self.tables[_HEAD], 18)[0])

    def outline(self, glyph: int) -> bytes:
        """Return the outline of a glyph."""
        return self.tables[b"glyf"][self.places[glyph] : self.places[glyph + 1]]

    def metric(self, glyph: int) -> tuple[int, int]:
        """Return advance width and left side bearing."""
        table = self.tables[b"hmtx"]
        if glyph < self.metrics:
            advance, bearing = struct.unpack_from(">Hh", table, 4 * glyph)
            return advance, bearing
        (advance,) = struct.unpack_from(">H", table, 4 * (self.metrics - 1))
        at = 4 * self.metrics + 2 * (glyph - self.metrics)
        return advance, struct.unpack_from(">h", table, at)[0]


def cut(path: Path, characters: Iterable[str]) -> Subset:
    """Return the font of the file ``path``, cut to ``characters``, all of which it has."""
    font = read_font(path)
    wanted = {one: font.characters[ord(one)] for one in characters}
    old = _with_components(font, {0, *wanted.values()})
    new = {glyph: number for number, glyph in enumerate(old)}
    units = font.units
    return Subset(
        program=_program(font, old, new, {ord(one): new[wanted[one]] for one in wanted}),
        glyphs={one: new[glyph] for one, glyph in wanted.items()},
        widths={
            one: float(round(font.metric(glyph)[0] * 1000 / units)) for one, glyph in wanted.items()
        },
        box=[
            round(edge * 1000 / units) for edge in struct.unpack_from(">4h", font.tables[_HEAD], 36)
        ],
    )


@cache
def read_font(path: Path) -> Font:
    """Read the tables of a font that subsets and kerning need."""
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - slow to import

    with TTFont(path, lazy=True) as font:
        reader = font.reader
        tables = {
            name: bytes(reader[name.decode()])
            for name in (_HEAD, _HHEA, _MAXP, b"glyf", b"loca", b"hmtx", b"GPOS")
        }
        characters = {code: font.getGlyphID(name) for code, name in font.getBestCmap().items()}
    (is_long,) = struct.unpack_from(">h", tables[_HEAD], 50)
    loca = tables.pop(b"loca")
    short = [2 * place for place in struct.unpack(f">{len(loca) // 2}H", loca)]
    places = struct.unpack(f">{len(loca) // 4}L", loca) if is_long else tuple(short)
    (metrics,) = struct.unpack_from(">H", tables[_HHEA], 34)
    return Font(tables, places, metrics, characters)


def _with_components(font: Font, glyphs: set[int]) -> list[int]:
    """Return ``glyphs`` and those that they are composed of, in order."""
    found, waiting = set(glyphs), list(glyphs)
    while waiting:
        for _, component in _components(font.outline(waiting.pop())):
            if component not in found:
                found.add(component)
                waiting.append(component)
    return sorted(found)


def _components(outline: bytes) -> Iterator[tuple[int, int]]:
    """Yield offset and number of each glyph that a composite glyph names."""
    if len(outline) < 10 or struct.unpack_from(">h", outline)[0] >= 0:  # noqa: PLR2004 - its header
        return
    at, flags = 10, _MORE
    while flags & _MORE:
        flags, glyph = struct.unpack_from(">HH", outline, at)
        yield at + 2, glyph
        at += 8 if flags & _WORDS else 6
        at += 2 if flags & _SCALE else 4 if flags & _TWO_SCALES else 8 if flags & _MATRIX else 0


def _program(
    font: Font, old: list[int], new: Mapping[int, int], characters: Mapping[int, int]
) -> bytes:
    """Return the font file with the glyphs ``old``, which get the numbers ``new``.

    ``characters`` are the new numbers by code point.
    """
    outlines, places = [], [0]
    for glyph in old:
        outline = bytearray(font.outline(glyph))
        for at, component in list(_components(bytes(outline))):
            struct.pack_into(">H", outline, at, new[component])
        outline += b"\0" * (-len(outline) % 4)
        outlines.append(bytes(outline))
        places.append(places[-1] + len(outline))
    head, hhea = bytearray(font.tables[_HEAD]), bytearray(font.tables[_HHEA])
    maxp = bytearray(font.tables[_MAXP])
    struct.pack_into(">L", head, 8, 0)
    struct.pack_into(">h", head, 50, 1)
    struct.pack_into(">H", hhea, 34, len(old))
    struct.pack_into(">H", maxp, 4, len(old))
    return _file(
        {
            b"cmap": _map(characters),
            b"glyf": b"".join(outlines),
            _HEAD: bytes(head),
            _HHEA: bytes(hhea),
            b"hmtx": b"".join(struct.pack(">Hh", *font.metric(glyph)) for glyph in old),
            b"loca": struct.pack(f">{len(places)}L", *places),
            _MAXP: bytes(maxp),
        }
    )


def _map(characters: Mapping[int, int]) -> bytes:
    """Return the map of code points to glyphs: one of Windows, all of Unicode (format 12)."""
    groups = b"".join(
        struct.pack(">3L", code, code, glyph) for code, glyph in sorted(characters.items())
    )
    head = struct.pack(">2H3L", 12, 0, 16 + len(groups), 0, len(characters))
    return struct.pack(">4HL", 0, 1, 3, 10, 12) + head + groups


def _file(tables: Mapping[bytes, bytes]) -> bytes:
    """Return a font file of ``tables``, which are in the order of their names."""
    count = len(tables)
    power = count.bit_length() - 1
    reach = 16 << power
    header = struct.pack(">L4H", 0x00010000, count, reach, power, 16 * count - reach)
    at, directory, bodies, whole = 12 + 16 * count, [], [], 0
    for name, body in tables.items():
        padded = body + b"\0" * (-len(body) % 4)
        summed = _sum(padded)
        directory.append(name + struct.pack(">3L", summed, at, len(body)))
        bodies.append(padded)
        at += len(padded)
        whole += summed
    head = b"".join([header, *directory])
    content = bytearray(b"".join([head, *bodies]))
    adjustment = (_MAGIC_OF_SUM - _sum(head) - whole) & 0xFFFFFFFF
    offset = (
        12
        + 16 * count
        + sum(len(body) for name, body in zip(tables, bodies, strict=True) if name < _HEAD)
    )
    struct.pack_into(">L", content, offset + 8, adjustment)
    return bytes(content)


def _sum(content: bytes) -> int:
    total: int = sum(struct.unpack(f">{len(content) // 4}L", content))
    return total & 0xFFFFFFFF
