"""The decisions in the order in which people look for them: what leads on, then groups."""

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.web.decisions.catalogue import Offer

#: What leads on where it is possible, the weightiest first; so many of them are buttons.
_LEADING = (
    "approve",
    "second",
    "issue",
    "settle-owner",
    "same-organisation",
    "release",
    "confirm-sender",
    "send-form",
    "ask",
    "mark-active",
    "reject",
)
_MOST_LEADING = 3
#: The groups of the rest; what is in none of them is in the group of what is recorded.
_ASK = frozenset({"ask", "ask-meaning", "ask-owner", "answer", "send-form", "delay"})
_STOP = frozenset({"hold", "reject", "withdraw", "drop", "merge", "revoke", "snooze"})
#: Offered at the name of who works on it, and as the suggestion.
_ELSEWHERE = frozenset({"take", "give-back", "accept"})


@dataclass(frozen=True, slots=True)
class Grouped:
    """The decisions of a request. ``desk`` are taking it and giving it back, by name."""

    suggestion: Offer | None
    leading: tuple[Offer, ...]
    groups: tuple[tuple[str, tuple[Offer, ...]], ...]
    desk: frozenset[str]


def grouped(offers: Iterable[Offer]) -> Grouped:
    """Return ``offers`` in groups; each decision is in one of them."""
    by_name = {offer.form.name: offer for offer in offers}
    rest = [offer for name, offer in by_name.items() if name not in _ELSEWHERE]
    leading = _leading(by_name, rest)
    left = [offer for offer in rest if offer not in leading]
    groups = {
        "ask": [offer for offer in left if offer.form.name in _ASK],
        "record": [offer for offer in left if offer.form.name not in _ASK | _STOP],
        "stop": [offer for offer in left if offer.form.name in _STOP],
    }
    return Grouped(
        by_name.get("accept"),
        leading,
        tuple((name, tuple(found)) for name, found in groups.items() if found),
        frozenset(by_name) & _ELSEWHERE,
    )


def _leading(by_name: dict[str, Offer], rest: list[Offer]) -> tuple[Offer, ...]:
    """Return the event that leads on by the machine, and what usually does beside it."""
    first = [offer for offer in rest[:1] if offer.possible is not None]
    usual = [by_name[name] for name in _LEADING if name in by_name]
    found: list[Offer] = []
    for offer in (*first, *usual):
        if offer not in found and offer.form.name not in _STOP - {"reject"}:
            found.append(offer)
    return tuple(found[:_MOST_LEADING])
