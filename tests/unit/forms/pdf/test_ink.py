"""Ink is counted on a grid of points, whatever way the page is turned."""

from io import BytesIO

import pikepdf
import pytest

from pipeline.forms.pdf.printed.ink import Spot, ink
from pipeline.forms.pdf.printed.page import PrintedPage, opened

#: A box of 10 × 40 points, around it, and a place where nothing is.
_DRAWN = b"20 30 10 40 re f"
_AROUND, _BESIDE = (10.0, 20.0, 60.0, 80.0), (40.0, 20.0, 90.0, 80.0)
_POINTS = 20 * 80


def _page(quarters: int) -> bytes:
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(200, 100))
        pdf.pages[0].contents_add(pikepdf.Stream(pdf, _DRAWN))
        pdf.pages[0].obj.Rotate = 90 * quarters
        target = BytesIO()
        pdf.save(target)
    return target.getvalue()


@pytest.mark.parametrize("quarters", range(4))
def test_ink_is_counted_alike_however_the_page_is_turned(quarters: int) -> None:
    with opened(_page(quarters)) as document:
        page = PrintedPage(document, 0)

        def count(spot: Spot, *written: tuple[float, float]) -> int:
            return ink(page, spot, lambda x, y: (x, y), written)

        assert count(Spot(_AROUND)) == pytest.approx(_POINTS, rel=0.06)
        assert count(Spot(_BESIDE)) == 0
        assert count(Spot(_AROUND), (0, 25)) == pytest.approx(_POINTS / 2, rel=0.1)
        page.close()


def test_what_lies_beside_the_page_is_no_ink() -> None:
    with opened(_page(0)) as document:
        page = PrintedPage(document, 0)
        assert page.count_dark((-50.0, 25.0, 900.0), (50.0,), lambda x, y: (x, y)) == 1
        assert page.count_dark((), (50.0,), lambda x, y: (x, y)) == 0
        page.close()
