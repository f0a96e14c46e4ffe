"""Hand out all that is held of a person; the log of staff tells that it was."""

from typing import IO

from pipeline.flow.services import Services
from pipeline.flow.staff.people.staff_log import note
from pipeline.flow.views.person.archive import write_archive
from pipeline.flow.views.person.held import Extent, extent_of_person, person_of
from pipeline.store.staff_records import StaffAct


def export_person(services: Services, address: str, who: str, out: IO[bytes]) -> Extent:
    """Write the archive of a person to ``out``; return how much is in it.

    It is noted before it is written. Raises NotFoundError ``person_unknown``.
    """
    with services.store.read() as tx:
        work = services.work(tx)
        person = person_of(work, address)
        extent = extent_of_person(work, person)
    references = ", ".join(extent.references)
    services.run(lambda work: note(work, who, StaffAct.PERSON_EXPORTED, references))
    with services.store.read() as tx:
        write_archive(services.work(tx), person, out)
    return extent
