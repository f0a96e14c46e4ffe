"""Lines of a plain part: as wide as a mail window, counted as a terminal counts."""

import re
import unicodedata
from functools import lru_cache

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


@lru_cache(maxsize=4096)
def _columns(character: str, *, ambiguous: int) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    kind = unicodedata.east_asian_width(character)
    return 2 if kind in {"W", "F"} else ambiguous if kind == "A" else 1


def width(text: str, *, east_asian: bool) -> int:
    """Return the columns of ``text`` (UAX #11); ambiguous characters are wide in East Asia."""
    bare = text.translate(_MARKS)
    if bare.isascii():
        return len(bare)
    ambiguous = 2 if east_asian else 1
    return sum([_columns(character, ambiguous=ambiguous) for character in bare])


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in {"W", "F"}


def _may_break(left: str, right: str) -> bool:
    if right in _NOT_FIRST or left in _NOT_LAST:
        return False
    return _is_wide(left) or _is_wide(right)


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
    pieces, piece = [], ""
    for character in word:
        if piece and _may_break(piece[-1], character):
            pieces.append(piece)
            piece = ""
        piece += character
    return [*pieces, piece] if piece else pieces


def _atoms(text: str, limit: int, *, east_asian: bool) -> list[str]:
    """Return what cannot be parted: blanks, words, wide characters, glued values."""
    atoms: list[str] = []
    for index, piece in enumerate(text.split(GLUE_START)):
        glued, _, free = piece.rpartition(GLUE_END) if index else ("", "", piece)
        if glued and width(glued, east_asian=east_asian) <= limit - 2:
            atoms.append(glued)
        elif glued:
            free = glued + free
        free = _NUMBER.sub(lambda found: found.group().replace(" ", _KEPT), free)
        for number, word in enumerate(free.split(" ")):
            if number:
                atoms.append(" ")
            for part in _split_word(word):
                wide = width(part, east_asian=east_asian) > limit
                atoms.extend(_cut(part, limit, east_asian=east_asian) if wide else [part])
    return _join_unbreakable(atoms, limit, east_asian=east_asian)


def _join_unbreakable(atoms: list[str], limit: int, *, east_asian: bool) -> list[str]:
    """Join neighbours that must not be parted (a closing bracket after a glued date)."""
    joined: list[str] = []
    for atom in atoms:
        together = bool(joined) and " " not in (joined[-1], atom)
        if together and not _may_break(joined[-1][-1], atom[0]):
            whole = joined[-1] + atom
            if width(whole, east_asian=east_asian) <= limit:
                joined[-1] = whole
                continue
        joined.append(atom)
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


def _best_end(line: list[str], limit: int, *, east_asian: bool) -> int:
    """Return how many atoms to keep of a line whose last one is too much.

    Up to the end of a sentence, a clause or a phrase, else all that fits: a line of Japanese that
    is broken inside a word reads badly; half a line is better.
    """
    fitting = len(line) - 1
    if not east_asian:
        return fitting
    for ends, least in ((_ends_sentence, 4), (_ends_clause, 2.5), (_ends_phrase, 2)):
        for count in range(fitting, 1, -1):
            if width("".join(line[:count]), east_asian=True) * least < limit:
                break
            if ends(line[count - 1][-1], line[count][0]):
                return count
    return fitting


def fill(text: str, limit: int, *, east_asian: bool) -> list[str]:
    """Return ``text`` (one line with glue marks) as lines of at most ``limit`` columns."""
    text = text.strip(" ")
    if width(text, east_asian=east_asian) <= limit:
        return [text.translate(_MARKS)]
    lines: list[str] = []
    line: list[str] = []
    used = 0
    for atom in _atoms(text, limit, east_asian=east_asian):
        line.append(atom)
        used += width(atom, east_asian=east_asian)
        if used <= limit or len(line) == 1 or atom == " ":
            continue
        keep = _best_end(line, limit, east_asian=east_asian)
        lines.append("".join(line[:keep]).strip(" "))
        line = line[keep:]
        while line and line[0] == " ":
            line.pop(0)
        used = width("".join(line), east_asian=east_asian)
    lines.append("".join(line).strip(" "))
    return [line.translate(_MARKS) for line in lines if line] or [""]
