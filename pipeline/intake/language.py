"""Which language a customer is answered in."""

import re
from collections.abc import Collection

from pipeline.intake.phrases import load_frequent_words

_HIRAGANA = re.compile("[\u3041-\u3096]")
#: Kana and ideographs.
_EAST = re.compile("[\u3041-\u30ff\u4e00-\u9fff]")
_DECISIVE = 2
_LETTERS = re.compile(r"[^\W\d_]+")
_DECISIVE_WORDS = 4
_CAP = 20_000
_FALLBACK = "en"
_OF_MANY_COUNTRIES = frozenset({"", "en", "es", "ar"})


def customer_language(
    chosen: str, text: str, form_language: str, headers_hint: str, available: Collection[str]
) -> str:
    """Return the code of the language that the customer is written to in.

    In this order: ``chosen`` in the form, the customer's own ``text`` when it is decisive (two
    hiragana: Japanese; many frequent words of one language), the language of the form file, the
    hint of the header fields, English. Languages that are not ``available`` are passed over.
    """
    own = "ja" if len(_HIRAGANA.findall(text)) >= _DECISIVE else _by_words(text)
    wishes = (chosen, own, form_language, headers_hint)
    codes = (wish.strip().lower().replace("_", "-").partition("-")[0] for wish in wishes)
    return next((code for code in codes if code in available), _FALLBACK)


def _by_words(text: str) -> str:
    """Return the language that has twice as many of its frequent words here as any other.

    Empty when there is none; English too, because much of any mail is English (names, footers).
    """
    said = set(_LETTERS.findall(text[:_CAP].casefold()))
    counts = {code: len(said.intersection(words)) for code, words in load_frequent_words().items()}
    best = max(counts, key=lambda code: counts[code], default=_FALLBACK)
    others = max((count for code, count in counts.items() if code != best), default=0)
    decisive = counts.get(best, 0) >= max(_DECISIVE_WORDS, 2 * others)
    return best if decisive and best != _FALLBACK else ""


def is_foreign(text: str, language: str) -> bool:
    """Tell whether ``text`` is plainly written in another language than ``language``.

    Two hiragana are Japanese; a few Latin words are not. Of the other languages the frequent words
    tell; where they do not tell it for sure, the text passes.
    """
    japanese = len(_HIRAGANA.findall(text)) >= _DECISIVE
    if japanese or language == "ja":
        latin = sum(1 for word in _LETTERS.findall(text[:_CAP]) if word.isascii())
        return language != "ja" if japanese else latin >= _DECISIVE_WORDS and not _EAST.search(text)
    said = set(_LETTERS.findall(text[:_CAP].casefold()))
    counts = {code: len(said.intersection(words)) for code, words in load_frequent_words().items()}
    own = counts.pop(language, 0)
    return max(counts.values(), default=0) >= max(_DECISIVE, 2 * own + 1)


def country_of_language(language: str) -> str:
    """Return the country (alpha-2) where most mails in ``language`` come from, or empty.

    CLDR's likely subtags; none for languages of many countries, where a guess would be wrong often.
    """
    from babel.core import get_global  # noqa: PLC0415 - slow to import, needed for few mails

    code = language.strip().lower().replace("_", "-").partition("-")[0]
    if code in _OF_MANY_COUNTRIES:
        return ""
    country: str = get_global("likely_subtags").get(code, "").rpartition("_")[2]
    return country if len(country) == len(code) else ""
