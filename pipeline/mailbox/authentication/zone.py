"""The results that our own servers wrote: those above our own first Received."""

from collections.abc import Iterator

from pipeline.mailbox.authentication.policy import SenderPolicy
from pipeline.mailbox.authentication.received import Headers, border, peer_names, places_of
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
    places = places_of(headers, _NAME)
    above = [place for place in places if place < edge]
    for place in above[:_MAX_FIELDS]:
        yield parse_results(headers[place][1]), False
    below = next((place for place in places if place > edge), None)
    if below is not None and not places_of(headers[edge + 1 : below], "received"):
        yield parse_results(headers[below][1]), True


def is_written_into(headers: Headers, policy: SenderPolicy) -> bool:
    """Return whether the sender could have written results of its own into our fields.

    Servers copy ``i=``, ``d=`` and ``s=`` of signatures and seals, the envelope sender and the HELO
    name into their results, some of them as they are. Text that closes one result and opens another
    cannot be told from the server's own.
    """
    edge = border(headers, policy)
    texts: list[str] = []
    for place, (name, value) in enumerate(headers):
        if "=" not in value:
            continue  # no result can stand in it, not even an encoded one
        called = name.lower()
        if called in _SIGNATURES:
            texts += copied_texts([parse_signature(value)])
        elif called == "return-path":
            texts.append(value.strip(" \t\r\n").removeprefix("<").removesuffix(">"))
        elif called == "received" and place <= edge:
            texts += peer_names(value)
    return holds_results(texts)
