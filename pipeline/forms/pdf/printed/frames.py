"""Finds where the box of an answer stands in a print of a copy whose boxes have grown.

A copy of ours gives an answer that is too long for its box a higher one, or one below the row that
is as wide as the page. What tells is the frame that is drawn there.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pipeline.forms.pdf.geometry import Edges
from pipeline.forms.pdf.printed.blank import Blank, Box
from pipeline.forms.pdf.printed.places import Place

_NEAR = 3.0  # points: a frame is drawn around its box, and its line has a width
_GROWN = 6.0  # less than a line of text
_BELOW = 75.0  # a row reaches down so far from its box: a hint of four lines
_LEAST = 8.0  # points: a lower frame is a line


def as_drawn(
    box: Box, place: Place, blank: Blank, frames: Sequence[Edges], others: Iterable[Edges]
) -> Box:
    """Return ``box`` as the print has it: where the blank has it, or in the frame that has grown.

    ``frames`` are shapes on the page of ``place``; ``others`` are where other boxes are on it.
    """
    if box.state or box.is_list:
        return box
    drawn = list(_on_blank(frames, place))
    left, bottom, right, top = box.edges
    if any(_is_same(edges, box.edges) for edges in drawn):
        return box
    grown = [
        edges
        for edges in drawn
        if _is_level(edges, (left, right)) and abs(edges[3] - top) < _NEAR
        if edges[1] < bottom - _GROWN
    ]
    if grown:
        return _moved(box, min(grown, key=lambda edges: bottom - edges[1]))
    wide = max((one.edges for one in blank.boxes), key=lambda edges: edges[2] - edges[0])
    known = list(_on_blank(others, place))
    below = [
        edges
        for edges in drawn
        if _is_level(edges, (wide[0], wide[2])) and edges[3] - edges[1] > _LEAST
        if bottom - _BELOW < edges[3] < bottom + _NEAR
        if not any(_overlap(edges, other) for other in known)
    ]
    return _moved(box, max(below, key=lambda edges: edges[3])) if below else box


def _moved(box: Box, edges: Edges) -> Box:
    return replace(box, edges=edges, is_long=True)


def _on_blank(frames: Iterable[Edges], place: Place) -> Iterator[Edges]:
    """Yield the edges of shapes on the page as they would be on the blank."""
    for left, bottom, right, top in frames:
        one, other = place.to_blank(left, bottom), place.to_blank(right, top)
        across, up = sorted((one[0], other[0])), sorted((one[1], other[1]))
        yield across[0], up[0], across[1], up[1]


def _is_same(one: Edges, other: Edges) -> bool:
    return all(abs(a - b) < _NEAR for a, b in zip(one, other, strict=True))


def _is_level(edges: Edges, across: tuple[float, float]) -> bool:
    return abs(edges[0] - across[0]) < _NEAR and abs(edges[2] - across[1]) < _NEAR


def _overlap(one: Edges, other: Edges) -> bool:
    return (
        one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
    )  # fmt: skip
