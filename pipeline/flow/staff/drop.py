"""Staff drop held requests, many at once: what a forger or a machine sent. Nobody is mailed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.flow.lifecycle.apply import apply_event
from pipeline.flow.services import Services, Work
from pipeline.flow.staff.command import by_staff, on_request, staff_event
from pipeline.model.request import EventName, HoldReason
from pipeline.store.records import RequestRecord

_PORTION = 50


@dataclass(frozen=True, slots=True)
class Heap:
    """Which held requests: why they are held, since before when, and whose.

    ``before`` None: however short. ``sender`` is an address, or a domain with all below it, in
    lower case; empty: anybody's.
    """

    reason: HoldReason
    before: datetime | None = None
    sender: str = ""

    def holds(self, record: RequestRecord) -> bool:
        """Tell whether ``record`` is one of them."""
        long_enough = self.before is None or record.state.entered_at < self.before
        return record.held_for(self.reason) and long_enough and self._is_theirs(record)

    def _is_theirs(self, record: RequestRecord) -> bool:
        address = record.address_of_record.lower()
        if not self.sender or address == self.sender:
            return True
        domain = address.rpartition("@")[2]
        return domain == self.sender or domain.endswith("." + self.sender)


def drop(services: Services, record: RequestRecord, who: str) -> RequestRecord:
    """Drop one held request, whatever it is held for."""
    return on_request(services, record, lambda work, current: _drop(work, current, who))


def heaped(services: Services, heap: Heap) -> list[RequestRecord]:
    """Return the requests of ``heap``, the oldest first."""
    with services.store.read() as tx:
        return [record for record in tx.requests.held(heap.reason) if heap.holds(record)]


def drop_heap(services: Services, heap: Heap, who: str) -> list[RequestRecord]:
    """Drop all requests of ``heap``, each with ``who`` in its history; return them.

    One that changed meanwhile, so that it is none of them any more, is left alone.
    """
    names = [record.id for record in heaped(services, heap)]
    dropped: list[RequestRecord] = []
    for at in range(0, len(names), _PORTION):
        part = names[at : at + _PORTION]
        dropped += services.run(lambda work, part=part: _drop_all(work, heap, part, who))  # type: ignore[misc]
    return dropped


def _drop_all(work: Work, heap: Heap, names: Sequence[str], who: str) -> list[RequestRecord]:
    found = (work.tx.requests.lock(name) for name in names)
    return [_drop(work, record, who) for record in found if record and heap.holds(record)]


def _drop(work: Work, record: RequestRecord, who: str) -> RequestRecord:
    event = staff_event(work.services, record, EventName.DROP, who)
    return apply_event(work, record, event, by_staff(who))
