"""Whose move it is, what they can do, and the way of a track; for the faces and the queues."""

from datetime import UTC, datetime
from itertools import islice

from pipeline.model.request import (
    Actor,
    Event,
    EventName,
    Move,
    RequestState,
    Status,
    Track,
    TrackPolicy,
)
from pipeline.model.transition import DeadlineKind
from pipeline.model.working_calendar import WorkingCalendar
from pipeline.tracks.catalogue import TRACKS
from pipeline.tracks.conditions import waits_for_second
from pipeline.tracks.deadlines import customer_due_at
from pipeline.tracks.declaration import Case, TransitionRule
from pipeline.tracks.stay import Stay

#: Only for conditions that look at the state alone.
_NO_INSTANT = datetime.min.replace(tzinfo=UTC)


def whose_move(state: RequestState, policy: TrackPolicy) -> Move:
    """Return whose move it is; with the manual issuer staff bring an ordered certificate.

    One that waits for the yes of a second person waits for staff with every issuer.
    """
    step = None if state.ended else TRACKS[state.track].step(state.status)
    if step is None:
        return Move.NOBODY
    if waits_for_second(state, policy):
        return Move.STAFF
    return step.manual_move if step.manual_move and policy.manual_issuer else step.move


def allowed_events(
    state: RequestState, actor: Actor, policy: TrackPolicy | None = None
) -> tuple[EventName, ...]:
    """Return what ``actor`` may do now, each once, in the order of the declaration.

    Conditions that need the event's own facts (slots, a date, a track) are not judged here.
    """
    step = TRACKS[state.track].step(state.status)
    if step is None:
        return ()
    case = Case(state, Event(EventName.ALERT, actor, _NO_INSTANT), policy or TrackPolicy(), "UTC")
    refused: set[EventName] = set()
    found: dict[EventName, None] = {}
    for rule in step.rules:
        if actor not in rule.actors or rule.event in refused or not _may_hold(rule, case):
            continue
        if rule.refuse and rule.when is not None and rule.when.of_state:
            refused.add(rule.event)
        elif not rule.refuse:
            found[rule.event] = None
    return tuple(found)


def _may_hold(rule: TransitionRule, case: Case) -> bool:
    return rule.when is None or not rule.when.of_state or rule.when.holds(case)


def forward_event(state: RequestState) -> EventName | None:
    """Return what ``request advance`` means in the present status; None: nothing."""
    step = None if state.ended else TRACKS[state.track].step(state.status)
    return step.forward if step else None


def staff_due_at(
    state: RequestState, policy: TrackPolicy, *, customer_zone: str, team: WorkingCalendar
) -> datetime | None:
    """Return by when staff have to act, where the move is theirs; None: no rule tells it.

    It is what our last mail promised, else the date that the mail of a hold gave the customer to
    send a proof, else the first alert of the stay. A stay begins when the move comes to staff, so
    the clock stands still while the customer or Meta is to move.
    """
    step = None if state.ended else TRACKS[state.track].step(state.status)
    if step is None or state.promise_at is not None:
        return state.promise_at if step is not None else None
    if state.status is Status.HELD and not (state.hidden or state.unasked):
        asked = customer_due_at(state, policy, customer_zone=customer_zone, team=team)
        if asked is not None:
            return asked
    stay = Stay(state, policy, customer_zone, team)
    alerts = (entry for entry in step.deadlines if entry.kind is DeadlineKind.ALERT)
    return min((at for entry in alerts for at in islice(stay.instants(entry), 1)), default=None)


def journey(track: Track) -> tuple[Status, ...]:
    """Return the statuses of ``track`` in order when all goes well, the good end included."""
    return TRACKS[track].journey


def next_on_journey(track: Track, status: Status) -> Status | None:
    """Return the status that follows ``status`` when all goes well; None at the end and beside."""
    way = journey(track)
    position = way.index(status) + 1 if status in way else len(way)
    return way[position] if position < len(way) else None


def move_in(status: Status) -> Move:
    """Return whose move it is in ``status``; it is the same on every track that has it."""
    found = (step.move for track in TRACKS.values() if (step := track.step(status)))
    return next(found, Move.NOBODY)


def is_told_done(track: Track, status: Status) -> bool:
    """Tell whether customers are told that ``status`` is done, when it is left."""
    step = TRACKS[track].step(status)
    return step is not None and step.told_done


def statuses(track: Track) -> tuple[Status, ...]:
    """Return all open statuses of ``track`` in the order of its declaration."""
    return tuple(step.status for step in TRACKS[track].steps if step.move is not Move.NOBODY)
