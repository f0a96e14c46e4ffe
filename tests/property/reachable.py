"""Explores every state of the pure machine that events, people and the clock can bring about.

A state is kept by its class: whether an instant is there, whether something was counted. What time,
a counter or a revised form may change at any moment is no part of it: each class is left with every
value of such a fact. So the classes are few, and more orders of events are tried than can happen,
never fewer.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product, zip_longest
from typing import Any

from pipeline.errors import RefusedError
from pipeline.model.request import (
    Actor,
    Event,
    EventName,
    HoldReason,
    RequestState,
    Slot,
    Status,
    Track,
    TrackPolicy,
)
from pipeline.model.transition import Transition
from pipeline.tracks import catalogue, machine
from pipeline.tracks.conditions import CUSTOMERS_STATUSES
from pipeline.tracks.declaration import Step

#: Tuesday, in the middle of a working day of Tokyo.
NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
ZONE = "Asia/Tokyo"
_A_DAY = timedelta(days=1)
_AN_HOUR = timedelta(hours=1)
_LONG_AGO = timedelta(days=400)
_AHEAD = Slot(NOW + 3 * _A_DAY, NOW + 3 * _A_DAY + _AN_HOUR)
_ALSO_AHEAD = Slot(NOW + 4 * _A_DAY, NOW + 4 * _A_DAY + _AN_HOUR)
_BEGUN = Slot(NOW - 2 * _AN_HOUR, NOW - _AN_HOUR)
#: Where the offered hours are asked for, and where the agreed one is.
_WITH_SLOTS = (Status.SLOT_PROPOSED, Status.SLOT_AGREED)
#: Reasons of a hold whose settling the machine asks for; the others make no difference later.
_SETTLED = frozenset({HoldReason.OWNERSHIP, HoldReason.NUMBER})
#: Reasons that an event of staff or of the system may give; one for each kind of hold.
_HOLDS = (HoldReason.STAFF, HoldReason.FIRST_OF_TWO, HoldReason.SECOND_OF_TWO)
#: Events that the reduced model leaves out: what they do, others do there.
_UNUSUAL = frozenset(
    {
        EventName.SUPERSEDE,
        EventName.MERGE,
        EventName.M2M_CERTAIN,
        EventName.M2M_DOUBTFUL,
        EventName.SENDER_DOUBTFUL,
        EventName.FILE_UNREADABLE,
        EventName.WRONG_FORM,
        EventName.NO_FORM,
        EventName.DIRECTLY_ELIGIBLE,
    }
)
#: Events of customers that staff may bring, too: the reduced model has the customers' alone.
_ALSO_BY_STAFF = frozenset({EventName.WITHDRAW, EventName.UNDO_WITHDRAW, EventName.HOLD})
#: Reasons that no rule tells from another one.
_SAME_REASON = {
    HoldReason.AUTOMATIC: HoldReason.SENDER_DOUBTFUL,
    HoldReason.M2M: HoldReason.STAFF,
    HoldReason.CONFLICT: HoldReason.STAFF,
    HoldReason.CHANGE: HoldReason.STAFF,
    HoldReason.CORRECTIONS: HoldReason.STAFF,
    HoldReason.APPROVAL_LAPSED: HoldReason.CERTIFICATE_LIMIT,
}


@dataclass(frozen=True, slots=True)
class Taken:
    """A transition, with the event that it was taken by, both in instants of the classes."""

    event: Event
    transition: Transition


def classed(state: RequestState, policy: TrackPolicy) -> RequestState:
    """Return the state that stands for the class of ``state`` at ``NOW``.

    What time, a counter or a revised form may change at any moment has one value here;
    :func:`variants` gives each of its values back.
    """
    if state.ended and not _undone(state, policy):
        return RequestState(state.track, state.status, 1, NOW, ended_at=NOW - _LONG_AGO)
    return replace(
        _of_its_track(state),
        version=1,
        entered_at=NOW,
        corrections=0,
        approved_at=state.approved_at and NOW - _A_DAY,
        certificates=min(state.certificates, 1),
        had_certificate=state.had_certificate or state.certificates > 0,
        certificate_expires_at=state.certificate_expires_at and NOW + 5 * _A_DAY,
        ready_date=None,
        business_verified=False,
        two_step_disabled=False,
        ended_at=state.ended_at and NOW - _AN_HOUR,
        activation_reported=state.activation_reported and state.status is Status.ACTIVE,
        certificate_wanted_at=state.certificate_wanted_at and NOW - _AN_HOUR,
        integration_created_at=None,
        certificate_created_at=None,
        promise_at=None,
        delays=0,
        overdue_since=None,
        reminded_at=None,
    )


def _of_its_track(state: RequestState) -> RequestState:
    """Leave out what no rule of the track asks for; how requests begin brings each of it back."""
    track, settled = state.track, set(state.settled) & _SETTLED
    if track is not Track.QR:
        settled.discard(HoldReason.NUMBER)
    moves = track is Track.MIGRATION
    around = {state.status, state.came_from, state.asked_by, state.before_end}
    proposed, agreed = (moves and one in around for one in _WITH_SLOTS)
    return replace(
        state,
        hold_reason=state.hold_reason and _SAME_REASON.get(state.hold_reason, state.hold_reason),
        settled=tuple(sorted(settled)),
        ownership_verified_at=(
            NOW - _A_DAY if moves and state.ownership_verified_at is not None else None
        ),
        slots=(_AHEAD, _ALSO_AHEAD)[: len(state.slots)] if proposed else (),
        slot=_AHEAD if agreed and state.slot is not None else None,
    )


def _undone(state: RequestState, policy: TrackPolicy) -> bool:
    """Return whether the end may be taken back; nothing else can be told of an end that stays."""
    within = state.ended_at is not None and state.ended_at + policy.undo_withdraw >= NOW
    return within and state.status in {Status.WITHDRAWN, Status.ACTIVE}


def variants(state: RequestState, policy: TrackPolicy) -> Iterator[RequestState]:
    """Yield what time, counters and revised forms make of a class: each fact changed, and all."""
    yield state
    changed = [*_changes(state, policy)]
    for facts in changed:
        yield replace(state, **facts)
    everything: dict[str, Any] = {}
    for facts in changed:
        everything |= facts
    if len(changed) > 1:
        yield replace(state, **everything)


def _changes(state: RequestState, policy: TrackPolicy) -> Iterator[dict[str, Any]]:
    """Yield each fact of ``state`` with another value that it may have."""
    if state.approved_at is not None:
        yield {"approved_at": NOW - _LONG_AGO}
    if state.certificates:
        yield {"certificates": policy.certificates_per_approval}
    if state.certificate_expires_at is not None:
        yield {"certificate_expires_at": NOW - _AN_HOUR}
    if state.ownership_verified_at is not None:
        yield {"ownership_verified_at": NOW - _LONG_AGO}
    if state.ended_at is not None:
        yield {"ended_at": NOW - _LONG_AGO}
    if state.slots:
        yield {"slots": (_BEGUN, *state.slots[1:])}
        yield {"slots": (_BEGUN,) * len(state.slots)}
    if state.slot is not None:
        yield {"slot": _BEGUN}
    if state.came_from in CUSTOMERS_STATUSES:
        yield {"promise_at": NOW + _A_DAY}
    around = {state.status, state.came_from, state.asked_by, state.before_end}
    asked = sorted(status for status in around if status is not None)
    yield from (facts for status in asked for facts in _said(status, policy))


def _said(status: Status, policy: TrackPolicy) -> tuple[dict[str, Any], ...]:
    """Return what a form, or how often it was asked for, may say that ``status`` asks about."""
    today = NOW.date()
    match status:
        case Status.NEEDS_CORRECTION | Status.NUMBER_CHECK:
            return ({"corrections": policy.corrections_before_hold},)
        case Status.NAME_REVIEW | Status.APPROVED | Status.AWAITING_READINESS:
            return {"ready_date": today + 2 * _A_DAY}, {"ready_date": today}
        case Status.POLICY_REVIEW:
            return ({"business_verified": True},)
        case Status.ELIGIBILITY_REVIEW:
            return ({"two_step_disabled": True},)
        case _:
            return ()


def events(step: Step, state: RequestState) -> Iterator[Event]:
    """Yield every event that the step has a rule for, by each actor, with each kind of facts."""
    for name, actor in dict.fromkeys(
        (rule.event, actor) for rule in step.rules for actor in sorted(rule.actors)
    ):
        for facts in _facts(name, state):
            if facts.get("doubts") is not None and not _judges(name, actor, state):
                continue
            yield Event(name, actor, NOW, proven=True, **facts)


def _judges(name: EventName, actor: Actor, state: RequestState) -> bool:
    """Tell whether the event says whose the number is; of staff's events only answers do.

    A hold that the customer sees is told as it is, whatever comes then.
    """
    told = state.status is Status.HELD and not state.hidden
    # what is held is let go by staff alone, and after the approval the number stays as it is
    open_to_edits = state.approved_at is None and state.status is not Status.HELD
    entered = name in {EventName.CORRECTED, EventName.PROBLEMS_FOUND} and open_to_edits
    return name is EventName.ROUTE or ((actor is not Actor.STAFF or entered) and not told)


#: The variants that the flow gives to an event, beside none.
_VARIANTS = {EventName.ASK: ("not_ours",), EventName.MADE: ("updated", "deleted")}


def _facts(name: EventName, state: RequestState) -> tuple[Mapping[str, Any], ...]:
    match name:
        case EventName.ROUTE:
            perhaps = {HoldReason.OWNERSHIP, *state.doubts} - {*state.settled}
            return tuple(
                {"track": track, "answers_complete": complete, "doubts": found}
                for track, complete in product(Track, (False, True))
                for found in {state.doubts, tuple(sorted(perhaps))}
            )
        case EventName.FORM_ARRIVED:
            return tuple({"track": track} for track in (None, *Track))
        case EventName.CLEAN | EventName.REVISED | EventName.CORRECTED:
            many = ((HoldReason.TOO_MANY,),) if name is EventName.CLEAN else ()
            doubts = (None, (), (HoldReason.OWNERSHIP,), *many)
            fields = (("phone_number",), ("notes",))
            return tuple({"doubts": one, "fields": two} for one, two in product(doubts, fields))
        case EventName.HOLD | EventName.CONFLICT_FOUND:
            return tuple({"hold_reason": reason} for reason in (None, *_HOLDS))
        case EventName.NEW_DATE:
            return ({"new_date": NOW.date() + 2 * _A_DAY}, {"new_date": NOW.date() - _A_DAY}, {})
        case EventName.OFFER_SLOTS:
            return ({"slots": (_AHEAD,)}, {"slots": (_AHEAD, _ALSO_AHEAD)}, {"slots": (_BEGUN,)})
        case EventName.ACCEPT_SLOT:
            return ({}, *({"slot": slot} for slot in state.slots))
        case EventName.ISSUED:
            ends = (NOW + 7 * _A_DAY, NOW - _AN_HOUR)
            return tuple(
                {"certificate_created_at": NOW, "certificate_expires_at": end} for end in ends
            )
        case EventName.REVOKE:
            return ({"reason": "lost"}, {"reason": "our_mistake"})
        case EventName.REMIND:
            return tuple({"reminder": notice} for notice in sorted(_reminders(state)))
        case _:
            return ({}, *({"variant": variant} for variant in _VARIANTS.get(name, ())))


def _reminders(state: RequestState) -> set[str]:
    step = catalogue.TRACKS[state.track].step(state.status)
    found = step.deadlines if step is not None else ()
    return {due.notice.value for due in found if due.notice is not None}


def is_usual(state: RequestState, event: Event) -> bool:
    """Tell whether the reduced model has ``event``: a request alone, on its track, asked once.

    Whatever else holds a request holds it like staff do.
    """
    doubts, of_two = event.doubts or (), {HoldReason.FIRST_OF_TWO, HoldReason.SECOND_OF_TWO}
    return (
        event.name not in _UNUSUAL
        and event.track in {None, state.track}
        and event.hold_reason not in of_two
        and HoldReason.TOO_MANY not in doubts
        and not (event.name is EventName.WITHDRAW and state.status is Status.HELD)
        and not (event.actor is Actor.STAFF and event.name in _ALSO_BY_STAFF)
    )


def taken_from(
    state: RequestState, policy: TrackPolicy, *, reduced: bool = False
) -> Iterator[Taken]:
    """Yield every transition that the machine allows in ``state``; ``reduced``: the usual ones.

    Where the system goes on at once, only that is taken: nothing else can come between.
    """
    follow = machine.next_system_event(state, NOW, policy, customer_zone=ZONE)
    step = catalogue.TRACKS[state.track].step(state.status)
    if step is None:
        return
    possible = [Event(follow, Actor.SYSTEM, NOW)] if follow else events(step, state)
    for event in possible:
        if reduced and not is_usual(state, event):
            continue
        try:
            taken = machine.apply(state, event, policy, customer_zone=ZONE)
        except RefusedError:
            continue
        yield Taken(event, taken)


def everywhere(policy: TrackPolicy) -> Iterator[RequestState]:
    """Yield all states of the good ways: what is behind is seen early."""
    ways = zip_longest(*(good_way(track, policy) for track in Track))
    yield from (state for states in ways for state in states if state is not None)


def good_way(track: Track, policy: TrackPolicy) -> Iterator[RequestState]:
    """Yield the states of a request of ``track`` when all goes well, each reached from the last."""
    ready, slot = NOW.date(), _AHEAD
    state = RequestState(track, Status.RECEIVED, 1, NOW, ready_date=ready)
    yield state
    for name in _GOOD_WAY[track]:
        event = Event(
            name,
            Actor.STAFF if name in _DECISIONS else Actor.SYSTEM,
            NOW,
            slots=(slot,),
            certificate_created_at=NOW,
            certificate_expires_at=NOW + 7 * _A_DAY,
        )
        state = machine.apply(state, event, policy, customer_zone=ZONE).after
        yield state


_DECISIONS = frozenset(
    {
        EventName.APPROVE,
        EventName.VERIFIED,
        EventName.NAME_APPROVED,
        EventName.TWO_STEP_OFF,
        EventName.OFFER_SLOTS,
        EventName.ACCEPT_SLOT,
        EventName.CODE_VERIFIED,
        EventName.SEND_FORM,
    }
)
_GOOD_WAY = {
    Track.ONBOARDING: (
        EventName.CLEAN,
        EventName.APPROVE,
        EventName.VERIFIED,
        EventName.NAME_APPROVED,
        EventName.ISSUED,
    ),
    Track.MIGRATION: (
        EventName.CLEAN,
        EventName.APPROVE,
        EventName.TWO_STEP_OFF,
        EventName.OFFER_SLOTS,
        EventName.ACCEPT_SLOT,
        EventName.CODE_VERIFIED,
        EventName.PROCEED,
        EventName.ISSUED,
    ),
    Track.QR: (EventName.CLEAN, EventName.NUMBER_OURS, EventName.APPROVE),
    Track.HELP: (EventName.CLEAN, EventName.SEND_FORM),
}


@dataclass(frozen=True, slots=True)
class Visited:
    """A state of a class, one value of each fact, and all transitions that it allows."""

    of_class: RequestState
    state: RequestState
    taken: tuple[Taken, ...]


#: How a class was reached first: from which class, with which facts, by which event.
_Way = tuple[RequestState, RequestState, Event]


class Explored:
    """The classes of states that can be reached from ``begin``, by every transition.

    ``reduced`` leaves unusual events out; ``most`` ends the search early (0: never); ``whole``
    tells whether nothing was left out.
    """

    def __init__(
        self,
        policy: TrackPolicy,
        begin: Iterable[RequestState],
        *,
        reduced: bool = False,
        most: int = 0,
    ) -> None:
        self.policy = policy
        self._reduced = reduced
        self.states: dict[RequestState, _Way | None] = {}
        self.leads_to: dict[RequestState, set[RequestState]] = {}
        self._classes: dict[RequestState, RequestState] = {}
        self._waiting: deque[RequestState] = deque()
        self._most = most
        for state in begin:
            self._found(classed(state, policy), None)

    @property
    def whole(self) -> bool:
        """Whether every state that was found was left in every way."""
        return not self._waiting

    def visits(self) -> Iterator[Visited]:
        """Yield each class with each value of its facts; the classes grow while it goes on."""
        while self._waiting and not (self._most and len(self.states) > self._most):
            state = self._waiting.popleft()
            reached = self.leads_to[state] = set()
            for variant in variants(state, self.policy):
                taken = tuple(taken_from(variant, self.policy, reduced=self._reduced))
                yield Visited(state, variant, taken)
                for one in taken:
                    after = self._class_of(one.transition.after)
                    reached.add(after)
                    self._found(after, (state, variant, one.event))

    def lost(self) -> Iterator[RequestState]:
        """Yield each class from which no end can be reached any more."""
        came: dict[RequestState, list[RequestState]] = {}
        for state, reached in self.leads_to.items():
            for after in reached:
                came.setdefault(after, []).append(state)
        ending = {state for state in self.states if state.ended}
        waiting = [*ending]
        while waiting:
            for before in came.get(waiting.pop(), ()):
                if before not in ending:
                    ending.add(before)
                    waiting.append(before)
        yield from (state for state in self.leads_to if state not in ending)

    def story(self, visited: Visited, last: Event | None = None) -> list[str]:
        """Return the shortest way from a beginning to ``visited``, a line each step."""
        lines = [_told(last)] if last is not None else []
        state = visited.of_class
        if visited.state != state:
            lines.append("time passes")
        while (came := self.states[state]) is not None:
            before, variant, event = came
            lines.append(_told(event))
            if variant != before:
                lines.append("time passes")
            state = before
        return [f"{state.track.value} {state.status.value}", *reversed(lines)]

    def _class_of(self, state: RequestState) -> RequestState:
        known = self._classes.get(state)
        if known is None:
            known = self._classes[state] = classed(state, self.policy)
        return known

    def _found(self, state: RequestState, way: _Way | None) -> None:
        if state not in self.states:
            self.states[state] = way
            self._waiting.append(state)


def _told(event: Event) -> str:
    return f"{event.name.value} ({event.actor.value})"
