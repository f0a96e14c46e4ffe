"""Reads one page of a PDF as it is printed: characters with their places, images, ink.

Places are in points of the page's own space (ISO 32000-2, 8.3.2.3), whatever its rotation.
"""

import ctypes
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from math import hypot
from typing import Any

from pipeline.forms.pdf.geometry import Edges

#: Of a print so many pages are measured, drawn and read; a form has four.
MAXIMUM_PAGES = 30
_MAXIMUM_CHARACTERS = 20_000
_MAXIMUM_OBJECTS = 20_000
_MOST_SHAPES = 2_000
_MAXIMUM_DEPTH = 5
_MAXIMUM_PIXELS = 4_000_000
_PIXELS_A_POINT = 2.0
_WHOLE_PAGE = 0.7
_MANY_LETTERS = 200  # more than a scan is cut in strips
_FINE = 100  # parts of a pixel in which the place of a point is asked for
_DARK = 175  # of 255
#: What shades of grey are: ink or none.
_INK = bytes(shade < _DARK for shade in range(256))
_LONG_WAY = 1000.0  # points, by which the way of a line is told
_SAME = 0.001
_LONGEST_TAG = 32


@dataclass(frozen=True, slots=True)
class Character:
    """One character: its text, the start of its base line, its ink (left, bottom, right, top).

    ``unmapped`` tells that the file does not say which character the glyph is.
    """

    text: str
    x: float
    y: float
    edges: Edges
    index: int
    unmapped: bool

    @property
    def is_blank(self) -> bool:
        """Whether it is a space of any kind."""
        return self.text.isspace()


@contextmanager
def opened(content: bytes, *, with_fields: bool = False) -> Iterator[Any]:
    """Open a PDF with PDFium and free it afterwards; raises PdfiumError on a broken file.

    ``with_fields`` draws fields too, as they look in the file.
    """
    import pypdfium2  # noqa: PLC0415 - slow to import

    document = pypdfium2.PdfDocument(content)
    try:
        if with_fields:
            document.init_forms()
        yield document
    finally:
        document.close()


def are_pictures(content: bytes) -> bool:
    """Return whether pictures cover a page of the PDF ``content``: a scan, perhaps in strips."""
    with opened(content) as document:
        for index in range(min(len(document), MAXIMUM_PAGES)):
            with closing(PrintedPage(document, index)) as page:
                if page.covered > _WHOLE_PAGE:
                    return True
    return False


def has_text(content: bytes) -> bool:
    """Return whether most pages of the PDF ``content`` have characters that the file tells of."""
    with opened(content) as document:
        count = min(len(document), MAXIMUM_PAGES)
        found = 0
        for index in range(count):
            with closing(PrintedPage(document, index)) as page:
                found += any(not (item.is_blank or item.unmapped) for item in page.characters)
    return 2 * found >= count


def draws_letters(content: bytes) -> bool:
    """Return whether a page of the PDF ``content`` is set in letters, known or not.

    Letters may be pictures, one for each, as some drivers of printers make them.
    """
    with opened(content) as document:
        for index in range(min(len(document), MAXIMUM_PAGES)):
            with closing(PrintedPage(document, index)) as page:
                if len(page.characters) + len(page.images) > _MANY_LETTERS:
                    return True
    return False


def shows_something(content: bytes) -> bool:
    """Return whether anything is drawn on a page of the PDF ``content``."""
    with opened(content) as document:
        for index in range(min(len(document), MAXIMUM_PAGES)):
            with closing(PrintedPage(document, index)) as page:
                if page.is_drawn_on:
                    return True
    return False


