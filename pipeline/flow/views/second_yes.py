"""Which certificates wait for the yes of a second person (``approval.two_people``)."""

from collections.abc import Iterable

from pipeline.flow.services import Work
from pipeline.store.records import RequestRecord
from pipeline.tracks import conditions


def waits_for_second(work: Work, record: RequestRecord) -> str | None:
    """Return who has said yes to a certificate that waits for a second person; None: none waits.

    It is empty where nobody has, or where what was said counts no more.
    """
    waits = conditions.waits_for_second(record.state, work.services.policy)
    return record.state.first_yes if waits else None


def waiting_of(work: Work, request_ids: Iterable[str]) -> frozenset[str]:
    """Return which of some requests wait for a second person."""
    if not work.services.policy.two_people:
        return frozenset()
    found = (work.tx.requests.get(request_id) for request_id in request_ids)
    return frozenset(
        record.id for record in found if record and waits_for_second(work, record) is not None
    )
