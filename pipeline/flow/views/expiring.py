"""What expires, for staff: as a calendar file that calendar programs can subscribe to."""

from collections.abc import Iterator
from datetime import datetime

from pipeline.certificates.calendar_file import CalendarEntry, calendar_file
from pipeline.flow.outgoing.facts import deletion_of
from pipeline.flow.services import Services, Work
from pipeline.store.queues import QueueView, queue
from pipeline.store.records import RequestRecord
from pipeline.tracks.catalogue import TRACKS
from pipeline.wording import console as words

#: So many requests are looked at; whoever has more of them open needs another tool.
_MOST = 5_000


def expiring_calendar(services: Services) -> bytes:
    """Return a calendar of what ends of open requests.

    That are live certificates, approvals, proofs of the ownership of numbers, and integrations
    that are deleted unless they become active.
    """
    with services.store.read() as tx:
        work = services.work(tx)
        entries = [
            entry
            for row in queue(tx, QueueView.OPEN, limit=_MOST)
            if TRACKS[row.track].claims_number
            for record in (tx.requests.get(row.id),)
            if record is not None
            for entry in _entries(work, record)
        ]
    return calendar_file(entries, work.now, words.word("calendar_name"))


def _entries(work: Work, record: RequestRecord) -> Iterator[CalendarEntry]:
    domain = work.services.settings.mailbox.address.rpartition("@")[2]
    for kind, at in _ends(work, record):
        about = {
            "reference": record.reference,
            "company": record.company or record.address_of_record,
        }
        yield CalendarEntry(
            uid=f"{kind}-{record.reference}@staff.{domain}".lower(),
            at=at,
            summary=words.word(f"calendar_{kind}", **about),
            description=f"{record.number}\n{words.step(record.status)}",
            sequence=record.state.version,
        )


def _ends(work: Work, record: RequestRecord) -> Iterator[tuple[str, datetime]]:
    """Yield what of ``record`` ends, and when."""
    state, policy = record.state, work.services.policy
    if state.certificate_expires_at is not None:
        yield "certificate", state.certificate_expires_at
    if state.approved_at is not None:
        yield "approval", state.approved_at + policy.approval_lapses
    if state.ownership_verified_at is not None:
        yield "ownership", state.ownership_verified_at + policy.ownership_window
    deleted = deletion_of(state)
    if deleted is not None:
        yield "integration", deleted
