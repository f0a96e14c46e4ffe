"""The decisions in the order in which people look for them: what leads, then groups."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.model.request import END_STATUSES, Status
from pipeline.web.decisions.catalogue import Offer

_S = Status
#: What staff most likely want at each status, the likeliest first; so many of them are buttons at
#: the top. What Meta or the customer decides is recorded, never led to: who presses the first
#: button by habit must not say that it has happened. Everything else is in the groups below.
LEADING: Mapping[Status, tuple[str, ...]] = {
    _S.RECEIVED: (),
    _S.NEEDS_CORRECTION: ("edit", "ask", "answer"),
    _S.HELD: (
        "approve",
        "settle-owner",
        "ask-owner",
        "same-organisation",
        "reissue",
        "release",
        "confirm-sender",
        "ask",
        "reject",
    ),
    _S.POLICY_REVIEW: ("approve", "ask", "reject"),
    _S.BUSINESS_VERIFICATION: ("answer", "ask"),
    _S.NAME_REVIEW: ("answer", "ask"),
    _S.APPROVED: ("second", "issue", "record-proceed", "answer"),
    _S.AWAITING_READINESS: ("answer",),
    _S.CERTIFICATE_ISSUED: ("second", "issue", "answer", "reissue"),
    _S.CERTIFICATE_EXPIRED: ("second", "issue", "reissue", "answer"),
    _S.ELIGIBILITY_REVIEW: ("approve", "ask", "reject"),
    _S.AWAITING_TWO_STEP_OFF: ("answer", "edit"),
    _S.SLOT_PLANNING: ("record-offer_slots", "answer", "ask"),
    _S.SLOT_PROPOSED: ("answer",),
    _S.SLOT_AGREED: ("code-verify", "code-send", "answer"),
    _S.OWNERSHIP_VERIFIED: (),
    _S.NUMBER_CHECK: (),
    _S.AWAITING_ACTIVE: ("answer",),
    _S.CONTENT_REVIEW: ("approve", "record-made", "ask", "reject"),
    _S.MAKING: ("record-proceed", "answer"),
    _S.TRIAGE: ("send-form", "route", "answer"),
    _S.AWAITING_FORM: ("answer", "send-form", "route"),
    **dict.fromkeys(END_STATUSES, ("answer", "note")),
}
_MOST_LEADING = 3
#: What says who somebody is, and is hard to take back: it may lead, and never stands out.
_CAREFUL = frozenset({"confirm-sender", "settle-owner", "same-organisation"})
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

    @property
    def foremost(self) -> str:
        """The name of the decision that may stand out from all others, or empty."""
        first = self.leading[0].form.name if self.leading else ""
        return "" if self.suggestion or first in _CAREFUL else first


def grouped(offers: Iterable[Offer], status: Status) -> Grouped:
    """Return ``offers`` at ``status`` in groups; each decision is in one of them."""
    by_name = {offer.form.name: offer for offer in offers}
    rest = [offer for name, offer in by_name.items() if name not in _ELSEWHERE]
    leading = _leading(by_name, status)
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


def _leading(by_name: dict[str, Offer], status: Status) -> tuple[Offer, ...]:
    """Return what leads at ``status``, of what is possible now."""
    found = [by_name[name] for name in LEADING[status] if name in by_name]
    return tuple(found[:_MOST_LEADING])
