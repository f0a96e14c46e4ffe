"""Hostile text made inert: what may be shown on a screen or in a page."""

import unicodedata

#: The joiner of emoji and of scripts that need it (U+200D).
JOINER = "\u200d"
#: What keeps two letters apart that would be joined (U+200C).
NON_JOINER = "\u200c"
_REPLACEMENT = "�"
#: Controls that count as blanks although nobody types them (the others are no blanks at all).
_CONTROLS = frozenset("\x1c\x1d\x1e\x1f\x85")
#: Characters that take no room and leave no trace although they are letters or marks.
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


def inert(text: str) -> str:
    """Return hostile text as one printable line; what cannot be seen becomes a replacement sign.

    Joiners and variation selectors stay where they belong: in emoji, and between the letters of
    scripts that need them.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_seen(text, index) for index in range(len(text)))


def visible(value: object) -> object:
    """Return what a page prints, each line of a plain text inert; what is marked up stays.

    For the ``finalize`` of a Jinja environment.
    """
    if type(value) is not str:  # what is marked up already consists of such texts
        return value
    if value.isascii() and value.isprintable():  # most of a page
        return value
    return "\n".join(inert(line) for line in value.replace("\r\n", "\n").split("\n"))


def _seen(text: str, index: int) -> str:
    character = text[index]
    if character == "\u3000":
        return character  # the blank of Japanese text
    before = text[index - 1] if index else ""
    if character in (JOINER, NON_JOINER):
        after = text[index + 1 : index + 2]
        return character if _joins(character, before, after) else _REPLACEMENT
    if _selects(character):
        return character if _is_selectable(before, text[index + 1 : index + 2]) else _REPLACEMENT
    if character in _BLANKS:
        return _REPLACEMENT
    if character.isprintable():
        return character
    return " " if character.isspace() and character not in _CONTROLS else _REPLACEMENT


def _joins(character: str, before: str, after: str) -> bool:
    if not before or not after:
        return False
    if character == JOINER and is_pictured(after):
        return is_pictured(before) or _selects(before) or is_skin(before)
    return _needs_joiners(before) and _needs_joiners(after)


def _is_selectable(before: str, after: str) -> bool:
    """Tell whether a variation selector may follow: a picture, a kanji, the digit of a keycap."""
    if not before:
        return False
    keycap = before in "0123456789#*" and after == "\u20e3"
    wide = unicodedata.east_asian_width(before) in "WF"
    return keycap or wide or before in "\xa9\xae" or is_pictured(before)


def is_pictured(character: str) -> bool:
    """Tell whether ``character`` is a symbol or an emoji."""
    return unicodedata.category(character) in {"So", "Sm"} and ord(character) > 0x2000  # noqa: PLR2004 - symbols


def _needs_joiners(character: str) -> bool:
    return "\u0600" <= character <= "\u109f" or "\u1780" <= character <= "\u18af"


def _selects(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def is_skin(character: str) -> bool:
    """Tell whether ``character`` gives the emoji before it a skin tone."""
    return "\U0001f3fb" <= character <= "\U0001f3ff"
