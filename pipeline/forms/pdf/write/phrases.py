"""Keeps the phrases of Japanese together, so that no line of a page breaks within a word.

Japanese is written without blanks, and the layout engine breaks it at any character: it knows no
``word-break: auto-phrase`` (CSS Text 4, 6.1). BudouX tells the phrases, as browsers do.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Any

#: What no line may begin with stays with the phrase before it (JIS X 4051: 行頭禁則).
_NOT_FIRST = re.compile(r"[／、。，．・：；！？）」』】〕］｝〉》”’ー…]+")
#: Choices are divided by slashes: a line may break behind each.
_AFTER_SLASHES = re.compile(r"[^／]+／*|／+")
_JAPANESE = "ja"
#: Ems of the longest phrase that is kept together; a customer's words may be one of any length.
_LONGEST = 20


def phrase_filter(language: str) -> Callable[[str], Any]:
    """Return the filter that marks up the phrases of a text in ``language`` as HTML."""
    return _with_phrases if language == _JAPANESE else str


def phrases(text: str) -> list[str]:
    """Return the phrases of a Japanese ``text``; together they are the text."""
    found: list[str] = []
    for phrase in _parser().parse(text):
        first = _NOT_FIRST.match(phrase)
        bound = first.end() if first and found else 0
        if bound:
            found[-1] += phrase[:bound]
        found += _AFTER_SLASHES.findall(phrase[bound:])
    return found


def _with_phrases(text: str) -> Any:
    from markupsafe import Markup, escape  # noqa: PLC0415 - only where forms are made

    whole = Markup('<span class="phrase">{}</span>')
    return Markup("").join(
        whole.format(phrase) if is_kept_together(phrase) else escape(phrase)
        for phrase in phrases(str(text))
    )


def is_kept_together(phrase: str) -> bool:
    """Return whether no line may break within ``phrase``."""
    return _ems(phrase) <= _LONGEST


def _ems(phrase: str) -> float:
    return sum(1.0 if unicodedata.east_asian_width(one) in "WFA" else 0.6 for one in phrase)


@cache
def _parser() -> Any:
    import budoux  # noqa: PLC0415 - only where forms are made

    return budoux.load_default_japanese_parser()
