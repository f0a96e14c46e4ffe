"""The pages of a blank as PDFium shows them, and which of them a page of a file is."""

import contextlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pipeline.forms.blanks import published
from pipeline.forms.pdf.geometry import Edges
from pipeline.forms.pdf.printed.fold import folded
from pipeline.forms.pdf.printed.page import Character, PrintedPage, opened
from pipeline.forms.stamp import Stamp

#: Pixels a point in the pictures of pages that are compared.
SCALE = 1.5
_BLANKS_KEPT = 4  # pictures of 4 MB each
_TOLERANCE = 1.5  # points
#: Of the characters of the blank, so many must be at their places.
_ENOUGH = 0.8
_WHOLE = 0.97
_SHORT = 8  # characters: a shorter line of the blank is not found by what follows in it

_Spot = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page of a blank, with the places of its characters, its text, its short lines."""

    index: int
    size: tuple[float, float]
    places: dict[_Spot, list[tuple[float, float]]]
    count: int
    text: str
    lines: frozenset[str]
    images: tuple[Edges, ...]
    turned_over: int
    picture: Any


@dataclass(frozen=True, slots=True)
class Matched:
    """A page that is one of the blank's: which, and the indexes of the characters that are its."""

    sheet: Sheet
    own: frozenset[int]

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the blank is gone or has moved on the page."""
        return len(self.own) >= _WHOLE * self.sheet.count


@lru_cache(maxsize=_BLANKS_KEPT)
def sheets(stamp: Stamp) -> tuple[Sheet, ...]:
    """Return the pages of the published blank; none when it is not at hand."""
    content = published(stamp.kind, stamp.language, version=stamp.version)
    if content is None:
        return ()
    with opened(content) as document:
        found = []
        for index in range(len(document)):
            with contextlib.closing(PrintedPage(document, index)) as page:
                found.append(_sheet(page))
    return tuple(found)


def _sheet(page: PrintedPage) -> Sheet:
    places: dict[_Spot, list[tuple[float, float]]] = defaultdict(list)
    count = 0
    for item in page.characters:
        if not item.is_blank:
            places[_spot(item)].append((item.x, item.y))
            count += 1
    text = "".join(folded(item.text) for item in page.characters if not item.is_blank)
    return Sheet(
        page.index, page.size, dict(places), count, text, _short_lines(page.characters),
        page.images, page.turned_over, page.drawing(SCALE),
    )  # fmt: skip


def matched(page: PrintedPage, known: Sequence[Sheet], first: int) -> Matched | None:
    """Return which of ``known`` the page is, most likely that with the index ``first``; or None.

    It is one when nearly all characters of the blank are at their places on it.
    """
    ordered = sorted(known, key=lambda sheet: sheet.index != first)
    for sheet in ordered:
        own = _own(page.characters, sheet)
        if len(own) >= _ENOUGH * sheet.count:
            return Matched(sheet, own)
    return None


def _short_lines(characters: Sequence[Character]) -> frozenset[str]:
    """Return the lines that are too short to be found by their words, folded."""
    lines: list[list[Character]] = []
    for item in characters:
        if item.is_blank:
            continue
        if lines and abs(lines[-1][-1].y - item.y) < 1 and item.x >= lines[-1][-1].x:
            lines[-1].append(item)
        else:
            lines.append([item])
    texts = ("".join(folded(item.text) for item in line) for line in lines)
    return frozenset(text for text in texts if len(text) < _SHORT)


def _own(characters: Sequence[Character], sheet: Sheet) -> frozenset[int]:
    """Return the indexes of the characters that the blank has too, each of its characters once."""
    used: set[tuple[_Spot, int]] = set()
    found = set()
    for item in characters:
        if item.is_blank:
            found.add(item.index)
        elif (spot := _same(item, sheet, used)) is not None:
            used.add(spot)
            found.add(item.index)
    visible = {item.index for item in characters if not item.is_blank}
    return frozenset(found & visible)


def _same(item: Character, sheet: Sheet, used: set[tuple[_Spot, int]]) -> tuple[_Spot, int] | None:
    text, column, row = _spot(item)
    for x in (column, column - 1, column + 1):
        for y in (row, row - 1, row + 1):
            for number, (left, base) in enumerate(sheet.places.get((text, x, y), ())):
                near = abs(left - item.x) < _TOLERANCE and abs(base - item.y) < _TOLERANCE
                if near and ((text, x, y), number) not in used:
                    return (text, x, y), number
    return None


def _spot(item: Character) -> _Spot:
    return folded(item.text), round(item.x / 2), round(item.y / 2)
