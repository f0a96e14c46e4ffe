"""Address fields: every mailbox of them, and whether the field is well formed (RFC 5322, 3.4).

Written out by hand because who sent a mail decides what it may do: a field that can be read in two
ways is called malformed, never read as the better one.
"""

import re
from collections.abc import Iterable

from pipeline.mailbox.words import decode_words, plain
from pipeline.model.message import MailAddress

_CAP = 200
_LOCAL = re.compile(r"[^\s\x00-\x1f\x7f<>()\[\],;:\\\"@]{1,128}\Z")
_QUOTED_LOCAL = re.compile(r'"[^"\x00-\x1f\x7f]{1,126}"\Z')
_DOMAIN = re.compile(
    r"(?=.{1,253}\Z)[^\W_](?:[\w-]{0,61}[^\W_])?(?:\.[^\W_](?:[\w-]{0,61}[^\W_])?)*\Z"
)


def parse_addresses(
    values: Iterable[str], hints: Iterable[str] = ()
) -> tuple[tuple[MailAddress, ...], bool]:
    """Return the mailboxes of raw address fields, and whether all of it was well formed.

    Groups are opened; an empty group is well formed and gives nothing. At most 200 are read.
    """
    found: list[MailAddress] = []
    good = True
    for value in values:
        pieces, balanced = _pieces(plain(value, hints))
        good = good and balanced
        for piece in pieces[:_CAP]:
            address, fine = _mailbox(piece, hints)
            good = good and fine
            if address:
                found.append(address)
    return tuple(found[:_CAP]), good


def _pieces(text: str) -> tuple[list[str], bool]:
    """Split a field into mailboxes at commas, semicolons and group names; drop the comments."""
    pieces: list[str] = []
    current: list[str] = []
    quoted = escaped = angle = False
    depth = 0
    for character in text:
        if escaped:
            escaped = False
            if depth == 0:
                current.append(character)
            continue
        if character == "\\" and (quoted or depth):
            escaped = True
            if quoted:
                current.append(character)
            continue
        if depth == 0 and character == '"':
            quoted = not quoted
        elif not quoted and character in "()":
            depth = max(0, depth + (1 if character == "(" else -1))
            current.append(" ")
            continue
        elif depth == 0 and not quoted and character in "<>":
            angle = character == "<"
        elif depth == 0 and not quoted and not angle and character in ",;:":
            if character != ":":  # what stands before a colon is the group's name
                pieces.append("".join(current))
            current = []
            continue
        if depth == 0:
            current.append(character)
    pieces.append("".join(current))
    whole = not (quoted or escaped or depth or angle)
    return [piece.strip() for piece in pieces if piece.strip()], whole


def _mailbox(piece: str, hints: Iterable[str]) -> tuple[MailAddress | None, bool]:
    before, opened, rest = piece.rpartition("<")
    if opened:
        spec, closed, after = rest.partition(">")
        fine = bool(closed) and not after.strip() and "<" not in _unquoted(before)
        stray = re.sub(r"=\?[^?]*\?[bBqQ]\?[^?]*\?=", "", _unquoted(before)).strip()
        fine = fine and ("@" not in stray or stray.lower() == spec.strip().lower())
        name = before
    else:
        spec, name, fine = piece, "", True
    address = _address(spec.strip())
    if address is None:
        return None, False
    return MailAddress(_name(name, hints), address), fine


def _unquoted(text: str) -> str:
    """Return ``text`` without its quoted strings."""
    return re.sub(r'"(?:[^"\\]|\\.)*"', "", text)


def _name(text: str, hints: Iterable[str]) -> str:
    bare = text.strip()
    if bare.startswith('"') and bare.endswith('"') and len(bare) > 1:
        bare = re.sub(r"\\(.)", r"\1", bare[1:-1])
    return decode_words(bare, hints)[:200]


def _address(spec: str) -> str | None:
    """Return ``local@domain`` with the domain in lower case (A-labels), or None."""
    local, sign, domain = spec.rpartition("@")
    if not sign or not (_LOCAL.match(local) or _QUOTED_LOCAL.match(local)):
        return None
    domain = domain.rstrip(".").lower()
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    return f"{local}@{domain}" if _DOMAIN.match(domain) else None
