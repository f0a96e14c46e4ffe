"""Reads the text in one box of a print: from characters with places to what was typed."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.forms.pdf.printed.blank import Box
from pipeline.forms.pdf.printed.damage import as_meant, has_lost_characters
from pipeline.forms.pdf.printed.fold import as_typed
from pipeline.forms.pdf.printed.page import Character
from pipeline.forms.pdf.printed.places import Place

_WIDE_SPACE = "\u3000"
_AROUND = 1.0  # points that a character may stand out of its box
_TALL = 0.72  # of an em: the height of a capital letter
_SIZES = (4.0, 16.0)
_SAME_LINE = 0.35  # em
_WORD_GAP = 0.15  # em: where a program drops the spaces between words
_WIDE_GAP = 1.0  # em: where it writes them
_LATIN_GAP = 0.6  # em: the same on a line without wide characters, where PDFium sees a space
_MIXED_GAP = 0.5  # of a wide character: some programs set Latin a quarter or more apart from it
_WIDE_CELL = 0.9
_WIDE_INK = 0.6
_WIDE_SPACE_GAP = 0.85  # of a wide character: a space as wide as that
_BEYOND = 0.6  # em: a text that goes on behind the box
_LEADING = 1.7  # em: the next line of the same text
_HOLE = 0.85  # em: no gap between words, where these have spaces
_BEHIND_SPACE = 0.3  # em: no gap between a space and the next character
_OVERLAID = 0.3  # of a character's height: nearer ones are drawn over each other
_SAME_START = 0.05  # points
_LOOSE = 0.25  # of the box: room in a line for the longest of usual words
_DEEP = 0.25  # em: what letters reach below their line
_SAME_LEFT = 3.0  # points
_WIDE = frozenset({"W", "F"})
_UNKNOWN = "\ufffd"
_FROM_THE_RIGHT = frozenset({"R", "AL"})


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in a box; ``damaged`` tells that some of it is no character that we know.

    ``columns`` are where its characters are: left and right, in points of the blank; ``indexes``
    are those of the characters. ``is_full`` tells that the box has no room for another line.
    """

    text: str
    damaged: bool = False
    columns: tuple[tuple[float, float], ...] = ()
    indexes: frozenset[int] = frozenset()
    is_full: bool = False


@dataclass(frozen=True, slots=True)
class _Glyph:
    """A character in the space of the blank; ``end`` is where the next one may begin."""

    text: str
    start: float
    left: float
    right: float
    height: float
    base: float
    index: int
    end: float

    @property
    def is_blank(self) -> bool:
        return self.text.isspace()


def written(box: Box, place: Place, characters: Sequence[Character], *, spaced: bool) -> Written:
    """Return what ``characters`` (of the place's page) say in ``box``.

    ``spaced`` tells that the program that printed kept the spaces between words.
    """
    inside = [item for item in characters if _is_within(item, box, place)]
    visible = [item for item in inside if not item.is_blank]
    if not visible:
        return Written("")
    unmapped = {item.index for item in visible if item.unmapped}
    if len(unmapped) == len(visible):
        return Written("", damaged=True, indexes=frozenset(item.index for item in inside))
    glyphs = [_glyph(item, place) for item in inside]
    size = min(max(max(glyph.height for glyph in glyphs) / _TALL, _SIZES[0]), _SIZES[1])
    known = {glyph.index for glyph in glyphs}
    others = [_glyph(item, place) for item in characters if item.index not in known]
    glyphs += _level(glyphs, others, box)
    glyphs += _below(glyphs, others, size) if box.is_long else _beyond(glyphs, others, box, size)
    lines = _lines(glyphs, size)
    texts = [_line(line, size, spaced=spaced) for line in lines]
    text = as_typed(_whole(_joined(texts, lines, box, size)))
    meant = as_meant(text)
    columns = tuple((glyph.left - _AROUND, glyph.right + _AROUND) for glyph in glyphs)
    # a hole as wide as a character, where spaces are kept: a character that was not printed
    holes = text.count(_WIDE_SPACE) > sum(glyph.text == _WIDE_SPACE for glyph in glyphs)
    damaged = (
        bool(unmapped)
        or (spaced and (holes or any(_has_hole(line, size) for line in lines)))
        or any(map(_is_overlaid, lines))
        or any(map(_has_stand_in, lines))
        or meant != text
        or has_lost_characters(text)
    )
    if damaged and not any(item.isalnum() for item in meant):
        meant = ""  # nothing but signs in place of characters, which is no answer
    is_full = box.is_long and _is_full(lines, box, size)
    indexes = frozenset(glyph.index for glyph in glyphs)
    return Written(meant, damaged, columns, indexes, is_full)


def _is_within(item: Character, box: Box, place: Place) -> bool:
    left, bottom, right, top = item.edges
    middle = (item.x, item.y) if item.is_blank else ((left + right) / 2, (bottom + top) / 2)
    x, y = place.to_blank(*middle)
    x0, y0, x1, y1 = box.edges
    return x0 - _AROUND <= x <= x1 + _AROUND and y0 - _AROUND <= y <= y1 + _AROUND


