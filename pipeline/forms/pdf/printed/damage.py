"""Tells text whose characters a program did not know from what a person typed.

A program that has no glyph for a character prints a question mark or a dot in its place, draws the
bytes of one encoding as those of another, or names characters that nobody types.
"""

import re
import unicodedata

#: What no keyboard types: controls, private and unassigned characters, halves, spacing accents.
_UNTYPED = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})
_KEPT = frozenset("\n\t\u200b\u200c\u200d\u200e\u200f\ufeff")
_ACCENTS = range(0x02B0, 0x0300)
_OTHERS = frozenset("\ufffd¤")
#: Signs in place of characters: several that begin a word, or one before or within a word.
_REPLACED = re.compile(
    r"(?:^|[\s·□▯])[?·□▯]{2}|[?·□▯]{2}\w|^[?·□▯]\s?\w|\w[?□▯]\w|[^\Wa-z]·|·[^\Wa-z]", re.MULTILINE
)
_ADDRESS = re.compile(r"://|www\.|[\w-]\.[a-z]{2,}/", re.IGNORECASE)
_UTF16 = "þÿ"
_KANA = frozenset(map(chr, range(0x3041, 0x30FF)))
_TWO_KANA = 4


def has_lost_characters(text: str) -> bool:
    """Return whether some of the characters of ``text`` are not those that were typed."""
    if _is_kana_in_halves(text):
        return True
    if text.isascii() and text.isalnum():
        return False
    if any(_is_untyped(item) for item in text):
        return True
    return bool(_REPLACED.search(text)) and not _ADDRESS.search(text)


def _is_kana_in_halves(text: str) -> bool:
    """Return whether ``text`` is Japanese whose codes of two bytes were read one by one.

    The first byte of kana is a nought, so that nothing else of it need look odd.
    """
    if len(text) < _TWO_KANA or len(text) % 2 or not text.isascii():
        return False
    found = text.encode("ascii").decode("utf-16-be", "replace")
    kana = sum(item in _KANA for item in found)
    return kana * 2 > len(found) and all(item in _KANA or item.isalpha() for item in found)


def _is_untyped(character: str) -> bool:
    if character in _KEPT:
        return False
    is_known = unicodedata.category(character) not in _UNTYPED
    return not is_known or ord(character) in _ACCENTS or character in _OTHERS


def as_meant(text: str) -> str:
    """Return ``text``; of UTF-16 that was drawn byte by byte, with its mark, what it spells.

    Nothing when some of its bytes are gone.
    """
    if not text.startswith(_UTF16):
        return text
    content = b"".join(
        item.encode("cp1252") if item in _OF_WINDOWS else item.encode("latin-1", "ignore")
        for item in text[len(_UTF16) :]
    )
    try:
        found = content.decode("utf-16-be")
        found.encode("cp932")  # all of it in one character set, as what was typed is
    except UnicodeError:
        return ""
    return "" if any(_is_untyped(item) for item in found) else found


_OF_WINDOWS = frozenset(bytes(range(0x80, 0xA0)).decode("cp1252", "ignore"))
