"""The yes of a second person, where each certificate needs two people (``approval.two_people``)."""

from pipeline.flow.lifecycle.apply import apply_event
from pipeline.flow.lifecycle.certificate_rows import refuse_unless_issuable
from pipeline.flow.services import Services, Work
from pipeline.flow.staff.command import by_staff, on_request, staff_event
from pipeline.flow.views.second_yes import waits_for_second
from pipeline.model.request import EventName
from pipeline.store.records import RequestRecord


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