def _glyph(item: Character, place: Place) -> _Glyph:
    x0, y0 = place.to_blank(item.edges[0], item.edges[1])
    x1, y1 = place.to_blank(item.edges[2], item.edges[3])
    start, base = place.to_blank(item.x, item.y)
    left, right = min(x0, x1), max(x0, x1)
    if item.is_blank:
        text = item.text if item.text == _WIDE_SPACE else " "
        return _Glyph(text, start, start, start, 0, base, item.index, max(start, right))
    text = _UNKNOWN if item.unmapped else item.text
    return _Glyph(text, start, left, right, abs(y1 - y0), base, item.index, right)


def _level(glyphs: list[_Glyph], others: list[_Glyph], box: Box) -> list[_Glyph]:
    """Return what stands on the lines of ``glyphs`` but mostly above or below the box."""
    bases = {glyph.base for glyph in glyphs if not glyph.is_blank}
    return [
        glyph
        for glyph in others
        if box.edges[0] <= glyph.left <= box.edges[2]
        and any(abs(glyph.base - base) < _AROUND for base in bases)
    ]


def _beyond(glyphs: list[_Glyph], others: list[_Glyph], box: Box, size: float) -> list[_Glyph]:
    """Return what goes on behind the right edge of a box of one line."""
    last = max(glyphs, key=lambda glyph: glyph.right)
    after = [
        glyph
        for glyph in others
        if glyph.left > box.edges[2] and abs(glyph.base - last.base) < _AROUND
    ]
    found, right = [], last.right
    for glyph in sorted(after, key=lambda glyph: glyph.left):
        if glyph.left - right > _BEYOND * size:
            break
        found.append(glyph)
        right = max(right, glyph.right)
    return found


def _below(glyphs: list[_Glyph], others: list[_Glyph], size: float) -> list[_Glyph]:
    """Return the lines that go on below a box that is too small for them."""
    last, left = min(glyph.base for glyph in glyphs), min(glyph.left for glyph in glyphs)
    lower = [glyph for glyph in others if glyph.base < last - _AROUND]
    found: list[_Glyph] = []
    for line in _lines(lower, size):
        start = min(glyph.left for glyph in line if not glyph.is_blank)
        if last - line[0].base > _LEADING * size or abs(start - left) > _SAME_LEFT:
            break
        found += line
        last = line[0].base
    return found


def _is_overlaid(line: list[_Glyph]) -> bool:
    """Return whether characters are drawn over each other, of which PDFium leaves some out."""
    shown = [glyph for glyph in line if not glyph.is_blank]
    return any(
        abs(after.start - before.start) < _SAME_START
        and after.text != before.text
        and unicodedata.category(before.text[:1]) != "Cs"
        and not unicodedata.category(after.text[:1]).startswith("M")
        for before, after in pairwise(shown)
    )


def _has_hole(line: list[_Glyph], size: float) -> bool:
    """Return whether there is room between narrow characters for one that was not printed.

    Spaces are characters of their own there. What a font lacks is a gap, where a program goes on
    behind it (年 between digits, „ before a word).
    """
    return any(
        after.left - before.end > (_BEHIND_SPACE if before.is_blank else _HOLE) * size
        and not (_is_wide(before.text) or _is_wide(after.text))
        for before, after in pairwise(line)
    )


def _has_stand_in(line: list[_Glyph]) -> bool:
    """Return whether a character of no Japanese set is drawn in the cell of a wide one.

    A program that tells four digits of a code point, or its lower half, names another character
    (₻ U+20BB and ஷ U+0BB7 for 𠮷 U+20BB7).
    """
    pitch = _pitch(line)
    return any(
        _is_foreign(glyph.text)
        and _is_wide(after.text)
        and after.start - glyph.start > _WIDE_CELL * pitch
        for glyph, after in pairwise(line)
        if pitch and not glyph.is_blank
    )


def _is_foreign(text: str) -> bool:
    """Return whether one character is neither wide nor in JIS X 0213."""
    is_one = len(text) == 1 and unicodedata.category(text) != "Cs"
    if not is_one or unicodedata.east_asian_width(text) != "N":
        return False
    try:
        text.encode("shift_jis_2004")
    except UnicodeEncodeError:
        return True
    return False


def _is_full(lines: list[list[_Glyph]], box: Box, size: float) -> bool:
    """Return whether the box has no room for a further line, which a program would have cut off.

    Lines that are found below the box tell that nothing was.
    """
    first, last = lines[0][0].base, lines[-1][0].base
    left, _, right, _ = box.edges
    if len(lines) == 1 and lines[0][-1].right < right - _LOOSE * (right - left):
        return False  # a line that goes on behind it would have begun here
    step = (first - last) / (len(lines) - 1) if len(lines) > 1 else box.edges[3] - first
    bottom = box.edges[1]
    return last > bottom and last - step < bottom + _DEEP * size


