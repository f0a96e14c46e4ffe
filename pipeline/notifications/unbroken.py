"""Lines of HTML: what stays together, and where a date with its time is broken first.

Browsers break behind every hyphen and between any two characters of Japanese (UAX #14), and a
narrow screen has a line for each 30 characters. What they make of ``e-mail``, of a range of hours
and of a path of a menu has to be read twice.
"""

import re

_TAG = re.compile(r"(<[^>]*>)")
#: Short enough for a cell of the narrowest table.
_TOGETHER = re.compile(
    r"(?<![A-Za-z0-9-])[A-Za-z0-9]{1,2}-[A-Za-z0-9]{1,9}(?:-[A-Za-z0-9]{1,4})?(?![A-Za-z0-9-])"
    r"|\d{1,2}:\d\d[–～]\d{1,2}:\d\d"  # a range of hours
    r"|\d{4}年\d{1,2}月\d{1,2}日（.）"
    r"|「[^「」\s&]{1,6}」|（[^（）\s&]{1,4}）"
    r"|(?<![0-9:年月])\d{1,3}か?[一-鿿]{1,3}(?![0-9一-鿿])"  # a number and what is counted
    r"|[(（][A-Za-z]{1,8} [A-Z]\d{1,3}[)）]"  # a cell of the form
    r"|[A-Z][a-z]{1,11} \d(?![\d.]| [A-Z])"  # User 2, Question 8
    r"|[^\s&;]{1,12} &gt;(?= )"  # a step of a path of menus
)
_WHOLE = '<span style="white-space:nowrap">{}</span>'
_MOMENT = re.compile(
    r"([^<>()\d]{1,30}) (\d{1,2}\.?\s[^<>()\d]{3,12} \d{4},)"
    r" (\d{1,2}:\d\d[^<>(),]{0,12}) (\([^<>()]{1,60}\))"
    r"|([^<>]{0,10}\d日（.）)(\d{1,2}:\d\d[^<>（）]{0,6})(（[^<>（）]{1,40}）)"
)
#: A block inside a line: it goes to the next line as a whole, and is broken where none holds it.
_PIECE = '<span style="display:inline-block">{}</span>'


def unbroken(page: str) -> str:
    """Return a piece of HTML in which short words with hyphens, ranges and counts stay whole."""
    pieces = _TAG.split(page)
    pieces[::2] = (
        _TOGETHER.sub(lambda match: _WHOLE.format(match[0]), text) for text in pieces[::2]
    )
    return "".join(pieces)


def is_moment(page: str) -> bool:
    """Tell whether a line is a date with its time and zone (with a letter before it, or none)."""
    return _MOMENT.fullmatch(page) is not None


def moment(page: str) -> str:
    """Return such a line so that it is broken before its time or its zone first."""
    match = _MOMENT.fullmatch(page)
    if match is None:
        return page
    parts = [unbroken(part) for part in match.groups() if part is not None]
    if match[1] is None:
        day, time, zone = parts
        return _PIECE.format(day + time) + _PIECE.format(zone)
    return " ".join(map(_PIECE.format, parts))
