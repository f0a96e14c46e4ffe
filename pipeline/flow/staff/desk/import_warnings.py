"""What speaks against a table of numbers before it is imported, for the command and the page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.flow.services import Services, Work
from pipeline.flow.services.organisations import owner_of
from pipeline.flow.staff.numbers import Concerned, concerned
from pipeline.model.request import NumberState
from pipeline.store.records import NumberRecord
from pipeline.wording import console as words
from pipeline.wording.instants import told

#: In these states a number is somebody's; in the others a new owner takes nothing from anybody.
_TAKEN = frozenset({NumberState.ACTIVE, NumberState.REQUESTED})
#: A number that may be recorded anew: what is known of it (None: nothing), and what would be.
Change = tuple[NumberRecord | None, NumberRecord]


class Risk(StrEnum):
    """Why somebody has to look at a number first."""

    #: It is with another owner.
    OWNER = "owner"
    #: A request for it is open, which the change stops or of which it says something new.
    REQUEST = "request"
    #: Such a request has a certificate that counts.
    CERTIFICATE = "certificate"


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning about one number; ``of`` is the open request that it concerns."""

    risk: Risk
    before: NumberRecord | None
    after: NumberRecord
    of: Concerned | None = None
    expires_at: datetime | None = None

    @property
    def reference(self) -> str:
        """The request that it concerns, or empty."""
        return self.of.request.reference if self.of else ""


def warnings_of(services: Services, changes: Sequence[Change]) -> list[Warned]:
    """Return the warnings about what would be recorded; what stays as it is has none."""
    with services.store.read() as tx:
        work = services.work(tx)
        return [
            warned
            for before, after in changes
            if before != after
            for warned in _of_number(work, before, after)
        ]


def _of_number(work: Work, before: NumberRecord | None, after: NumberRecord) -> Iterator[Warned]:
    owner = owner_of(work, after)
    if before is not None and before.state in _TAKEN:
        known = owner_of(work, before)
        if known and known != owner:
            yield Warned(Risk.OWNER, before, after)
    was = before.state if before is not None else NumberState.UNKNOWN
    for one in concerned(work, after):
        of_another = after.state in _TAKEN and one.organisation != owner
        if one.goes_on or not (of_another or was is not after.state):
            continue
        live = work.tx.certificates.live_of_request(one.request.id)
        risk = Risk.REQUEST if live is None else Risk.CERTIFICATE
        yield Warned(risk, before, after, one, live.expires_at if live else None)


def warning_line(warned: Warned, zone: str) -> str:
    """Return a warning in words; instants in ``zone``."""
    before, after, one = warned.before, warned.after, warned.of
    return words.word(
        f"import_warned_{warned.risk.value}",
        number=after.e164,
        before=words.status_word((before.state if before else NumberState.UNKNOWN).value),
        owner=before.organisation if before else "",
        state=words.status_word(after.state.value),
        organisation=after.organisation or words.status_word("nobody"),
        reference=warned.reference,
        status=words.step(one.request.status) if one else "",
        requester=one.organisation if one else "",
        when=told(warned.expires_at, zone) if warned.expires_at else "",
    )
