"""Names of users: how they are written, how they are compared, and which would deceive."""

import unicodedata

from pipeline.errors import UsageError
from pipeline.validation.scripts import disguised_letters, foreign_letters, looks_latin

_MOST_NAME = 64
_MOST_DISPLAY = 100
#: Beside letters, their marks and digits: what mail addresses and log-in names are made of.
_JOINTS = frozenset(".-_@+")
#: Controls, directions and other signs without a shape, separators of lines, halves of signs.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def folded(name: str) -> str:
    """Return ``name`` as it is compared: compatible signs as one, without regard to case."""
    text = unicodedata.normalize("NFKC", name.strip()).casefold()
    return unicodedata.normalize("NFKC", text)


def read_name(text: str) -> str:
    """Return a name of a new user, folded.

    Raises UsageError ``user_name`` for a name with blanks or signs that nobody sees, and
    ``user_name_alike`` for one with letters of another script, which look like others.
    """
    name = folded(text)
    if disguised_letters(name) or foreign_letters(name) or looks_latin(_letters(name)):
        raise UsageError("user_name_alike", name=text)
    letters = all(sign in _JOINTS or unicodedata.category(sign)[0] in "LMN" for sign in name)
    begins = bool(name) and unicodedata.category(name[0])[0] in "LN"
    if not letters or not begins or len(name) > _MOST_NAME:
        raise UsageError("user_name", name=text, most=_MOST_NAME)
    return name


def read_display(text: str) -> str:
    """Return how a user is shown; raises UsageError ``user_display``."""
    display = " ".join(unicodedata.normalize("NFC", text).split(" ")).strip()
    if len(display) > _MOST_DISPLAY or any(unicodedata.category(s) in _UNSEEN for s in display):
        raise UsageError("user_display", most=_MOST_DISPLAY)
    return display


def _letters(name: str) -> str:
    return "".join(sign for sign in name if sign.isalpha())
