"""Reads rich text: the part of XHTML that fields and notes hold (ISO 32000-2, 12.7.4.4)."""

import html
import re

_TAG = re.compile(r"(<[^<>]*>)")
_BREAK = re.compile(r"</(?:p|div|li)\s*>|<br\s*/?>", re.IGNORECASE)
_NAME = re.compile(r"</?\s*([a-z0-9:]{1,40})", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t]+")
#: Elements whose text is struck out, and what a style says for it.
_STRIKING, _STRUCK = frozenset({"s", "strike", "del"}), "line-through"


def plain(rich: str, *, with_struck: bool = True) -> str:
    """Return the text of ``rich`` text, also what is struck out in it unless told otherwise."""
    pieces: list[str] = []
    open_tags: list[tuple[str, bool]] = []
    for piece in _TAG.split(rich):
        if not (piece.startswith("<") and piece.endswith(">")):
            is_struck = bool(open_tags) and open_tags[-1][1]
            pieces.append(piece if with_struck or not is_struck else "")
            continue
        pieces.append("\n" if _BREAK.fullmatch(piece) else "")
        if not with_struck:
            _follow(piece, open_tags)
    text = html.unescape("".join(pieces))
    lines = (_BLANKS.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(filter(None, lines))


def is_same_text(one: str, other: str) -> bool:
    """Return whether two texts differ in blanks and line breaks at most."""
    return _bare(one) == _bare(other)


def _follow(tag: str, open_tags: list[tuple[str, bool]]) -> None:
    """Open or close the element of ``tag``; each knows whether its text is struck out."""
    name = _NAME.match(tag)
    if name is None or tag.endswith("/>"):
        return
    if not tag.startswith("</"):
        above = bool(open_tags) and open_tags[-1][1]
        struck = name[1].lower() in _STRIKING or _STRUCK in tag
        open_tags.append((name[1].lower(), above or struck))
    elif open_tags and open_tags[-1][0] == name[1].lower():
        open_tags.pop()


def _bare(text: str) -> str:
    return "".join(text.split())
