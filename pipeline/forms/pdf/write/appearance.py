"""Draws what a field shows: appearance streams in our own font (ISO 32000-2, 12.7.4.3).

A viewer that edits a field draws it anew with its own fonts; until then, and in viewers that only
show, this is what is seen, Japanese included. Only the glyphs that are used are embedded.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.forms.pdf.fonts import LATIN, REGULAR, covered, drawable
from pipeline.forms.pdf.write.subset import cut

_SIZES = (10.0, 9.0, 8.0, 7.0, 6.0)
_LEADING = 1.3
_BASELINE = 0.24  # of the size, below the middle of a single line
_PADDING = 2.5
_MORE = "…"
_TICK = "0.12 0.36 0.42 rg {x0:.2f} {y1:.2f} m {x1:.2f} {y0:.2f} l {x2:.2f} {y2:.2f} l S"


@dataclass(frozen=True, slots=True)
class _Face:
    """One embedded font: its name in resources, glyph ids and widths (1/1000 em) by character."""

    name: str
    font: Any
    glyphs: Mapping[str, int]
    widths: Mapping[str, float]


class Painter:
    """Draws texts into the fields of one ``pdf``; made for exactly the ``texts`` to be drawn."""

    def __init__(self, pdf: Any, texts: Iterable[str]) -> None:
        self._pdf = pdf
        used = {one for text in texts for one in drawable(text)} - set("\n\t") | {" ", _MORE}
        own = {character for character in used if ord(character) in covered(REGULAR)}
        latin = used - own
        self._faces = [_embed(pdf, REGULAR, "F1", own)]
        if latin:
            self._faces.append(_embed(pdf, LATIN, "F2", latin))

    def text(self, text: str, width: float, height: float, *, lines: bool) -> Any:
        """Return the appearance of a text field of ``width`` by ``height`` points.

        The text is made smaller, down to 6 points, where it would not fit, and then cut; ``lines``
        wraps it.
        """
        text = drawable(text).replace("\t", " ")
        room = width - 2 * _PADDING
        size, wrapped = _SIZES[-1], [text.replace("\n", " ")]
        for size in _SIZES:
            wrapped = self._wrapped(text, room / size) if lines else [text.replace("\n", " ")]
            fits = len(wrapped) * size * _LEADING <= height - _PADDING if lines else True
            if fits and all(self._width(line) * size <= room for line in wrapped):
                break
        else:
            wrapped = self._cut(wrapped, room / size, (height - _PADDING) / size if lines else 1.3)
        top = height - _PADDING - size if lines else height / 2 - (0.5 - _BASELINE) * size
        drawn = [
            f"1 0 0 1 {_PADDING} {top - index * size * _LEADING:.2f} Tm {self._shown(line, size)}"
            for index, line in enumerate(wrapped)
        ]
        clip = f"1 1 {width - 2:.2f} {height - 2:.2f} re W n"
        content = f"/Tx BMC q {clip} BT 0 g {' '.join(drawn)} ET Q EMC"
        return form_xobject(self._pdf, content, width, height, self._fonts())

    def _cut(self, wrapped: list[str], room: float, height: float) -> list[str]:
        """Return what a box shows of lines that do not fit; "…" says that there is more.

        ``room`` and ``height`` are those of the box in em.
        """
        shown = wrapped[: max(1, int(height / _LEADING))]
        last = shown[-1]
        if len(shown) < len(wrapped) or self._width(last) > room:
            shown[-1] = last[: self._prefix(last, room - 1)] + _MORE
        return shown

    def _fonts(self) -> Any:
        import pikepdf  # noqa: PLC0415 - slow to import

        return pikepdf.Dictionary({f"/{face.name}": face.font for face in self._faces})

    def _face(self, character: str) -> _Face:
        return next(face for face in self._faces if character in face.glyphs)

    def _width(self, text: str) -> float:
        """Return the width of ``text`` in em."""
        return sum(self._face(character).widths[character] for character in text) / 1000

    def _shown(self, text: str, size: float) -> str:
        """Return the operators that show ``text`` in runs of one font."""
        operators, run, current = [], "", ""
        for character in text:
            face = self._face(character)
            if face.name != current:
                operators += [f"<{run}> Tj"] if run else []
                operators.append(f"/{face.name} {size:g} Tf")
                run, current = "", face.name
            run += f"{face.glyphs[character]:04X}"
        return " ".join([*operators, f"<{run}> Tj"] if run else operators)

    def _wrapped(self, text: str, room: float) -> list[str]:
        """Return the lines of ``text`` for a box ``room`` em wide, broken at blanks if possible."""
        found = []
        for paragraph in text.split("\n"):
            rest = paragraph
            while self._width(rest) > room:
                end = max(self._prefix(rest, room), 1)
                blank = rest.rfind(" ", 0, end + 1)
                cut = blank + 1 if blank > 0 else end
                found.append(rest[:cut].rstrip())
                rest = rest[cut:]
            found.append(rest)
        return found

    def _prefix(self, text: str, room: float) -> int:
        """Return how many characters of ``text`` fit into ``room`` em."""
        used = 0.0
        for index, character in enumerate(text):
            used += self._face(character).widths[character] / 1000
            if used > room:
                return index
        return len(text)


def form_xobject(pdf: Any, content: str, width: float, height: float, fonts: Any = None) -> Any:
    """Return a new form XObject of ``width`` by ``height`` points that draws ``content``."""
    import pikepdf  # noqa: PLC0415 - slow to import

    return pdf.make_stream(
        content.encode("ascii"),
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Form,
        BBox=pikepdf.Array([0, 0, round(width, 2), round(height, 2)]),
        Resources=pikepdf.Dictionary({"/Font": fonts} if fonts is not None else {}),
    )


def tick_drawing(width: float, height: float) -> str:
    """Return the drawing of a tick in a box of ``width`` by ``height`` points."""
    points = _TICK.format(
        x0=width * 0.2, y1=height * 0.5, x1=width * 0.42, y0=height * 0.22, x2=width * 0.82,
        y2=height * 0.8,
    )  # fmt: skip
    return f"q 1.6 w 1 J 1 j {points.replace(' rg', ' RG')} Q"


def dash_drawing(height: float) -> str:
    """Return the drawing of the dash of a list where nothing is chosen yet, without a font."""
    return f"/Tx BMC q 0 g {_PADDING} {height / 2 - 0.4:.2f} 10 0.8 re f Q EMC"


def _embed(pdf: Any, path: Path, name: str, characters: set[str]) -> _Face:
    """Embed the glyphs of ``characters`` as a composite font (ISO 32000-2, 9.7)."""
    import pikepdf  # noqa: PLC0415 - slow to import

    subset = cut(path, characters)
    program, glyphs, widths = subset.program, subset.glyphs, subset.widths
    base = pikepdf.Name(f"/AAAAA{name[-1].translate({49: 'A', 50: 'B'})}+{path.stem}")
    descriptor = pikepdf.Dictionary(
        Type=pikepdf.Name.FontDescriptor, FontName=base, Flags=4, ItalicAngle=0, StemV=80,
        FontBBox=pikepdf.Array(subset.box), Ascent=880, Descent=-120, CapHeight=733,
        FontFile2=pdf.make_stream(program, Length1=len(program)),
    )  # fmt: skip
    ordered = sorted((glyphs[character], widths[character]) for character in characters)
    descendant = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.CIDFontType2, BaseFont=base,
        CIDSystemInfo=pikepdf.Dictionary(Registry=b"Adobe", Ordering=b"Identity", Supplement=0),
        FontDescriptor=pdf.make_indirect(descriptor), CIDToGIDMap=pikepdf.Name.Identity, DW=1000,
        W=pikepdf.Array([part for glyph, wide in ordered for part in (glyph, [wide])]),
    )  # fmt: skip
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type0, BaseFont=base,
        Encoding=pikepdf.Name("/Identity-H"),
        DescendantFonts=pikepdf.Array([pdf.make_indirect(descendant)]),
        ToUnicode=pdf.make_stream(_to_unicode(glyphs)),
    )  # fmt: skip
    return _Face(name, pdf.make_indirect(font), glyphs, widths)


def _to_unicode(glyphs: Mapping[str, int]) -> bytes:
    """Return the map from glyph ids to text (ISO 32000-2, 9.10.3)."""
    rows = [
        f"<{glyph:04X}> <{character.encode('utf-16-be').hex().upper()}>"
        for glyph, character in sorted((glyph, character) for character, glyph in glyphs.items())
    ]
    blocks = [rows[at : at + 100] for at in range(0, len(rows), 100)]
    body = "\n".join(
        f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks
    )
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
        f"1 begincodespacerange <0000> <FFFF> endcodespacerange\n{body}\n"
        "endcmap CMapName currentdict /CMap defineresource pop end end"
    ).encode("ascii")
