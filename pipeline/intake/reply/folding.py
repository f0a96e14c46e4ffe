"""How words are compared: width, case, punctuation, spelling and politeness do not matter.

What is the same and what is left out stands in ``templates/commands`` under ``fold``.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from pipeline.intake.phrases import load_table

_APOSTROPHES = dict.fromkeys(map(ord, "’‘ʼ`´′"), "'")
_CJK = "\u3005-\u3007\u3041-\u3096\u30a1-\u30fa\u30fc-\u30fe\u3400-\u9fff\uf900-\ufaff"
_JAPANESE = re.compile(f"[{_CJK}]")
_BLANK_AT_JAPANESE = re.compile(f"(?<=[{_CJK}]) +| +(?=[{_CJK}])")
#: Particles between two words of a sentence; at its end ``が`` means "but".
_PARTICLE = re.compile(f"(?<=[{_CJK}a-z0-9])[がをはの](?=[{_CJK}a-z0-9])")


class _Plain(dict[int, str]):
    """Maps punctuation, symbols and separators to blanks and keeps letters, digits, line ends."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        if character in "\n'":
            plain = character
        elif category == "Mn":  # variation selectors, strokes; NFKC has composed the letters
            plain = ""
        else:
            plain = " " if category[0] in "PSZC" else character
        self[code] = plain
        return plain


_PLAIN = _Plain()


def is_japanese(text: str) -> bool:
    """Tell whether ``text`` has a Japanese letter: such words are written without blanks."""
    return _JAPANESE.search(text) is not None


def fold(text: str) -> str:
    """Return ``text`` by line as signs of doubt are looked for: no width, case or punctuation."""
    return _by_line(_replace(_spaced(text), _same()))


def key(text: str) -> str:
    """Return ``text`` by line as phrases are compared: folded, courtesy and particles left out."""
    short = _by_line(_replace(_replace(_spaced(text), _same()), _left_out()))
    return _PARTICLE.sub("", short)


def pattern(entry: str) -> str:
    """Return the folded ``entry`` as it is looked for in ``f" {folded text} "``.

    Japanese is found anywhere, other words between blanks; ``~`` at an end: within a word too.
    """
    folded = fold(entry)
    if is_japanese(folded):
        return folded
    left = "" if entry.startswith("~") else " "
    return f"{left}{folded}{'' if entry.endswith('~') else ' '}"


def _spaced(text: str) -> str:
    """Return ``text`` with each word between blanks of its own, so that neighbours share none."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_APOSTROPHES)
    plain = unicodedata.normalize("NFC", plain).translate(_PLAIN)
    lines = (f" {'  '.join(line.split())} " for line in plain.split("\n"))
    return _BLANK_AT_JAPANESE.sub("", "\n".join(lines))


def _replace(text: str, rules: Iterable[tuple[str, str]]) -> str:
    for old, new in rules:
        text = text.replace(old, new)
    return text


def _by_line(text: str) -> str:
    return "\n".join(" ".join(line.split()) for line in text.replace("'", "").split("\n"))


def _rule(old: str, new: str) -> tuple[str, str]:
    """Return what is replaced by what; ``~`` at an end of ``old``: within a word."""
    words = unicodedata.normalize("NFKC", old.strip("~")).casefold()
    to = "  ".join(new.split())
    if is_japanese(words):
        return words, to
    words = "  ".join(words.split())
    left, right = ("" if old.startswith("~") else " "), ("" if old.endswith("~") else " ")
    if not to:
        return f"{left}{words}{right}", ""
    # an ending such as "n't" becomes a word of its own
    return f"{left}{words}{right}", f"{'  ' if right and not left else left}{to}{right}"


@cache
def _same() -> tuple[tuple[str, str], ...]:
    return tuple(_rule(old, new) for old, new in load_table("fold", "same"))


@cache
def _left_out() -> tuple[tuple[str, str], ...]:
    dropped = sorted(load_table("fold", "drop"), key=len, reverse=True)
    return tuple(_rule(_by_line(_replace(_spaced(word), _same())), "") for word in dropped)
