"""Reads the word of a drop-down list that a print shows in part: it can only be one of the list."""

from collections.abc import Iterable, Sequence

from pipeline.forms.pdf.printed.fold import folded
from pipeline.forms.pdf.printed.text import Written

_UNKNOWN = frozenset("\ufffd?·□▯")
_SHORTEST = 3  # characters from which a word of the list is told
_SHARE = 0.5


def chosen(found: Written, codes: Sequence[str], options: Sequence[str]) -> Written:
    """Return the word of ``options`` that ``found`` shows.

    A box cuts a long word off, and a font leaves characters out; some programs show one of
    ``codes`` instead. What could be several words, or none, is left as it is, and ``damaged``.
    """
    if not found.text or not options or found.text in codes:
        return found
    seen = "".join(item for item in folded(found.text) if item not in _UNKNOWN)
    known = {folded(option): option for option in options}
    words = [known[folded(found.text)]] if folded(found.text) in known else []
    if not words and len(seen) >= _SHORTEST:
        words = [option for word, option in known.items() if word.startswith(seen)] or [
            option
            for word, option in known.items()
            if len(seen) >= _SHARE * len(word) and _is_within(seen, word)
        ]
    if len(words) == 1:
        return Written(words[0], columns=found.columns, indexes=found.indexes)
    return Written(found.text, damaged=True, columns=found.columns, indexes=found.indexes)


def _is_within(some: Iterable[str], word: str) -> bool:
    """Return whether ``some`` characters are in ``word`` in their order."""
    rest = iter(word)
    return all(item in rest for item in some)