class PrintedPage:
    """One page of an open document; what it shows is found when it is asked for."""

    def __init__(self, document: Any, index: int) -> None:
        self.index = index
        self._page = document[index]

    @cached_property
    def _text(self) -> Any:
        return self._page.get_textpage()  # slow on a page of a million characters

    @cached_property
    def text(self) -> str:
        """The text as PDFium reads it, with the spaces that it adds between words."""
        count = min(self._text.count_chars(), _MAXIMUM_CHARACTERS)
        return str(self._text.get_text_range(0, count))

    @cached_property
    def characters(self) -> tuple[Character, ...]:
        """The characters in the order of the page's content, without spaces that PDFium adds."""
        import pypdfium2.raw as pdfium  # noqa: PLC0415 - slow to import

        count = min(self._text.count_chars(), _MAXIMUM_CHARACTERS)
        return tuple(
            _character(self._text.raw, index)
            for index in range(count)
            if pdfium.FPDFText_IsGenerated(self._text.raw, index) != 1
        )

    @cached_property
    def is_picture(self) -> bool:
        """Whether one picture covers most of the page: a scan, with or without text behind it."""
        left, bottom, right, top = self._page.get_bbox()
        area = max((right - left) * (top - bottom), 1.0)
        for x0, y0, x1, y1 in self.images:
            wide, high = min(x1, right) - max(x0, left), min(y1, top) - max(y0, bottom)
            if wide > 0 and high > 0 and wide * high > _WHOLE_PAGE * area:
                return True
        return False

    @property
    def is_drawn_on(self) -> bool:
        """Whether there is anything on the page at all."""
        return next(self._page.get_objects(max_depth=1), None) is not None

    @property
    def covered(self) -> float:
        """Which share of the page its pictures cover, counted one by one."""
        left, bottom, right, top = self._page.get_bbox()
        area = max((right - left) * (top - bottom), 1.0)
        shares = (
            max(min(x1, right) - max(x0, left), 0) * max(min(y1, top) - max(y0, bottom), 0) / area
            for x0, y0, x1, y1 in self.images
        )
        return float(sum(shares))

    @cached_property
    def images(self) -> tuple[Edges, ...]:
        """Where the pictures of the page are."""
        import pypdfium2.raw as pdfium  # noqa: PLC0415 - slow to import

        found = self._page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=_MAXIMUM_DEPTH)
        return tuple(image.get_bounds() for image in islice(found, _MAXIMUM_OBJECTS))

    @cached_property
    def frames(self) -> tuple[Edges, ...]:
        """Where the shapes of the page are that are seen; some are the frames of boxes."""
        import pypdfium2.raw as pdfium  # noqa: PLC0415 - slow to import

        found = self._page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH], max_depth=_MAXIMUM_DEPTH)
        seen = (shape for shape in islice(found, _MOST_SHAPES) if _is_seen(shape.raw))
        return tuple(dict.fromkeys(shape.get_bounds() for shape in seen))

    def is_tagged(self, index: int, tag: str) -> bool:
        """Return whether a character, by its index, is in content that is marked with ``tag``."""
        import pypdfium2.raw as pdfium  # noqa: PLC0415 - slow to import

        item = pdfium.FPDFText_GetTextObject(self._text.raw, index)
        if not item:
            return False
        count = min(pdfium.FPDFPageObj_CountMarks(item), _MAXIMUM_DEPTH)
        return any(
            _name_of(pdfium.FPDFPageObj_GetMark(item, number)) == tag for number in range(count)
        )

    def is_mirrored(self, index: int) -> bool:
        """Return whether a character, by its index, is seen as in a mirror."""
        import pypdfium2.raw as pdfium  # noqa: PLC0415 - slow to import

        matrix = pdfium.FS_MATRIX()
        pdfium.FPDFText_GetMatrix(self._text.raw, index, matrix)
        return bool(matrix.a * matrix.d - matrix.b * matrix.c < 0)

    def em(self, item: Character) -> tuple[float, float]:
        """Return how long an em is along the line of a character, in points, and its ink, in em."""
        import pypdfium2.raw as pdfium  # noqa: PLC0415 - slow to import

        matrix = pdfium.FS_MATRIX()
        pdfium.FPDFText_GetMatrix(self._text.raw, item.index, matrix)
        size = pdfium.FPDFText_GetFontSize(self._text.raw, item.index)
        em = float(size * hypot(matrix.a, matrix.b))
        left, bottom, right, top = item.edges
        length = top - bottom if abs(matrix.b) > abs(matrix.a) else right - left
        return em, length / em if em else 0.0

    @cached_property
    def turned_over(self) -> int:
        """How many lines and pictures are drawn with the page turned over, top to bottom."""
        height = self.size[1]
        matrices = (
            item.get_matrix().get()
            for item in islice(self._page.get_objects(max_depth=1), _MAXIMUM_OBJECTS)
        )
        return sum(
            abs(b) + abs(c) < _SAME and d < 0 < a and abs(a + d) < _SAME and abs(f - height) < 1
            for a, b, c, d, _, f in matrices
        )

    @cached_property
    def size(self) -> tuple[float, float]:
        """Width and height in points, as the page is shown."""
        width, height = self._page.get_size()
        return width, height

    def drawing(self, scale: float) -> Any:
        """Return the page without its annotations as a grey picture (of Pillow)."""
        bitmap = self._page.render(scale=scale, grayscale=True, draw_annots=False)
        picture = bitmap.to_pil().copy()
        bitmap.close()
        return picture

    def count_dark(
        self,
        xs: Sequence[float],
        ys: Sequence[float],
        mapping: Callable[[float, float], tuple[float, float]],
    ) -> int:
        """Return how many points of a grid show ink, seen on the page through ``mapping``.

        Pages are turned by quarters alone, so a line of the grid is a line of pixels.
        """
        if not xs or not ys:
            return 0
        dark, stride, (width, height), _ = self._picture
        begin, end = self._pixel(*mapping(0, 0)), self._pixel(*mapping(_LONG_WAY, 0))
        columns = [self._pixel(*mapping(x, ys[0])) for x in xs]
        rows = [self._pixel(*mapping(xs[0], y)) for y in ys]
        if abs(end[0] - begin[0]) < abs(end[1] - begin[1]):
            columns, rows = rows, columns
        across = [column for column, _ in columns if 0 <= column < width]
        lines = (dark[row * stride : row * stride + width] for _, row in rows if 0 <= row < height)
        return sum(sum(map(line.__getitem__, across)) for line in lines)

    def _pixel(self, x: float, y: float) -> tuple[int, int]:
        """Return column and row of the pixel at a point of the page, or beside it."""
        a, b, c, d, e, f = self._picture[3]
        return int(a * x + c * y + e), int(b * x + d * y + f)

    @cached_property
    def _picture(self) -> tuple[bytes, int, tuple[int, int], tuple[float, ...]]:
        """Where the page has ink, pixel by pixel, and the matrix from its points to the pixels."""
        import pypdfium2.raw as pdfium  # noqa: PLC0415 - slow to import

        width, height = self._page.get_size()
        most = (_MAXIMUM_PIXELS / max(width * height, 1.0)) ** 0.5
        bitmap = self._page.render(scale=min(_PIXELS_A_POINT, most), grayscale=True)
        size, stride = (bitmap.width, bitmap.height), bitmap.stride
        ink = bytes(bitmap.buffer).translate(_INK)
        bitmap.close()

        def device(x: float, y: float) -> tuple[float, float]:
            column, row = ctypes.c_int(), ctypes.c_int()
            fine = (0, 0, size[0] * _FINE, size[1] * _FINE)
            pdfium.FPDF_PageToDevice(self._page.raw, *fine, 0, x, y, column, row)
            return column.value / _FINE, row.value / _FINE

        (e, f), (x1, y1), (x2, y2) = device(0, 0), device(1000, 0), device(0, 1000)
        matrix = ((x1 - e) / 1000, (y1 - f) / 1000, (x2 - e) / 1000, (y2 - f) / 1000, e, f)
        return ink, stride, size, matrix

    def close(self) -> None:
        """Free the page."""
        if "_text" in self.__dict__:
            self._text.close()
        self._page.close()


