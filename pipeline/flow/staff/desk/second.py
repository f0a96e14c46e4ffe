"""The yes of a second person, where each certificate needs two people (``approval.two_people``)."""

from dataclasses import dataclass

from pipeline.flow.lifecycle.apply import apply_event
from pipeline.flow.lifecycle.certificate_rows import refuse_unless_issuable
from pipeline.flow.services import Services, Work
from pipeline.flow.staff.command import by_staff, on_request, staff_event
from pipeline.flow.staff.people.roles import Permission, may
from pipeline.flow.views.second_yes import waits_for_second
from pipeline.model.request import EventName
from pipeline.store.records import RequestRecord
from pipeline.tracks.conditions import same_person


@dataclass(frozen=True, slots=True)
class Wanted:
    """The yes that a certificate waits for: who said the first one, and who may say the next.

    ``first`` is empty where nobody's yes counts; ``own`` tells whether it is that of who looks.
    """

    first: str
    own: bool
    others: tuple[str, ...]


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


def wanted_by(services: Services, record: RequestRecord, who: str) -> Wanted | None:
    """Return whose yes a certificate waits for, as ``who`` is told; None: it waits for none."""
    with services.store.read() as tx:
        first = waits_for_second(services.work(tx), record)
        if first is None:
            return None
        users = [user for user in tx.users.list() if may(user, Permission.SECOND)]
    others = (user.display or user.name for user in users if not same_person(user.name, first))
    return Wanted(first, bool(first) and same_person(who, first), tuple(others))
