"""A phrase that is written once for many wordings: ``(a|b)``, ``[optional]`` and ``<part>``."""

import re
from collections.abc import Iterator, Mapping
from itertools import product

_SIGNS = re.compile(r"([()\[\]|])")
_PART = re.compile(r"<(\w+)>")
_DEEP = 5


def expand(phrase: str, parts: Mapping[str, str]) -> list[str]:
    """Return every wording of ``phrase``, in the order in which it is written.

    ``(a|b)`` is one of its alternatives, ``[a|b]`` the same or nothing, ``<name>`` stands for the
    text of that name in ``parts``. The first wording takes the first alternative and what is
    optional. Raises ValueError for brackets that do not match and KeyError for an unknown part.
    """
    for _ in range(_DEEP):
        phrase = _PART.sub(lambda found: f"({parts[found[1]]})", phrase)
    if _PART.search(phrase):
        raise ValueError(f"parts within parts: {phrase}")
    signs = iter(sign for sign in _SIGNS.split(phrase) if sign)
    wordings, end = _alternatives(signs, phrase)
    if end:
        raise ValueError(f"a bracket too many: {phrase}")
    return list(dict.fromkeys(" ".join(wording.split()) for wording in wordings))


def _alternatives(signs: Iterator[str], phrase: str) -> tuple[list[str], str]:
    """Read up to the closing bracket; return the wordings and that bracket (empty at the end)."""
    found: list[str] = []
    sequence: list[list[str]] = []
    for sign in signs:
        if sign in "([":
            inner, end = _alternatives(signs, phrase)
            if end != (")" if sign == "(" else "]"):
                raise ValueError(f"brackets do not match: {phrase}")
            sequence.append([*inner, ""] if sign == "[" else inner)
        elif sign in ")]|":
            found += ("".join(pieces) for pieces in product(*sequence))
            sequence = []
            if sign != "|":
                return found, sign
        else:
            sequence.append([sign])
    return [*found, *("".join(pieces) for pieces in product(*sequence))], ""
