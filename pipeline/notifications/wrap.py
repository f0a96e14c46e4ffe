"""Lines of a plain part: as wide as a mail window, counted as a terminal counts."""

import re
import unicodedata
from functools import lru_cache
from itertools import accumulate

from pipeline.notifications.seal import GLUE_END, GLUE_START

# No line begins or ends with these (JIS X 4051, line-start and line-end prohibition).
_NOT_FIRST = frozenset(
    "、。，．・：；？！）」』】〕］｝〉》ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ々〻ゝゞヽヾ～〜％"
)
_NOT_LAST = frozenset("（「『【〔［｛〈《＋")
_SENTENCE_ENDS = frozenset("。")
_CLAUSE_ENDS = frozenset("、")
_CLOSING = frozenset("」）")
#: A blank within a phone number, where no line ends; a control, which no value brings along.
_KEPT = "\x1f"
_NUMBER = re.compile(r"\+\d[\d -]{5,22}\d")
_MARKS = str.maketrans({GLUE_START: "", GLUE_END: "", _KEPT: " "})
#: Categories of what is drawn over or between other characters.
_NO_COLUMN = frozenset({"Mn", "Me", "Cf"})
_MOST_CHARACTERS = 1 << 16


class _Columns(dict[int, str]):
    """Maps a character to its columns (UAX #11), as a control: a table of :meth:`str.translate`."""

    def __init__(self, ambiguous: int) -> None:
        self._ambiguous = ambiguous

    def __missing__(self, code: int) -> str:
        character = chr(code)
        kind = unicodedata.east_asian_width(character)
        columns = 2 if kind in {"W", "F"} else self._ambiguous if kind == "A" else 1
        if unicodedata.combining(character) or unicodedata.category(character) in _NO_COLUMN:
            columns = 0
        return _kept(self, code, chr(columns))


class _Breaking(dict[int, str]):
    """Maps a character to how lines break at it: a table of :meth:`str.translate`.

    ``W``: before and behind it, ``F``: not before it, ``L``: not behind it, ``n``: at its wide
    neighbours alone.
    """

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if character in _NOT_FIRST:
            return _kept(self, code, "F")
        if character in _NOT_LAST:
            return _kept(self, code, "L")
        wide = unicodedata.east_asian_width(character) in {"W", "F"}
        return _kept(self, code, "W" if wide else "n")


def _kept(table: dict[int, str], code: int, value: str) -> str:
    """Keep ``value`` in ``table``, which must not grow with what strangers write."""
    if len(table) < _MOST_CHARACTERS:
        table[code] = value
    return value


_COLUMNS = {east_asian: _Columns(2 if east_asian else 1) for east_asian in (False, True)}
_BREAKING = _Breaking()
#: What is not parted, in the signs of _Breaking.
_PIECE = re.compile(r"L+(?:n+|[WF])?F*|(?:n+|[WF])F*")


def width(text: str, *, east_asian: bool) -> int:
    """Return the columns of ``text`` (UAX #11); ambiguous characters are wide in East Asia."""
    bare = text.translate(_MARKS)
    if bare.isascii():
        return len(bare)
    return sum(bare.translate(_COLUMNS[east_asian]).encode("latin-1"))


def _may_break(left: str, right: str) -> bool:
    signs = f"{left}{right}".translate(_BREAKING)
    return not (signs.startswith("L") or signs.endswith("F") or signs == "nn")


def _cut(piece: str, limit: int, *, east_asian: bool) -> list[str]:
    """Cut a piece that no line can hold; addresses stay whole, since a cut one is dead."""
    if piece.startswith("https://"):
        return [piece]
    parts, line, used = [], "", 0
    for character in piece:
        columns = width(character, east_asian=east_asian)
        if used + columns > limit and line:
            parts.append(line)
            line, used = "", 0
        line += character
        used += columns
    return [*parts, line]


def _split_word(word: str) -> list[str]:
    if word.isascii():
        return [word] if word else []
    signs = word.translate(_BREAKING)
    return [word[found.start() : found.end()] for found in _PIECE.finditer(signs)]


