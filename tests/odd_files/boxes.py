"""Where the box of a field is in a PDF, as the tools for pages need it."""

import io
from typing import NamedTuple

import pikepdf

from tests.unit.forms.pdf.additions import edges, widget


class Spot(NamedTuple):
    """A box: the index of its page, its edges from the lower left corner, the page's height."""

    page: int
    left: float
    bottom: float
    right: float
    top: float
    height: float

    @property
    def from_top(self) -> list[float]:
        """The edges as programs count that begin at the top of a page."""
        return [self.left, self.height - self.top, self.right, self.height - self.bottom]

    @property
    def rect(self) -> list[float]:
        """The edges as the file has them."""
        return [self.left, self.bottom, self.right, self.top]


def spot_of(content: bytes, field: str) -> Spot:
    """Return where the box of ``field`` is."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        page, _ = widget(pdf, field)
        index = next(n for n, one in enumerate(pdf.pages) if one.objgen == page.objgen)
        return Spot(index, *edges(pdf, field), float(page.mediabox[3]))