def _lines(glyphs: list[_Glyph], size: float) -> list[list[_Glyph]]:
    """Return the glyphs line by line from the top, each line in reading order."""
    lines: list[list[_Glyph]] = []
    for glyph in sorted(glyphs, key=lambda glyph: -glyph.base):
        if lines and lines[-1][0].base - glyph.base < _SAME_LINE * size:
            lines[-1].append(glyph)
        else:
            lines.append([glyph])
    visible = [line for line in lines if not all(glyph.is_blank for glyph in line)]
    return [_ordered(line) for line in visible]


def _ordered(line: list[_Glyph]) -> list[_Glyph]:
    """Return a line in reading order: runs as the file has them, from left to right.

    A line with letters that are read from the right stays in the order of the file.
    """
    line = sorted(line, key=lambda glyph: glyph.index)
    if any(unicodedata.bidirectional(item) in _FROM_THE_RIGHT for g in line for item in g.text):
        return line
    runs: list[list[_Glyph]] = []
    for glyph in line:
        if runs and glyph.index - runs[-1][-1].index <= 1 and glyph.start >= runs[-1][0].start:
            runs[-1].append(glyph)
        else:
            runs.append([glyph])
    return [glyph for run in sorted(runs, key=lambda run: run[0].left) for glyph in run]


def _line(line: list[_Glyph], size: float, *, spaced: bool) -> str:
    """Return the text of a line, with a space where there is one or where there is room for it."""
    text, before = "", None
    pitch = _pitch(line)
    for glyph in line:
        if before is not None and not (glyph.is_blank or text[-1:].isspace()):
            text += _gap(before, glyph, pitch, size, spaced=spaced)
        text += glyph.text
        before = glyph if not glyph.is_blank else before
    return text.strip()


def _gap(before: _Glyph, after: _Glyph, pitch: float, size: float, *, spaced: bool) -> str:
    """Return the space for which there is room between two characters that stand side by side."""
    if pitch and (_is_wide(before.text) or _is_in_wide_cell(before, pitch)):
        room = (after.start - before.start) / pitch - 1
        if room > _WIDE_SPACE_GAP:
            return _WIDE_SPACE
        return " " if room > (_MIXED_GAP if spaced else _WORD_GAP) else ""
    room = (after.left - before.right) / size
    is_seen = not pitch and after.index > before.index + 1
    least = _LATIN_GAP if is_seen else _WIDE_GAP
    return " " if room > (least if spaced else _WORD_GAP) else ""


def _is_in_wide_cell(glyph: _Glyph, pitch: float) -> bool:
    """Return whether a sign (☎ or ①) is drawn as wide as the ideographs beside it (UAX 11)."""
    is_either = unicodedata.east_asian_width(glyph.text[:1] or " ") == "A"
    return is_either and glyph.right - glyph.left > _WIDE_INK * pitch


def _pitch(line: list[_Glyph]) -> float:
    """Return the width of a wide character, as the line shows it; 0 when it shows none."""
    steps = [
        after.start - before.start
        for before, after in pairwise(line)
        if _is_wide(before.text) and not after.is_blank
        if after.start - before.start > _OVERLAID * before.height
    ]
    return min(steps, default=0.0)


def _joined(texts: list[str], lines: list[list[_Glyph]], box: Box, size: float) -> str:
    """Return the lines as one text: a line that the box broke is put together again."""
    text = texts[0]
    for index in range(1, len(texts)):
        before, after = texts[index - 1], texts[index]
        if not box.is_long:
            is_one = _is_wide(before[-1:]) and _is_wide(after[:1])
            text += after if is_one else " " + after
            continue
        room = box.edges[2] - max(glyph.right for glyph in lines[index - 1])
        next_word = _first_word(lines[index], size)
        if room > next_word + size / 2:
            text += "\n" + after
        elif _is_wide(before[-1:]) or _is_wide(after[:1]) or _is_one_word(lines, index, box, size):
            text += after
        else:
            text += " " + after
    return text


def _is_one_word(lines: list[list[_Glyph]], index: int, box: Box, size: float) -> bool:
    """Return whether the line ``index`` goes on with a word for which one line has no room."""
    before = lines[index - 1]
    blanks = [at for at, glyph in enumerate(before) if glyph.is_blank]
    word = before[blanks[-1] + 1 :] if blanks else before
    if not word:
        return False
    whole = word[-1].right - word[0].left + _first_word(lines[index], size)
    return whole > box.edges[2] - box.edges[0]


def _first_word(line: list[_Glyph], size: float) -> float:
    """Return the width that the line's first word would have needed on the line above."""
    if _is_wide(line[0].text):
        return size
    end = line[0]
    for glyph in line:
        if glyph.is_blank or _is_wide(glyph.text) or glyph.left - end.right > size:
            break
        end = glyph
    return end.right - line[0].left + size / 4


def _is_wide(text: str) -> bool:
    """Return whether a text of one character (or none) is written without spaces around it."""
    return bool(text) and unicodedata.east_asian_width(text[0]) in _WIDE


def _whole(text: str) -> str:
    """Return ``text`` with the halves of a character beyond U+FFFF put together."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
