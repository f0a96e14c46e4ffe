"""Certificates and keys in what a customer wrote: they are not kept with the words.

The mail itself is kept as it came; words are shown to staff, in reports and as JSON. Nothing tells
a piece of a certificate from other encoded data, so all of it is left out: what has no blanks, is
long, and mixes capitals, small letters and digits as base64 does (RFC 4648, section 4).
"""

import re
from dataclasses import dataclass

from pipeline.certificates.paste import PasteCode, PasteRefused, decode_paste, recognise

#: Stands for what was left out.
OMITTED = "[…]"
#: Lines of encoded data have 64 characters (RFC 7468, section 2) or 76 (RFC 2045, section 6.8), the
#: values of a JSON Web Key 43 (RFC 7518, section 6.2.2). A path behind a domain is no data.
_RUN = re.compile(r"(?<![A-Za-z0-9+/_.-])[A-Za-z0-9+/_-]{40,}={0,2}", re.ASCII)
#: Beside a boundary less is enough.
_SHORT_RUN = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{12,}={0,2}", re.ASCII)
_BOUNDARY = re.compile(
    r"[-\u2010-\u2015\u2212]{1,8} ?(?:BEGIN|END) ?[A-Z0-9 ]{1,64}[-\u2010-\u2015\u2212]"
)
#: A line of data alone, with what quotes it.
_DATA = re.compile(r"[ \t>|\uff1e\"'`\u00a0]*([A-Za-z0-9+/_-]{1,}={0,2})[ \t\"'`,\\]*", re.ASCII)
#: A word or a number, which may follow a block.
_PLAIN = re.compile("[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_KINDS = (re.compile("[A-Z]"), re.compile("[a-z]"), re.compile("[0-9]"))


@dataclass(frozen=True, slots=True)
class Words:
    """What may be kept of a text; whether a private key was in what was left out."""

    text: str
    had_key: bool = False


def without_encoded(text: str) -> Words:
    """Return ``text`` without certificates, keys and other encoded data, in time linear in it."""
    if not (_RUN.search(text) or _BOUNDARY.search(text)):
        return Words(text)
    kept: list[str] = []
    blocks: list[list[str]] = [[]]
    for line in text.split("\n"):
        shown = _shown(line, follows=bool(blocks[-1]))
        if shown == line:
            if blocks[-1] and line.strip():
                blocks.append([])
        else:
            blocks[-1].append(line)
        if shown != OMITTED or kept[-1:] != [OMITTED]:
            kept.append(shown)
    return Words("\n".join(kept), any(_holds_key(block) for block in blocks if block))


def _shown(line: str, *, follows: bool) -> str:
    """Return what is kept of ``line``; the last line of a block, which ``follows``, is short."""
    data = _DATA.fullmatch(line)
    if data is not None:
        ends_block = follows and not _PLAIN.fullmatch(data[1])
        is_whole = bool(_RUN.fullmatch(data[1])) and _is_mixed(data[1])
        return OMITTED if ends_block or is_whole else line
    run = _SHORT_RUN if _BOUNDARY.search(line) else _RUN
    if run is _SHORT_RUN and not run.search(line):
        return OMITTED  # a boundary alone
    return run.sub(lambda found: OMITTED if _is_mixed(found[0]) else found[0], line)


def _is_mixed(text: str) -> bool:
    return all(kind.search(text) for kind in _KINDS)


def _holds_key(block: list[str]) -> bool:
    """Tell whether a private key is in ``block``: as a whole, or in a run of one of its lines."""
    runs = (found[0] for line in block for found in _RUN.finditer(line))
    for text in ("\n".join(block), *runs):
        content = decode_paste(text)
        found = recognise(content) if isinstance(content, bytes) else content
        if isinstance(found, PasteRefused) and found.code is PasteCode.PRIVATE_KEY:
            return True
    return False
