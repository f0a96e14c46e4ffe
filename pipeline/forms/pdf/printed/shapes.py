"""Tells glyphs that are drawn as something else than the characters that the file names.

A map to Unicode may be wrong, and then the words that are read are not those that are seen. A
letter of Latin, Greek or Cyrillic is about as wide in every font; one that is drawn as wide as an
ideograph, or as narrow as a stroke, or that takes the room of a whole em, is another.
"""

from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import pairwise
from math import hypot
from typing import Any

from pipeline.forms.pdf.fonts import LATIN
from pipeline.forms.pdf.printed.page import Character, PrintedPage

_WIDER, _NARROWER = 1.6, 0.5
_SLACK = 0.1  # em
_NARROW, _SQUARE = 0.75, 0.02  # em
_MANY = 2
_SHARE = 0.2


def are_others(page: PrintedPage, characters: Sequence[Character]) -> bool:
    """Return whether many of ``characters`` of ``page`` are drawn as others than their text says.

    Their ink is far too wide or too narrow, or a narrow one takes the room of an ideograph.
    """
    compared = others = 0
    for item, after in pairwise([*characters, None]):
        usual = _width(item.text) if item is not None else 0.0
        em, ink = page.em(item) if item is not None and usual else (0.0, 0.0)
        if item is None or not em:
            continue
        fits = _NARROWER * usual - _SLACK < ink < _WIDER * usual + _SLACK
        step = hypot(after.x - item.x, after.y - item.y) / em if after is not None else 0.0
        compared += 1
        others += not fits or (usual < _NARROW and abs(step - 1) < _SQUARE)
    return others >= max(min(_MANY, compared), _SHARE * compared, 1)


@lru_cache(maxsize=1_000)
def _width(text: str) -> float:
    """Return how wide the ink of a letter or sign usually is, in em; 0 when that is not known."""
    font = _font()
    name = font.getBestCmap().get(ord(text)) if len(text) == 1 else None
    if name is None:
        return 0.0
    glyph = font["glyf"][name]
    ink = getattr(glyph, "xMax", 0) - getattr(glyph, "xMin", 0)
    return float(ink / font["head"].unitsPerEm)


@cache
def _font() -> Any:
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - slow to import

    return TTFont(LATIN, lazy=True)
