"""Whether a subject has the shape that programs give to the subjects of their mail.

A program puts its words in front (``Automatic reply: …``), in brackets (``… [Auto-Reply]``), behind
a dash, or writes nothing else. In the middle of a sentence the same words are a person's, and so
they are behind ``Re:``, where a person answers such a mail; but for what stands in brackets or at
the end, which programs add to the subject that they answer.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from pipeline.mailbox.automatic.words import read_words

#: More of a subject is not looked at.
_LONGEST = 1000
#: So many words in brackets and marks of replies are taken off a subject.
_MOST_MARKS = 12
#: So many colons of a subject are looked at.
_COLONS = 3
_DASH = re.compile("[-‐‑‒–—―−|/・~〜_]")
_OPENING = "[(【〔《〈「『{<"
_CLOSING = "])】〕》〉」』}>"
_REFERENCE = re.compile(r"\bWA-[0-9A-Z]{8}\b", re.IGNORECASE)
_IDEOGRAPHS = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LETTERS_BESIDE, _SIGNS_BESIDE = 9, 3
_NUMBERED = re.compile(r"[\[(^]?\d{1,4}[\])]?\Z")


class _Alnum(dict[int, int | None]):
    """Keeps letters and digits: a table of :meth:`str.translate`."""

    def __missing__(self, code: int) -> int | None:
        kept = code if chr(code).isalnum() else None
        if len(self) < 1 << 16:  # a mail may hold every character there is
            self[code] = kept
        return kept


_ALNUM = _Alnum()


@dataclass(frozen=True, slots=True)
class Shapes:
    """The words of ``words.toml``, folded: where each list counts is its name.

    ``anywhere_apart``: in brackets, in front, behind, or alone. ``in_front``: before a colon.
    ``alone``: as the whole, or before a colon or a dash. ``own``, ``answer`` and ``absence`` are
    beginnings of words.
    """

    anywhere_apart: frozenset[str]
    in_front: frozenset[str]
    alone: frozenset[str]
    failures: frozenset[str]
    failures_within: tuple[str, ...]
    begins: tuple[str, ...]
    ends: tuple[str, ...]
    replies: frozenset[str]
    own: tuple[str, ...]
    answer: tuple[str, ...]
    absence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Parts:
    """A subject taken apart; all parts are folded."""

    whole: str
    before_colon: tuple[str, ...]
    before_dash: str
    behind_dash: str
    bracketed: tuple[str, ...]
    answered: bool


def fold(text: str) -> str:
    """Return the letters and digits of ``text``, without case, accents and full-width forms.

    Turkish writes I without a dot, and capitals lose the difference.
    """
    if text.isascii():
        return text.lower().translate(_ALNUM)
    spread = unicodedata.normalize("NFKD", text.casefold().replace("ı", "i"))
    return spread.translate(_ALNUM)


@cache
def shapes() -> Shapes:
    """Return the words by which programs are known."""
    table = read_words()

    def of(*names: str) -> Iterator[str]:
        for name in names:
            yield from (fold(word) for words in table[name].values() for word in words)

    return Shapes(
        anywhere_apart=frozenset(of("answers")),
        in_front=frozenset(of("answers", "notifications", "confirmations", "failures")),
        alone=frozenset(of("answers", "confirmations", "failures")),
        failures=frozenset(of("failures")),
        failures_within=tuple(of("failures_within")),
        begins=tuple(of("sentence_begins")),
        ends=tuple(of("sentence_ends")),
        replies=frozenset(of("reply")),
        own=_longest_first(table["stems"]["self"]),
        answer=_longest_first(table["stems"]["answer"]),
        absence=_longest_first(table["stems"]["absence"]),
    )


def _longest_first(stems: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(map(fold, stems), key=len, reverse=True))


def is_of_a_program(subject: str) -> bool:
    """Tell whether a program gave the subject its shape: an answer, a receipt, a report."""
    known, parts = shapes(), _parts(subject)
    if any(map(_is_answer, (*parts.bracketed, parts.behind_dash))):
        return True
    if parts.answered:
        return False
    # a subject of ours, with what stands in its brackets, comes back in replies under any mark
    ours = _REFERENCE.search(subject[:_LONGEST]) is not None
    if not ours and any(words in known.alone for words in parts.bracketed):
        return True
    return (
        any(words in known.in_front or _tells_absence(words) for words in parts.before_colon)
        or any(map(_is_answer, (*parts.before_colon, parts.before_dash, parts.whole)))
        or parts.before_dash in known.alone
        or parts.whole in known.alone
        or parts.whole.startswith(known.begins)
        or parts.whole.endswith(known.ends)
    )


def _is_answer(words: str) -> bool:
    """Whether a folded part of a subject is the mark of an automatic answer, and little else."""
    known = shapes()
    if words in known.anywhere_apart:
        return True
    own = _longest_in(words, known.own)
    rest = words.replace(own, "", 1) if own else ""
    answer = _longest_in(rest, known.answer)
    return bool(answer) and len(rest) - len(answer) <= _beside(words)


def _tells_absence(words: str) -> bool:
    found = _longest_in(words, shapes().absence)
    return bool(found) and len(words) - len(found) <= _beside(words)


def _longest_in(words: str, stems: tuple[str, ...]) -> str:
    for stem in stems:  # the longest come first
        if stem in words:
            return stem
    return ""


def _beside(words: str) -> int:
    """Return how many letters may stand beside the stems: endings, "e-mail", no sentence."""
    return _LETTERS_BESIDE if words.isascii() or not _IDEOGRAPHS.search(words) else _SIGNS_BESIDE


def is_of_a_failure(subject: str) -> bool:
    """Tell whether the subject has the shape of a report that a mail could not be delivered."""
    known, parts = shapes(), _parts(subject)
    if parts.answered:
        return False
    places = (*parts.before_colon, parts.before_dash, parts.whole, *parts.bracketed)
    return any(words in known.failures for words in places)


def tells_of_a_failure(subject: str) -> bool:
    """Tell whether the words of such a report stand anywhere in the subject."""
    folded = fold(subject[:_LONGEST])
    return any(words in folded for words in shapes().failures_within)


@lru_cache(maxsize=8)
def _parts(subject: str) -> _Parts:
    text = unicodedata.normalize("NFKC", subject[:_LONGEST]).strip()
    bracketed: list[str] = []
    answered = False
    for _ in range(_MOST_MARKS):
        rest = _without_brackets(text, bracketed)
        behind = _behind_reply_mark(rest)
        answered = answered or behind is not None
        rest = rest if behind is None else behind
        if rest == text:
            break
        text = rest
    places = (found.start() for found in _DASH.finditer(text))
    dashes = [place for place in places if _is_apart(text, place)]
    return _Parts(
        whole=fold(text),
        before_colon=tuple(_before_colons(text)),
        before_dash=_before_dash(text, dashes),
        behind_dash=_behind(text, dashes),
        bracketed=tuple(bracketed),
        answered=answered,
    )


def _without_brackets(text: str, found: list[str]) -> str:
    """Return ``text`` without what stands in brackets at its ends, which is put into ``found``."""
    if text and text[0] in _OPENING:
        end = text.find(_CLOSING[_OPENING.index(text[0])])
        if end > 0:
            found.append(fold(text[1:end]))
            text = text[end + 1 :].strip()
    if text and text[-1] in _CLOSING:
        begin = text.rfind(_OPENING[_CLOSING.index(text[-1])])
        if begin >= 0:
            found.append(fold(text[begin + 1 : -1]))
            # what is called "(in brackets)" by a program belongs to its words as well
            text = text if begin == 0 or _is_own(text) else text[:begin].strip()
    return text


def _is_own(text: str) -> bool:
    return fold(text) in shapes().alone


def _behind_reply_mark(text: str) -> str | None:
    """Return what stands behind ``Re:``, ``AW[2]:`` or ``回复:``; None where no such mark does."""
    head, colon, rest = text.partition(":")
    mark = _NUMBERED.sub("", head.strip()[:40]).strip()
    if not colon or fold(mark) not in shapes().replies:
        return None
    return rest.strip()


def _before_colons(text: str) -> Iterator[str]:
    """Yield what stands before each of the first colons: some words have one of their own."""
    end = -1
    for _ in range(_COLONS):
        end = text.find(":", end + 1)
        if end < 0:
            return
        head = text[:end]
        yield fold(head)
        # "Out of Office Re: …": the mark of the reply stands behind the program's words
        before, _, last = head.rpartition(" ")
        if fold(last) in shapes().replies:
            yield fold(before)


def _before_dash(text: str, dashes: Sequence[int]) -> str:
    return fold(text[: dashes[0]]) if dashes else ""


def _behind(text: str, dashes: Sequence[int]) -> str:
    return fold(text[dashes[-1] + 1 :]) if dashes and dashes[-1] else ""


def _is_apart(text: str, place: int) -> bool:
    """Whether a dash separates: it has a blank beside it, or is no dash of a Latin word."""
    around = text[max(place - 1, 0) : place] + text[place + 1 : place + 2]
    return " " in around or not around.isascii()


def folded(words: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    """Return lists of words, folded."""
    return {name: frozenset(map(fold, found)) for name, found in words.items()}
