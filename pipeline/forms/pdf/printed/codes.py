"""Adds the map to Unicode to fonts of a print that have none, where their codes are known.

A font may be without ``/ToUnicode`` and its text be readable all the same (ISO 32000-2, 9.10.2):
its codes are those of a character set (9.7.5.2, table 116), or its glyphs are those of an embedded
font with a map of its own. What is drawn stays as it is.
"""

import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from io import BytesIO
from itertools import islice
from typing import Any

from pipeline.forms.pdf.printed.glyph_names import characters_by_name
from pipeline.forms.pdf.printed.page import MAXIMUM_PAGES
from pipeline.forms.pdf.printed.sfnt import characters_of_glyphs

_MOST_FONTS = 200
_MOST_FORMS = 2_000
_MAXIMUM_DEPTH = 8
_MAXIMUM_FONT = 30_000_000
_MAXIMUM_FONTS = 60_000_000
_MOST_FILES = 20
_MOST_GLYPHS = 0x10000
_MAXIMUM_MAP = 1_000_000
#: A code point where two halves of UTF-16 belong (9.10.3), as MuPDF tells it.
_FIVE_DIGITS = re.compile(rb"<([1-9a-fA-F][0-9a-fA-F]{4})>")
_SECTION = 100  # entries of one section of a map (Adobe Technical Note 5014)
_IDENTITY = re.compile("/Identity-[HV]")
#: Codes that are Unicode themselves: what a program tells beside them may be wrong.
_UNICODE = re.compile(r"/Uni\w+-(?:UCS2|UTF16)(?:-HW)?-[HV]")
#: The character set whose codes a predefined CMap takes, by its name (table 116).
_CHARACTER_SETS = (
    (_UNICODE, "utf-16-be"),
    (re.compile(r"/\w+-RKSJ-[HV]"), "cp932"),
    (re.compile(r"/EUC-[HV]"), "euc_jp"),
    (re.compile(r"/GB\w+-EUC-[HV]|/GBK2K-[HV]"), "gbk"),
    (re.compile(r"/(?:B5pc|\w+-B5)-[HV]"), "big5hkscs"),
    (re.compile(r"/KSC\w*-(?:EUC|UHC)(?:-HW)?-[HV]"), "cp949"),
)
#: First bytes of UTF-16 that are no halves of a character.
_ROWS = (*range(0xD8), *range(0xE0, 0x100))
_BYTES, _PAIRS = range(0x20, 0x100), range(0x8140, 0xFF00)


def with_known_codes(pdf: Any, content: bytes) -> bytes:
    """Return the file ``content``, open as ``pdf``, with the maps to Unicode that can be told.

    The open file gets them too. Raises whatever pikepdf raises on a broken file.
    """
    import pikepdf  # noqa: PLC0415 - slow to import

    maps = _Maps(pdf)
    has_new = False
    for font in islice(_fonts(pdf), _MOST_FONTS):
        table = maps.of(font)
        if table is not None:
            font[pikepdf.Name("/ToUnicode")] = table
            has_new = True
    if not has_new:
        return content
    target = BytesIO()
    pdf.save(target)
    return target.getvalue()


class _Maps:
    """Makes the maps for the fonts of one file, of each embedded font once."""

    def __init__(self, pdf: Any) -> None:
        self._pdf = pdf
        self._of_sets: dict[str, Any] = {}
        self._of_files: dict[tuple[int, int], Mapping[int, int]] = {}
        self._room = _MAXIMUM_FONTS

    def of(self, font: Any) -> Any:
        """Return the map of a composite font; None where the file tells it, or nothing does."""
        if str(font.get("/Subtype")) != "/Type0":
            return None
        if (mended := self._mended(font.get("/ToUnicode"))) is not None:
            return mended
        encoding = str(font.get("/Encoding")) if _is_name(font.get("/Encoding")) else ""
        is_told = "/ToUnicode" in font
        if not is_told or _UNICODE.fullmatch(encoding):
            names = _character_set(encoding)
            if names and encoding not in self._of_sets:
                self._of_sets[encoding] = self._pdf.make_stream(_of_character_set(names))
            if names:
                return self._of_sets[encoding]
        if not _IDENTITY.fullmatch(encoding):
            return None
        codes = _by_glyph_map(font, self._characters(font, by_name=is_told))
        return self._pdf.make_stream(_map(codes, 2)) if codes else None

    def _mended(self, table: Any) -> Any:
        """Return a map that tells code points of five digits as it should; None of another."""
        import pikepdf  # noqa: PLC0415 - slow to import

        if not isinstance(table, pikepdf.Stream):
            return None
        content = bytes(table.read_bytes())
        if len(content) > _MAXIMUM_MAP or not _FIVE_DIGITS.search(content):
            return None
        return self._pdf.make_stream(_FIVE_DIGITS.sub(_as_utf16, content))

    def _characters(self, font: Any, *, by_name: bool) -> Mapping[int, int]:
        """Return the code points of the glyphs of the embedded font; by their names alone if so."""
        file = _font_file(font, ("/FontFile3",) if by_name else ("/FontFile2", "/FontFile3"))
        if file is None:
            return {}
        if file.objgen not in self._of_files:
            content = self._read(file)
            named = characters_by_name(content)
            self._of_files[file.objgen] = (
                named if named or by_name else characters_of_glyphs(content)
            )
        return self._of_files[file.objgen]

    def _read(self, file: Any) -> bytes:
        """Return an embedded font; nothing of one that is too large, or behind too many others."""
        if len(self._of_files) > _MOST_FILES or self._room <= 0:
            return b""
        content = bytes(file.read_bytes())
        self._room -= len(content)
        return content if len(content) <= _MAXIMUM_FONT else b""


