"""A text as the letters that every mail program leaves as they are.

Programs fold lines, change blanks, quotes and dashes, add links and footnotes, take accents apart
and put marks before lines. Letters and digits come through, in their order; so texts are compared
by them alone.
"""

import re
import unicodedata
from dataclasses import dataclass
from itertools import accumulate, compress

#: The mark of a quote that has the initials of its author.
_INITIALS = re.compile(r"\n[ \t]{0,8}[A-Za-z]{1,4}>", re.IGNORECASE)
#: What a program adds to words: the address behind a link, a footnote, a picture.
_ADDED = re.compile(
    r"<[a-z][a-z0-9+.-]{1,30}:[^\s<>]{0,2000}>"
    r"|[\[(](?:https?://|mailto:|tel:|cid:)[^\s<>\[\]()]{0,2000}[\])]"
    r"|\[\d{1,3}\]"
    r"|\[[^\[\]\n]{0,80}\.(?:png|jpe?g|gif)[^\[\]\n]{0,80}\]",
    re.IGNORECASE,
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


class _Folds(dict[int, str | None]):
    """Maps a character to its letters: compatibility forms, case and accents are folded.

    A table of :meth:`str.translate`; what has no letters maps to None.
    """

    def __missing__(self, code: int) -> str | None:
        character = chr(code)
        apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
        letters = "".join(one for one in apart if unicodedata.category(one)[0] in "LN") or None
        if len(self) < 1 << 16:  # a mail may hold every character there is
            self[code] = letters
        return letters


_FOLDS = _Folds({ord(mark): mark for mark in (_FOR_A_LINK, *_CHOICES)})


class _Counts(dict[int, int]):
    """Maps a character to how many letters it has: a table of :meth:`str.translate`."""

    def __missing__(self, code: int) -> int:
        count = len(_FOLDS[code] or "")
        if len(self) < 1 << 16:
            self[code] = count
        return count


_COUNTS = _Counts()


@dataclass(frozen=True, slots=True)
class Letters:
    """The folded letters of a text, and the place where each of them stands in ``bare``.

    ``bare`` is the text without invisible characters, with blanks for what programs added.
    ``words`` are the letters before which something begins: a word, a line, a character after a
    mark.
    """

    text: str
    places: list[int]
    words: list[int]
    bare: str


def has_letters(text: str) -> bool:
    """Tell whether a character of ``text`` has a letter."""
    return bool(text.translate(_FOLDS))


def folded(text: str) -> str:
    """Return the letters of ``text`` without what programs add to words, without their places."""
    return _bare(text).translate(_FOLDS)


def letters_of(text: str) -> Letters:
    """Return the letters of ``text`` without what programs add to words."""
    bare = _bare(text)
    counts = bare.translate(_COUNTS).encode("latin-1")
    several = counts.translate(None, b"\0\1")  # one character may be two letters: ß, ㎏
    sizes = map(sum if several else len, filter(None, counts.split(b"\0")))
    words = list(accumulate(sizes, initial=0))[:-1]
    if several:
        places = [place for place, count in enumerate(counts) for _ in range(count)]
    else:
        places = list(compress(range(len(bare)), counts))
    return Letters(bare.translate(_FOLDS), places, words, bare)


def _bare(text: str) -> str:
    """Return ``text`` without invisible characters, with blanks for what programs added."""
    bare = text if text.isascii() else _INVISIBLE.sub("", text)
    if ">" in bare:
        bare = _INITIALS.sub(lambda hit: "\n" + " " * (len(hit[0]) - 1), f"\n{bare}")[1:]
    bare = _ADDED.sub(_blanks, bare)
    return _LINK.sub(_link, bare) if "://" in bare else bare


def _blanks(hit: re.Match[str]) -> str:
    return " " * len(hit[0])


def _link(hit: re.Match[str]) -> str:
    return f"{_FOR_A_LINK}{' ' * (len(hit[0]) - 2)}{_FOR_A_LINK}"


def visible(text: str) -> list[int] | None:
    """Return the places of the visible characters of ``text``; None when all of it can be seen."""
    if text.isascii() or not _INVISIBLE.search(text):
        return None
    return [place for place, character in enumerate(text) if not _INVISIBLE.match(character)]


def weight(letters: str) -> int:
    """Return how much ``letters`` say: a character of East Asia says as much as two letters."""
    if letters.isascii():
        return len(letters)
    return len(letters) + sum(1 for letter in letters if letter >= _WIDE and letter != _FOR_A_LINK)
