"""Finds the boxes of a blank in a print, each by the words that are printed beside it.

A print may be scaled, moved, turned by quarters, merged with other pages or put in another order;
and rows may stand lower than on the blank (a copy that we marked). So the scale and the left edge
are found for a page, the height for each label.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from statistics import median

from pipeline.forms.pdf.geometry import Edges
from pipeline.forms.pdf.printed.blank import Anchor, Blank
from pipeline.forms.pdf.printed.fold import folded
from pipeline.forms.pdf.printed.page import Character, PrintedPage

_MOST_FOUND = 4  # times that the same words may be found on a page
_MOST_SEEN = 100
_MOST_COMPARED = 80
_FAR = 80.0  # points between two anchors that tell the scale
_SCALES = (0.2, 5.0)
_TOLERANCE = 4.0
_ENOUGH = 3
_SHARE = 0.6
_SAME_PLACE = 6.0

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Place:
    """How the blank lies on a page of the print.

    A point of the blank times ``scale`` plus ``shift`` is the point of the page, once the page is
    turned back by ``quarters``.
    """

    page: int
    quarters: int
    scale: Point
    shift: Point

    def to_print(self, x: float, y: float) -> Point:
        """Return where a point of the blank is on the page."""
        upright = x * self.scale[0] + self.shift[0], y * self.scale[1] + self.shift[1]
        return _turned(*upright, -self.quarters)

    def to_blank(self, x: float, y: float) -> Point:
        """Return which point of the blank a point of the page is."""
        upright = _turned(x, y, self.quarters)
        return (
            (upright[0] - self.shift[0]) / self.scale[0],
            (upright[1] - self.shift[1]) / self.scale[1],
        )


@dataclass(frozen=True, slots=True)
class _Match:
    """An anchor found on a page: where it begins, and which way it runs (in quarters).

    ``characters`` are the indexes of its characters; ``alone`` tells that it was found once.
    """

    anchor: Anchor
    x: float
    y: float
    quarters: int
    alone: bool
    characters: frozenset[int]


@dataclass(frozen=True, slots=True)
class Found:
    """The places of each field (none: not printed, several: repeated), and the form's own words.

    ``printed`` are (page, index) of the characters that the blank has too.
    """

    places: Mapping[str, tuple[Place, ...]]
    printed: frozenset[tuple[int, int]]

    @property
    def pages(self) -> frozenset[int]:
        """The pages that a field is on."""
        return frozenset(place.page for near in self.places.values() for place in near)


_Measure = Callable[[_Match], float]


def edges_on_page(edges: Edges, place: Place) -> Edges:
    """Return the edges of a box of the blank on the page of ``place``."""
    one, other = place.to_print(*edges[:2]), place.to_print(*edges[2:])
    across, up = sorted((one[0], other[0])), sorted((one[1], other[1]))
    return across[0], up[0], across[1], up[1]


def find_places(blank: Blank, pages: Iterable[PrintedPage]) -> Found:
    """Return where the fields of ``blank`` are on ``pages``."""
    by_label: dict[str, list[Place]] = defaultdict(list)
    by_page: dict[int, list[Place]] = defaultdict(list)
    printed: set[tuple[int, int]] = set()
    for page in pages:
        for match, place, is_solid in _on_page(blank, page):
            printed |= {(page.index, index) for index in match.characters}
            if match.anchor.field:
                by_label[match.anchor.field].append(place)
            elif is_solid and place not in by_page[match.anchor.page]:
                by_page[match.anchor.page].append(place)
    found = {
        box.field: _distinct(by_label.get(box.field) or by_page.get(box.page, []))
        for box in blank.boxes
    }
    return Found(found, frozenset(printed))


def _distinct(found: list[Place]) -> tuple[Place, ...]:
    kept: list[Place] = []
    for place in found:
        if not any(_is_same(place, other) for other in kept):
            kept.append(place)
    return tuple(kept)


def _is_same(one: Place, other: Place) -> bool:
    return one.page == other.page and abs(one.shift[1] - other.shift[1]) < _SAME_PLACE


def _on_page(blank: Blank, page: PrintedPage) -> list[tuple[_Match, Place, bool]]:
    """Return the place that each anchor on ``page`` tells, and whether the whole page agrees."""
    matches = _matches(blank.anchors, page.characters)
    if not matches:
        return []
    quarters = Counter(match.quarters for match in matches).most_common(1)[0][0]
    matches = [_upright(match, quarters) for match in matches if match.quarters == quarters]
    alone = [match for match in matches if match.alone][:_MOST_COMPARED]
    scale_y = _scale(alone, lambda match: match.anchor.y, lambda match: match.y)
    across = _across(alone, scale_y)
    if across is None:
        return []
    scale_x, left = across
    within = _TOLERANCE * scale_x
    matches = [item for item in matches if abs(item.x - scale_x * item.anchor.x - left) < within]
    found = []
    for number in sorted({match.anchor.page for match in matches}):
        own = [match for match in matches if match.anchor.page == number]
        scale, solid = _heights(own, scale_y, scale_x)
        for match in own:
            low = match.y - scale * match.anchor.y
            shift = (left, low if match.anchor.field or solid is None else solid)
            place = Place(page.index, quarters, (scale_x, scale), shift)
            found.append((match, place, solid is not None))
    return found


def _across(matches: list[_Match], scale_y: float | None) -> Point | None:
    """Return the scale and the shift from left to right that most anchors agree on.

    Prints keep the proportions nearly always, so the upright scale is tried first.
    """
    scale_x = _scale(matches, lambda match: match.anchor.x, lambda match: match.x)
    best: tuple[int, Point | None] = (0, None)
    for scale in (scale_y, scale_x):
        if scale is not None:
            lefts = [match.x - scale * match.anchor.x for match in matches]
            middle = median(lefts)
            agreeing = sum(abs(left - middle) < _TOLERANCE * scale for left in lefts)
            if agreeing > best[0]:
                best = agreeing, (scale, middle)
    return best[1]


def _heights(
    matches: list[_Match], scale_y: float | None, scale_x: float
) -> tuple[float, float | None]:
    """Return the upright scale, and the shift that most anchors of a page agree on (or None)."""
    for scale in (scale_y, scale_x):
        if scale is None:
            continue
        lows = [match.y - scale * match.anchor.y for match in matches]
        middle = median(lows)
        agreeing = sum(abs(low - middle) < _TOLERANCE * scale for low in lows)
        if agreeing >= max(_ENOUGH, _SHARE * len(lows)):
            return scale, middle
    return scale_x, None


def _matches(anchors: tuple[Anchor, ...], characters: tuple[Character, ...]) -> list[_Match]:
    shown = [(folded(item.text), item) for item in characters]
    text = "".join(part for part, _ in shown)
    at = [item for part, item in shown for _ in part]
    found = []
    for anchor in anchors:
        starts = _starts(text, anchor)
        for start in starts:
            line = at[start : start + len(anchor.text)]
            way = _quarters(line[-1].x - line[0].x, line[-1].y - line[0].y)
            own = frozenset(item.index for item in line)
            found.append(_Match(anchor, line[0].x, line[0].y, way, len(starts) == 1, own))
    return found


def _starts(text: str, anchor: Anchor) -> list[int]:
    """Return where the words of ``anchor`` begin: behind what the blank has before them, if so."""
    starts: list[int] = []
    start = text.find(anchor.text)
    while start >= 0 and len(starts) < _MOST_SEEN:
        starts.append(start)
        start = text.find(anchor.text, start + 1)
    led = [start for start in starts if anchor.before and text.endswith(anchor.before, 0, start)]
    return (led or starts)[:_MOST_FOUND]


def _upright(match: _Match, quarters: int) -> _Match:
    x, y = _turned(match.x, match.y, quarters)
    return replace(match, x=x, y=y, quarters=0)


def _quarters(right: float, up: float) -> int:
    """Return by how many quarters (counter-clockwise) a line is turned that runs this way."""
    if abs(right) >= abs(up):
        return 0 if right >= 0 else 2
    return 1 if up > 0 else 3


def _turned(x: float, y: float, quarters: int) -> Point:
    """Return a point turned back by ``quarters`` (clockwise) around the origin."""
    return ((x, y), (y, -x), (-x, -y), (-y, x))[quarters % 4]


def _scale(matches: list[_Match], of_blank: _Measure, of_print: _Measure) -> float | None:
    """Return how much larger the print is in one direction; None when nothing tells."""
    ratios = [
        (of_print(one) - of_print(other)) / (of_blank(one) - of_blank(other))
        for one, other in combinations(matches, 2)
        if one.anchor.page == other.anchor.page and abs(of_blank(one) - of_blank(other)) > _FAR
    ]
    found = median(ratios) if ratios else None
    return found if found is not None and _SCALES[0] < found < _SCALES[1] else None
