"""Find out from the mails of a box who judges their senders, and how many relays are our own."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.mailbox.authentication.domains import organisational
from pipeline.mailbox.authentication.policy import MOST_HOPS, SenderPolicy
from pipeline.mailbox.authentication.zone import WRITES_BELOW, fields_of_our_zone
from pipeline.model.message import InboundMessage

_FEWEST_SENDERS = 2


@dataclass(frozen=True, slots=True)
class Judge:
    """A server whose results stand in our zone when ``inner_hops`` relays are taken for ours.

    ``authserv_id`` is empty in Microsoft's dialect. ``count`` mails have its results.
    """

    authserv_id: str
    dialect: Literal["standard", "microsoft"]
    inner_hops: int
    count: int


def detect_judges(messages: Iterable[InboundMessage]) -> tuple[Judge, ...]:
    """Return who has judged the mails of a box, the likeliest first.

    Results above the topmost hop are surely of our own side. Behind relays they may also be those
    of a sender's own server: such an id counts only when most mails have it, of several
    organisations. Where two are in as many mails, the nearer one is ours.
    """
    messages = tuple(messages)
    nearest: dict[str, list[int]] = defaultdict(list)
    senders: dict[str, set[str]] = defaultdict(set)
    for message in messages:
        for authserv_id, hops in _hops(message).items():
            nearest[authserv_id].append(hops)
            senders[authserv_id].update(
                organisational(sender.domain) or sender.domain for sender in message.senders
            )
    found = [_judge(authserv_id, hops) for authserv_id, hops in nearest.items()]
    likely = [
        judge
        for judge in found
        if not judge.inner_hops
        or (judge.count * 2 > len(messages) and len(senders[judge.authserv_id]) >= _FEWEST_SENDERS)
    ]
    return tuple(sorted(likely, key=lambda one: (-one.count, one.inner_hops, one.authserv_id)))


def _judge(authserv_id: str, hops: Sequence[int]) -> Judge:
    (likely, _), *_ = sorted(Counter(hops).items(), key=lambda pair: (-pair[1], pair[0]))
    return Judge(authserv_id, "standard" if authserv_id else "microsoft", likely, len(hops))


def _hops(message: InboundMessage) -> dict[str, int]:
    """Return the ids of the results in a mail, each with the fewest relays that are to be ours."""
    found: dict[str, int] = {}
    for hops in range(MOST_HOPS + 1):
        for field, below in fields_of_our_zone(message.headers, SenderPolicy(inner_hops=hops)):
            if not field.authserv_id or (below and field.authserv_id not in WRITES_BELOW):
                continue
            found.setdefault(field.authserv_id, hops)
    microsoft = fields_of_our_zone(message.headers, SenderPolicy(dialect="microsoft"))
    if any(not field.authserv_id and field.results for field, below in microsoft if not below):
        found[""] = 0
    return found
