"""How words are compared: width, case, punctuation, spelling and politeness do not matter.

What is the same and what is left out stands in ``templates/commands`` under ``fold``.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache

from pipeline.intake.phrases import load_table

_APOSTROPHES = dict.fromkeys(map(ord, "’‘ʼ`´′"), "'")
_CJK = "\u3005-\u3007\u3041-\u3096\u30a1-\u30fa\u30fc-\u30fe\u3400-\u9fff\uf900-\ufaff"
_JAPANESE = re.compile(f"[{_CJK}]")
_BLANK_AT_JAPANESE = re.compile(f"(?<=[{_CJK}]) | (?=[{_CJK}])")
#: Particles between two words of a sentence; at its end ``が`` means "but".
_PARTICLES = "がをはの"
_PARTICLE = re.compile(f"(?<=[{_CJK}a-z0-9])[{_PARTICLES}](?=[{_CJK}a-z0-9])")
_Rules = tuple[tuple[str, str], ...]


class _Plain(dict[int, str]):
    """Maps punctuation, symbols and separators to blanks; letters, digits, apostrophes stay."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        if character == "'":
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


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Return ``text`` as signs of doubt are looked for: no width, case, punctuation, spelling."""
    return " ".join(_replace(_spaced(text), _rules("same")).replace("'", "").split())


@lru_cache(maxsize=4096)
def key(text: str) -> str:
    """Return ``text`` as phrases are compared: folded, each word between blanks of its own.

    Courtesy and particles are left out.
    """
    short = _PARTICLE.sub("", _short(text))
    return short if short.strip() else ""


def written(text: str, begins: bool, ends: bool) -> str:  # noqa: FBT001 - a callback's form
    """Return a piece of a phrase as :func:`key` has it within a text.

    ``begins`` and ``ends`` tell whether the phrase does so with this piece: there particles stay.
    ``~`` around Latin letters: they stand within a Japanese word, without blanks.
    """
    short = _short(text)
    if not is_japanese(short):
        return short.replace(" ", "") if "~" in text else short
    stay = {0} if begins else set()
    stay |= {len(short) - 1} if ends else set()
    return "".join(
        character
        for index, character in enumerate(short)
        if character not in _PARTICLES or index in stay
    )


@cache
def pattern(entry: str) -> str:
    """Return the folded ``entry`` as it is looked for in ``f" {folded text} "``.

    Japanese is found anywhere, other words between blanks; ``~`` at an end: within a word too.
    """
    folded = fold(entry)
    if is_japanese(folded):
        return folded
    left = "" if entry.startswith("~") else " "
    return f"{left}{folded}{'' if entry.endswith('~') else ' '}"


def _short(text: str) -> str:
    same = _replace(_spaced(text), _rules("same"))
    return _replace(same, _rules("drop")).replace("'", "")


def _spaced(text: str) -> str:
    """Return ``text`` with each word between blanks of its own, so that neighbours share none.

    What holds a Japanese letter stands without blanks.
    """
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_APOSTROPHES)
    plain = unicodedata.normalize("NFC", plain).translate(_PLAIN)
    words = _BLANK_AT_JAPANESE.sub("", " ".join(plain.split())).split()
    return "".join(word if is_japanese(word) else f" {word} " for word in words)


def _replace(text: str, rules: tuple[_Rules, _Rules]) -> str:
    everywhere, japanese = rules
    for old, new in everywhere:
        if old in text:
            text = text.replace(old, new)
    if is_japanese(text):
        for old, new in japanese:
            text = text.replace(old, new)
    return text


def _rule(old: str, new: str) -> tuple[str, str]:
    """Return what is replaced by what; ``~`` at an end of ``old``: within a word."""
    words = unicodedata.normalize("NFKC", old.strip("~")).casefold()
    to = "  ".join(unicodedata.normalize("NFKC", new).casefold().split())
    if is_japanese(words):
        return words, to
    words = "  ".join(words.split())
    left, right = ("" if old.startswith("~") else " "), ("" if old.endswith("~") else " ")
    if not to:
        return f"{left}{words}{right}", ""
    # an ending such as "n't" becomes a word of its own
    return f"{left}{words}{right}", f"{'  ' if right and not left else left}{to}{right}"


@cache
def _rules(name: str) -> tuple[_Rules, _Rules]:
    """Return the replacements of ``[fold]``: those for all words, and those for Japanese."""
    if name == "same":
        rules = [_rule(old, new) for old, new in load_table("fold", "same")]
    else:
        # the longest first: "thank you very much" before "thank you"
        dropped: Iterable[str] = sorted(load_table("fold", "drop"), key=len, reverse=True)
        rules = [(_replace(old, _rules("same")), "") for old in map(_dropped, dropped)]
    return (
        tuple(rule for rule in rules if not is_japanese(rule[0])),
        tuple(rule for rule in rules if is_japanese(rule[0])),
    )


def _dropped(word: str) -> str:
    return _rule(word, "")[0]
