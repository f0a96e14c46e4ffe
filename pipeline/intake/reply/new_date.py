"""Whether a sentence names a new date for the set-up."""

import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cache

from pipeline.intake.phrases import load_table
from pipeline.intake.reply.dates import named
from pipeline.intake.reply.folding import fold, pattern
from pipeline.intake.reply.slots import only_words

_MAX_SENTENCE = 300


@dataclass(frozen=True, slots=True)
class NewDate:
    """A date that is said to be the new one: ISO, or empty when it can be read in two ways.

    ``alone``: the sentence is the date and nothing else.
    """

    written: str
    alone: bool


def read_new_date(text: str, today: date) -> NewDate | None:
    """Return the new date that a sentence names, or None.

    Its other words must all be words of ``[dates]``, and one of them must say what the date is for;
    a date alone is left to the caller.
    """
    if len(text) > _MAX_SENTENCE:
        return None
    words = named(unicodedata.normalize("NFKC", text), today)
    if len(words.days) != 1:
        return None
    folded = fold(words.rest)
    says_so = any(word in f" {folded} " for word in _says())
    if folded and not (says_so and only_words(folded, "dates", "words")):
        return None
    days = words.days[0]
    return NewDate(next(iter(days)).isoformat() if len(days) == 1 else "", alone=not folded)


@cache
def _says() -> tuple[str, ...]:
    return tuple(pattern(word) for word in load_table("dates", "says"))