def _as_utf16(found: re.Match[bytes]) -> bytes:
    return b"<%s>" % chr(int(found[1], 16)).encode("utf-16-be").hex().encode()


def _is_name(item: Any) -> bool:
    import pikepdf  # noqa: PLC0415 - slow to import

    return isinstance(item, pikepdf.Name)


def _fonts(pdf: Any) -> Iterator[Any]:
    """Yield the fonts of the first pages and of the forms that are drawn on them, each once."""
    import pikepdf  # noqa: PLC0415 - slow to import

    seen: set[tuple[int, int]] = set()
    open_ones = [(page.obj.get("/Resources"), 0) for page in islice(pdf.pages, MAXIMUM_PAGES)]
    while open_ones and len(seen) < _MOST_FORMS:
        resources, depth = open_ones.pop()
        if not isinstance(resources, pikepdf.Dictionary):
            continue
        for font in _values(resources.get("/Font")):
            if isinstance(font, pikepdf.Dictionary) and font.objgen not in seen:
                seen.add(font.objgen)
                yield font
        for form in _values(resources.get("/XObject")) if depth < _MAXIMUM_DEPTH else ():
            if isinstance(form, pikepdf.Stream) and form.objgen not in seen:
                seen.add(form.objgen)
                open_ones.append((form.get("/Resources"), depth + 1))


def _values(found: Any) -> list[Any]:
    import pikepdf  # noqa: PLC0415 - slow to import

    return list(found.values()) if isinstance(found, pikepdf.Dictionary) else []


def _character_set(encoding: str) -> str:
    return next((name for known, name in _CHARACTER_SETS if known.fullmatch(encoding)), "")


@lru_cache(maxsize=len(_CHARACTER_SETS))
def _of_character_set(name: str) -> bytes:
    """Return the map of all codes of a character set, of one byte and of two."""
    if name == "utf-16-be":  # a range may not go beyond one last byte (9.10.3)
        ranges = [b"<%02x00> <%02xff> <%02x00>\n" % (row, row, row) for row in _ROWS]
        return _head(2) + _sections(ranges, b"bfrange") + _TAIL
    decode = codecs.getdecoder(name)
    codes: dict[int, int] = {}
    for span, size in ((_BYTES, 1), (_PAIRS, 2)):
        for code in span:
            try:
                text = decode(code.to_bytes(size, "big"))[0]
            except UnicodeDecodeError:
                continue
            if len(text) == 1:
                codes[code] = ord(text)
    return _map(codes, 2)


def _font_file(font: Any, keys: Sequence[str]) -> Any:
    """Return the stream of the embedded font of a composite font, or None."""
    import pikepdf  # noqa: PLC0415 - slow to import

    below = font.get("/DescendantFonts")
    descendant = below[0] if isinstance(below, pikepdf.Array) and len(below) else None
    if not isinstance(descendant, pikepdf.Dictionary):
        return None
    descriptor = descendant.get("/FontDescriptor")
    if not isinstance(descriptor, pikepdf.Dictionary):
        return None
    found = (descriptor.get(key) for key in keys)
    return next((file for file in found if isinstance(file, pikepdf.Stream)), None)


def _by_glyph_map(font: Any, characters: Mapping[int, int]) -> Mapping[int, int]:
    """Return the code point of each code of a composite font whose codes choose its glyphs."""
    import pikepdf  # noqa: PLC0415 - slow to import

    chosen = font.DescendantFonts[0].get("/CIDToGIDMap") if characters else None
    if not isinstance(chosen, pikepdf.Stream):
        return characters
    glyphs = bytes(chosen.read_bytes()[: 2 * _MOST_GLYPHS])
    return {
        at // 2: characters[glyph]
        for at in range(0, len(glyphs) - 1, 2)
        if (glyph := int.from_bytes(glyphs[at : at + 2], "big")) in characters
    }


def _head(size: int) -> bytes:
    space = f"<{'00' * size}> <{'ff' * size}>".encode()
    return (
        b"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        b"/CMapType 2 def\n1 begincodespacerange\n" + space + b"\nendcodespacerange\n"
    )


_TAIL = b"endcmap\nend\nend\n"


def _map(codes: Mapping[int, int], size: int) -> bytes:
    """Return a map of ``codes`` to code points as a ToUnicode CMap (9.10.3)."""
    lines = [
        b"<%0*x> <%s>\n"
        % (2 * size, code, chr(point).encode("utf-16-be", "replace").hex().encode())
        for code, point in sorted(codes.items())
        if code < 1 << 8 * size
    ]
    return _head(size) + _sections(lines, b"bfchar") + _TAIL


def _sections(lines: Sequence[bytes], kind: bytes) -> bytes:
    parts = [lines[at : at + _SECTION] for at in range(0, len(lines), _SECTION)]
    return b"".join(
        b"%d begin%s\n%send%s\n" % (len(part), kind, b"".join(part), kind) for part in parts
    )
