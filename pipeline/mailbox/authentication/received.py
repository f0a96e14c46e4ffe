"""The trace fields of our own servers: where our system begins (RFC 5321, 4.4).

What a peer says of itself stands in these fields too. So a field counts as a hand-over inside our
system only when it can be read in one way.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.mailbox.authentication.policy import SenderPolicy

_CAP = 4000
_FROM = re.compile(r"\s*from\s", re.IGNORECASE)
_BY = re.compile(r"\bby\s+([^\s;()]+)", re.IGNORECASE)
_BY_WORD = re.compile(r"(?<!\S)by\s+[^\s;]+", re.IGNORECASE)
_WITH = re.compile(r"(?<!\S)with(?!\S)", re.IGNORECASE)
_WITH_LOCAL = re.compile(r"\s+with\s+(?:utf8)?(?:lmtp[sa]*|local)(?!\S)", re.IGNORECASE)
_PARENTHESIS = re.compile(r"[()]")
_HELO = re.compile(r"(?<![^\s(])helo(?:=|\s+)([^()]*+(?:\(.*)?)", re.IGNORECASE | re.DOTALL)
_ENVELOPE = re.compile(r"\benvelope-from[\s=]", re.IGNORECASE)
_IDENT = re.compile(r"\s(?:ident|port)=[\w.:-]{1,64}\Z")
_MICROSOFT_BORDER = (".protection.outlook.com", ".protection.outlook.cn")

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Trace:
    """A Received field without its comments, which stand apart; ``clear``: it closes them all."""

    words: str
    comments: tuple[str, ...]
    clear: bool


def border(headers: Headers, policy: SenderPolicy) -> int:
    """Return the index of our own first Received, or the number of fields when there is none.

    Hand-overs inside our own system (LMTP, local delivery, a Received without a peer) stand above
    it and are passed over, and so are ``inner_hops`` relays.
    """
    hops = places_of(headers, "received")
    if policy.dialect == "microsoft":
        for index in hops:
            if any(by.lower().endswith(_MICROSOFT_BORDER) for by in _BY.findall(headers[index][1])):
                return index
    passed = 0
    for index in hops:
        if _is_hand_over(headers[index][1]):
            continue
        if passed == policy.inner_hops:
            return index
        passed += 1
    return hops[0] if hops else len(headers)


def places_of(headers: Headers, wanted: str) -> list[int]:
    """Return the places of the fields called ``wanted``, which is ASCII in lower case."""
    length = len(wanted)
    return [
        place
        for place, (name, _) in enumerate(headers)
        if len(name) == length and name.lower() == wanted
    ]


def _is_hand_over(value: str) -> bool:
    """Return whether a field speaks of a delivery inside our system and of nothing else.

    It says ``by`` and ``with`` once, one right behind the other. A peer's name or an envelope
    sender that writes such words, or parentheses that do not pair, makes it no hand-over.
    """
    if not _FROM.match(value):
        return True
    if "lmtp" not in value.lower() and "local" not in value.lower():
        return False
    if len(value) > _CAP:
        return False
    trace = _trace(value)
    receivers = list(_BY_WORD.finditer(trace.words))
    if not trace.clear or len(receivers) != 1 or len(_WITH.findall(trace.words)) != 1:
        return False
    return bool(_WITH_LOCAL.match(trace.words, receivers[0].end()))


def _trace(value: str) -> _Trace:
    words: list[str] = []
    comments: list[str] = []
    depth = start = 0
    clear = True
    for hit in _PARENTHESIS.finditer(value):
        if hit[0] == "(":
            if not depth:
                words.append(value[start : hit.start()])
                start = hit.end()
            depth += 1
        elif depth:
            depth -= 1
            if not depth:
                comments.append(value[start : hit.start()])
                start = hit.end()
        else:
            clear = False
    (comments if depth else words).append(value[start:])
    return _Trace(" ".join(words), tuple(comments), clear and not depth)


def peer_names(value: str) -> tuple[str, ...]:
    """Return what the peer may have written into a Received field of ours.

    Its HELO name stands behind ``from``, or in a comment as ``helo=`` or ``HELO`` (Exim, qmail);
    the envelope sender stands in a comment as ``envelope-from`` (Exim, Dovecot). Where the field
    can be read in several ways, everything before the last ``by`` is returned.
    """
    value = value[:_CAP]
    if "=" not in value:
        return ()
    return (*_helo_names(value), *_envelope_senders(value))


def _envelope_senders(value: str) -> Iterator[str]:
    if "envelope-from" not in value.lower():
        return
    trace = _trace(value)
    for comment in trace.comments if trace.clear else (value,):
        if hit := _ENVELOPE.search(comment):
            yield comment[hit.end() :].strip().removeprefix("<").removesuffix(">")


def _helo_names(value: str) -> tuple[str, ...]:
    if not _FROM.match(value):
        return ()
    receivers = list(_BY.finditer(value))
    peer = value[: receivers[-1].start()] if receivers else value
    peer = _FROM.sub("", peer, count=1)
    if "=" not in peer:
        return ()
    trace = _trace(peer)
    if not trace.clear or ";" in peer:
        return (peer,)
    named = (hit[1] for comment in trace.comments if (hit := _HELO.search(comment)))
    return (trace.words, *(_IDENT.sub("", name) for name in named))
