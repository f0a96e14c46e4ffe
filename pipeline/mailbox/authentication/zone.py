"""The results that our own servers wrote: those above our own first Received."""

from collections.abc import Iterator

from pipeline.mailbox.authentication.policy import SenderPolicy
from pipeline.mailbox.authentication.received import Headers, border, peer_names
from pipeline.mailbox.authentication.results import AuthenticationResults, parse_results
from pipeline.mailbox.authentication.signatures import copied_texts, holds_results, parse_signature

_NAME = "authentication-results"
_MAX_FIELDS = 20
_SIGNATURES = frozenset(
    {"dkim-signature", "arc-seal", "arc-message-signature", "domainkey-signature"}
)
WRITES_BELOW = frozenset({"mx.google.com"})
"""Providers that write their result right below their own Received, and remove forged ones."""


def trusted_fields(headers: Headers, policy: SenderPolicy) -> list[AuthenticationResults]:
    """Return the fields of our servers, sound or not."""
    ids = {name.lower() for name in policy.authserv_ids}
    microsoft = policy.dialect == "microsoft"
    found = []
    for field, below in fields_of_our_zone(headers, policy):
        if below and not (field.authserv_id in WRITES_BELOW and field.authserv_id in ids):
            continue
        if field.authserv_id in ids or (microsoft and not field.authserv_id):
            found.append(field)
    return found


def fields_of_our_zone(
    headers: Headers, policy: SenderPolicy
) -> Iterator[tuple[AuthenticationResults, bool]]:
    """Yield the results above our own first Received, then the first one right below it."""
    edge = border(headers, policy)
    above = [value for name, value in headers[:edge] if name.lower() == _NAME][:_MAX_FIELDS]
    yield from ((parse_results(value), False) for value in above)
    for name, value in headers[edge + 1 :]:
        if name.lower() == "received":
            return
        if name.lower() == _NAME:
            yield parse_results(value), True
            return


def is_written_into(headers: Headers, policy: SenderPolicy) -> bool:
    """Return whether the sender could have written results of its own into our fields.

    Servers copy ``i=``, ``d=`` and ``s=`` of signatures and seals, the envelope sender and the HELO
    name into their results, some of them as they are. Text that closes one result and opens another
    cannot be told from the server's own.
    """
    edge = border(headers, policy)
    peers = [
        text
        for name, value in headers[: edge + 1]
        if name.lower() == "received"
        for text in peer_names(value)
    ]
    signatures = [parse_signature(value) for name, value in headers if name.lower() in _SIGNATURES]
    paths = [
        value.strip(" \t\r\n").removeprefix("<").removesuffix(">")
        for name, value in headers
        if name.lower() == "return-path"
    ]
    return holds_results((*copied_texts(signatures), *paths, *peers))