def _atoms(text: str, limit: int, *, east_asian: bool) -> list[str]:
    """Return what cannot be parted: blanks, words, wide characters, glued values."""
    atoms: list[str] = []
    for index, piece in enumerate(text.split(GLUE_START)):
        glued, _, free = piece.rpartition(GLUE_END) if index else ("", "", piece)
        if glued and width(glued, east_asian=east_asian) <= limit - 2:
            atoms.append(glued)
        elif glued:
            free = glued + free
        if "+" in free:
            free = _NUMBER.sub(lambda found: found.group().replace(" ", _KEPT), free)
        for number, word in enumerate(free.split(" ")):
            if number:
                atoms.append(" ")
            for part in _split_word(word):
                # a letter has two columns at most
                wide = 2 * len(part) > limit and width(part, east_asian=east_asian) > limit
                atoms.extend(_cut(part, limit, east_asian=east_asian) if wide else [part])
    return _join_unbreakable(atoms, limit, east_asian=east_asian)


def _join_unbreakable(atoms: list[str], limit: int, *, east_asian: bool) -> list[str]:
    """Join neighbours that must not be parted (a closing bracket after a glued date)."""
    joined: list[str] = []
    before = " "
    for atom in atoms:
        if before != " " and atom != " " and not _may_break(before[-1], atom[0]):
            whole = before + atom
            if width(whole, east_asian=east_asian) <= limit:
                joined[-1] = before = whole
                continue
        joined.append(atom)
        before = atom
    return joined


def _is_hiragana(character: str) -> bool:
    return "ぁ" <= character <= "ゟ"


def _ends_phrase(left: str, right: str) -> bool:
    """Tell whether a phrase (bunsetsu) ends between two characters: after its particle."""
    return _is_hiragana(left) and not _is_hiragana(right)


def _ends_sentence(left: str, _right: str) -> bool:
    return left in _SENTENCE_ENDS


def _ends_clause(left: str, right: str) -> bool:
    closed = left in _CLOSING and not _is_hiragana(right)
    return left in _CLAUSE_ENDS or closed


def _best_end(line: list[str], widths: list[int], limit: int, *, east_asian: bool) -> int:
    """Return how many atoms to keep of a line whose last one is too much.

    Up to the end of a sentence, a clause or a phrase, else all that fits: a line of Japanese that
    is broken inside a word reads badly; half a line is better. ``widths`` are those of the atoms.
    """
    fitting = len(line) - 1
    if not east_asian:
        return fitting
    up_to = list(accumulate(widths, initial=0))
    for ends, least in ((_ends_sentence, 4), (_ends_clause, 2.5), (_ends_phrase, 2)):
        for count in range(fitting, 1, -1):
            if up_to[count] * least < limit:
                break
            if ends(line[count - 1][-1], line[count][0]):
                return count
    return fitting


@lru_cache(maxsize=2048)
def fill(text: str, limit: int, *, east_asian: bool) -> tuple[str, ...]:
    """Return ``text`` (one line with glue marks) as lines of at most ``limit`` columns."""
    text = text.strip(" ")
    if width(text, east_asian=east_asian) <= limit:
        return (text.translate(_MARKS),)
    lines: list[str] = []
    line: list[str] = []
    widths: list[int] = []
    used = 0
    for atom in _atoms(text, limit, east_asian=east_asian):
        columns = width(atom, east_asian=east_asian)
        line.append(atom)
        widths.append(columns)
        used += columns
        if used <= limit or len(line) == 1 or atom == " ":
            continue
        keep = _best_end(line, widths, limit, east_asian=east_asian)
        lines.append("".join(line[:keep]).strip(" "))
        while keep < len(line) and line[keep] == " ":
            keep += 1
        line, widths = line[keep:], widths[keep:]
        used = sum(widths)
    lines.append("".join(line).strip(" "))
    return tuple(line.translate(_MARKS) for line in lines if line) or ("",)
