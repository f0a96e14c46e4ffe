"""Draws the pages of a PDF as PNG, with its fields as they are filled, within limits.

PDFium runs no script here: the builds of pypdfium2 come without V8. What makes it run for ever or
end its process is stopped by the limits of the guarded child.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from pipeline.forms.pdf.printed.page import opened
from pipeline.forms.shown.faults import NotShown, WhyNot
from pipeline.forms.shown.own_font import own_font

#: Further pages are not shown; a form has four.
MOST_PAGES = 40
_NARROWEST, _WIDEST = 50, 2_400
#: A page of another shape than paper is drawn smaller than it is asked for.
_MOST_PIXELS = 8_000_000
_ERROR_PASSWORD, _ERROR_SECURITY = 4, 5  # FPDF_ERR_PASSWORD and FPDF_ERR_SECURITY of fpdfview.h
_HEAD = b"%PDF-"
_FAST = 3  # of the nine levels of deflate


@dataclass(frozen=True, slots=True)
class PageSize:
    """Width and height of a page in points, as it is shown."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PdfPages:
    """How many pages a PDF has, and the sizes of those that are shown."""

    count: int
    sizes: tuple[PageSize, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as PNG, made by us from pixels alone."""

    png: bytes
    width: int
    height: int


class UnreadablePdfError(Exception):
    """PDFium does not open the file."""

    def __init__(self, why: WhyNot) -> None:
        super().__init__(why)
        self.why = why


@contextmanager
def opened_to_show(raw: bytes) -> Iterator[Any]:
    """Open a PDF with its fields. Raises UnreadablePdfError."""
    import pypdfium2  # noqa: PLC0415 - slow to import

    try:
        # what mail gateways put before the head moves all that the file points to
        with opened(raw[max(raw.find(_HEAD), 0) :], with_fields=True) as document:
            yield document
    except pypdfium2.PdfiumError as error:
        locked = error.err_code in {_ERROR_PASSWORD, _ERROR_SECURITY}
        raise UnreadablePdfError(WhyNot.ENCRYPTED if locked else WhyNot.DAMAGED) from error


def pdf_pages(raw: bytes) -> PdfPages | NotShown:
    """Return the number of pages of a PDF and the sizes of the first of them."""
    try:
        with opened_to_show(raw) as document:
            count = len(document)
            sizes = tuple(
                PageSize(*document.get_page_size(index)) for index in range(min(count, MOST_PAGES))
            )
    except UnreadablePdfError as error:
        return NotShown(error.why)
    return PdfPages(count, sizes) if count else NotShown(WhyNot.DAMAGED)


def page_png(raw: bytes, page: int, width: int) -> Picture | NotShown:
    """Draw a page (counted from 0) about ``width`` pixels wide; a very long one gets narrower."""
    if not 0 <= page < MOST_PAGES:
        return NotShown(WhyNot.NO_PAGE)
    try:
        with own_font(), opened_to_show(raw) as document:
            if page >= len(document):
                return NotShown(WhyNot.NO_PAGE)
            with closing(document[page]) as opened_page:
                return _drawn(opened_page, width)
    except UnreadablePdfError as error:
        return NotShown(error.why)


def _drawn(page: Any, width: int) -> Picture:
    wide, high = (max(edge, 1.0) for edge in page.get_size())
    scale = min(max(min(width, _WIDEST), _NARROWEST) / wide, (_MOST_PIXELS / (wide * high)) ** 0.5)
    bitmap = page.render(scale=scale)
    with closing(bitmap):
        picture = bitmap.to_pil().convert("RGB")
    target = BytesIO()
    picture.save(target, "PNG", compress_level=_FAST)
    return Picture(target.getvalue(), *picture.size)
