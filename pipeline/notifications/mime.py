"""The bytes of a mail: fields folded as mail programs read them, and parts in base64 (RFC 2045).

Fields of one plain line and simple addresses are written as they are, longer plain subjects are
folded at their blanks; all else is folded by the standard library.
"""

import re
from binascii import b2a_base64
from collections.abc import Mapping, Sequence
from email.headerregistry import Address, HeaderRegistry
from email.policy import EmailPolicy
from functools import cache, lru_cache
from textwrap import wrap
from typing import NamedTuple

_LONGEST_LINE = 998
_USUAL_LINE = 76
#: Fields whose words are ours or were checked: a plain line of them is written as it is.
_AS_IT_IS = frozenset(
    {
        "Date",
        "Message-ID",
        "In-Reply-To",
        "References",
        "Auto-Submitted",
        "X-Auto-Response-Suppress",
        "X-Notice-Template",
        "Content-Language",
    }
)
_PLAIN_LINE = re.compile(r"[!-~]+(?: [!-~]+)*")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_SIMPLE = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")


class Part(NamedTuple):
    """A part of a mail: the lines of its fields, and its body; both end in CRLF."""

    fields: bytes
    body: bytes


class _Registry(HeaderRegistry):
    """Makes the class of a field once; the standard library makes it anew for each field."""

    __getitem__ = cache(HeaderRegistry.__getitem__)


# The standard library encodes ids of 77 characters and more as words (RFC 2047), which breaks
# threads in Outlook; a line as long as RFC 5322 allows keeps them whole.
_POLICY = EmailPolicy(linesep="\r\n", max_line_length=_LONGEST_LINE, header_factory=_Registry())


def mail(fields: Mapping[str, str | Address], body: Part, *, utf8: bool) -> bytes:
    """Return the bytes of a mail; ``utf8``: its fields may stand in UTF-8 (RFC 6532)."""
    written = b"".join(_field(name, value, utf8) for name, value in fields.items())
    return b"%bMIME-Version: 1.0\r\n%b\r\n%b" % (written, *body)


def encoded(content_type: str, content: bytes, disposition: str = "") -> Part:
    """Return a part in base64, its lines of 76 characters (RFC 2045, 6.8)."""
    fields = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: base64\r\n"
    if disposition:
        fields += f"Content-Disposition: {disposition}\r\n"
    letters = b2a_base64(content, newline=False)
    lines = [letters[at : at + _USUAL_LINE] for at in range(0, len(letters), _USUAL_LINE)]
    return Part(fields.encode("ascii"), b"\r\n".join([*lines, b""]))


def multipart(subtype: str, parts: Sequence[Part], boundary: str) -> Part:
    """Return ``parts`` as one; ``boundary`` must stand in none of them."""
    mark = boundary.encode("ascii")
    body = b"".join(b"--%b\r\n%b\r\n%b\r\n" % (mark, *part) for part in parts)
    field = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n'
    return Part(field.encode("ascii"), b"%b--%b--\r\n" % (body, mark))


def crlf(text: str) -> bytes:
    """Return ``text`` in UTF-8 with the line ends of mail, one at its end."""
    return b"\r\n".join(text.encode().splitlines()) + b"\r\n"


def _field(name: str, value: str | Address, utf8: bool) -> bytes:  # noqa: FBT001 - of one caller
    if isinstance(value, Address):
        address = str(value.addr_spec)
        if _SIMPLE.fullmatch(address):
            phrase = _phrase(value.display_name, utf8) if value.display_name else ""
            line = f"{name}: {phrase} <{address}>" if phrase else f"{name}: {address}"
            if len(line) <= _LONGEST_LINE:
                return f"{line}\r\n".encode()
        return _folded(name, value, utf8)
    if name in _AS_IT_IS or name == "Subject":
        longest = _USUAL_LINE if name == "Subject" else _LONGEST_LINE
        fits = len(name) + len(": ") + len(value) <= longest
        # an id is no encoded word, whatever it looks like (RFC 2047, 5)
        as_it_is = name in _AS_IT_IS or "=?" not in value
        if as_it_is and _PLAIN_LINE.fullmatch(value):
            lines = [f"{name}: {value}"] if fits else _at_blanks(f"{name}: {value}", longest)
            if max(map(len, lines)) <= longest:
                return "".join(f"{line}\r\n" for line in lines).encode("ascii")
    return _folded(name, value, utf8)


def _at_blanks(line: str, longest: int) -> list[str]:
    """Fold a plain line (RFC 5322, 2.2.3); a word that no line can hold stays whole."""
    return wrap(
        line, longest, subsequent_indent=" ", break_long_words=False, break_on_hyphens=False
    )


@lru_cache(maxsize=64)
def _phrase(display_name: str, utf8: bool) -> str:  # noqa: FBT001 - a key of the cache
    """Return a display name as it stands before an address of any field."""
    some = Address(display_name=display_name, username="a", domain="a.example")
    return _folded("From", some, utf8).decode()[len("From: ") : -len(" <a@a.example>\r\n")]


def _folded(name: str, value: str | Address, utf8: bool) -> bytes:  # noqa: FBT001 - as above
    """Fold a field; words of a subject have at most 75 characters when encoded (RFC 2047, 2)."""
    longest = _USUAL_LINE if name == "Subject" else _LONGEST_LINE
    policy = _POLICY.clone(utf8=utf8, max_line_length=longest)
    return policy.fold_binary(*policy.header_store_parse(name, value))
