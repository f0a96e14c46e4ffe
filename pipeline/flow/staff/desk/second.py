"""The yes of a second person, where each certificate needs two people (``approval.two_people``)."""

from collections.abc import Iterable

from pipeline.flow.lifecycle.apply import apply_event
from pipeline.flow.lifecycle.certificate_rows import refuse_unless_issuable
from pipeline.flow.services import Services, Work
from pipeline.flow.staff.command import by_staff, on_request, staff_event
from pipeline.model.request import EventName
from pipeline.store.records import RequestRecord
from pipeline.tracks import conditions


def second(services: Services, record: RequestRecord, who: str) -> RequestRecord:
    """Record that ``who`` says yes, too, to the certificate that waits; then it is issued.

    Where the first yes counts no more, this one is the first. Raises RefusedError
    ``second_not_wanted``, ``second_same_person``, ``second_nameless``, or with the code of the rule
    that forbids the certificate.
    """

    def change(work: Work, current: RequestRecord) -> RequestRecord:
        if waits_for_second(work, current) is not None:
            refuse_unless_issuable(work, current)
        event = staff_event(work.services, current, EventName.SECOND, who)
        return apply_event(work, current, event, by_staff(who))

    return on_request(services, record, change)


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
