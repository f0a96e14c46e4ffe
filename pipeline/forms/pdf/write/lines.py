"""Breaks sentences into lines (Unicode Standard Annex 14; of Japanese, JIS X 4051).

A line breaks behind blanks, hyphens and slashes within words, and between ideographs and kana; in a
Japanese form between phrases only. What is longer than a line is broken where it is full.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache

from pipeline.forms.pdf.write.phrases import is_kept_together, phrases

_JAPANESE = "ja"
_KEPT = 512
#: What no line begins with, and what none ends with (行頭禁則, 行末禁則).
_NOT_FIRST = frozenset(
    "／、。，．・：；！？）」』】〕］｝〉》”’ー…‥々〻ゝゞヽヾ゛゜〜～％℃°"
    "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ!?),.:;]}»›"
)
_NOT_LAST = frozenset("（「『【〔［｛〈《“‘([{«‹¿¡￥＄￡＃№")
#: A hyphen or a slash between two letters each.
_WITHIN_WORDS = re.compile(r"[^\W\d_]{2}[-\u2010/](?=[^\W\d_]{2})")
_DASHES = frozenset("–—")
#: In something longer than a line a break behind these is the clearest.
_DIVIDERS = frozenset("/-_.@?&=,;:|")

Measure = Callable[[str], float]


@lru_cache(maxsize=_KEPT)
def units(text: str, language: str) -> tuple[str, ...]:
    """Return the parts of ``text`` between which a line may break; together they are the text."""
    if language != _JAPANESE:
        return tuple(_units(text))
    found: list[str] = []
    for phrase in phrases(text):
        rest = phrase.lstrip(" ") if found else phrase
        if len(rest) < len(phrase):
            found[-1] += phrase[: -len(rest) or None]
        if rest:
            found += [rest] if is_kept_together(rest) else _units(rest)
    return tuple(found)


def _units(text: str) -> Iterator[str]:
    within = {found.end() for found in _WITHIN_WORDS.finditer(text)}
    start = 0
    for at in range(1, len(text)):
        if at in within or _may_break(text[at - 1], text[at]):
            yield text[start:at]
            start = at
    yield text[start:]


def _may_break(before: str, after: str) -> bool:
    if before == " " or after == " ":
        return after != " "
    if before in _DASHES:
        return after.isalpha()
    if before in _NOT_LAST or after in _NOT_FIRST:
        return False
    return _is_wide(before) or _is_wide(after)


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def wrapped(parts: tuple[str, ...], measure: Measure, room: float, first: float = 0) -> list[str]:
    """Return the lines of ``parts`` for ``room``, as wide as ``measure`` tells.

    ``first`` is taken of the first line.
    """
    lines: list[str] = []
    line, used = "", first
    for part in parts:
        width = measure(part)
        if used + width > room and used + measure(part.rstrip()) > room:
            if line or used:
                lines.append(line.rstrip())
            line, used = "", 0.0
            if width > room and measure(part.rstrip()) > room:
                *full, part = _cut(part, measure, room)  # noqa: PLW2901 - the rest of it
                lines += full
                width = measure(part)
        line += part
        used += width
    return [*lines, line.rstrip()]


def _cut(part: str, measure: Measure, room: float) -> Iterator[str]:
    """Cut what is longer than a line into full lines, behind a divider where there is one."""
    start, divider, used = 0, 0, 0.0
    for at, character in enumerate(part):
        width = measure(character)
        if used + width > room and at > start:
            end = divider if divider - start > (at - start) // 2 else at
            yield part[start:end]
            start, used = end, measure(part[end:at])
        used += width
        if character in _DIVIDERS:
            divider = at + 1
    yield part[start:]
