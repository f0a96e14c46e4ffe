"""Which of the offered times a sentence chooses, and whether it asks for another one."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from zoneinfo import ZoneInfo

from pipeline.intake.phrases import load_table
from pipeline.intake.reply.dates import Named, named
from pipeline.intake.reply.doubts import Doubt, doubts
from pipeline.intake.reply.folding import fold, is_japanese, pattern
from pipeline.model.request import Slot

LETTERS = "ABC"
_LETTER = re.compile(r"(?<![A-Za-z0-9])([A-Ca-c])(?![A-Za-z0-9'’@+#])(\))?")
_MAX_WORDS = 12
_MAX_SENTENCE = 300


@dataclass(frozen=True, slots=True)
class Offer:
    """The times that were offered, in their order, as the customer reads them."""

    slots: tuple[Slot, ...]
    zone: str
    today: date


@dataclass(frozen=True, slots=True)
class Choice:
    """What a sentence says of the offered times.

    ``slot`` is the one that it chooses (its position). ``mixed``: it names several, or a letter
    beside another date; that is for staff. ``other``: it offers or asks for another time.
    ``only``: it is nothing but dates and times, none of them offered.
    """

    slot: int | None = None
    mixed: bool = False
    other: bool = False
    only: bool = False


def read_choice(text: str, offer: Offer) -> Choice:
    """Return what one sentence (or a piece of one) says of the offered times."""
    if len(text) > _MAX_SENTENCE:
        return Choice()
    words = named(unicodedata.normalize("NFKC", text), offer.today)
    letters, rest, unknown = _letters(words.rest, len(offer.slots))
    ordinals, rest = _ordinals(fold(rest))
    chosen = letters | ordinals
    timed = bool(words.days or words.weekdays or words.times)
    fitting = [index for index, slot in enumerate(offer.slots) if _fits(slot, words, offer.zone)]
    amiss = letters and words.days and not letters.intersection(fitting)
    if (
        len(letters) > 1
        or amiss
        or (unknown and _only(fold(rest), "words"))
        or (not fitting and _names_offered_days(words, offer))
    ):
        return Choice(mixed=True)
    candidates = [index for index in fitting if not chosen or index in chosen]
    if (chosen or timed) and len(candidates) == 1 and _only(rest, "words"):
        return Choice(slot=candidates[0])
    if chosen or not (words.days or words.weekdays) or fitting:
        return Choice()
    return Choice(other=_offers(text, offer.today), only=not rest.strip())


def _letters(text: str, count: int) -> tuple[frozenset[int], str, bool]:
    """Return the positions of the letters that ``text`` names, and the text without them.

    And whether there is a letter that was not offered.
    """
    found: set[int] = set()
    unknown: set[int] = set()

    def take(hit: re.Match[str]) -> str:
        position = LETTERS.index(hit[1].upper())
        before = fold(text[: hit.start()]).split()[-1:]
        article = hit[1] == "a" and not hit[2] and not is_japanese(text)
        named_so = before and before[0] in _names()
        alone = not fold(text[: hit.start()] + text[hit.end() :]).strip()
        if article and not named_so and not alone:
            return hit[0]
        (found if position < count else unknown).add(position)
        return " "

    rest = _LETTER.sub(take, text)
    return frozenset(found), rest, bool(unknown)


def _ordinals(folded: str) -> tuple[frozenset[int], str]:
    padded = f" {folded} "
    for position, word, within in _ordinal_words():
        if within in padded:
            return frozenset({position}), padded.replace(word, " ", 1).strip()
    return frozenset(), folded


def _fits(slot: Slot, words: Named, zone: str) -> bool:
    start, end = (instant.astimezone(ZoneInfo(zone)) for instant in (slot.start, slot.end))
    clock = [(start.hour, start.minute), (end.hour, end.minute)]
    days = all(start.date() in meanings for meanings in words.days)
    weekdays = all(start.weekday() == weekday for weekday in words.weekdays)
    times = len(words.times) <= len(clock) and all(
        time in meanings for time, meanings in zip(clock, words.times, strict=False)
    )
    return days and weekdays and times


def _names_offered_days(words: Named, offer: Offer) -> bool:
    """Tell whether several days are named, each of an offered time ("Monday or Tuesday")."""
    starts = [slot.start.astimezone(ZoneInfo(offer.zone)) for slot in offer.slots]
    days = [any(start.date() in meanings for start in starts) for meanings in words.days]
    weekdays = [any(start.weekday() == day for start in starts) for day in words.weekdays]
    found = [*days, *weekdays]
    return max(len(days), len(weekdays)) > 1 and all(found)


def _offers(text: str, today: date) -> bool:
    """Tell whether a sentence with days that were not offered offers them."""
    padded = f" {fold(text)} "
    if not any(word in padded for word in _patterns("offers")):
        return False
    pieces = re.split(r"[,、，;；]", text)
    dated = [fold(piece) for piece in pieces if _has_day(piece, today)]
    return not any(
        Doubt.NEGATION in doubts(piece)
        or any(word in f" {piece} " for word in _patterns(_NO_OFFER))
        for piece in dated
    )


def _has_day(piece: str, today: date) -> bool:
    words = named(unicodedata.normalize("NFKC", piece), today)
    return bool(words.days or words.weekdays)


def _only(folded: str, words: str) -> bool:
    """Tell whether a folded text has no other words than those of a list of ``[slots]``."""
    return only_words(folded, "slots", words)


def only_words(folded: str, table: str, name: str) -> bool:
    """Tell whether ``folded`` is made of the words of a list alone, and of few."""
    latin, japanese = _vocabulary(table, name)
    pieces = folded.split()
    if len(pieces) > _MAX_WORDS:
        return False
    return all(
        piece in latin or (is_japanese(piece) and _is_made_of(piece, japanese)) for piece in pieces
    )


def _is_made_of(text: str, words: frozenset[str]) -> bool:
    """Tell whether ``text`` can be cut into ``words`` (Japanese is written without blanks)."""
    longest = max(map(len, words), default=0)
    reached = {0}
    for end in range(1, len(text) + 1):
        starts = range(max(0, end - longest), end)
        if any(start in reached and text[start:end] in words for start in starts):
            reached.add(end)
    return len(text) in reached


_NO_OFFER = "not_an_offer"


@cache
def _vocabulary(table: str, name: str) -> tuple[frozenset[str], frozenset[str]]:
    courtesy = load_table("fold", "drop")
    folded = {fold(word) for word in (*load_table(table, name), *courtesy)}
    latin = {part for word in folded if not is_japanese(word) for part in word.split()}
    return frozenset(latin), frozenset(word for word in folded if is_japanese(word)) | {"ok"}


@cache
def _names() -> frozenset[str]:
    return frozenset(fold(word) for word in load_table("slots", "names"))


@cache
def _patterns(name: str) -> tuple[str, ...]:
    return tuple(pattern(word) for word in load_table("slots", name))


@cache
def _ordinal_words() -> tuple[tuple[int, str, str], ...]:
    """Return the position, the word, and what it is looked for within.

    "The first" alone may be a day of the month: a word such as "slot" has to follow.
    """

    def read() -> Iterator[tuple[int, str, str]]:
        for index, words in enumerate(load_table("slots", "ordinals")):
            for word in map(pattern, words.split("|")):
                followed = (word,) if is_japanese(word) else (f"{word}{name} " for name in _named())
                for within in followed:
                    yield index % len(LETTERS), word, within

    return tuple(read())


def _named() -> tuple[str, ...]:
    return (*sorted(_names()), "one")
