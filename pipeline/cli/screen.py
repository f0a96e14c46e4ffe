"""Text as a terminal shows it: inert, measured in columns, cut and wrapped by graphemes."""

import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterator

#: What is printed where no terminal says how wide it is: room for every column.
WIDE = 200
_NARROWEST = 20
_REPLACEMENT = "�"
_JOINER = "\u200d"
_NON_JOINER = "\u200c"
_ELLIPSIS = "…"
#: Characters that take no room and leave no trace although they are letters or marks.
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
#: Everything that a reader of JSON could not see, or that would turn or clear the terminal.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f\ud800-\udfff]"
)


def columns() -> int:
    """Return how many columns a line may have: COLUMNS, the terminal, or :data:`WIDE` without."""
    if not is_measured():
        return WIDE
    return max(_NARROWEST, shutil.get_terminal_size((80, 24)).columns)


def is_measured() -> bool:
    """Tell whether somebody looks at a screen of a certain width (a terminal, or COLUMNS)."""
    return os.environ.get("COLUMNS", "").isdigit() or sys.stdout.isatty()


def escaped(json_text: str) -> str:
    """Return JSON in which control, direction and invisible characters are written as escapes.

    They stand in strings only, so the value is the same.
    """
    return _UNSEEN.sub(_escape, json_text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found.group())
    if code < 0x10000:  # noqa: PLR2004 - the end of the first plane
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def inert(text: str) -> str:
    """Return hostile text as one printable line; what cannot be seen becomes a replacement sign.

    Joiners and variation selectors stay where they belong: in emoji, and between the letters of
    scripts that need them.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_seen(text, index) for index in range(len(text)))


def _seen(text: str, index: int) -> str:
    character = text[index]
    if character == "\u3000":
        return character  # the blank of Japanese text
    before = text[index - 1] if index else ""
    if character in (_JOINER, _NON_JOINER):
        after = text[index + 1 : index + 2]
        return character if _joins(character, before, after) else _REPLACEMENT
    if _selects(character):
        return character if _is_selectable(before, text[index + 1 : index + 2]) else _REPLACEMENT
    if character in _BLANKS:
        return _REPLACEMENT
    if character.isprintable():
        return character
    return " " if character.isspace() else _REPLACEMENT


def _joins(character: str, before: str, after: str) -> bool:
    if not before or not after:
        return False
    if character == _JOINER and _is_pictured(after):
        return _is_pictured(before) or _selects(before) or _is_skin(before)
    return _needs_joiners(before) and _needs_joiners(after)


def _is_selectable(before: str, after: str) -> bool:
    """Tell whether a variation selector may follow: a picture, a kanji, the digit of a keycap."""
    if not before:
        return False
    keycap = before in "0123456789#*" and after == "\u20e3"
    wide = unicodedata.east_asian_width(before) in "WF"
    return keycap or wide or before in "\xa9\xae" or _is_pictured(before)


def _is_pictured(character: str) -> bool:
    return unicodedata.category(character) in {"So", "Sm"} and ord(character) > 0x2000  # noqa: PLR2004 - symbols


def _needs_joiners(character: str) -> bool:
    return "\u0600" <= character <= "\u109f" or "\u1780" <= character <= "\u18af"


def _selects(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _is_skin(character: str) -> bool:
    return "\U0001f3fb" <= character <= "\U0001f3ff"


def _is_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def graphemes(text: str) -> Iterator[str]:
    """Yield what a reader sees as one character (UAX #29, without the rarer rules)."""
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
    if unicodedata.category(character) in {"Mn", "Me", "Mc"} or character in (_JOINER, _NON_JOINER):
        return True
    if _is_skin(character):
        return _is_pictured(cluster[0])
    if last == _JOINER and _is_pictured(character):
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


def _pieces(text: str) -> Iterator[str]:
    """Yield the parts between which a line may be broken; blanks belong to the part before."""
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


def hanging(text: str, *, first: str = "", rest: str = "", spare: int = 0) -> list[str]:
    """Return ``text`` in lines: ``first`` stands before the first one, ``rest`` before the others.

    Where nothing says how wide a line may be it stays whole: a program may read it.
    """
    if not is_measured():
        return [first + text]
    indent = max(width(first), width(rest))
    lines = wrap(text, max(_NARROWEST // 2, columns() - indent - spare))
    return [(rest if number else first) + line for number, line in enumerate(lines)]
