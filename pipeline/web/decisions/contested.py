"""Whose the number of a held request is by what we know: what a decision about it rests on."""

from dataclasses import dataclass
from datetime import datetime

from pipeline.flow.services import Services
from pipeline.flow.services.organisations import whose_number
from pipeline.model.request import HoldReason
from pipeline.store.records import NumberRecord, RequestRecord


@dataclass(frozen=True, slots=True)
class Contested:
    """A number that two ask for: ``requester`` wants it, ``owner`` has it or claims it (or empty).

    ``known`` is what the table of numbers says; ``others`` are the proven requests of others.
    ``proof_by`` is until when the requester has time to send a proof (None: nobody asked for one).
    """

    number: str
    requester: str
    owner: str
    known: NumberRecord | None
    others: tuple[RequestRecord, ...]
    proof_by: datetime | None = None


def contested(services: Services, record: RequestRecord) -> Contested | None:
    """Return whose the number of ``record`` is, where it is held over that, or None."""
    if not record.held_for(HoldReason.OWNERSHIP):
        return None
    with services.store.read() as tx:
        whose = whose_number(services.work(tx), record)
        known = tx.numbers.get(record.number)
    proof_by = None if record.state.hidden else record.due_at
    return Contested(record.number, whose.organisation, whose.owner, known, whose.others, proof_by)
