"""The machine of all tracks: one event on one request gives the next state and the effects; pure.

How the flow drives it::

    transition = apply(state, event, policy, customer_zone=zone)
    perform transition.effects                   (the results of some are events, see below)
    while (name := next_system_event(transition.after, now, policy, customer_zone=zone)):
        transition = apply(transition.after, Event(name, Actor.SYSTEM, now), policy, …)
        perform transition.effects

An effect and a deadline answer with an event of the system, applied before the loop goes on:

* ``IssueCertificate`` → ``ISSUED`` with ``certificate_expires_at``, or ``ISSUE_FAILED``. Entering
  ``approved`` orders the certificate when the customer is ready (onboarding) or the ownership is
  fresh (migration); a new certificate is ordered in place. With the manual issuer the effect is
  ``AlertStaff("certificate_wanted")`` instead, and staff bring ``ISSUED`` when they have pasted it.
  While the yes of a second person is missing (``policy.two_people``) it is
  ``AlertStaff("second_wanted")``, and their ``SECOND`` orders it.
  ``ISSUED`` sends ``certificate_issued`` for the first certificate of an approval and
  ``certificate_reissued`` for each later one. Without an order it is refused.
* ``PROCEED`` of a deadline orders again what has failed.

Three statuses wait for what only the flow knows, and ``next_system_event`` is None there:
``received`` (the event of the route), ``number_check`` (one of the ``NUMBER_*`` events) and
``making`` (``MADE``, ``PROVIDER_REFUSED`` or ``MAKING_FAILED``, when the code was tried). After
each transition the flow looks at the status, not only after a mail: a release or a confirmed sender
leads back to them. A released reason is in ``state.settled``; give it to the routing facts.

A hold that the customer must not see (``state.doubts``) takes the place of the first status of
staff, and of each later one that leads on to a certificate or a code. Whatever the customer does
then, and what their answers bring about, happens as in the status that the hold stands for, with
the same effects; staff and the clock act on the hold.

A stay in a status is told by ``entered_at``: when it changes, the keys of done deadlines are
forgotten.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from pipeline.errors import RefusedError
from pipeline.model.notice import NoticeName
from pipeline.model.request import (
    END_STATUSES,
    Actor,
    Event,
    EventName,
    HoldReason,
    NumberState,
    RequestState,
    Status,
    TrackPolicy,
)
from pipeline.model.transition import Effect, RevokeCertificate, SetNumber, Transition
from pipeline.tracks.catalogue import HIDING_STATUSES, TRACKS
from pipeline.tracks.changes import take_back_yes
from pipeline.tracks.conditions import WAITING_FOR_SUCCESSOR
from pipeline.tracks.declaration import (
    Case,
    Chosen,
    FirstOf,
    Special,
    Step,
    Target,
    TransitionRule,
)
from pipeline.tracks.promises import settled

#: Where a live certificate stays live, until its successor is made; any other status revokes it.
_KEEP_CERTIFICATE = frozenset(
    {
        Status.CERTIFICATE_ISSUED,
        Status.HELD,
        Status.ACTIVE,
        *WAITING_FOR_SUCCESSOR,
    }
)
#: Where an ordered certificate is waited for; elsewhere the order lapses.
_WAIT_FOR_CERTIFICATE = frozenset(
    {Status.APPROVED, Status.CERTIFICATE_ISSUED, Status.CERTIFICATE_EXPIRED}
)
#: What the clock does to a hold, hidden or not.
_OF_THE_CLOCK = frozenset(
    {EventName.ALERT, EventName.REMIND, EventName.EXPIRE, EventName.PROMISE_PASSED}
)
#: The end that each event of undoing leaves.
_UNDOES = {
    EventName.UNDO_WITHDRAW: Status.WITHDRAWN,
    EventName.UNDO_ACTIVATED: Status.ACTIVE,
}
#: Statuses before a request is on its track.
_OFF_TRACK = frozenset({Status.RECEIVED, Status.NEEDS_CORRECTION, Status.HELD})


def apply(
    state: RequestState, event: Event, policy: TrackPolicy, *, customer_zone: str = "UTC"
) -> Transition:
    """Return what ``event`` makes of ``state``; nothing is changed or sent here.

    ``customer_zone`` (IANA) says which day it is for the customer: it decides whether a ready date
    has come.

    Raises :class:`RefusedError`: ``ended_request`` (status, event), ``stale_request`` (expected,
    version), ``unproven_customer`` (event), ``no_such_move`` (status, event), ``actor_not_allowed``
    (status, event, actor), ``reminder_not_due`` (status, notice), or the code of the declared rule
    that forbids it (status, event): ``certificate_limit``, ``route_after_certificate``,
    ``ownership_missing``, ….
    """
    seen = _seen_by(event, state)
    step = _step_of(seen, event)
    if event.expected_version is not None and event.expected_version != state.version:
        raise RefusedError("stale_request", expected=event.expected_version, version=state.version)
    if event.actor is Actor.CUSTOMER and not event.proven:
        raise RefusedError("unproven_customer", event=event.name.value)
    case = Case(seen, event, policy, customer_zone)
    rule = _rule_for(step, case)
    if event.name is EventName.REMIND:
        _check_reminder(step, case)
    after, effects = _follow(rule, case)
    return Transition(event.name, state, after, effects)


def _seen_by(event: Event, state: RequestState) -> RequestState:
    """Return the state that ``event`` happens to: staff and the clock act on a hidden hold."""
    on_hold = event.actor is Actor.STAFF or event.name in _OF_THE_CLOCK
    return state if on_hold else state.shown


def next_system_event(
    state: RequestState, now: datetime, policy: TrackPolicy, *, customer_zone: str = "UTC"
) -> EventName | None:
    """Return the event that the system applies at once, or None when something is awaited."""
    if state.ended:
        return None
    step = TRACKS[state.track].step(state.status)
    return step.follow_up(state, now, policy, customer_zone) if step and step.follow_up else None


def _step_of(state: RequestState, event: Event) -> Step:
    step = TRACKS[state.track].step(state.status)
    # To undo a withdrawal, or what a customer reported, is the one way back, and a short one.
    undone = _UNDOES.get(event.name) is state.status
    if state.ended and not undone:
        raise RefusedError("ended_request", status=state.status.value, event=event.name.value)
    if step is None:
        raise RefusedError("no_such_move", status=state.status.value, event=event.name.value)
    return step


def _rule_for(step: Step, case: Case) -> TransitionRule:
    name, actor = case.event.name, case.event.actor
    params = {"status": step.status.value, "event": name.value}
    rules = [rule for rule in step.rules if rule.event is name]
    if not rules:
        raise RefusedError("no_such_move", **params)
    mine = [rule for rule in rules if actor in rule.actors]
    if not mine:
        raise RefusedError("actor_not_allowed", actor=actor.value, **params)
    for rule in mine:
        if rule.when is None or rule.when.holds(case):
            if rule.refuse:
                raise RefusedError(rule.refuse, **params)
            return rule
    raise RefusedError("no_such_move", **params)


def _check_reminder(step: Step, case: Case) -> None:
    """Refuse a reminder that the status does not have, and one for a certificate that has ended."""
    wanted, end = case.event.reminder, case.state.certificate_expires_at
    declared = {due.notice.value for due in step.deadlines if due.notice is not None}
    late = wanted == NoticeName.CERTIFICATE_REMINDER.value and (end is None or case.now >= end)
    if wanted not in declared or late:
        raise RefusedError("reminder_not_due", status=step.status.value, notice=wanted)


def _follow(rule: TransitionRule, case: Case) -> tuple[RequestState, tuple[Effect, ...]]:
    before = case.state
    state = _prepare(rule, case)
    if rule.change is not None:
        state = rule.change(case, state)
    if case.event.doubts is not None:
        state = replace(state, doubts=case.event.doubts)
    if isinstance(rule.target, FirstOf):
        state = replace(state, track=rule.target.track)
    status = _resolve(rule.target, case, state)
    moved = status is not before.status
    begins = moved or rule.restarts
    state = replace(
        state,
        status=status,
        version=before.version + 1,
        entered_at=case.now if begins else before.entered_at,
        reminded_at=None if begins else state.reminded_at,
        **_left(before, status),
    )
    state = _hide(state)
    if state.status is Status.HELD and before.status is not Status.HELD:
        state = take_back_yes(state)
    state, certificate = _keep_or_revoke(case, state)
    state, number = _claim_number(before, state)
    chosen = tuple(effect for part in rule.effects for effect in _make(part, case))
    entered: tuple[Effect, ...] = ()
    step = TRACKS[state.track].step(state.status)
    if moved and step is not None and step.on_entry is not None:
        state, entered = step.on_entry(case, state)
    return state, (*certificate, *number, *chosen, *entered)


def _hide(state: RequestState) -> RequestState:
    """Hold a request in doubt in place of a status that leads on without the customer."""
    doubts = [reason for reason in state.doubts if reason not in state.settled]
    if not doubts:
        return state
    if state.status in HIDING_STATUSES:
        return replace(state, status=Status.HELD, came_from=state.status, hold_reason=doubts[0])
    if state.held_for(HoldReason.NUMBER) and HoldReason.OWNERSHIP in doubts:
        return replace(state, hold_reason=HoldReason.OWNERSHIP)
    return state


def _make(part: Effect | Chosen, case: Case) -> tuple[Effect, ...]:
    return part.make(case) if isinstance(part, Chosen) else (part,)


def _prepare(rule: TransitionRule, case: Case) -> RequestState:
    """Note where a hold or a correction will return to."""
    state = case.state
    if rule.target is Status.HELD and state.status is not Status.HELD:
        reason = rule.hold or case.event.hold_reason or HoldReason.STAFF
        return replace(state, came_from=state.status, hold_reason=reason)
    if rule.target is Status.NEEDS_CORRECTION:
        return replace(state, asked_by=_asker(state))
    return state


def _asker(state: RequestState) -> Status | None:
    """Return the status that a correction asked for now returns to; None: the track's first."""
    asker = state.came_from if state.status is Status.HELD else state.status
    if asker is Status.NEEDS_CORRECTION:
        return state.asked_by
    return None if asker is Status.RECEIVED else asker


