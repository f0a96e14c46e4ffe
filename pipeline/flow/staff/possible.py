"""What staff can decide about a request now; told by ``request show`` and by every refusal."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from pipeline import terms
from pipeline.errors import PipelineError, RefusedError
from pipeline.flow.answers.revisions import latest_accepted
from pipeline.flow.lifecycle.certificate_rows import refuse_number_of_another, refuse_open_answers
from pipeline.flow.lifecycle.issuance import hindrance
from pipeline.flow.lifecycle.qr_code import is_done_by_hand
from pipeline.flow.services import Services, Work
from pipeline.flow.staff.command import entered_by_hand, is_too_early, leads_on, staff_event
from pipeline.flow.staff.replies import word_of
from pipeline.flow.staff.suggested import acceptable
from pipeline.model.message import SenderVerdict
from pipeline.model.request import Actor, Event, EventName, Move, RequestState, Slot, Status, Track
from pipeline.model.transition import (
    Effect,
    IssueCertificate,
    RevokeCertificate,
    SendNotice,
)
from pipeline.store.records import NoteRecord, RequestRecord
from pipeline.tracks.catalogue import TRACKS
from pipeline.tracks.conditions import waits_for_second
from pipeline.tracks.machine import apply, next_system_event
from pipeline.tracks.moves import allowed_events, forward_event, whose_move

#: Not offered: people close a request as a duplicate with ``merge``.
_NOT_OFFERED = frozenset({EventName.SUPERSEDE})
#: Refused only because the probe cannot know what staff would say with the event.
_MORE_IS_NEEDED = frozenset(
    {
        "slot_count",
        "slot_not_ahead",
        "slot_not_offered",
        "slot_before_ready_date",
        "date_not_ahead",
        "track_missing",
    }
)

#: The events of ``request edit``.
_EDITS = frozenset({EventName.CORRECTED, EventName.PROBLEMS_FOUND, EventName.REVISED})
#: What follows these depends on what staff enter with them, or on what the request is about.
_OPEN = frozenset(
    {
        *_EDITS,
        EventName.ROUTE,
        EventName.RELEASE,
        EventName.OWNER_SETTLED,
        EventName.NUMBER_SET,
        EventName.SENDER_CONFIRMED,
        EventName.NEW_DATE,
    }
)
#: What follows them depends on facts outside of the request: the number, the code's maker.
_BY_FACTS = frozenset({Status.NUMBER_CHECK, Status.AWAITING_ACTIVE, Status.MAKING})
#: What orders, makes or enters a certificate: refused while a rule forbids one.
_TO_CERTIFICATE = frozenset(
    {EventName.PROCEED, EventName.ISSUED, EventName.NEW_CERTIFICATE, EventName.SECOND}
)
#: What makes a certificate at once: stopped by the clock as well, which orders nothing.
_MADE_NOW = frozenset({EventName.PROCEED, EventName.ISSUED})
#: The rule that forbids more than certificates.
_OPEN_ANSWERS = "answers_open"
_HOUR = timedelta(hours=1)
#: Where nobody is named, a decision is tried as one of a colleague's who has not said yes before.
_SOMEBODY = "?"


@dataclass(frozen=True, slots=True)
class Possible:
    """A decision that staff can take now, and what comes of it.

    ``after`` is None where that depends on what staff enter with it; the rest is empty then.
    ``mails`` are the notices that go out, none to a sender who is not proven. With
    ``waits_for_second`` an ordered certificate waits for the yes of a second person then.
    ``hindered`` is the code of what would stop the certificate that it orders.
    """

    event: EventName
    after: Status | None = None
    mails: tuple[SendNotice, ...] = ()
    issues: bool = False
    ends_live: bool = False
    waits_for_second: bool = False
    hindered: str = ""


@dataclass(frozen=True, slots=True)
class Blocked:
    """What the machine allows and a rule forbids: the rule, and the events that it keeps away."""

    by: PipelineError
    events: tuple[EventName, ...]


def decisions_now(services: Services, record: RequestRecord, who: str = "") -> tuple[Possible, ...]:
    """Return what staff can decide now, the event that leads on first.

    ``who`` leaves out what that colleague cannot: nobody is the second of two after the first yes.
    Each is tried on the pure machine, so that none is named that would be refused by its rules;
    what staff still have to say (a slot, a date, a track) is left to them.
    """
    forbidding, by = _forbidding(services, record), who or _SOMEBODY
    barred = _barred(services, record) | set(_blocked(record, forbidding))
    names = allowed_events(record.state, Actor.STAFF, services.policy)
    tried = [
        found
        for name in names
        if name not in barred and (found := _tried(services, record, name, by)) is not None
    ]
    tried = [_hindered(found, forbidding) for found in tried]
    forward = EventName.MADE if EventName.APPROVE in barred else forward_event(record.state)
    return tuple(sorted(tried, key=lambda found: found.event is not forward))


def blocked_now(services: Services, record: RequestRecord) -> tuple[Blocked, ...]:
    """Return what staff could decide now if no rule forbade it, for each such rule."""
    by = _blocked(record, _forbidding(services, record))
    if not by:
        return ()
    barred = _barred(services, record)
    kept = [
        name
        for name in allowed_events(record.state, Actor.STAFF, services.policy)
        if name in by
        and name not in barred
        and _tried(services, record, name, _SOMEBODY) is not None
    ]
    rules = list(dict.fromkeys(by[name] for name in kept))
    return tuple(Blocked(rule, tuple(one for one in kept if by[one] is rule)) for rule in rules)


def _forbidding(services: Services, record: RequestRecord) -> tuple[PipelineError, ...]:
    """Return what forbids a certificate now: the answers, the number's owner, the clock."""
    if TRACKS[record.state.track].form is None or record.state.ended:
        return ()
    with services.store.read() as tx:
        return tuple(_refusals(services.work(tx), record))


