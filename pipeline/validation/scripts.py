"""Scripts of letters and look-alikes (UTS 39), and the names of hosts (IDNA 2008, RFC 5890).

Scripts come from fontTools, look-alikes from Unicode's confusables, top-level domains from the
Public Suffix List: no network.
"""

import re
import unicodedata
from functools import cache
from typing import Any

import idna

#: Combinations of UTS 39, section 5.2 ("highly restrictive"): Japanese, Chinese, Korean.
_TOGETHER = (
    frozenset({"Latn", "Hani", "Hira", "Kana"}),
    frozenset({"Latn", "Hani", "Bopo"}),
    frozenset({"Latn", "Hani", "Hang"}),
)
_NO_SCRIPT = frozenset({"Zyyy", "Zinh", "Zzzz"})
_COMMON_TOPS = frozenset(
    {"com", "net", "org", "jp", "de", "uk", "fr", "at", "ch", "eu", "info", "io", "us", "cn", "kr"}
)
#: RFC 6761, RFC 2606: for examples and tests, in no list of the world's names.
_RESERVED = frozenset({"test", "example", "invalid"})
#: Names of private networks and of other systems (RFC 6762, RFC 7686, RFC 8375, ICANN 2024).
_PRIVATE = (
    ".local", ".localhost", ".internal", ".lan", ".intranet", ".home", ".corp", ".invalid",
    ".onion", ".home.arpa", ".localdomain", ".private", ".workgroup", ".alt", ".arpa",
)  # fmt: skip
_ACE = "xn--"


def script_of(letter: str) -> str:
    """Return the script of ``letter`` (ISO 15924), or empty for what every script uses."""
    if letter.isascii():
        return "Latn" if letter.isalpha() else ""
    from fontTools import unicodedata as scripts  # noqa: PLC0415 - for letters beyond ASCII only

    found = str(scripts.script(letter))
    return "" if found in _NO_SCRIPT else found


def scripts_in(text: str) -> frozenset[str]:
    """Return the scripts of the letters of ``text``."""
    return frozenset(found for sign in text if sign.isalpha() and (found := script_of(sign)))


def foreign_letters(word: str) -> str:
    """Return the letters of ``word`` that belong to another script than the rest, or empty."""
    if word.isascii():
        return ""
    found = scripts_in(word)
    if len(found) <= 1 or any(found <= together for together in _TOGETHER):
        return ""
    count = {script: sum(script_of(sign) == script for sign in word) for script in found}
    fewest = min(count, key=lambda script: (count[script], script == "Latn"))
    return "".join(dict.fromkeys(sign for sign in word if script_of(sign) == fewest))


def disguised_letters(text: str) -> str:
    """Return the letters that are an ASCII letter in another dress: 𝐭, ⅰ, ᴛ, ı."""
    return "".join(
        dict.fromkeys(sign for sign in text if not sign.isascii() and _is_disguised(sign))
    )


def _is_disguised(sign: str) -> bool:
    if not (sign.isalpha() or sign.isnumeric()):
        return False
    folded = unicodedata.normalize("NFKC", sign)
    if folded != unicodedata.normalize("NFC", sign) and folded.isascii():
        return True
    if unicodedata.name(sign, "").startswith(("LATIN LETTER SMALL CAPITAL", "MODIFIER LETTER")):
        return True
    accented = unicodedata.normalize("NFD", sign)[0].isascii()
    return not accented and script_of(sign) == "Latn" and _twin(sign)


@cache
def looks_latin(word: str) -> bool:
    """Return whether every letter of a ``word`` of another script looks like an ASCII letter."""
    letters = [sign for sign in word if sign.isalpha()]
    if not letters or word.isascii() or "Latn" in scripts_in(word):
        return False
    return all(_twin(sign) for sign in letters)


def _twin(letter: str) -> bool:
    from confusable_homoglyphs import confusables  # noqa: PLC0415 - a large table, seldom needed

    found = confusables.is_confusable(letter, greedy=True, preferred_aliases=[])
    twins = (twin["c"] for hit in found or () for twin in hit["homoglyphs"])
    return any(len(twin) == 1 and twin.isascii() for twin in twins)


def unicode_host(host: str) -> str:
    """Return ``host`` with its ASCII-compatible labels written out; a broken one stays."""
    return ".".join(_written_out(label) for label in host.split("."))


def _written_out(label: str) -> str:
    if not label.lower().startswith(_ACE):
        return label
    try:
        return idna.decode(label)
    except (idna.IDNAError, UnicodeError):
        return label


def strange_in_host(host: str) -> str:
    """Return the letters of ``host`` that make it look like another name, or empty."""
    labels = unicode_host(host).split(".")
    top = labels[-1]
    for label in labels:
        mixed = foreign_letters(label) or disguised_letters(label)
        if mixed:
            return mixed
        if looks_latin(label) and scripts_in(label) != scripts_in(top):
            return "".join(dict.fromkeys(sign for sign in label if sign.isalpha()))
    return ""


def is_idna(host: str) -> bool:
    """Return whether every label of ``host`` may be registered (IDNA 2008)."""
    if host.isascii():
        return all(_written_out(label) != label for label in host.split(".") if _ACE in label)
    try:
        return bool(idna.encode(host.lower(), uts46=False, strict=False))
    except (idna.IDNAError, UnicodeError):
        return False


def is_private(host: str) -> bool:
    """Return whether ``host`` is a name of a private network or of no network of names."""
    return f".{host.lower().rstrip('.')}".endswith(_PRIVATE)


def is_reserved(host: str) -> bool:
    """Return whether ``host`` lies under a top-level domain for examples and tests alone."""
    return host.lower().rpartition(".")[2] in _RESERVED


@cache
def _suffixes() -> Any:  # the library has no types
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415 - 35 ms, for rare names only

    return PublicSuffixList(only_icann=True)


def is_known_top(host: str) -> bool:
    """Return whether the last label of ``host`` is a top-level domain (or kept for examples)."""
    top = host.lower().rpartition(".")[2]
    if top in _COMMON_TOPS or top in _RESERVED or host.lower().endswith("例え.テスト"):
        return True
    known = _suffixes().publicsuffix(f"x.{top}", accept_unknown=False)
    if known is None and not top.isascii():
        known = _suffixes().publicsuffix(f"x.{_ascii(top)}", accept_unknown=False)
    return known is not None


def _ascii(label: str) -> str:
    try:
        return idna.encode(label).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return "invalid"


def is_host_like(text: str) -> bool:
    """Return whether ``text`` has the form of a host's name with a known top-level domain."""
    return bool(re.fullmatch(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_]{2,63}", text)) and (
        is_known_top(text)
    )
