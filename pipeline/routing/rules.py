"""The ordered table of routing rules: the first that matches decides; hits and misses are kept.

Each rule is one small function of the facts that returns a :class:`Way` or None. A rule that would
hold for a reason that staff have released is passed over.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.model.checked import M2mCertainty
from pipeline.model.form import FormKind
from pipeline.model.message import SenderVerdict
from pipeline.model.request import EventName, HoldReason, NumberState, Track
from pipeline.model.route import (
    ConflictDecision,
    ConflictEffect,
    Route,
    RoutingFacts,
)
from pipeline.tracks.catalogue import BY_FORM
from pipeline.tracks.declaration import OtherForm


@dataclass(frozen=True, slots=True)
class Way:
    """What a rule that matches says; the route adds the rule's name and the misses."""

    event: EventName
    hold_reason: HoldReason | None = None
    reason: str = ""
    variant: str = ""
    suggestion: FormKind | None = None
    alert: bool = False
    to_help: bool = False


Rule = Callable[[RoutingFacts], Way | None]
_D = ConflictDecision
#: How a conflict stops a form: why it is held, and the question that the customer is asked.
#: What is another organisation's stops nothing here: the form goes on as if nobody knew the number,
#: and is held without a word in place of the first status of staff.
_STOPS: Mapping[ConflictDecision, tuple[HoldReason, str]] = MappingProxyType(
    {
        _D.IGNORE_REDELIVERY: (HoldReason.CONFLICT, ""),
        _D.ANSWER_DUPLICATE: (HoldReason.CONFLICT, ""),
        _D.REPLACE_NEW_REVISION: (HoldReason.CONFLICT, ""),
        _D.ASK_OLDER_VERSION: (HoldReason.CONFLICT, "older_file"),
        _D.HOLD_CHANGE_REQUEST: (HoldReason.CHANGE, ""),
        _D.ANSWER_COLLEAGUE_ASKED: (HoldReason.CONFLICT, "colleague"),
        _D.ASK_WHO_DECIDES: (HoldReason.SECOND_OF_TWO, "differs"),
        # Reached only after staff released the sender: the number was never compared with others'.
        _D.HOLD_UNVERIFIED_SENDER: (HoldReason.CONFLICT, ""),
        _D.ASK_ALREADY_OURS: (HoldReason.CONFLICT, "already_ours"),
        _D.ASK_WHICH_KIND: (HoldReason.CONFLICT, "which_kind"),
        _D.ASK_SAME_NUMBER: (HoldReason.CONFLICT, "same_number"),
        _D.HELD: (HoldReason.CONFLICT, ""),
    }
)


def sender_doubtful(facts: RoutingFacts) -> Way | None:
    """Hold what a forger may have sent: nothing is mailed out."""
    if facts.sender in {SenderVerdict.FAIL, SenderVerdict.UNKNOWN}:
        return Way(EventName.SENDER_DOUBTFUL, HoldReason.SENDER_DOUBTFUL, alert=True)
    return None


def written_by_program(facts: RoutingFacts) -> Way | None:
    """Hold what a program's mail brought: staff look at it, and nothing is mailed out."""
    if facts.automatic:
        return Way(EventName.HOLD, HoldReason.AUTOMATIC, alert=True)
    return None


def sender_unproven(facts: RoutingFacts) -> Way | None:
    """Keep the form and ask the sender to confirm; before all rules that would answer it.

    The form is read and checked all the same; once the sender is confirmed it is routed again.
    """
    if facts.sender is SenderVerdict.NONE:
        return Way(EventName.SENDER_UNPROVEN, HoldReason.SENDER)
    return None


def file_unreadable(facts: RoutingFacts) -> Way | None:
    """Ask for the form again when no submission could be read from the file."""
    return Way(EventName.FILE_UNREADABLE) if facts.unreadable else None


def number_known(facts: RoutingFacts) -> Way | None:
    """Stop for what the table of conflicts decided about a number that is known."""
    conflict = facts.conflict
    if conflict is None or conflict.decision not in _STOPS:
        return None
    reason, variant = _STOPS[conflict.decision]
    return Way(
        EventName.CONFLICT_FOUND,
        reason,
        reason=conflict.decision.value,
        variant=variant,
        alert=conflict.effect is ConflictEffect.ALERT,
    )


def number_active_already(facts: RoutingFacts) -> Way | None:
    """Tell the requester that the number is active: there is nothing to start."""
    decision = facts.conflict.decision if facts.conflict else None
    if decision is ConflictDecision.ANSWER_ALREADY_ACTIVE:
        return Way(EventName.ALREADY_ACTIVE, reason=decision.value)
    return None


