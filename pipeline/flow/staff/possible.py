"""What staff can decide about a request now; told by ``request show`` and by every refusal."""

from datetime import timedelta

from pipeline import terms
from pipeline.errors import RefusedError
from pipeline.flow.services import Services
from pipeline.flow.staff.command import is_too_early, staff_event
from pipeline.flow.staff.replies import word_of
from pipeline.flow.staff.suggested import acceptable
from pipeline.model.message import SenderVerdict
from pipeline.model.request import Actor, EventName, Slot, Track
from pipeline.store.records import NoteRecord, RequestRecord
from pipeline.tracks.machine import apply
from pipeline.tracks.moves import allowed_events, forward_event

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

_HOUR = timedelta(hours=1)


def decisions_now(services: Services, record: RequestRecord) -> tuple[EventName, ...]:
    """Return the events that staff can record now, the one that leads on first.

    Each is tried on the pure machine, so that none is named that would be refused by its rules;
    what staff still have to say (a slot, a date, a track) is left to them.
    """
    names = allowed_events(record.state, Actor.STAFF, services.policy)
    possible = [name for name in names if _may(services, record, name)]
    forward = forward_event(record.state)
    return tuple(sorted(possible, key=lambda name: name is not forward))


def may_ask_meaning(services: Services, record: RequestRecord) -> bool:
    """Tell whether the customer can be asked what the reply means that ``accept`` lets act."""
    with services.store.read() as tx:
        waiting = acceptable(tx, record)
    return isinstance(waiting, NoteRecord) and bool(word_of(record, waiting))


def _may(services: Services, record: RequestRecord, name: EventName) -> bool:
    if name in _NOT_OFFERED:
        return False
    if name is EventName.RELEASE and record.sender_verdict is not SenderVerdict.PASS:
        return False
    now = services.clock.now()
    if is_too_early(record, name, now):
        return False
    other = next(track for track in Track if track is not record.state.track)
    tomorrow = now + timedelta(days=1)
    event = staff_event(
        services,
        record,
        name,
        "",
        track=other,
        new_date=tomorrow.date(),
        slots=(Slot(tomorrow, tomorrow + _HOUR),),
        slot=next(iter(record.state.slots), None),
        certificate_expires_at=now + timedelta(days=terms.CERTIFICATE_DAYS),
    )
    try:
        apply(record.state, event, services.policy, customer_zone=record.time_zone)
    except RefusedError as error:
        return error.code in _MORE_IS_NEEDED
    return True
