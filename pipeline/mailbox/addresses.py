"""Address fields: every mailbox of them, and whether the field is well formed (RFC 5322, 3.4).

Written out by hand because who sent a mail decides what it may do: a field that can be read in two
ways is called malformed, never read as the better one.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline.mailbox.authentication.domains import folded
from pipeline.mailbox.words import ENCODED, decode_words, plain
from pipeline.model.message import MailAddress

_CAP = 200
_FEW = 5
_LOCAL = re.compile(r"[^\s\x00-\x1f\x7f<>()\[\],;:\\\"@]{1,128}\Z")
_QUOTED_LOCAL = re.compile(r'"(?:[^"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f]){1,126}"\Z')
_DOMAIN = re.compile(
    r"(?=.{1,253}\Z)[^\W_](?:[\w-]{0,61}[^\W_])?(?:\.[^\W_](?:[\w-]{0,61}[^\W_])?)*\Z"
)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)(?:(")|\\?\Z)', re.DOTALL)
"""A quoted string; one that never ends goes to the end, so that a text is walked through once."""
_AROUND_DOTS = re.compile(r" ?([.@]) ?")
_ROUTE = re.compile(r"(?:@[^:<>\"]{1,500}|mailto):(?=[^:]*\Z)", re.IGNORECASE)
"""What stands before an address: a route of old (RFC 5322, 4.4), or the scheme of a link."""
_SPECIAL = re.compile(r"[<>\"]")
_SEPARATOR = re.compile(r"[,;:]")
"""Characters raw in an encoded word (RFC 2047, 5) that could make another address of it."""


@dataclass(slots=True)
class _Piece:
    """The text of one mailbox without its comments, the comments, and the group's name before it.

    ``comments`` hold the place in the text where each stands.
    """

    text: str = ""
    comments: list[tuple[int, str]] = field(default_factory=list)
    group: str = ""


def parse_addresses(
    values: Iterable[str], hints: Iterable[str] = ()
) -> tuple[tuple[MailAddress, ...], bool]:
    """Return the mailboxes of raw address fields, and whether all of it was well formed.

    Groups are opened; an empty group is well formed and gives nothing. At most 200 are read.
    """
    found, good = _mailboxes(values, hints)
    return tuple(item for item in found if item.address)[:_CAP], good


def parse_senders(
    values: Iterable[str], hints: Iterable[str] = ()
) -> tuple[tuple[MailAddress, ...], bool]:
    """Return the mailboxes of the From fields as :func:`parse_addresses` does.

    Where no address can be read at all, what a person sees is the name of an empty address. A
    group (RFC 6854) is not well formed here: who sent the mail is one address, and a group's name
    can look like one.
    """
    values = tuple(values)
    found, good = _mailboxes(values, hints)
    good = good and not any(_holds_group(plain(value, hints)) for value in values)
    addressed = tuple(item for item in found if item.address)[:_CAP]
    if not addressed and found:
        addressed = (MailAddress(", ".join(item.name for item in found)[:_CAP], ""),)
    return addressed, good


def _holds_group(text: str) -> bool:
    """Return whether a field holds a group, or a colon that could begin one.

    A colon in an unquoted name before an address in brackets is a fault of many mail programs.
    """
    if ":" not in text:
        return False
    splitter = _Splitter(text)
    pieces, _ = splitter.split()
    if splitter.grouped:
        return True
    named = [piece for piece in pieces if piece.group]
    return bool(splitter.colons) and (
        splitter.colons > 1
        or len(named) != 1
        or len(pieces) != 1
        or "<" not in named[0].text
        or "@" in named[0].group + named[0].text.rpartition("<")[0]
    )


def _mailboxes(values: Iterable[str], hints: Iterable[str]) -> tuple[list[MailAddress], bool]:
    found: list[MailAddress] = []
    good = True
    for value in values:
        pieces, whole = _pieces(plain(value, hints))
        good = good and whole
        before: list[str] = []
        for piece in pieces[:_CAP]:
            address, fine = _mailbox(piece, ", ".join(before[-_FEW:]), hints)
            good = good and fine
            if address.address or address.name:
                found.append(address)
            if not address.address and "@" not in piece.text and "<" not in piece.text:
                before.append(piece.text)
            else:
                before.clear()
    return found, good


def _pieces(text: str) -> tuple[list[_Piece], bool]:
    """Split a field into mailboxes at commas, semicolons and group names.

    Where a parenthesis or a quote never closes, it opened nothing: the field is read again without
    that meaning, as mail programs do, and is not well formed.
    """
    splitter = _Splitter(text)
    pieces, whole = splitter.split()
    if splitter.unclosed:
        pieces, _ = _Splitter(text, literal=splitter.unclosed).split()
    return pieces, whole


class _Splitter:
    """Walks an address field once; an encoded word is one token, whatever it holds."""

    def __init__(self, text: str, literal: str = "") -> None:
        self._text = text
        self._literal = literal
        self._pieces: list[_Piece] = []
        self._piece = _Piece()
        self._current: list[str] = []
        self._size = 0
        self._comment: list[str] = []
        self._quoted = self._angle = False
        self._depth = 0
        self._whole = True
        self.colons = 0
        self.grouped = False

    def split(self) -> tuple[list[_Piece], bool]:
        at = 0
        while at < len(self._text):
            at += self._take(at)
        self._end_piece()
        whole = self._whole and not (self._quoted or self._depth or self._angle)
        return [piece for piece in self._pieces if piece.text or piece.comments], whole

    @property
    def unclosed(self) -> str:
        """Return what opened and never closed: parentheses, a quote, or nothing."""
        return "()" if self._depth else '"' if self._quoted else ""

    def _take(self, at: int) -> int:
        """Take what stands at ``at``; return how many characters it has."""
        character = self._text[at]
        token = character
        if character in self._literal:
            self._keep(character)
        elif character == "\\" and (self._quoted or self._depth):
            token = self._text[at : at + 2]
            self._whole = self._whole and len(token) == 2  # noqa: PLR2004 - the escaped one too
            self._keep(token[1:] if self._depth else token)
        elif self._quoted or (character == '"' and not self._depth):
            self._quoted = self._quoted != (character == '"')
            self._keep(character)
        elif character in "()":
            self._parenthesis(character)
        elif character == "=" and (word := ENCODED.match(self._text, at)):
            token = word[0]
            self._whole = self._whole and not _is_ambiguous(word[3])
            self._keep(token)
        elif self._depth:
            self._keep(character)
        else:
            self._outside(character)
        return len(token)

    def _keep(self, token: str) -> None:
        if self._depth:
            self._comment.append(token)
        else:
            self._add(token)

    def _add(self, token: str) -> None:
        self._current.append(token)
        if self._size or token.strip():
            self._size += len(token)

    def _parenthesis(self, character: str) -> None:
        if character == "(":
            self._depth += 1
            if self._depth > 1:
                self._comment.append(character)
        elif self._depth > 1:
            self._depth -= 1
            self._comment.append(character)
        else:
            if self._depth:
                self._piece.comments.append((self._size, "".join(self._comment)))
            self._depth = 0
            self._comment.clear()
            self._add(" ")

    def _outside(self, character: str) -> None:
        if character in "<>":
            self._angle = character == "<"
        elif character in ",;" and not self._angle:
            self._end_piece(closes=character == ";")
            return
        elif character == ":" and not self._angle:
            group = "".join(self._current).strip()  # the group's name, or a colon in a name
            self._piece = _Piece(group=group)
            self.colons += 1
            self._clear()
            return
        self._add(character)

    def _end_piece(self, *, closes: bool = False) -> None:
        self._piece.text = "".join(self._current).strip()
        self._pieces.append(self._piece)
        if closes:
            for piece in reversed(self._pieces):
                if piece.group:
                    piece.group = ""
                    self.grouped = True
                    break
        self._piece = _Piece()
        self._clear()

    def _clear(self) -> None:
        self._current.clear()
        self._size = 0


def _is_ambiguous(word: str) -> bool:
    """Whether the text of an encoded word could be taken for another address, or two."""
    return bool(_SPECIAL.search(word) or ("@" in word and _SEPARATOR.search(word)))


def _mailbox(piece: _Piece, before: str, hints: Iterable[str]) -> tuple[MailAddress, bool]:
    """Return the mailbox of a piece, with an empty address where there is none.

    ``before`` is what a raw comma cut off from its name.
    """
    named, opened, rest = piece.text.rpartition("<")
    if opened:
        spec, closed, after = rest.partition(">")
        fine = bool(closed) and not after.strip() and "<" not in _unquoted(named)
        stray = ENCODED.sub("", _unquoted(named)).strip().strip("'")
        fine = fine and ("@" not in stray or stray.lower() == spec.strip().lower())
        name = f"{before}, {named}" if before else named
        if piece.group and closed:
            name = f"{piece.group}: {name}"
    else:
        spec, name, fine = piece.text, "", True
    routed = _ROUTE.match(spec.strip())
    address = _address(spec.strip()[routed.end() if routed else 0 :])
    if address is None and not opened:
        name, address = _bare_address(spec)
        fine = False  # no standard says so: shown, never proven
    if not name.strip():
        name = _name_in_comments(piece, spec) or (after if opened and "@" not in after else "")
    if address is None:
        return MailAddress(_name(name.strip() or spec.strip("<> "), hints), ""), False
    return MailAddress(_name(name, hints), address), fine and not routed


def _bare_address(text: str) -> tuple[str, str | None]:
    """Return the words and the one address of a text without brackets, or None for the address.

    The address is a word of its own, the first or the last one, and nothing else of the text has
    a sign of an address: then a person cannot take it for another one.
    """
    words = text.split()
    if text.count("@") != 1 or '"' in text or len(words) == 1:
        return "", None
    for bare, named in ((words[-1], words[:-1]), (words[0], words[1:])):
        if "@" in bare:
            return " ".join(named).rstrip(" -:"), _address(bare.strip("[]'"))
    return "", None


def _name_in_comments(piece: _Piece, spec: str) -> str:
    """Return the last comment behind the address, or before it: the name as RFC 822 wrote it.

    A comment that holds an address is none: it could pose as another sender.
    """
    start = piece.text.find(spec.strip())
    inside = range(start + 1, start + len(spec.strip()))
    names = [text for place, text in piece.comments if place not in inside and "@" not in text]
    return names[-1] if names else ""


def _unquoted(text: str) -> str:
    """Return ``text`` without its quoted strings."""
    return _QUOTED.sub("", text)


def _name(text: str, hints: Iterable[str]) -> str:
    bare = _QUOTED.sub(_inside_quotes, text.strip())
    return decode_words(bare, hints)[:_CAP]


def _inside_quotes(quoted: re.Match[str]) -> str:
    """Return what stands in a quoted string; one that never ends is left as it is."""
    return re.sub(r"\\(.)", r"\1", quoted[1]) if quoted[2] else quoted[0]


def _poses_as_ascii(local: str) -> bool:
    """Return whether a local part outside of ASCII is an ASCII one in another spelling.

    The Kelvin sign in lower case is ``k``: who compares without case takes two mailboxes for one.
    """
    return not local.isascii() and unicodedata.normalize("NFKC", local).isascii()


def _address(spec: str) -> str | None:
    """Return ``local@domain`` with the domain in lower case (A-labels), or None."""
    local, sign, domain = spec.rpartition("@")
    if not sign:
        return None
    if local.lstrip().startswith('"'):
        local, domain = (
            local.strip(),
            re.sub(r" ?\. ?", ".", re.sub(r"[ \t]+", " ", domain.strip())),
        )
    else:
        # comments and blanks may stand around dots and the sign (obs-local-part, obs-domain)
        single = re.sub(r"[ \t]+", " ", spec.strip())
        local, _, domain = _AROUND_DOTS.sub(r"\1", single).rpartition("@")
    if not (_LOCAL.match(local) or _QUOTED_LOCAL.match(local)) or _poses_as_ascii(local):
        return None
    domain = domain.rstrip(".").lower()
    if not domain.isascii():
        domain = folded(domain)
    return f"{local}@{domain}" if _DOMAIN.match(domain) else None
