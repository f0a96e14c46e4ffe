"""A text as the letters that every mail program leaves as they are.

Programs fold lines, change blanks, quotes and dashes, add links and footnotes, take accents apart
and put marks before lines. Letters and digits come through, in their order; so texts are compared
by them alone.
"""

import re
import unicodedata
from dataclasses import dataclass

#: What a program adds to words: the address behind a link, a footnote, a picture, a quote mark.
_ADDED = re.compile(
    r"<[a-z][a-z0-9+.-]{1,30}:[^\s<>]{0,2000}>"
    r"|[\[(](?:https?://|mailto:|tel:|cid:)[^\s<>\[\]()]{0,2000}[\])]"
    r"|\[\d{1,3}\]"
    r"|\[[^\[\]\n]{0,80}\.(?:png|jpe?g|gif)[^\[\]\n]{0,80}\]"
    r"|^[ \t]{0,8}[A-Za-z]{1,4}>",
    re.IGNORECASE | re.MULTILINE,
)
# Programs and gateways write links anew, and fold long ones: any link is as good as any other.
_LINK = re.compile(
    r"\bhttps?://(?:[^\s<>\[\]()\"'（）「」]{50,2000}"
    r"\n[> ]{0,4}[\w%&?=/.+~#-]{1,200}(?=[ \t]*(?:\n|\Z))"
    r"|[^\s<>\[\]()\"'（）「」]{1,2000})",
    re.IGNORECASE,
)
_FOR_A_LINK = "\ue000"
#: Characters without a width, which programs put into words and take out of them.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]"
)
#: Marks by which people choose: they are words of whoever wrote them.
_CHOICES = frozenset("✓✔☑☒✗✘✅❌⭕◯○→←⇐⇒➡⬅☜☞👈👉")
_WIDE = "\u2e80"


class _Folds(dict[str, str]):
    """Maps a character to its letters: compatibility forms, case and accents are folded."""

    def __missing__(self, character: str) -> str:
        apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
        letters = "".join(one for one in apart if unicodedata.category(one)[0] in "LN")
        if len(self) < 1 << 16:  # a mail may hold every character there is
            self[character] = letters
        return letters


_FOLDS = _Folds({_FOR_A_LINK: _FOR_A_LINK, **{mark: mark for mark in _CHOICES}})


@dataclass(frozen=True, slots=True)
class Letters:
    """The folded letters of a text, and the place where each of them stands in ``bare``.

    ``bare`` is the text without invisible characters, with blanks for what programs added.
    """

    text: str
    places: list[int]
    bare: str


def fold(character: str) -> str:
    """Return the letters of a character, or nothing."""
    return _FOLDS[character]


def letters_of(text: str) -> Letters:
    """Return the letters of ``text`` without what programs add to words."""
    bare = _ADDED.sub(lambda hit: " " * len(hit[0]), _INVISIBLE.sub("", text))
    bare = _LINK.sub(lambda hit: f"{_FOR_A_LINK}{' ' * (len(hit[0]) - 2)}{_FOR_A_LINK}", bare)
    folded = [_FOLDS[character] for character in bare]
    places = [place for place, letters in enumerate(folded) for _ in letters]
    return Letters("".join(folded), places, bare)


def visible(text: str) -> list[int] | None:
    """Return the places of the visible characters of ``text``; None when all of it can be seen."""
    if not _INVISIBLE.search(text):
        return None
    return [place for place, character in enumerate(text) if not _INVISIBLE.match(character)]


def weight(letters: str) -> int:
    """Return how much ``letters`` say: a character of East Asia says as much as two letters."""
    if letters.isascii():
        return len(letters)
    return len(letters) + sum(1 for letter in letters if letter >= _WIDE and letter != _FOR_A_LINK)
