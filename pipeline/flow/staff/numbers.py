"""Staff and imports write the table of numbers; what waits for a number is woken."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.flow.context import Trigger
from pipeline.flow.lifecycle.apply import apply_event
from pipeline.flow.services import Services, Work
from pipeline.flow.services.organisations import organisation_of_request, owner_of
from pipeline.flow.staff.organisations import make_known
from pipeline.model.request import Actor, Event, EventName, HoldReason, NumberState, Status
from pipeline.store.records import NumberRecord
from pipeline.tracks.catalogue import TRACKS


def set_number(services: Services, record: NumberRecord, who: str) -> None:
    """Record ``record``; qr requests that were held or wait for this number go on."""

    def change(work: Work) -> None:
        _set(work, record, who)

    services.run(change)


def _set(work: Work, record: NumberRecord, who: str) -> None:
    """Record a number; an owner that is a domain is known as an organisation from now on.

    Raises RefusedError ``organisation_provider`` or ``organisation_shared``.
    """
    if record.organisation and "@" not in record.organisation:
        make_known(work, record.organisation, who)
    work.tx.numbers.lock(record.e164)
    work.tx.numbers.set(record)
    _wake(work, record, who)


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import made of its lines."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: "Imported") -> "Imported":
        return Imported(
            self.new + other.new, self.changed + other.changed, self.unchanged + other.unchanged
        )


def import_numbers(services: Services, records: Sequence[NumberRecord], who: str) -> Imported:
    """Record all of ``records`` in one transaction; what is known already stays as it is."""

    def change(work: Work) -> Imported:
        total = Imported()
        for record in records:
            before = work.tx.numbers.get(record.e164)
            total += _compared(before, record)
            if before == record:
                continue
            _set(work, record, who)
        return total

    return services.run(change)


def preview_import(services: Services, records: Sequence[NumberRecord]) -> Imported:
    """Return what :func:`import_numbers` would do; nothing is changed."""
    total = Imported()
    with services.store.read() as tx:
        for record in records:
            total += _compared(tx.numbers.get(record.e164), record)
    return total


def _compared(before: NumberRecord | None, after: NumberRecord) -> Imported:
    if before is None:
        return Imported(new=1)
    return Imported(unchanged=1) if before == after else Imported(changed=1)


def _wake(work: Work, record: NumberRecord, who: str) -> None:
    """Let qr requests for the number go on; one of another organisation is checked again."""
    now = work.now
    for request in work.tx.requests.of_number(record.e164):
        if request.state.ended or not TRACKS[request.state.track].needs_active_number:
            continue
        if request.status is Status.AWAITING_ACTIVE:
            work.tx.requests.reschedule(request.id, now)
        if record.state is not NumberState.ACTIVE:
            continue
        ours = organisation_of_request(work, request) == owner_of(work, record)
        of_another = request.held_for(HoldReason.OWNERSHIP)
        if request.held_for(HoldReason.NUMBER) or (of_another and ours):
            name = EventName.NUMBER_SET if ours else EventName.RELEASE
            event = Event(name, Actor.STAFF, now, actor_name=who)
            apply_event(work, request, event, Trigger(name=who, by_staff=True))
