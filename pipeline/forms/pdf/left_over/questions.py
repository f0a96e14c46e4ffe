"""Tells at which question of a form a place on a page is: in its box, or in its row."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.forms.pdf.geometry import Edges
from pipeline.forms.pdf.printed.blank import Blank

#: Points from the base line of a label up to where its row begins.
_ABOVE_LABEL = 12.0
#: Points from the top of a box up to where its row begins, when its label is not known.
_ABOVE_BOX = 4.0
#: Points that a row reaches down from its box: a hint of four lines, and the title of a group.
_BELOW_BOX = 75.0
_LAST_BELOW = 40.0
#: Points above the lower edge of a page where its footer is, which belongs to no question.
_FOOTER = 36.0
#: Of the smaller one of a box and what lies over it, so much must be common to both.
_COVERED = 0.5
_LEAST = 1.0


class FieldBox(NamedTuple):
    """Where the box of a question is in the file."""

    field: str
    page: int
    edges: Edges


@dataclass(frozen=True, slots=True)
class _Row:
    field: str
    box: Edges
    top: float
    bottom: float


class Questions:
    """The boxes and rows of a file; ``blank`` tells how far a label is above its box."""

    def __init__(self, boxes: Iterable[FieldBox], blank: Blank | None) -> None:
        heights = _heights(blank) if blank else {}
        pages: dict[int, list[tuple[float, FieldBox]]] = defaultdict(list)
        for box in boxes:
            top = box.edges[3] + heights.get(box.field, _ABOVE_BOX)
            pages[box.page].append((top, box))
        self._rows = {page: _rows(found) for page, found in pages.items()}

    def box_at(self, page: int, edges: Edges) -> str:
        """Return the field whose box ``edges`` cover, or are in; empty when there is none."""
        shares = [
            (_common(row.box, edges) / max(min(_area(row.box), _area(edges)), _LEAST), row.field)
            for row in self._rows.get(page, [])
        ]
        share, field = max(shares, key=lambda item: item[0], default=(0.0, ""))
        return field if share >= _COVERED else ""

    def box_around(self, page: int, edges: Edges) -> str:
        """Return the field in whose box the middle of ``edges`` is; empty when it is in none."""
        x, y = (edges[0] + edges[2]) / 2, (edges[1] + edges[3]) / 2
        return next(
            (
                row.field
                for row in self._rows.get(page, [])
                if row.box[0] <= x <= row.box[2] and row.box[1] <= y <= row.box[3]
            ),
            "",
        )

    def boxes_under(self, page: int, edges: Edges) -> tuple[str, ...]:
        """Return all fields whose boxes ``edges`` cover."""
        return tuple(
            row.field
            for row in self._rows.get(page, [])
            if _common(row.box, edges) >= _COVERED * max(_area(row.box), _LEAST)
        )

    def at(self, page: int, edges: Edges) -> str:
        """Return the field at whose question ``edges`` are; empty when they are at none."""
        if field := self.box_at(page, edges):
            return field
        middle = (edges[1] + edges[3]) / 2
        rows = self._rows.get(page, [])
        return next((row.field for row in rows if row.bottom < middle <= row.top), "")


def _heights(blank: Blank) -> dict[str, float]:
    """Return how far above the box of each field its row begins."""
    labels = {anchor.field: anchor.y for anchor in blank.anchors if anchor.field}
    return {
        box.field: labels[box.field] + _ABOVE_LABEL - box.edges[3]
        for box in blank.boxes
        if box.field in labels
    }


def _rows(found: list[tuple[float, FieldBox]]) -> list[_Row]:
    """Return the rows of a page from its top; the row of a question ends where the next begins."""
    ordered = sorted(found, key=lambda item: -item[0])
    tops = [top for top, _ in ordered[1:]]
    rows = []
    for (top, box), next_top in zip(ordered, [*tops, None], strict=True):
        low = box.edges[1]
        if next_top is None:
            bottom = max(low - _LAST_BELOW, min(low, _FOOTER))
        else:
            bottom = min(next_top, low) if low - next_top < _BELOW_BOX else low - _LAST_BELOW
        rows.append(_Row(box.field, box.edges, top, bottom))
    return rows


def _common(box: Edges, other: Edges) -> float:
    """Return the common area of two rectangles."""
    wide = min(box[2], other[2]) - max(box[0], other[0])
    high = min(box[3], other[3]) - max(box[1], other[1])
    return wide * high if wide > 0 and high > 0 else 0.0


def _area(edges: Edges) -> float:
    return (edges[2] - edges[0]) * (edges[3] - edges[1])
