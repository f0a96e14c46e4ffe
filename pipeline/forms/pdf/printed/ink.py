"""Measures the ink in a box: marks, and writing whose characters are lost.

A box is looked at on a grid of points in the blank's own space, so it does not matter how the
print is scaled or turned.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.forms.pdf.geometry import ARROW, Edges
from pipeline.forms.pdf.printed.page import PrintedPage

_STEP = 0.5
_INSET = 2.0  # within the frame of the box
#: Points of the grid that count as ink: 24 are a line of 6 points of length.
_ENOUGH = 24

Point = tuple[float, float]
Mapping = Callable[[float, float], Point]


@dataclass(frozen=True, slots=True)
class Spot:
    """A box of the blank in which ink is looked for; the arrow of a list is left out."""

    edges: Edges
    is_list: bool = False

    def grid(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Return where the columns and the rows of the grid are, within the frame."""
        left, bottom, right, top = self.edges
        inset = min(_INSET, (right - left) / 4, (top - bottom) / 4)
        right -= ARROW if self.is_list else 0
        return _steps(left + inset, right - inset), _steps(bottom + inset, top - inset)


def _steps(first: float, last: float) -> tuple[float, ...]:
    return tuple(first + step * _STEP for step in range(int(max(last - first, 0) / _STEP) + 1))


def ink(
    page: PrintedPage,
    spot: Spot,
    mapping: Mapping,
    written: Sequence[tuple[float, float]] = (),
) -> int:
    """Return how many points of ``spot`` are dark on ``page``, seen through ``mapping``.

    Points between left and right of one of ``written`` are not looked at.
    """
    columns, rows = spot.grid()
    free = [x for x in columns if not any(left <= x <= right for left, right in written)]
    return page.count_dark(free, rows, mapping)


def is_marked(found: int, blank: int) -> bool:
    """Return whether a box with ``found`` dark points was written in; ``blank`` has the form."""
    return found >= blank + _ENOUGH
