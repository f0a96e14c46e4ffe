"""Staff and imports write the table of numbers; what waits for a number is woken."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.flow.context import Trigger
from pipeline.flow.lifecycle.apply import apply_event
from pipeline.flow.services import Services, Work
from pipeline.flow.services.organisations import (
    is_of_another,
    organisation_of_request,
    owner_of,
)
from pipeline.flow.staff.organisations import make_known
from pipeline.flow.staff.people.staff_log import note
from pipeline.model.request import Actor, Event, EventName, HoldReason, NumberState, Status
from pipeline.store.records import NumberRecord, RequestRecord
from pipeline.store.staff_records import StaffAct
from pipeline.tracks.catalogue import TRACKS

#: So many numbers are imported in one transaction.
_PORTION = 500


def set_number(services: Services, record: NumberRecord, who: str) -> None:
    """Record ``record``; qr requests that were held or wait for this number go on.

    The log of staff tells who recorded it. Raises RefusedError ``organisation_provider`` or
    ``organisation_shared``.
    """

    def change(work: Work) -> None:
        _set(work, record, who)
        note(work, who, StaffAct.NUMBER_SET, record.e164, _told(record))

    services.run(change)


def _told(record: NumberRecord) -> str:
    return " ".join(filter(None, (record.state.value, record.organisation)))


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
class OfAnother:
    """An open request for a number that is now recorded as another organisation's."""

    record: RequestRecord
    organisation: str


def requests_of_others(services: Services, record: NumberRecord) -> tuple[OfAnother, ...]:
    """Return the open requests for a number whose organisation does not own it."""
    with services.store.read() as tx:
        work = services.work(tx)
        return tuple(
            OfAnother(request, organisation_of_request(work, request))
            for request in tx.requests.of_number(record.e164)
            if not request.state.ended and is_of_another(work, request)
        )


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
        if total.new or total.changed:
            note(work, who, StaffAct.NUMBERS_IMPORTED, str(total.new + total.changed))
        return total

    return services.run(change)


def import_all(services: Services, records: Sequence[NumberRecord], who: str) -> Imported:
    """Record all of ``records``, some hundred in one transaction."""
    total = Imported()
    for start in range(0, len(records), _PORTION):
        total += import_numbers(services, records[start : start + _PORTION], who)
    return total


def preview_import(services: Services, records: Sequence[NumberRecord]) -> Imported:
    """Return what :func:`import_numbers` would do; nothing is changed."""
    total = Imported()
    for before, after in compared(services, records):
        total += _compared(before, after)
    return total


def compared(
    services: Services, records: Sequence[NumberRecord]
) -> list[tuple[NumberRecord | None, NumberRecord]]:
    """Return what is known of each number, beside what would be recorded of it."""
    with services.store.read() as tx:
        return [(tx.numbers.get(record.e164), record) for record in records]


def _compared(before: NumberRecord | None, after: NumberRecord) -> Imported:
    if before is None:
        return Imported(new=1)
    return Imported(unchanged=1) if before == after else Imported(changed=1)


@dataclass(frozen=True, slots=True)
class Concerned:
    """An open request of a number that staff are about to record, and whether it goes on then."""

    request: RequestRecord
    organisation: str
    goes_on: bool


def concerned(work: Work, record: NumberRecord) -> list[Concerned]:
    """Return the open requests of the number of ``record``; nothing is changed."""
    return [
        Concerned(
            request,
            organisation_of_request(work, request),
            _waits(request) or _followed(work, request, record) is not None,
        )
        for request in work.tx.requests.of_number(record.e164)
        if not request.state.ended
    ]


def _wake(work: Work, record: NumberRecord, who: str) -> None:
    """Let qr requests for the number go on; one of another organisation is checked again."""
    for request in work.tx.requests.of_number(record.e164):
        if request.state.ended:
            continue
        if _waits(request):
            work.tx.requests.reschedule(request.id, work.now)
        name = _followed(work, request, record)
        if name is not None:
            event = Event(name, Actor.STAFF, work.now, actor_name=who)
            apply_event(work, request, event, Trigger(name=who, by_staff=True))


def _waits(request: RequestRecord) -> bool:
    """Tell whether a request waits for its number and is looked at again once it is recorded."""
    needs = TRACKS[request.state.track].needs_active_number
    return needs and request.status is Status.AWAITING_ACTIVE


def _followed(work: Work, request: RequestRecord, record: NumberRecord) -> EventName | None:
    """Return what happens to a request when ``record`` is recorded of its number."""
    needs = TRACKS[request.state.track].needs_active_number
    if not needs or record.state is not NumberState.ACTIVE:
        return None
    ours = organisation_of_request(work, request) == owner_of(work, record)
    of_another = request.held_for(HoldReason.OWNERSHIP)
    if not request.held_for(HoldReason.NUMBER) and not (of_another and ours):
        return None
    return EventName.NUMBER_SET if ours else EventName.RELEASE
