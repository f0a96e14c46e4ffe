"""Finds what was drawn on a page without words: strokes of a pen and pictures."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from pipeline.forms.pdf.geometry import Edges
from pipeline.forms.pdf.left_over.sheets import SCALE, Sheet
from pipeline.forms.pdf.printed.page import PrintedPage

#: Shades of 255 that a point must be darker than all that the blank has around it.
_DARKER = 50
#: Points around one of the page that are looked at on the blank: programs draw a little aside.
_AROUND = 5
_CELL = 8  # pixels
_OF_CELL = 10  # of 255: some four pixels of a cell
#: What is known is covered, in points, with so much around it.
_MARGIN = 1.5
#: Squares beside each other that are a line across the whole page.
_RULE = 90
_SAME_SIZE = 2.0


def drawing_of(page: PrintedPage, sheet: Sheet) -> Any:
    """Return the drawing of a page that is as large as that of the blank; None of another one."""
    if any(abs(a - b) > _SAME_SIZE for a, b in zip(page.size, sheet.size, strict=True)):
        return None
    drawing = page.drawing(SCALE)
    return drawing if drawing.size == sheet.picture.size else None


def drawn_cells(drawing: Any, sheet: Sheet, known: Iterable[Edges]) -> Iterator[tuple[Edges, int]]:
    """Yield the small squares of a drawing with ink that the blank has not, and how much (pixels).

    ``known`` are the places of what was read as words.
    """
    from PIL import ImageChops, ImageDraw, ImageFilter  # noqa: PLC0415 - slow to import

    lightest = sheet.picture.filter(ImageFilter.MinFilter(_AROUND))
    extra = ImageChops.subtract(lightest, drawing).point(_threshold())
    height = sheet.size[1]
    cover = ImageDraw.Draw(extra)
    for left, bottom, right, top in known:
        corners = (
            left - _MARGIN,
            height - top - _MARGIN,
            right + _MARGIN,
            height - bottom + _MARGIN,
        )
        cover.rectangle([corner * SCALE for corner in corners], fill=0)
    yield from _without_rules(_cells(extra, height))


def covered_cells(drawing: Any, sheet: Sheet) -> Iterator[tuple[Edges, int]]:
    """Yield the small squares in which the print of the blank is not to be seen, and how much."""
    from PIL import ImageChops, ImageFilter  # noqa: PLC0415 - slow to import

    darkest = drawing.filter(ImageFilter.MinFilter(_AROUND))
    gone = ImageChops.subtract(darkest, sheet.picture).point(_threshold())
    yield from _cells(gone, sheet.size[1])


def _without_rules(cells: Iterable[tuple[Edges, int]]) -> Iterator[tuple[Edges, int]]:
    """Yield the squares that are no part of a line from margin to margin, as in our footers."""
    found = list(cells)
    wide = Counter(edges[1] for edges, _ in found)
    yield from (cell for cell in found if wide[cell[0][1]] < _RULE)


def _threshold() -> list[int]:
    return [255 if shade > _DARKER else 0 for shade in range(256)]


def _cells(extra: Any, height: float) -> Iterator[tuple[Edges, int]]:
    small = extra.reduce(_CELL)
    width = small.size[0]
    side = _CELL / SCALE
    for at, shade in enumerate(small.tobytes()):
        if shade >= _OF_CELL:
            row, column = divmod(at, width)
            left, top = column * side, height - row * side
            yield (left, top - side, left + side, top), shade * _CELL * _CELL // 255


def is_in(edges: Edges, images: Iterable[Edges]) -> bool:
    """Return whether the middle of ``edges`` is in one of ``images``."""
    x, y = (edges[0] + edges[2]) / 2, (edges[1] + edges[3]) / 2
    return any(left <= x <= right and bottom <= y <= top for left, bottom, right, top in images)


def new_images(page: PrintedPage, sheet: Sheet) -> list[Edges]:
    """Return where the pictures are that the blank has not."""
    known = Counter(map(_rounded, sheet.images))
    found = []
    for edges in page.images:
        if known[_rounded(edges)] > 0:
            known[_rounded(edges)] -= 1
        else:
            found.append(edges)
    return found


def _rounded(edges: Edges) -> tuple[int, ...]:
    return tuple(round(edge) for edge in edges)
