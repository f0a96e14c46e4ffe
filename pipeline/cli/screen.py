"""Text as a terminal shows it: measured in columns, cut and wrapped by graphemes."""

import os
import re
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import suppress

from pipeline.wording.inert import JOINER, NON_JOINER, is_pictured, is_skin

#: What is printed where no terminal says how wide it is: room for every column.
WIDE = 200
_NARROWEST = 20
_USUAL = 80
_ELLIPSIS = "…"
#: A word and the blanks behind it; blanks that no word stands before.
_WORDS = re.compile(r"\S+\s*|\s+")


def columns(*, err: bool = False) -> int:
    """Return how many columns a line may have: COLUMNS, the terminal, or :data:`WIDE` without.

    ``err`` asks for standard error.
    """
    if not is_measured(err=err):
        return WIDE
    named = os.environ.get("COLUMNS", "")
    if named.isdecimal() and int(named):
        return max(_NARROWEST, int(named))
    stream = sys.stderr if err and not sys.stdout.isatty() else sys.stdout
    found = 0
    with suppress(OSError, ValueError):
        found = os.get_terminal_size(stream.fileno()).columns
    return max(_NARROWEST, found or _USUAL)


def is_measured(*, err: bool = False) -> bool:
    """Tell whether somebody looks at a screen of a certain width (a terminal, or COLUMNS)."""
    stream = sys.stderr if err else sys.stdout
    return os.environ.get("COLUMNS", "").isdigit() or stream.isatty()


def _is_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def graphemes(text: str) -> Iterator[str]:
    """Yield what a reader sees as one character (UAX #29, without the rarer rules)."""
    if text.isascii():
        yield from text
        return
    cluster = ""
    for character in text:
        if cluster and _continues(cluster, character):
            cluster += character
            continue
        if cluster:
            yield cluster
        cluster = character
    if cluster:
        yield cluster


def _continues(cluster: str, character: str) -> bool:
    last = cluster[-1]
    if unicodedata.category(character) in {"Mn", "Me", "Mc"} or character in (JOINER, NON_JOINER):
        return True
    if is_skin(character):
        return is_pictured(cluster[0])
    if last == JOINER and is_pictured(character):
        return True
    return _is_flag(character) and _is_flag(last) and len(cluster) == 1


def width(text: str) -> int:
    """Return the columns that ``text`` takes in a terminal (UAX #11: wide and full-width are 2)."""
    return len(text) if text.isascii() else sum(_width(cluster) for cluster in graphemes(text))


def _width(cluster: str) -> int:
    base = cluster[0]
    if "\ufe0f" in cluster or (len(cluster) > 1 and _is_flag(base)):
        return 2  # shown as a picture
    total = _columns_of(base)
    return total + sum(1 for mark in cluster[1:] if unicodedata.category(mark) == "Mc")


def _columns_of(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me"} or "\u1160" <= character <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, room: int) -> str:
    """Return ``text`` cut to ``room`` columns, with an ellipsis when it was cut."""
    if width(text) <= room:
        return text
    return _fitting(text, room - 1) + _ELLIPSIS


def _fitting(text: str, room: int) -> str:
    kept: list[str] = []
    for cluster in graphemes(text):
        room -= _width(cluster)
        if room < 0:
            break
        kept.append(cluster)
    return "".join(kept)


def wrap(text: str, room: int) -> list[str]:
    """Return ``text`` in lines of at most ``room`` columns, broken at blanks or wide characters."""
    lines: list[str] = []
    line, used = "", 0
    for piece in _pieces(text):
        if line and used + width(piece.rstrip()) > room:
            lines.append(line.rstrip())
            line, used = "", 0
        for part in [piece] if width(piece.rstrip()) <= room else graphemes(piece):
            columns_of_part = width(part)
            if line and used + width(part.rstrip()) > room:
                lines.append(line.rstrip())
                line, used = "", 0
            line += part
            used += columns_of_part
    return [*lines, line.rstrip()]


def longest_word(text: str) -> int:
    """Return the columns of the longest part of ``text`` that is broken only where it has to be."""
    return max((width(piece.rstrip()) for piece in _pieces(text)), default=0)


def _pieces(text: str) -> Iterator[str]:
    """Yield the parts between which a line may be broken; blanks belong to the part before."""
    if text.isascii():
        yield from _WORDS.findall(text)
        return
    piece = ""
    for cluster in graphemes(text):
        begins = bool(piece) and not cluster.isspace()
        if begins and (piece[-1].isspace() or _breaks(piece, cluster)):
            yield piece
            piece = ""
        piece += cluster
    if piece:
        yield piece


#: What no Japanese line begins with, and what none ends with.
_NO_START = frozenset(
    "、。，．・：；？！）］｝」』】〉》〕ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ…%)]},.:;?!"
)
_NO_END = frozenset("（［｛「『【〈《〔([{")


def _breaks(piece: str, cluster: str) -> bool:
    if cluster[0] in _NO_START or piece[-1] in _NO_END:
        return False
    return unicodedata.east_asian_width(cluster[0]) in "WF" or (
        unicodedata.east_asian_width(piece[-1]) in "WF"
    )


def hanging(
    text: str, *, first: str = "", rest: str = "", spare: int = 0, err: bool = False
) -> list[str]:
    """Return ``text`` in lines: ``first`` stands before the first one, ``rest`` before the others.

    ``spare`` columns stay free; ``err`` asks for standard error. Where nothing says how wide a
    line may be it stays whole: a program may read it.
    """
    if not is_measured(err=err):
        return [first + text]
    indent = max(width(first), width(rest))
    lines = wrap(text, max(_NARROWEST // 2, columns(err=err) - indent - spare))
    return [(rest if number else first) + line for number, line in enumerate(lines)]
