"""How words are compared: width, case, punctuation, spelling and politeness do not matter.

What is the same and what is left out stands in ``templates/commands`` under ``fold``.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from itertools import chain

from pipeline.intake.phrases import load_table

_APOSTROPHES = dict.fromkeys(map(ord, "’‘ʼ`´′"), "'")
_CJK = "\u3005-\u3007\u3041-\u3096\u30a1-\u30fa\u30fc-\u30fe\u3400-\u9fff\uf900-\ufaff"
_JAPANESE = re.compile(f"[{_CJK}]")
_BLANK_AT_JAPANESE = re.compile(f"(?<=[{_CJK}]) | (?=[{_CJK}])")
#: Particles between two words of a sentence; at its end ``が`` means "but".
_PARTICLES = "がをはの"
_PARTICLE = re.compile(f"(?<=[{_CJK}a-z0-9])[{_PARTICLES}](?=[{_CJK}a-z0-9])")
_Rule = tuple[str, str]


class Listed:
    """The entries of a list, as :func:`pattern` gives them, to be found in folded text.

    Only those are looked for whose first word the text has.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._words: set[str] = set()
        self._begun: dict[str, list[str]] = {}
        self._open: list[str] = []
        self._japanese: list[str] = []
        for entry in patterns:
            first = _first_word(entry)
            if is_japanese(entry):
                self._japanese.append(entry)
            elif not first:
                self._open.append(entry)
            elif entry == f" {first} ":
                self._words.add(first)
            else:
                self._begun.setdefault(first, []).append(entry)

    def stand_in(self, folded: str) -> bool:
        """Tell whether one of the entries stands in ``folded``."""
        words = folded.split(" ")
        if not self._words.isdisjoint(words):
            return True
        padded = f" {folded} "
        if not self._begun.keys().isdisjoint(words):
            begun = chain.from_iterable(self._begun.get(word, ()) for word in words)
            if any(entry in padded for entry in begun):
                return True
        for entry in self._open:
            if entry in padded:
                return True
        return is_japanese(folded) and any(entry in padded for entry in self._japanese)


class _Rules:
    """Replacements, one after another: those for all words, and those for Japanese.

    Only those are tried whose first word the text has.
    """

    def __init__(self, rules: Iterable[_Rule]) -> None:
        self._everywhere: list[_Rule] = []
        self._japanese: list[_Rule] = []
        self._begun: dict[str, list[int]] = {}
        self._open: list[int] = []
        for rule in rules:
            if is_japanese(rule[0]):
                self._japanese.append(rule)
                continue
            first = _first_word(rule[0])
            places = self._begun.setdefault(first, []) if first else self._open
            places.append(len(self._everywhere))
            self._everywhere.append(rule)

    def replace(self, text: str) -> str:
        """Return ``text`` with all that they replace."""
        text = self._replace(text)
        if self._japanese and is_japanese(text):
            for old, new in self._japanese:
                text = text.replace(old, new)
        return text

    def _replace(self, text: str) -> str:
        places = self._places(text)
        index = 0
        while index < len(places):
            place = places[index]
            old, new = self._everywhere[place]
            index += 1
            if old in text:
                text = text.replace(old, new)
                places, index = [each for each in self._places(text) if each > place], 0
        return text

    def _places(self, text: str) -> list[int]:
        found = list(self._open)
        for word in text.split():
            found += self._begun.get(word, ())
        found.sort()
        return found


def _first_word(entry: str) -> str:
    """Return the first word of an entry that begins with a whole one, else nothing."""
    words = entry.split()
    whole = entry.startswith(" ") and (len(words) > 1 or entry.endswith(" "))
    return words[0] if words and whole else ""


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
_PLAIN_ASCII = str.maketrans(
    {code: _PLAIN[ord(_APOSTROPHES.get(code, chr(code)))] for code in range(128)}
)


def is_japanese(text: str) -> bool:
    """Tell whether ``text`` has a Japanese letter: such words are written without blanks."""
    return not text.isascii() and _JAPANESE.search(text) is not None


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Return ``text`` as signs of doubt are looked for: no width, case, punctuation, spelling."""
    return " ".join(_rules("same").replace(_spaced(text)).replace("'", "").split())


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


@lru_cache(maxsize=4096)
def _short(text: str) -> str:
    same = _rules("same").replace(_spaced(text))
    return _rules("drop").replace(same).replace("'", "")


def _spaced(text: str) -> str:
    """Return ``text`` with each word between blanks of its own, so that neighbours share none.

    What holds a Japanese letter stands without blanks.
    """
    if text.isascii():
        plain = text.lower().translate(_PLAIN_ASCII)
    else:
        plain = unicodedata.normalize("NFKC", text).casefold().translate(_APOSTROPHES)
        plain = unicodedata.normalize("NFC", plain).translate(_PLAIN)
    if not is_japanese(plain):
        words = plain.split()
        return f" {'  '.join(words)} " if words else ""
    words = _BLANK_AT_JAPANESE.sub("", " ".join(plain.split())).split()
    return "".join(word if is_japanese(word) else f" {word} " for word in words)


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
def _rules(name: str) -> _Rules:
    """Return the replacements of a list of ``[fold]``."""
    if name == "same":
        return _Rules(_rule(old, new) for old, new in load_table("fold", "same"))
    # the longest first: "thank you very much" before "thank you"
    dropped: Iterable[str] = sorted(load_table("fold", "drop"), key=len, reverse=True)
    return _Rules((_rules("same").replace(old), "") for old in map(_dropped, dropped))


def _dropped(word: str) -> str:
    return _rule(word, "")[0]