def _is_seen(shape: Any) -> bool:
    """Return whether the filling or the line of a shape is anything but transparent."""
    import pypdfium2.raw as pdfium  # noqa: PLC0415 - slow to import

    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(shape, fill, stroke)
    of_fill, of_stroke = ([ctypes.c_uint() for _ in range(4)] for _ in range(2))
    pdfium.FPDFPageObj_GetFillColor(shape, *of_fill)
    pdfium.FPDFPageObj_GetStrokeColor(shape, *of_stroke)
    alpha = (bool(fill.value) and of_fill[3].value) or (bool(stroke.value) and of_stroke[3].value)
    return bool(alpha)


def _name_of(mark: Any) -> str:
    """Return the tag of marked content; empty for a long one."""
    import pypdfium2.raw as pdfium  # noqa: PLC0415 - slow to import

    size, content = ctypes.c_ulong(), (ctypes.c_ushort * _LONGEST_TAG)()
    if not pdfium.FPDFPageObjMark_GetName(mark, content, 2 * _LONGEST_TAG, size):
        return ""
    return bytes(content)[: max(size.value - 2, 0)].decode("utf-16-le", "replace")


def _character(text: Any, index: int) -> Character:
    import pypdfium2.raw as pdfium  # noqa: PLC0415 - slow to import

    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(text, index, x, y)
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(text, index, left, right, bottom, top)
    code = pdfium.FPDFText_GetUnicode(text, index)
    unmapped = code == 0 or pdfium.FPDFText_HasUnicodeMapError(text, index) == 1
    return Character(
        text=chr(code) if 0 < code <= sys.maxunicode else "\ufffd",
        x=x.value,
        y=y.value,
        edges=(left.value, bottom.value, right.value, top.value),
        index=index,
        unmapped=unmapped,
    )
