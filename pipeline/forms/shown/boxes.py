"""Finds where the answers of a PDF stand on its pages, so that a place can be highlighted."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from ctypes import c_int
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

from pipeline.forms.pdf.faults import is_of_file
from pipeline.forms.pdf.geometry import Edges, edges_if_any
from pipeline.forms.pdf.open import opened
from pipeline.forms.pdf.printed.answers import read_print
from pipeline.forms.pdf.printed.blank import blank_form
from pipeline.forms.pdf.printed.places import edges_on_page
from pipeline.forms.pdf.read.fields import inherited, short_name_of
from pipeline.forms.pdf.values import read_text
from pipeline.forms.shown.faults import NotShown
from pipeline.forms.shown.pages import MOST_PAGES, UnreadablePdfError, opened_to_show

_HEAD = b"%PDF-"
_MOST_WIDGETS = 5_000
#: So many steps has a page from edge to edge when PDFium is asked where a point is.
_STEPS = 100_000
_OFF = frozenset({"", "Off"})


@dataclass(frozen=True, slots=True)
class AnswerBox:
    """Where an answer stands: page from 0; edges in fractions of the page, from its upper left."""

    field: str
    page: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class _Spot:
    """A box in points of its page; ``chosen``: a button that is on."""

    field: str
    page: int
    edges: Edges
    chosen: bool = False


def answer_boxes(raw: bytes, places: Mapping[str, str]) -> tuple[AnswerBox, ...] | NotShown:
    """Return the boxes of the fields of ``places`` (field → where its reading was found).

    Of a group of buttons these are the ones that are on, else all. A file with two forms has the
    boxes of both. What cannot be found has none.
    """
    by_name = {where: field for field, where in places.items()}
    content = raw[max(raw.find(_HEAD), 0) :]
    try:
        with opened_to_show(content) as document:
            return tuple(_measured(document, _spots(content, by_name)))
    except UnreadablePdfError as error:
        return NotShown(error.why)


def _spots(content: bytes, by_name: Mapping[str, str]) -> list[_Spot]:
    """Return the boxes of the fields, else of a print; none in a file that only PDFium can open."""
    for find in (_of_widgets, _of_print):
        try:
            if found := find(content, by_name):
                return found
        except Exception as error:
            if not is_of_file(error):
                raise
    return []


def _of_widgets(content: bytes, by_name: Mapping[str, str]) -> list[_Spot]:
    """Return the boxes of the fields. Raises whatever pikepdf raises on a broken file."""
    with opened(content) as pdf:
        spots = [
            spot
            for index, page in enumerate(islice(pdf.pages, MOST_PAGES))
            for widget in islice(_widgets(page.obj), _MOST_WIDGETS)
            if (spot := _spot(widget, index, by_name))
        ]
    found: list[_Spot] = []
    for _, group in groupby(sorted(spots, key=lambda spot: spot.field), lambda spot: spot.field):
        boxes = list(group)
        found += [box for box in boxes if box.chosen] or boxes
    return found


def _widgets(page: Any) -> Iterator[Any]:
    import pikepdf  # noqa: PLC0415 - slow to import

    listed = page.get("/Annots")
    for item in listed if isinstance(listed, pikepdf.Array) else ():
        if isinstance(item, pikepdf.Dictionary) and str(item.get("/Subtype")) == "/Widget":
            yield item


def _spot(widget: Any, page: int, by_name: Mapping[str, str]) -> _Spot | None:
    name = short_name_of(read_text(inherited(widget, "/T"))[0])
    edges = edges_if_any(widget)
    if name not in by_name or edges is None:
        return None
    state = read_text(widget.get("/AS"))[0]
    return _Spot(by_name[name], page, edges, chosen=state not in _OFF)


def _of_print(content: bytes, by_name: Mapping[str, str]) -> list[_Spot]:
    """Return the boxes of a printed or flattened copy. Raises PdfiumError on a broken file."""
    found = read_print(content)
    blank = blank_form(found.stamp) if found else None
    if found is None or blank is None:
        return []
    return [
        _Spot(by_name[box.field], place.page, edges_on_page(box.edges, place))
        for box in blank.boxes
        if box.field in by_name
        for place in found.places.get(box.field, ())
    ]


def _measured(document: Any, spots: list[_Spot]) -> Iterator[AnswerBox]:
    """Yield the boxes as the pages are shown: turned and cut as the file says."""
    spots = sorted(spots, key=lambda spot: (spot.page, spot.field))
    for index, group in groupby(spots, lambda spot: spot.page):
        if index >= len(document):
            return
        with closing(document[index]) as page:
            yield from (_box(page, spot) for spot in group)


def _box(page: Any, spot: _Spot) -> AnswerBox:
    left, bottom, right, top = spot.edges
    corners = [_point(page, left, bottom), _point(page, right, top)]
    (x0, x1), (y0, y1) = (sorted(pair) for pair in zip(*corners, strict=True))
    return AnswerBox(spot.field, spot.page, x0, y0, x1 - x0, y1 - y0)


def _point(page: Any, x: float, y: float) -> tuple[float, float]:
    """Return where a point of the page is shown, in fractions of it."""
    import pypdfium2.raw as pdfium  # noqa: PLC0415 - slow to import

    column, row = c_int(), c_int()
    pdfium.FPDF_PageToDevice(page.raw, 0, 0, _STEPS, _STEPS, 0, x, y, column, row)
    return tuple(min(max(at.value / _STEPS, 0.0), 1.0) for at in (column, row))  # type: ignore[return-value]  # two
