"""Embeds the characters of a copy in our own fonts, measures and shows them (ISO 32000-2, 9.7).

Only the glyphs that are used are embedded.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from pipeline.forms.pdf.fonts import BOLD, LATIN, REGULAR, covered, drawable
from pipeline.forms.pdf.write.kerning import Kerning, kerning
from pipeline.forms.pdf.write.objects import Copy
from pipeline.forms.pdf.write.subset import cut

#: Says that there is more text than a box has room for.
MORE = "…"
_NAMES = {REGULAR: "F1", LATIN: "F2", BOLD: "F3"}


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character in one of the fonts: the name of the font, its code there, and its width."""

    font: str
    code: str
    width: float


class Faces:
    """The fonts of one ``copy``, with the characters of ``texts``, and of ``bold`` ones."""

    def __init__(self, copy: Copy, texts: Iterable[str], bold: str = "") -> None:
        used = set("".join(map(drawable, texts))) - set("\n\t") | {" ", MORE}
        own = {character for character in used if ord(character) in covered(REGULAR)}
        self._glyphs: dict[str, Glyph] = {}
        self._bold: dict[str, Glyph] = {}
        fonts = self._embed(copy, REGULAR, own, self._glyphs)
        if latin := used - own:
            fonts += self._embed(copy, LATIN, latin, self._glyphs)
        if bold:
            fonts += self._embed(copy, BOLD, set(bold) | {" "}, self._bold)
        #: What stands in the resources of whatever shows these characters.
        self.resources = fonts

    def width(self, text: str) -> float:
        """Return the width of ``text`` in em, as fields show it: without kerning."""
        glyphs = self._glyphs
        return sum([glyphs[character].width for character in text]) / 1000

    def width_of(self, character: str) -> float:
        """Return the width of one character in em."""
        return self._glyphs[character].width / 1000

    def shown(self, text: str, size: float) -> str:
        """Return the operators that show ``text`` in runs of one font."""
        operators: list[str] = []
        run: list[str] = []
        current = ""
        for character in text:
            glyph = self._glyphs[character]
            if glyph.font != current:
                operators += [f"<{''.join(run)}> Tj"] if run else []
                operators.append(f"/{glyph.font} {size:g} Tf")
                run, current = [], glyph.font
            run.append(glyph.code)
        return " ".join([*operators, f"<{''.join(run)}> Tj"] if run else operators)

    def set_width(self, text: str, *, bold: bool = False) -> float:
        """Return the width of ``text`` in em, as pages show it: with kerning."""
        glyphs, pairs = self._of(bold=bold)
        widths = [glyphs[character].width for character in text]
        nearer = [pairs[pair] for pair in pairwise(text)]
        return (sum(widths) + sum(nearer)) / 1000

    def set_text(self, text: str, size: float, *, bold: bool = False) -> str:
        """Return the operators that show ``text`` with kerning."""
        glyphs, pairs = self._of(bold=bold)
        operators, run, current = [], "", ""
        for character, after in zip(text, f"{text[1:]} ", strict=False):
            glyph = glyphs[character]
            if glyph.font != current:
                operators += [f"[<{run}>] TJ"] if run else []
                operators.append(f"/{glyph.font} {size:g} Tf")
                run, current = "", glyph.font
            nearer = pairs[character, after]
            run += f"{glyph.code}>{-nearer}<" if nearer else glyph.code
        return " ".join([*operators, f"[<{run}>] TJ"] if run else operators).replace("<>", "")

    def _of(self, *, bold: bool) -> tuple[Mapping[str, Glyph], Kerning]:
        return (self._bold, kerning(BOLD)) if bold else (self._glyphs, kerning(REGULAR))

    def _embed(
        self, copy: Copy, path: Path, characters: set[str], glyphs: dict[str, Glyph]
    ) -> bytes:
        """Embed ``characters`` as a composite font; return its entry of the resources."""
        name = _NAMES[path]
        subset = cut(path, sorted(characters))
        codes, widths = subset.glyphs, subset.widths
        glyphs |= {one: Glyph(name, f"{codes[one]:04X}", widths[one]) for one in characters}
        base = f"AAAAA{chr(64 + int(name[1]))}+{path.stem}".encode()
        program = copy.add_stream(subset.program, b"/Length1 %d" % len(subset.program), pack=True)
        box = b" ".join(b"%d" % edge for edge in subset.box)
        descriptor = copy.add(
            b"<</Type/FontDescriptor/FontName/%s/Flags 4/ItalicAngle 0/StemV 80/FontBBox[%s]"
            b"/Ascent 880/Descent -120/CapHeight 733/FontFile2 %d 0 R>>" % (base, box, program)
        )
        ordered = sorted((codes[one], widths[one]) for one in characters)
        descendant = copy.add(
            b"<</Type/Font/Subtype/CIDFontType2/BaseFont/%s/CIDToGIDMap/Identity/DW 1000"
            b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
            b"/FontDescriptor %d 0 R/W[%s]>>"
            % (base, descriptor, b" ".join(b"%d[%d]" % pair for pair in ordered))
        )
        meaning = copy.add_stream(_to_unicode(codes), pack=True)
        font = copy.add(
            b"<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H"
            b"/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>" % (base, descendant, meaning)
        )
        return b"/%s %d 0 R" % (name.encode(), font)


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