def number_certainly_m2m(facts: RoutingFacts) -> Way | None:
    """Reject a number of a range that is kept for machines."""
    if facts.m2m is M2mCertainty.CERTAIN:
        return Way(EventName.M2M_CERTAIN, reason="m2m")
    return None


def short_code(facts: RoutingFacts) -> Way | None:
    """Reject a short code, for its own reason."""
    return Way(EventName.M2M_CERTAIN, reason="short_code") if facts.short_code else None


def number_perhaps_m2m(facts: RoutingFacts) -> Way | None:
    """Hold a number of a range that machines share with people."""
    if facts.m2m is M2mCertainty.OVERRIDE:
        return Way(EventName.M2M_DOUBTFUL, HoldReason.M2M, reason="m2m_range", variant="m2m")
    return None


def said_to_be_m2m(facts: RoutingFacts) -> Way | None:
    """Hold an ordinary number that the customer calls a machine's."""
    if facts.is_m2m:
        return Way(EventName.M2M_DOUBTFUL, HoldReason.M2M, reason="is_m2m", variant="m2m")
    return None


def _other_form(form: FormKind, other: OtherForm) -> Rule:
    """Return the rule that sends to help a form where another is the right one."""

    def rule(facts: RoutingFacts) -> Way | None:
        if facts.form is not form or facts.number_use not in other.number_uses:
            return None
        return Way(EventName.WRONG_FORM, reason="other_form", suggestion=other.form, to_help=True)

    rule.__name__ = other.rule
    return rule


def problems_found(facts: RoutingFacts) -> Way | None:
    """Ask for corrections when the customer has to act on any answer."""
    if facts.form is not None and facts.has_problems:
        return Way(EventName.PROBLEMS_FOUND)
    return None


def no_form(facts: RoutingFacts) -> Way | None:
    """Send to help a message without a form."""
    return Way(EventName.NO_FORM, to_help=True) if facts.form is None else None


def qr_number_not_active(facts: RoutingFacts) -> Way | None:
    """Let a form for an active number wait: its first step says for what, or asks about it."""
    waits = facts.form is not None and BY_FORM[facts.form].needs_active_number
    if waits and facts.number is not NumberState.ACTIVE:
        decision = facts.conflict.decision if facts.conflict else None
        queued = decision is ConflictDecision.QUEUE_UNTIL_ACTIVE
        return Way(EventName.CLEAN, variant="queued" if queued else "")
    return None


def number_reused(facts: RoutingFacts) -> Way | None:
    """Accept a number that was released earlier, with a question instead of the receipt."""
    decision = facts.conflict.decision if facts.conflict else None
    if decision is ConflictDecision.ACCEPT_WITH_WARNING_REUSED:
        return Way(EventName.CLEAN, reason=decision.value, variant="reused_number")
    return None


def own_track(_facts: RoutingFacts) -> Way | None:
    """Start the form's own track."""
    return Way(EventName.CLEAN)


RULES: tuple[Rule, ...] = (
    sender_doubtful,
    written_by_program,
    sender_unproven,
    file_unreadable,
    number_known,
    number_active_already,
    number_certainly_m2m,
    short_code,
    number_perhaps_m2m,
    said_to_be_m2m,
    *(_other_form(form, track.other_form) for form, track in BY_FORM.items() if track.other_form),
    problems_found,
    no_form,
    qr_number_not_active,
    number_reused,
    own_track,
)


def rule_name(rule: Rule) -> str:
    """Return the name under which ``rule`` is recorded."""
    return getattr(rule, "__name__", "")


def route(facts: RoutingFacts) -> Route:
    """Return where the form goes: the first rule that matches, and the rules before it."""
    misses: list[str] = []
    for rule in RULES:
        way = rule(facts)
        if way is None or way.hold_reason in facts.settled:
            misses.append(rule_name(rule))
            continue
        return _route(facts, way, rule_name(rule), tuple(misses))
    raise AssertionError("the last rule always matches")


def _route(facts: RoutingFacts, way: Way, name: str, misses: tuple[str, ...]) -> Route:
    own = BY_FORM[facts.form].track if facts.form else Track.HELP
    return Route(
        event=way.event,
        track=Track.HELP if way.to_help else own,
        rule=name,
        misses=misses,
        hold_reason=way.hold_reason,
        reason=way.reason,
        variant=way.variant,
        suggestion=way.suggestion,
        alert=way.alert,
    )
