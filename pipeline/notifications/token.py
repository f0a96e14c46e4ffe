"""The keyed token that ties a reply to a request and to one recipient, and our Message-IDs.

A token proves that its bearer got our mail: it is an HMAC-SHA256 (RFC 2104) over the reference and
the recipient. A Message-ID of ours is ``<reference.token.moment.check@domain>``; the check part is
keyed too, so that a forged id is never taken for one that we issued.
"""

import base64
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from pipeline.errors import ConfigurationError

_LENGTH = 16
_OCTETS = 10
_MOMENT = 8
_LOCAL_LIMIT = 64
_B32 = "[a-z2-7]"
_REFERENCE = "wa-[0-9a-hjkmnp-tv-z]{8}"
_NO_REQUEST = "staff"
_PLUS = re.compile(rf"\+({_REFERENCE})\.({_B32}{{{_LENGTH}}})@", re.ASCII)
_OURS = re.compile(
    rf"<({_REFERENCE}|{_NO_REQUEST})\.({_B32}{{{_LENGTH}}})\.({_B32}{{{_LENGTH}}})\.({_B32}{{{_MOMENT}}})@[^<>@\s]+>",
    re.ASCII,
)

ReplyStyle = Literal["plus", "plain"]


@dataclass(frozen=True, slots=True)
class ReplyToken:
    """A reference with the token that came with it; nothing is proven yet."""

    reference: str
    token: str


def _keyed(key: bytes, purpose: str, *parts: str) -> str:
    """Return the first 80 bits of the MAC of ``parts`` in lower-case base 32 (RFC 4648).

    Parts are joined by a byte that none of them may contain, so that no two lists are alike.
    """
    message = "\0".join((purpose, *(part.replace("\0", "") for part in parts)))
    digest = hmac.new(key, message.encode("utf-8", "surrogatepass"), sha256).digest()
    return base64.b32encode(digest[:_OCTETS]).decode("ascii").lower()


def make_token(key: bytes, reference: str, recipient: str) -> str:
    """Return the token of ``reference`` for ``recipient``: 16 characters, 80 bits."""
    return _keyed(key, "reply", reference.upper(), recipient.lower())[:_LENGTH]


def is_genuine(key: bytes, reference: str, recipient: str, token: str) -> bool:
    """Return whether ``token`` is ours for ``reference`` and ``recipient``, in constant time."""
    expected = make_token(key, reference, recipient)
    return hmac.compare_digest(expected.encode(), token.lower().encode("utf-8", "surrogatepass"))


def reply_address(mailbox: str, reference: str, token: str, style: ReplyStyle) -> str:
    """Return where replies shall go: ``box+wa-7k3m9q4m.<token>@example.com`` or the mailbox.

    Raises ConfigurationError ``reply_address_too_long`` when the local part would have more than 64
    octets (RFC 5321, 4.5.3.1.1): the setting must then be ``plain``.
    """
    if style == "plain":
        return mailbox
    local, _, domain = mailbox.rpartition("@")
    keyed = f"{local}+{reference.lower()}.{token}"
    if len(keyed.encode()) > _LOCAL_LIMIT:
        raise ConfigurationError("reply_address_too_long", mailbox=mailbox)
    return f"{keyed}@{domain}"


def read_tokens(addresses: Iterable[str], message_ids: Iterable[str]) -> tuple[ReplyToken, ...]:
    """Return the tokens that a message carries, each once, those of its addresses first.

    ``addresses`` are its recipients, ``message_ids`` the ids of In-Reply-To and References, with
    or without angle brackets.
    """
    found = [
        ReplyToken(match[1].upper(), match[2])
        for address in addresses
        if (match := _PLUS.search(address.lower()))
    ]
    found += [
        ReplyToken(match[1].upper(), match[2])
        for message_id in message_ids
        if (match := _OURS.fullmatch(_bracketed(message_id))) and match[1] != _NO_REQUEST
    ]
    return tuple(dict.fromkeys(found))


def _bracketed(message_id: str) -> str:
    return f"<{message_id.strip().strip('<>').lower()}>"


def _check(key: bytes, reference: str, token: str, moment: str) -> str:
    return _keyed(key, "message-id", reference.upper(), token, moment)[:_MOMENT]


def message_id(key: bytes, reference: str, recipient: str, notice_key: str, domain: str) -> str:
    """Return the Message-ID of the notice ``notice_key``: always the same, short, verifiable.

    ``reference`` is empty for a mail about no request (a digest for staff).
    """
    name = reference or _NO_REQUEST
    token = make_token(key, name, recipient)
    moment = _keyed(key, "notice", name.upper(), recipient.lower(), notice_key)[:_LENGTH]
    check = _check(key, name, token, moment)
    return f"<{name.lower()}.{token}.{moment}.{check}@{domain}>"


def without_token(message_id: str) -> str:
    """Return ``message_id`` for people and exports: whoever reads it cannot answer with it."""
    match = _OURS.fullmatch(_bracketed(message_id))
    return message_id if match is None else message_id.replace(match[2], "…")


def is_our_message_id(key: bytes, message_id: str) -> bool:
    """Return whether ``message_id`` was made with ``key``, in constant time."""
    match = _OURS.fullmatch(_bracketed(message_id))
    if match is None:
        return False
    expected = _check(key, match[1], match[2], match[3])
    return hmac.compare_digest(expected.encode(), match[4].encode())
