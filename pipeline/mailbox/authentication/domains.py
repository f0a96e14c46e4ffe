"""Domain names as DMARC compares them (RFC 7489, 3.1 and 3.2)."""

import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

_LONGEST = 253
_LONGEST_LABEL = 63
_A_LABEL = "xn--"
_DEVIATIONS = frozenset("ßς")
"""What IDNA 2008 keeps and Python's IDNA 2003 maps: ``straße`` and ``strasse`` are two names."""
_JOINERS = frozenset("\u200c\u200d")
_DOTS = str.maketrans("。．｡", "...")


def folded(domain: str) -> str:
    """Return ``domain`` in lower case and A-labels without a final dot, or empty when it is none.

    Letters outside of ASCII are encoded by IDNA 2008 (RFC 5891) where the two editions differ.
    """
    name = domain.strip(" \t\r\n").rstrip(".").lower()
    if not name.isascii():
        try:
            name = ".".join(_a_label(label) for label in name.translate(_DOTS).split("."))
        except UnicodeError:
            return ""
    return name if len(name) <= _LONGEST else ""


def _a_label(label: str) -> str:
    """Return one label in ASCII. Raises UnicodeError for what no registry gives out."""
    if label.isascii():
        return label
    if _JOINERS.intersection(label):
        raise UnicodeError("zero-width joiner")
    if not _DEVIATIONS.intersection(label):
        return label.encode("idna").decode("ascii").lower()
    kept = unicodedata.normalize("NFKC", label).lower()
    found = _A_LABEL + kept.encode("punycode").decode("ascii")
    if len(found) > _LONGEST_LABEL:
        raise UnicodeError("label too long")
    return found


def unicode_name(domain: str) -> str:
    """Return ``domain`` as people see it: A-labels decoded, as they are where that fails."""
    labels = []
    for label in domain.split("."):
        if label.startswith(_A_LABEL):
            try:
                labels.append(label[4:].encode("ascii").decode("punycode"))
                continue
            except UnicodeError:
                pass
        labels.append(label)
    return ".".join(labels)


@cache
def _suffixes(*, encoded: bool) -> "PublicSuffixList":
    """Read the list (https://publicsuffix.org) that the library carries; no network is used.

    We ask it about A-labels alone. The library would send all of its ten thousand names through
    IDNA, which takes four fifths of the time; a few hundred need it, and only where a name has
    ``encoded`` labels itself: no other one ends with theirs.
    """
    from publicsuffixlist import PSLFILE, PublicSuffixList  # noqa: PLC0415 - for the first mail only

    lines = Path(PSLFILE).read_text(encoding="utf-8").splitlines()
    rules = [_rule(line) for line in lines if encoded or line.isascii()]
    return PublicSuffixList(rules, accept_encoded_idn=False)


def _rule(line: str) -> str:
    """Return a line of the list with its name in A-labels; comments are passed over."""
    if line.isascii() or line.startswith("//"):
        return line
    mark = "!" if line.startswith("!") else ""
    return mark + line.removeprefix(mark).split(" ")[0].lower().encode("idna").decode("ascii")


def organisational(domain: str) -> str:
    """Return the organisational domain (RFC 7489, 3.2), or empty for a public suffix."""
    name = folded(domain)
    if "." not in name or not all(name.split(".")):
        return ""
    return _private(name)


@lru_cache(maxsize=1024)
def _private(name: str) -> str:
    encoded = _A_LABEL in name
    return _suffixes(encoded=encoded).privatesuffix(name) or ""


def aligned(one: str, other: str) -> bool:
    """Return whether two domains have the same organisational domain (relaxed alignment).

    A public suffix aligns with nothing: nobody owns ``co.jp``.
    """
    found = organisational(one)
    return bool(found) and found == organisational(other)


def is_at_or_below(name: str, domain: str) -> bool:
    """Return whether ``name`` is ``domain`` or one of its sub-domains."""
    inner, outer = folded(name), folded(domain)
    return bool(outer) and (inner == outer or inner.endswith("." + outer))
