"""Undoes the substitutions of characters that programs make when they print.

A glyph that stands for several characters (高 and the radical ⾼, f + i and ﬁ) comes back as any of
them. Nothing else is folded here: ① and ㈱ are what the person wrote.
"""

import unicodedata

_LIGATURES = range(0xFB00, 0xFB07)
_KANGXI = range(0x2F00, 0x2FD6)
#: Radicals of the supplement that Unicode does not decompose (EquivalentUnifiedIdeograph.txt).
_RADICALS = str.maketrans(
    {
        "⺠": "民", "⻁": "虎", "⻄": "西", "⻆": "角", "⻑": "長", "⻘": "青", "⻝": "食",
        "⻤": "鬼", "⻨": "麦", "⻩": "黄", "⻫": "斉", "⻭": "歯", "⻯": "竜", "⻲": "亀",
    }
)  # fmt: skip
#: Signs that fonts draw with the same glyph as those of the keyboard (the maps of Noto Sans JP and
#: IPA Gothic): which of the two a program names is chance.
_SAME_GLYPH = str.maketrans(
    {"\u00ad": "-", "\u2011": "-", "\u2012": "–", "\u2027": "・", "\u22ef": "…", "\u2215": "／"}
)


def as_typed(text: str) -> str:
    """Return ``text`` (NFC) with ligatures, radicals and signs as the characters people type."""
    known = "".join(
        unicodedata.normalize("NFKC", character)
        if ord(character) in _LIGATURES or ord(character) in _KANGXI
        else character
        for character in text.translate(_RADICALS | _SAME_GLYPH)
    )
    return unicodedata.normalize("NFC", known)


def folded(text: str) -> str:
    """Return ``text`` in the form in which printed words are compared: no blanks, no case."""
    return "".join(unicodedata.normalize("NFKC", as_typed(text)).casefold().split())
