"""Two differing forms of one organisation: what is decided about one request decides the other."""

from pipeline.flow.context import Trigger
from pipeline.flow.lifecycle.apply import apply_event
from pipeline.flow.requests.route import resume
from pipeline.flow.services import Work
from pipeline.model.request import Actor, Event, EventName, HoldReason
from pipeline.store.records import RequestRecord

#: What an answer about one of the two is for the other one.
_FOR_THE_OTHER = {
    (HoldReason.FIRST_OF_TWO, EventName.FIRST_COUNTS): EventName.FIRST_COUNTS,
    (HoldReason.FIRST_OF_TWO, EventName.SECOND_COUNTS): EventName.SECOND_COUNTS,
    (HoldReason.FIRST_OF_TWO, EventName.WITHDRAW): EventName.SECOND_COUNTS,
    (HoldReason.SECOND_OF_TWO, EventName.WITHDRAW): EventName.FIRST_COUNTS,
}


def settle_other(
    work: Work, before: RequestRecord, event: EventName, trigger: Trigger | None = None
) -> None:
    """Let the other of two requests that wait for one answer go on, or end.

    ``before`` is the request that ``event`` happened to, as it was before that; mails of staff's
    ``trigger`` wait for the undo window here, too.
    """
    reason = before.state.hold_reason
    name = _FOR_THE_OTHER.get((reason, event)) if reason else None
    other = _other(work, before) if name else None
    if name is None or other is None:
        return
    trigger = trigger or Trigger()
    other = apply_event(work, other, Event(name, Actor.SYSTEM, work.now), trigger)
    resume(work, other, trigger)


def _other(work: Work, record: RequestRecord) -> RequestRecord | None:
    """Return the request that waits with ``record``, locked, or None."""
    if record.held_for(HoldReason.FIRST_OF_TWO):
        found = next(
            (
                other
                for other in work.tx.requests.of_number(record.number, proven=True)
                if other.held_for(HoldReason.SECOND_OF_TWO) and other.linked_to == record.reference
            ),
            None,
        )
    else:
        found = work.tx.requests.by_reference(record.linked_to) if record.linked_to else None
        found = found if found and found.held_for(HoldReason.FIRST_OF_TWO) else None
    return work.tx.requests.lock(found.id) if found else None
