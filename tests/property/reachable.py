"""Explores every state of the pure machine that events, people and the clock can bring about.

A state is kept by its classes: an instant is not there, ahead, just past or long past; a counter
stops at its limit. Each class has one instant that stands for it, and time may carry any fact from
one class into the next. So the states are finite, and more orders of events are tried than can
happen, never fewer.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
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
_WITH_SLOTS = frozenset({Status.SLOT_PLANNING, Status.SLOT_PROPOSED, Status.SLOT_AGREED})
#: Reasons of a hold whose settling the machine asks for; the others make no difference later.
_SETTLED = frozenset({HoldReason.OWNERSHIP, HoldReason.NUMBER})
#: Reasons that an event of staff or of the system may give; one for each kind of hold.
_HOLDS = (HoldReason.STAFF, HoldReason.FIRST_OF_TWO, HoldReason.SECOND_OF_TWO)
#: Reasons that no rule tells from another one.
_SAME_REASON = {
    HoldReason.AUTOMATIC: HoldReason.SENDER_DOUBTFUL,
    HoldReason.M2M: HoldReason.STAFF,
    HoldReason.CONFLICT: HoldReason.STAFF,
    HoldReason.CHANGE: HoldReason.STAFF,
    HoldReason.CORRECTIONS: HoldReason.STAFF,
}


@dataclass(frozen=True, slots=True)
class Taken:
    """A transition, with the event that it was taken by, both in instants of the classes."""

    event: Event
    transition: Transition


def classed(state: RequestState, policy: TrackPolicy) -> RequestState:
    """Return the state that stands for the class of ``state`` at ``NOW``."""
    if state.ended and not _undone(state, policy):
        return RequestState(state.track, state.status, 1, NOW, ended_at=NOW - _LONG_AGO)
    return replace(
        _of_its_track(state),
        version=1,
        entered_at=NOW,
        corrections=_counted(state.corrections, policy.corrections_before_hold),
        approved_at=_past(state.approved_at, policy.approval_lapses),
        certificates=_counted(state.certificates, policy.certificates_per_approval),
        certificate_expires_at=_expiry(state.certificate_expires_at),
        ready_date=_ready(state, policy),
        ended_at=_past(state.ended_at, policy.undo_withdraw),
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
    slots = state.slots if moves and around & _WITH_SLOTS else ()
    return replace(
        state,
        hold_reason=state.hold_reason and _SAME_REASON.get(state.hold_reason, state.hold_reason),
        settled=tuple(sorted(settled)),
        business_verified=state.business_verified and track is Track.ONBOARDING,
        two_step_disabled=state.two_step_disabled and moves,
        ownership_verified_at=(
            _past(state.ownership_verified_at, TrackPolicy().ownership_window) if moves else None
        ),
        slots=tuple(_slot(slot, index) for index, slot in enumerate(slots)),
        slot=_slot(state.slot, 0) if slots and state.slot else None,
    )


def _counted(count: int, limit: int) -> int:
    """Return 0, 1 for some, or the limit; time may carry some to the limit."""
    return limit if count >= limit else min(count, 1)


def _undone(state: RequestState, policy: TrackPolicy) -> bool:
    """Return whether the end may be taken back; nothing else can be told of an end that stays."""
    within = state.ended_at is not None and state.ended_at + policy.undo_withdraw >= NOW
    return within and state.status in {Status.WITHDRAWN, Status.ACTIVE}


def _past(at: datetime | None, limit: timedelta) -> datetime | None:
    """Return an instant within ``limit``, or one long before it."""
    if at is None:
        return None
    return NOW - min(limit / 2, _A_DAY) if at + limit > NOW else NOW - _LONG_AGO


def _expiry(at: datetime | None) -> datetime | None:
    return None if at is None else NOW + 5 * _A_DAY if at > NOW else NOW - _AN_HOUR


def _ready(state: RequestState, policy: TrackPolicy) -> date | None:
    today = NOW.date()
    if state.ready_date is None or state.track in {Track.QR, Track.HELP}:
        return None
    back = (today - state.ready_date).days
    if back < 0:
        return today + 2 * _A_DAY
    return today if back <= policy.ready_days_back else today - _LONG_AGO


def _slot(slot: Slot, index: int) -> Slot:
    if slot.start <= NOW:
        return _BEGUN
    return _ALSO_AHEAD if index else _AHEAD


def older(state: RequestState, policy: TrackPolicy) -> Iterator[RequestState]:
    """Yield what time makes of a state: one of its facts grows old, or is counted to its limit."""
    if state.corrections:
        yield replace(state, corrections=policy.corrections_before_hold)
    if state.certificates:
        yield replace(state, certificates=policy.certificates_per_approval)
    if state.approved_at is not None:
        yield replace(state, approved_at=NOW - _LONG_AGO)
    if state.ownership_verified_at is not None:
        yield replace(state, ownership_verified_at=NOW - _LONG_AGO)
    if state.certificate_expires_at is not None:
        yield replace(state, certificate_expires_at=NOW - _AN_HOUR)
    if state.ended_at is not None:
        yield replace(state, ended_at=NOW - _LONG_AGO)
    if state.ready_date is not None:
        yield replace(state, ready_date=NOW.date())
        yield replace(state, ready_date=NOW.date() - _LONG_AGO)
    if state.slots:
        yield replace(state, slots=(_BEGUN, *state.slots[1:]))
        yield replace(state, slots=(_BEGUN,) * len(state.slots))
    if state.slot is not None:
        yield replace(state, slot=_BEGUN)


def events(step: Step, state: RequestState) -> Iterator[Event]:
    """Yield every event that the step has a rule for, by each actor, with each kind of facts."""
    for name, actor in dict.fromkeys(
        (rule.event, actor) for rule in step.rules for actor in sorted(rule.actors)
    ):
        for facts in _facts(name, state):
            if facts.get("doubts") and actor is Actor.STAFF:
                continue  # doubts are found in what customers send
            yield Event(name, actor, NOW, proven=True, **facts)


#: The variants that the flow gives to an event, beside none.
_VARIANTS = {EventName.ASK: ("not_ours",), EventName.MADE: ("updated", "deleted")}


def _facts(name: EventName, state: RequestState) -> tuple[Mapping[str, Any], ...]:
    match name:
        case EventName.ROUTE:
            return tuple(
                {"track": track, "answers_complete": complete}
                for track, complete in product(Track, (False, True))
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


def taken_from(state: RequestState, policy: TrackPolicy) -> Iterator[Taken]:
    """Yield every transition that the machine allows in ``state``.

    Where the system goes on at once, only that is taken: nothing else can come between.
    """
    follow = machine.next_system_event(state, NOW, policy, customer_zone=ZONE)
    step = catalogue.TRACKS[state.track].step(state.status)
    if step is None:
        return
    possible = [Event(follow, Actor.SYSTEM, NOW)] if follow else events(step, state)
    for event in possible:
        try:
            taken = machine.apply(state, event, policy, customer_zone=ZONE)
        except RefusedError:
            continue
        yield Taken(event, taken)


def beginnings(track: Track) -> Iterator[RequestState]:
    """Yield how a request of ``track`` begins."""
    dates = (None, NOW.date() + 2 * _A_DAY, NOW.date(), NOW.date() - _LONG_AGO)
    state = RequestState(track, Status.RECEIVED, 1, NOW)
    if track in {Track.QR, Track.HELP}:
        yield state
        return
    for ready, two_step in product(dates, (False, True)):
        yield replace(state, ready_date=ready, two_step_disabled=two_step)


def everywhere(policy: TrackPolicy) -> Iterator[RequestState]:
    """Yield how requests begin, and all states of the good ways: what is behind is seen early."""
    for track in Track:
        yield from beginnings(track)
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


class Explored:
    """The states that can be reached from ``begin``, by every transition.

    ``most`` ends the search early (0: never); ``whole`` tells whether nothing was left out.
    """

    def __init__(
        self, policy: TrackPolicy, begin: Iterable[RequestState], *, most: int = 0
    ) -> None:
        self.policy = policy
        self.states: dict[RequestState, tuple[RequestState, Taken | None] | None] = {}
        self._waiting: deque[RequestState] = deque()
        self._most = most
        for state in begin:
            self._found(classed(state, policy), None)

    @property
    def whole(self) -> bool:
        """Whether every state that was found was left in every way."""
        return not self._waiting

    def transitions(self) -> Iterator[Taken]:
        """Yield each transition of each state; the states grow while it goes on."""
        while self._waiting and not (self._most and len(self.states) > self._most):
            state = self._waiting.popleft()
            for taken in taken_from(state, self.policy):
                yield taken
                self._found(classed(taken.transition.after, self.policy), (state, taken))
            for aged in older(state, self.policy):
                self._found(classed(aged, self.policy), (state, None))

    def story(self, state: RequestState) -> list[str]:
        """Return the shortest way from a beginning to ``state``, a line each step."""
        lines = [f"{state.track.value} {state.status.value}"]
        while (came := self.states[state]) is not None:
            before, taken = came
            if taken is not None:
                lines.append(f"{taken.event.name.value} ({taken.event.actor.value})")
            else:
                lines.append("time passes")
            state = before
        return [*reversed(lines)]

    def _found(self, state: RequestState, way: tuple[RequestState, Taken | None] | None) -> None:
        if state not in self.states:
            self.states[state] = way
            self._waiting.append(state)
