"""Addresses as they travel: international domains as A-labels (RFC 5890), and what fits SMTP."""

import re

import idna

#: What an envelope can name: atoms or a quoted string, "@", a domain or an address literal. Dots
#: are free, because large providers gave out addresses that break the rule about them. What cannot
#: be seen is in none: the field "To" would not show it, and name another mailbox than the envelope.
_UNSEEN = (
    r"\x00-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    r"\ufdd0-\ufdef\ufeff\ufff0-\uffff\ud800-\udfff\U000e0000-\U000e0fff"
)
_ATOMS = rf"[^\s()<>\[\]:;@\\,\"{_UNSEEN}]{{1,256}}"
_QUOTED = rf"\"(?:[^\"\\{_UNSEEN}]|\\[ -~]){{0,256}}\""
_LITERAL = r"\[[0-9A-Za-z:.]{2,100}\]"
_MAILBOX = re.compile(rf"(?:{_ATOMS}|{_QUOTED})@(?:{_ATOMS}|{_LITERAL})")
_ESCAPED = re.compile(r"\\(.)")
#: Other characters that end a label (UTS 46, 2.3).
_DOTS = str.maketrans("\u3002\uff0e\uff61", "...")


def a_label(domain: str) -> str:
    """Return ``domain`` as A-labels by IDNA 2008 (RFC 5891); unchanged when it cannot be one.

    A domain that only the older standard lets in (symbols) is taken by its Punycode, as it is
    registered.
    """
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        pass
    try:
        return domain.translate(_DOTS).encode("idna").decode("ascii")
    except UnicodeError:
        return domain


def on_the_wire(address: str) -> str:
    """Return ``address`` with its domain as A-labels; the local part stays as it is."""
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{a_label(domain)}"


def unquoted(local: str) -> str:
    """Return what a local part says: without the quotes of a quoted string (RFC 5322, 3.2.4)."""
    quoted = len(local) > 1 and local.startswith('"') and local.endswith('"')
    return _ESCAPED.sub(r"\1", local[1:-1]) if quoted else local


def is_sendable(address: str) -> bool:
    """Return whether ``address`` can stand in an envelope (RFC 5321, 4.1.2) and in a field.

    What looks like an encoded word would be decoded there (RFC 2047, 5).
    """
    _, begins, rest = address.partition("=?")
    looks_encoded = bool(begins) and "?=" in rest
    return bool(_MAILBOX.fullmatch(address)) and not looks_encoded
