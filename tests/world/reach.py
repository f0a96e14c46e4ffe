"""Every mail that the tracks can bring about: the machine itself walks through them.

From each first state every event of every actor is tried, and the clock is let run, until nothing
new is reached. Two states are one when their mails say the same.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from pipeline.errors import RefusedError
from pipeline.model.notice import NoticeName
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
from pipeline.model.transition import SendNotice, Transition
from pipeline.model.working_calendar import WorkingCalendar
from pipeline.routing.rules import _STOPS
from pipeline.tracks.catalogue import TRACKS
from pipeline.tracks.deadlines import deadlines, event_of, which_reminder
from pipeline.tracks.machine import apply

ZONE = "Asia/Tokyo"
TEAM = WorkingCalendar("JP", ZONE)
POLICY = TrackPolicy()
_FIRST = datetime(2026, 11, 24, 6, 40, tzinfo=UTC)
_SOON = timedelta(minutes=20)
_READY = (None, date(2026, 11, 20), date(2027, 3, 1))
_LIFE = timedelta(days=7)
#: The variants and reasons that the parts of the flow give to an event, beside none.
_STOPPED = tuple(sorted({(variant, reason) for reason, variant in _STOPS.values()}))
_VARIANTS: dict[EventName, tuple[tuple[str, HoldReason | None], ...]] = {
    EventName.CLEAN: (("", None), ("queued", None), ("reused_number", None)),
    EventName.CONFLICT_FOUND: _STOPPED,
    EventName.M2M_DOUBTFUL: (("m2m", HoldReason.M2M),),
    EventName.MADE: (("", None), ("updated", None), ("deleted", None)),
    EventName.HOLD: tuple(
        ("", reason) for reason in (HoldReason.STAFF, HoldReason.TOO_MANY, HoldReason.FIRST_OF_TWO)
    ),
}
#: Statuses whose mails and ways look at the date from which the customer is ready.
_ASKS_READY = frozenset(
    {Status.RECEIVED, Status.NAME_REVIEW, Status.APPROVED, Status.AWAITING_READINESS}
)
_REJECTED = ("m2m", "m2m_yes", "short_code", "policy", "eligibility", "other")
#: The reasons that staff and rules give with an event.
_REASONS: dict[EventName, tuple[str, ...]] = {
    EventName.REVOKE: ("exposed", "number_changed", "name_changed", "asked", "our_mistake"),
    EventName.REJECT: _REJECTED,
    EventName.FINALLY_REFUSED: _REJECTED,
    EventName.M2M_CERTAIN: _REJECTED,
    EventName.WRONG_FORM: ("other_form",),
}
#: Events of the clock come from their deadlines.
_OF_THE_CLOCK = frozenset(
    {EventName.REMIND, EventName.CLOSE, EventName.EXPIRE, EventName.ALERT, EventName.PROMISE_PASSED}
)


#: Mails whose words depend on the status that was left.
_TELLS_BEFORE = frozenset(
    {
        NoticeName.STATUS_CHANGED,
        NoticeName.CLOSED_NO_RESPONSE,
        NoticeName.TWO_STEP_INSTRUCTIONS,
        NoticeName.CERTIFICATE_REISSUED,
    }
)


#: Mails that tell nothing of certificates and holds.
_SAYS_NO_MORE = frozenset({NoticeName.DELAYED, NoticeName.ANSWER, NoticeName.QUESTION})


@dataclass(frozen=True, slots=True)
class Cell:
    """A mail in the state in which it goes out; ``before`` is the status that was left."""

    notice: NoticeName
    variant: str
    before: Status
    after: RequestState
    actor: Actor
    at: datetime
    reminder: int = 0
    last_reminder: bool = False
    reason: str = ""

    @property
    def key(self) -> tuple[object, ...]:
        """What its words depend on."""
        state = self.after.shown
        where = (self.notice, self.variant, state.track, state.status, self.actor is Actor.STAFF)
        if self.notice in _SAYS_NO_MORE:
            return where
        return (
            *where,
            self.before if self.notice in _TELLS_BEFORE else None,
            state.hold_reason if state.status is Status.HELD else None,
            min(state.certificates, POLICY.certificates_per_approval),
            state.approved_at is not None,
            state.had_certificate,
            self.notice is NoticeName.SLOT_PROPOSAL and len(state.slots),
            min(self.reminder, 1),
            self.last_reminder,
            self.reason,
        )


def walk() -> tuple[dict[tuple[object, ...], Cell], dict[tuple[object, ...], RequestState]]:
    """Return each mail that can go out, and each open state that can be reached, by their keys."""
    states = {
        _key(state): state
        for track in Track
        for ready in (_READY if TRACKS[track].form else (None,))
        for state in [
            RequestState(track, Status.RECEIVED, 0, _FIRST, ready_date=ready, claims_number=True)
        ]
    }
    cells: dict[tuple[object, ...], Cell] = {}
    todo = deque(states.values())
    while todo:
        state = todo.popleft()
        for transition, event, reminder, last in _moves(state):
            shown = transition.before.shown
            for effect in transition.effects:
                if isinstance(effect, SendNotice):
                    cell = Cell(
                        effect.notice,
                        effect.variant,
                        shown.status,
                        transition.after,
                        event.actor,
                        event.at,
                        reminder,
                        last,
                        event.reason,
                    )
                    cells.setdefault(cell.key, cell)
            after = transition.after
            if _key(after) not in states:
                states[_key(after)] = after
                todo.append(after)
    return cells, states


def _key(state: RequestState) -> tuple[object, ...]:
    """Return what decides where a request can go, with numbers that count no further."""
    status = state.status
    certificate = state.certificate_expires_at is not None
    return (
        state.track,
        status,
        state.hold_reason if status is Status.HELD else None,
        state.came_from if status is Status.HELD else None,
        state.asked_by if status is Status.NEEDS_CORRECTION else None,
        state.before_end if state.ended else None,
        min(state.certificates, POLICY.certificates_per_approval),
        state.had_certificate,
        state.ready_date if status in _ASKS_READY else None,
        state.approved_at is not None,
        certificate,
        state.certificate_wanted_at is not None,
        state.ownership_verified_at is not None,
        state.two_step_disabled and status is Status.ELIGIBILITY_REVIEW,
        state.activation_reported and state.ended,
        len(state.slots) if status is Status.SLOT_PROPOSED else 0,
    )


def _moves(state: RequestState) -> Iterator[tuple[Transition, Event, int, bool]]:
    """Yield what can happen to ``state``: by somebody, soon; by the clock, when it is due."""
    now = state.entered_at + _SOON
    moments = [now]
    if state.ownership_verified_at is not None and not state.ended:
        moments.append(state.ownership_verified_at + POLICY.ownership_window + _SOON)
    for moment in moments:
        for event in _events(state, moment):
            transition = _tried(state, event)
            if transition is not None:
                yield transition, event, 0, False
    yield from _of_the_clock(state)
    yield from _of_the_clock(replace(state, promise_at=now + timedelta(days=2)))


def _of_the_clock(state: RequestState) -> Iterator[tuple[Transition, Event, int, bool]]:
    listed = deadlines(state, POLICY, customer_zone=ZONE, team=TEAM)
    for deadline in listed:
        if state.promise_at is not None and deadline.event is not EventName.PROMISE_PASSED:
            continue
        event = event_of(deadline, deadline.at)
        done = tuple(item.key for item in listed if item.at < deadline.at)
        reminds = deadline.event is EventName.REMIND
        reminder, last = which_reminder(state, deadline, done) if reminds else (0, False)
        transition = _tried(state, event)
        if transition is not None:
            after = replace(transition.after, promise_at=None, delays=0, overdue_since=None)
            yield replace(transition, after=after), event, reminder, last


def _tried(state: RequestState, event: Event) -> Transition | None:
    try:
        return apply(state, event, POLICY, customer_zone=ZONE)
    except RefusedError:
        return None


def _events(state: RequestState, now: datetime) -> Iterator[Event]:
    step = TRACKS[state.track].step(state.status)
    shown = TRACKS[state.shown.track].step(state.shown.status)
    rules = (*(step.rules if step else ()), *(shown.rules if shown else ()))
    for name in dict.fromkeys(rule.event for rule in rules):
        if name in _OF_THE_CLOCK:
            continue
        actors = {actor for rule in rules if rule.event is name for actor in rule.actors}
        for actor in sorted(actors):
            for variant, hold in _VARIANTS.get(name, (("", None),)):
                event = Event(name, actor, now, proven=True, variant=variant, hold_reason=hold)
                yield from _with_facts(state, event)


def _with_facts(state: RequestState, event: Event) -> Iterator[Event]:
    """Yield ``event`` with the facts that it needs, in each way that mails speak of."""
    now = event.at
    if event.name in _REASONS:
        yield from (replace(event, reason=reason) for reason in _REASONS[event.name])
        return
    match event.name:
        case EventName.ROUTE | EventName.FORM_ARRIVED:
            for track in Track:
                for complete in (True, False):
                    yield replace(event, track=track, answers_complete=complete)
        case EventName.OFFER_SLOTS:
            start = (now + timedelta(days=9)).replace(hour=1, minute=0)
            starts = [start + timedelta(days=day) for day in range(3)]
            slots = tuple(Slot(begin, begin + timedelta(hours=1)) for begin in starts)
            yield replace(event, slots=slots)
            yield replace(event, slots=slots[:1])
        case EventName.ACCEPT_SLOT:
            yield replace(event, slot=state.slots[0] if state.slots else None)
        case EventName.NEW_DATE:
            yield replace(event, new_date=now.date() + timedelta(days=60))
        case EventName.ISSUED:
            yield replace(event, certificate_created_at=now, certificate_expires_at=now + _LIFE)
        case _:
            yield event