def _refusals(work: Work, record: RequestRecord) -> Iterator[PipelineError]:
    for refuse in (refuse_open_answers, refuse_number_of_another):
        try:
            refuse(work, record)
        except RefusedError as error:
            yield error
    stopped = hindrance(work, record) if work.services.issuer.automatic else None
    if stopped is not None and not isinstance(stopped, RefusedError):
        yield stopped


def _blocked(
    record: RequestRecord, forbidding: tuple[PipelineError, ...]
) -> dict[EventName, PipelineError]:
    """Return the events that rules forbid, each with the first of those that do."""
    found: dict[EventName, PipelineError] = {}
    wanted = record.state.certificate_wanted_at is not None
    for error in forbidding:
        events = {*_TO_CERTIFICATE} if isinstance(error, RefusedError) else {*_MADE_NOW}
        if not wanted:
            events.discard(EventName.PROCEED)
        if error.code == _OPEN_ANSWERS:
            events |= {EventName.APPROVE, *(name for name in EventName if leads_on(name))}
        for name in events:
            found.setdefault(name, error)
    return found


def _hindered(found: Possible, forbidding: tuple[PipelineError, ...]) -> Possible:
    """Return a decision with what would stop the certificate that it orders."""
    stops = found.issues and not found.waits_for_second and bool(forbidding)
    return replace(found, hindered=forbidding[0].code) if stops else found


def early_outcomes(services: Services, record: RequestRecord) -> tuple[EventName, ...]:
    """Return the outcomes of a call whose agreed time has not come: it may have been earlier."""
    now = services.clock.now()
    names = allowed_events(record.state, Actor.STAFF, services.policy)
    return tuple(name for name in names if is_too_early(record, name, now))


def may_ask_meaning(services: Services, record: RequestRecord) -> bool:
    """Tell whether the customer can be asked what the reply means that ``accept`` lets act."""
    with services.store.read() as tx:
        waiting = acceptable(tx, record)
    return isinstance(waiting, NoteRecord) and bool(word_of(record, waiting))


def _barred(services: Services, record: RequestRecord) -> set[EventName]:
    """Return what the machine allows and the answers or the sender forbid."""
    with services.store.read() as tx:
        answered = latest_accepted(tx, record) is not None
        by_hand = is_done_by_hand(services.work(tx), record)
    barred = set(_NOT_OFFERED)
    if entered_by_hand(services, record):
        barred.add(EventName.PROCEED)
    if by_hand:
        barred.add(EventName.APPROVE)
    if not answered and TRACKS[record.state.track].form is None:
        barred |= _EDITS
    if record.sender_verdict is not SenderVerdict.PASS:
        barred |= {EventName.RELEASE, EventName.ANSWER}
    return barred


def _tried(services: Services, record: RequestRecord, name: EventName, who: str) -> Possible | None:
    """Return what comes of ``name`` by ``who`` now; None where it would be refused."""
    if is_too_early(record, name, services.clock.now()):
        return None
    proven = record.sender_verdict is SenderVerdict.PASS
    proven = proven or (record.waits_for_proof and name is EventName.SEND_FORM)
    event = _probe(services, record, name, who)
    try:
        transition = apply(record.state, event, services.policy, customer_zone=record.time_zone)
    except RefusedError as error:
        return Possible(name) if error.code in _MORE_IS_NEEDED else None
    if name in _OPEN:
        return Possible(name)
    after, effects = _followed(services, record, transition.after, transition.effects)
    if after.status in _BY_FACTS:
        return Possible(name)
    if not proven and whose_move(after, services.policy) is Move.CUSTOMER:
        return None
    return Possible(
        event=name,
        after=after.status,
        mails=tuple(one for one in effects if isinstance(one, SendNotice) and proven),
        issues=any(isinstance(one, IssueCertificate) for one in effects),
        ends_live=any(isinstance(one, RevokeCertificate) for one in effects),
        waits_for_second=waits_for_second(after, services.policy),
    )


def _probe(services: Services, record: RequestRecord, name: EventName, who: str) -> Event:
    """Return ``name`` as ``who`` would record it, with made-up facts for what they have to say."""
    now = services.clock.now()
    other = next(track for track in Track if track is not record.state.track)
    tomorrow = now + timedelta(days=1)
    return staff_event(
        services,
        record,
        name,
        who,
        track=other,
        new_date=tomorrow.date(),
        slots=(Slot(tomorrow, tomorrow + _HOUR),),
        slot=next(iter(record.state.slots), None),
        certificate_expires_at=now + timedelta(days=terms.CERTIFICATE_DAYS),
    )


def _followed(
    services: Services, record: RequestRecord, state: RequestState, effects: tuple[Effect, ...]
) -> tuple[RequestState, tuple[Effect, ...]]:
    """Return where a state leads by itself, and all effects on the way."""
    now, policy = services.clock.now(), services.policy
    while True:
        name = next_system_event(state, now, policy, customer_zone=record.time_zone)
        if name is None:
            return state, effects
        event = Event(name, Actor.SYSTEM, now)
        transition = apply(state, event, policy, customer_zone=record.time_zone)
        state, effects = transition.after, (*effects, *transition.effects)