def _resolve(target: Target, case: Case, state: RequestState) -> Status:
    first = TRACKS[state.track].first
    match target:
        case Special.STAY:
            return case.state.status
        case Special.CAME_FROM:
            status = state.came_from or Status.RECEIVED
        case Special.ASKED_BY:
            status = state.asked_by or first
        case Special.BEFORE_END:
            status = state.before_end or first
        case Special.FIRST | Special.CHOSEN_TRACK | FirstOf():
            status = first
        case Status():
            status = target
    # A certificate that was revoked meanwhile does not come back: a new one can be asked for.
    if status is Status.CERTIFICATE_ISSUED and not state.has_live_certificate:
        return Status.CERTIFICATE_EXPIRED
    return status


def _left(before: RequestState, status: Status) -> dict[str, Any]:
    """Return the facts that change with the status: what only the old one needed, and an end."""
    facts: dict[str, Any] = {}
    if status not in _WAIT_FOR_CERTIFICATE:
        facts |= {"certificate_wanted_at": None}
    if status in END_STATUSES:
        return {**facts, "before_end": before.status}
    if status is not Status.HELD:
        facts |= {"came_from": None, "hold_reason": None}
        if status is not Status.NEEDS_CORRECTION:
            facts |= {"asked_by": None}
    return {**facts, "before_end": None, "ended_at": None, "certificate_withdrawn": False}


