"""Lines of HTML: what stays together, and where a date with its time is broken first.

Browsers break behind every hyphen and between any two characters of Japanese (UAX #14), and a
narrow screen has a line for each 30 characters. What they make of ``e-mail``, of a range of hours
and of a path of a menu has to be read twice.
"""

import re

_WHOLE = '<span style="white-space:nowrap">{}</span>'
#: A tag, or what is whole already.
_TAG = re.compile(r'(<span class="whole"[^>]*>[^<]*</span>|<[^>]*>)')
#: Short enough for a cell of the narrowest table. What is whole begins at a hyphen, a bracket or a
#: blank: a filter that finds many tags between the letters of a mail takes it for spam.
_TOGETHER = re.compile(
    r"(?<![A-Za-z0-9-])([A-Za-z0-9]{1,2})(-[A-Za-z0-9]{1,9}(?:-[A-Za-z0-9]{1,4})?)(?![A-Za-z0-9-])"
    r"|()(\d{1,2}:\d\d–\d{1,2}:\d\d)"  # a range of hours
    r"|()(\([A-Za-z]{1,8} [A-Z]\d{1,3}\))"  # a cell of the form
    r"|([A-Z][a-z]{1,11})( \d)(?![\d.]| [A-Z])"  # User 2, Question 8
    r"|()([^\s&;]{1,12} &gt;)(?= )"  # a step of a path of menus
)
_MOMENT = re.compile(
    r"([^<>()\d]{1,30}) (\d{1,2}\.?\s[^<>()\d]{3,12} \d{4},)"
    r" (\d{1,2}:\d\d[^<>(),]{0,12}) (\([^<>()]{1,60}\))"
)
#: Of Japanese only a range of hours: phrases (CSS Text 4, ``auto-phrase``) do the rest.
_EAST_ASIAN_MOMENT = re.compile(
    r"([^<>]{0,12}\d日（.）)(\d{1,2}:\d\d(?:～\d{1,2}:\d\d)?（[^<>（）]{1,40}）)"
)
#: A block inside a line: it goes to the next line as a whole, and is broken where none holds it.
_PIECE = '<span style="display:inline-block">{}</span>'


def unbroken(page: str) -> str:
    """Return a piece of HTML in which short words with hyphens and ranges of hours stay whole."""
    pieces = _TAG.split(page)
    pieces[::2] = (_TOGETHER.sub(_whole, text) for text in pieces[::2])
    return "".join(pieces)


def _whole(match: re.Match[str]) -> str:
    before, kept = (part for part in match.groups() if part is not None)
    return before + _WHOLE.format(kept)


def is_moment(page: str) -> bool:
    """Tell whether a line is a date with its time and zone (with a letter before it, or none)."""
    return bool(_MOMENT.fullmatch(page) or _EAST_ASIAN_MOMENT.fullmatch(page))


def moment(page: str) -> str:
    """Return such a line so that it is broken before its time or its zone first."""
    if match := _MOMENT.fullmatch(page):
        return " ".join(map(_PIECE.format, match.groups()))
    match = _EAST_ASIAN_MOMENT.fullmatch(page)
    if match is None or "～" not in match[2]:
        return page
    return "".join(map(_PIECE.format, match.groups()))
