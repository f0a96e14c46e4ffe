"""Prints what a marked copy adds to the parts of its form, in the looks of ``form.css``.

Lengths are in points, heights from the lower edge of the page. What says something has to stand in
marked content; all else is an artifact (ISO 32000-2, 14.8.2.2).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.forms.pdf.fonts import drawable
from pipeline.forms.pdf.write.typesetting.faces import Faces
from pipeline.forms.pdf.write.typesetting.lines import units, wrapped

MM = 72 / 25.4
PAGE_WIDTH, PAGE_HEIGHT = 210 * MM, 297 * MM
TOP, BOTTOM, LEFT = 12 * MM, 16.2 * MM, 15 * MM
WIDTH = PAGE_WIDTH - 2 * LEFT
RIGHT = LEFT + WIDTH
#: The height that a page has for the parts of a form.
ROOM = PAGE_HEIGHT - TOP - BOTTOM
#: Of the size, from the top of a line without leading to its base.
_ASCENT, _HEIGHT = 1.16, 1.448
_BLANKS = re.compile(r"[ \t\r\n\f\v\x85\u2028\u2029]+")
_FOOTER_LINE, _FOOTER_PADDING = 0.5, 1.2 * MM
#: The widths of the footer's columns, of the whole.
_COLUMNS = (0.38, 0.40, 0.22)
_FOOTER_GREY = "0.56 0.64 0.69"


@dataclass(frozen=True, slots=True)
class Style:
    """How a paragraph is set: its size, the height of its lines, and its colour."""

    size: float
    leading: float
    colour: str

    @property
    def base(self) -> float:
        """How far below the top of a line its base is."""
        return (self.leading - _HEIGHT * self.size) / 2 + _ASCENT * self.size


MARK = Style(9.5, 9.5 * 1.4, "0.55 0.08 0.08")
NOTE = Style(10, 10 * 1.4, "0.11 0.17 0.21")
FOOTER = Style(9, 9 * 1.3, "0.26 0.33 0.37")


def sentence(text: str) -> str:
    """Return ``text`` as it is printed: in one paragraph, with characters that we can draw."""
    return _BLANKS.sub(" ", drawable(text)).strip(" ")


@dataclass(frozen=True, slots=True)
class Printer:
    """Prints with the characters of ``faces``, in ``language``."""

    faces: Faces
    language: str

    def lines(self, text: str, style: Style, room: float, bold: str = "") -> list[str]:
        """Return the lines of a paragraph of ``text`` behind the word ``bold``."""
        first = self.faces.set_width(f"{bold} ", bold=True) * style.size if bold else 0
        return wrapped(
            units(text, self.language),
            lambda part: self.faces.set_width(part) * style.size,
            room,
            first,
        )

    def paragraph(
        self, lines: Sequence[str], style: Style, left: float, top: float, bold: str = ""
    ) -> str:
        """Return the operators that show ``lines``, the first of them behind the word ``bold``."""
        shown = []
        for index, line in enumerate(lines):
            base = top - index * style.leading - style.base
            word = bold and self.faces.set_text(f"{bold} ", style.size, bold=True)
            shown += [f"1 0 0 1 {left:.2f} {base:.2f} Tm", word]
            shown.append(self.faces.set_text(line, style.size))
            bold = ""
        return f"BT {style.colour} rg {' '.join(filter(None, shown))} ET"

    def footer(self, title: str, stamp: str, page: str) -> bytes:
        """Return what prints the footer of a page."""
        line = PAGE_HEIGHT - (PAGE_HEIGHT - BOTTOM)
        top = line - _FOOTER_LINE - _FOOTER_PADDING
        width = self._width(stamp)
        middle = LEFT + WIDTH * (_COLUMNS[0] + _COLUMNS[1] / 2)
        texts = ((title, LEFT), (stamp, middle - width / 2), (page, RIGHT - self._width(page)))
        shown = " ".join(self.paragraph([text], FOOTER, left, top) for text, left in texts)
        rule = block(_FOOTER_GREY, LEFT, line - _FOOTER_LINE, WIDTH, _FOOTER_LINE)
        return f"/Artifact<</Type/Pagination/Subtype/Footer>>BDC {rule} {shown} EMC\n".encode()

    def _width(self, text: str) -> float:
        return self.faces.set_width(text) * FOOTER.size


def block(colour: str, left: float, bottom: float, width: float, height: float) -> str:
    """Return the operators that fill a rectangle."""
    return f"q {colour} rg {left:.2f} {bottom:.2f} {width:.2f} {height:.2f} re f Q"


def artifact(*operators: str) -> bytes:
    """Return ``operators`` as what decorates a page and says nothing."""
    return f"/Artifact BMC {' '.join(operators)} EMC\n".encode()