def _keep_or_revoke(case: Case, state: RequestState) -> tuple[RequestState, tuple[Effect, ...]]:
    """Revoke a live certificate where none may be live; mark the end of the request."""
    if state.ended:
        state = replace(settled(state), ended_at=case.now)
    revoked = case.event.name is EventName.REVOKE
    if not state.has_live_certificate or (state.status in _KEEP_CERTIFICATE and not revoked):
        return state, ()
    reason = case.event.reason or case.event.name.value
    withdrawn = state.status is Status.WITHDRAWN
    state = replace(state, certificate_expires_at=None, certificate_withdrawn=withdrawn)
    return state, (RevokeCertificate(reason),)


def _claim_number(
    before: RequestState, state: RequestState
) -> tuple[RequestState, tuple[Effect, ...]]:
    """Record the number as requested while a request that wants it is on its track."""
    claims = TRACKS[state.track].claims_number
    if state.ended:
        freed = state.claims_number and state.status not in {Status.ACTIVE, Status.SUPERSEDED}
        state = replace(state, claims_number=state.claims_number and not freed)
        return state, (SetNumber(NumberState.UNKNOWN),) if freed else ()
    if state.claims_number and not claims:
        return replace(state, claims_number=False), (SetNumber(NumberState.UNKNOWN),)
    on_track = state.shown.status not in _OFF_TRACK
    if not claims or not on_track:
        return state, ()
    if not state.claims_number:
        state = replace(state, claims_number=True)
    if HoldReason.OWNERSHIP in state.doubts:
        return state, ()  # what is perhaps another's is claimed by nobody
    claimed = before.claims_number and HoldReason.OWNERSHIP not in before.doubts
    return state, () if claimed else (SetNumber(NumberState.REQUESTED),)
