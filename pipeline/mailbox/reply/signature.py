"""Signatures: cut only where they look like one, so that no word above or below is lost."""

import re
from collections.abc import Sequence

_MARK = re.compile(r"--\s?\Z|—\s?\Z")
_RULE = re.compile(
    r"\s*([-=*_━─＿ー－―＊＝・+~☆★◇◆■□]{1,2})\1{4,}\s*\Z|\s*[-=*_━─＿＊＝+]{8,}\s*\Z"
)
_CONTACT = re.compile(
    r"(?:tel|fax|phone|mobile|e-?mail|mail|url)\b\s*[.:：]|https?://|www\.|〒|株式会社|有限会社|電話|\S@\S",
    re.IGNORECASE,
)
_CAP = 400
_LINES = 15
_LINES_BELOW_MARK = 25
_DEVICE = re.compile(
    r"(?:sent from my .{2,40}|sent from (?:outlook|mail) for .{2,40}|get outlook for .{2,40}|"
    r"von meinem .{2,40} gesendet|(?:iphone|ipad|android).{0,20}から送信.{0,3}|"
    r"outlook for (?:ios|android) を入手.{0,40})\Z",
    re.IGNORECASE,
)
# Words in any language, and the address of a program's own page or shop.
_ADVERTISED = re.compile(
    r".{2,60}<https://(?:aka\.ms|apps\.apple\.com|play\.google\.com|[a-z.]{0,20}onelink\.me|"
    r"[a-z.]{0,20}mail\.yahoo\.com|yho\.com)/[^<>\s]{1,200}>\s*\Z"
)


def without_signature(lines: Sequence[str], *, first: bool) -> list[str]:
    """Return ``lines`` without a signature: behind its mark, or contact data below a rule.

    ``lines`` stand together in the mail; ``first`` tells that nothing stands above them. One pass:
    a mail may be nothing but rules.
    """
    above, below = not first, sum(1 for line in lines if line.strip())
    for index, line in enumerate(lines):
        filled = bool(line.strip())
        below -= filled
        if _MARK.match(line):
            if above and below <= _LINES_BELOW_MARK:
                return list(lines[:index])
        elif not _RULE.match(line[:_CAP]):
            above = above or filled
        elif (
            above
            and 1 <= below <= _LINES
            and any(_CONTACT.search(line[:_CAP]) for line in lines[index + 1 :])
        ):
            return list(lines[:index])
    kept = [line for line in lines if not _DEVICE.match(line.strip()[:_CAP])]
    return _without_advertisement(kept)


def _without_advertisement(lines: list[str]) -> list[str]:
    """Cut the one line with a link that a program for phones puts last, below a blank line."""
    last = len(lines) - 1
    while last >= 0 and not lines[last].strip():
        last -= 1
    alone = last > 0 and not lines[last - 1].strip()
    return lines[:last] if alone and _ADVERTISED.match(lines[last][:_CAP]) else lines
