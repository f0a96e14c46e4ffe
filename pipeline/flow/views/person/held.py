"""What is held of a person, counted; where else the address stands is looked for, too."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.errors import NotFoundError
from pipeline.flow.services import Services, Work
from pipeline.flow.views.queue import parsed, shown
from pipeline.store.erasing.person import Held, counted, held_of, numbers_of, of_unknown_senders
from pipeline.store.queues import QueueView
from pipeline.store.records import RequestRecord
from pipeline.store.search.folding import fold
from pipeline.store.search.sources import documents

#: So many requests that name an address are looked at.
_MOST_NAMING = 1000
_END_OF_HEADER = (b"\r\n\r\n", b"\n\n")


@dataclass(frozen=True, slots=True)
class Person:
    """All that is held of ``address``, by ids.

    ``records`` are the person's requests. ``unsorted`` are mails that could not be processed, and
    have the address in their header; ``unread`` mails that wait to be processed.
    """

    address: str
    held: Held
    records: tuple[RequestRecord, ...]
    unsorted: tuple[str, ...]
    unread: tuple[str, ...]

    @property
    def mails(self) -> tuple[str, ...]:
        """The rows of all mails that came from the person."""
        return tuple(dict.fromkeys((*self.held.mails, *self.unsorted)))


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is held: of a person, or of one request.

    ``mails_in`` and ``mails_out`` are all mails. ``shared`` of them belong to another request, too,
    and stay with it. ``numbers`` can be forgotten, ``numbers_kept`` have to stay. ``folders`` are
    where the mails lie on the mail server, with how many. ``naming`` are references of requests of
    others that name the address. ``log_lines`` are lines of the log of staff. ``backups`` are the
    files in the folder of backups, which keep what they hold.
    """

    references: tuple[str, ...]
    mails_in: int = 0
    mails_out: int = 0
    answers: int = 0
    notes: int = 0
    files: int = 0
    certificates: int = 0
    numbers: tuple[str, ...] = ()
    numbers_kept: tuple[str, ...] = ()
    folders: tuple[tuple[str, int], ...] = ()
    log_lines: int = 0
    shared: int = 0
    naming: tuple[str, ...] = ()
    backups: tuple[str, ...] = ()


def person_of(work: Work, address: str) -> Person:
    """Return what is held of ``address``; raises NotFoundError ``person_unknown`` for nothing."""
    name = address.strip().lower()
    held = held_of(work.tx.context, name)
    unsorted: list[str] = []
    unread = list(held.unread)
    for row, sha256, waits in of_unknown_senders(work.tx.context):
        if _names(work.services, sha256, name):
            (unread if waits else unsorted).append(row)
    numbers, kept = numbers_of(work.tx.context, held.requests, name)
    if held.nothing and not (unsorted or unread or numbers or kept):
        raise NotFoundError("person_unknown", address=address)
    found = (work.tx.requests.get(one) for one in held.requests)
    records = tuple(record for record in found if record is not None)
    return Person(name, held, records, tuple(unsorted), tuple(unread))


def extent_of_person(work: Work, person: Person) -> Extent:
    """Return how much is held of a person."""
    tx = work.tx
    numbers, kept = numbers_of_person(work, person)
    mails = {row.id for record in person.records for row in tx.messages.of_request(record.id)}
    mails |= set(person.mails)
    sent = {mail.id for record in person.records for mail in tx.outbox.of_request(record.id)}
    return replace(
        _inside(work, person.records),
        mails_in=len(mails),
        mails_out=len(sent | set(person.held.sent)),
        numbers=tuple(numbers),
        numbers_kept=tuple(kept),
        folders=_folders(work, sorted(mails)),
        log_lines=len(tx.staff_log.about([person.address, *numbers])),
        naming=naming(work, person.address, person.held.requests),
    )


def extent_of_request(work: Work, record: RequestRecord) -> Extent:
    """Return how much is held of one request."""
    tx = work.tx
    numbers, kept = numbers_of(tx.context, [record.id], also=_told_numbers(work, [record.id]))
    mails_in, mails_out = counted(tx.context, [record.id])
    rows = [row.id for row in tx.messages.of_request(record.id)]
    shared = [row for row in rows if len(tx.messages.requests_of(row)) > 1]
    shared += [
        mail.id
        for mail in tx.outbox.of_request(record.id)
        if len(tx.outbox.requests_of(mail.id)) > 1
    ]
    return replace(
        _inside(work, [record]),
        mails_in=mails_in,
        mails_out=mails_out,
        numbers=tuple(numbers),
        numbers_kept=tuple(kept),
        folders=_folders(work, rows),
        log_lines=len(tx.staff_log.about(numbers)) if numbers else 0,
        shared=len(shared),
    )


def numbers_of_person(work: Work, person: Person) -> tuple[list[str], list[str]]:
    """Return the person's numbers: those that may be forgotten, and those that have to stay."""
    ids = person.held.requests
    return numbers_of(work.tx.context, ids, person.address, also=_told_numbers(work, ids))


def _told_numbers(work: Work, ids: Sequence[str]) -> set[str]:
    """Return all numbers that the answers of requests ever were."""
    return {
        reading.value
        for one in ids
        for revision in work.tx.revisions.all(one)
        for reading in revision.readings
        if reading.value and reading.value.startswith("+")
    }


def naming(work: Work, address: str, but: Sequence[str]) -> tuple[str, ...]:
    """Return the references of requests that name ``address``, without those of the ids ``but``."""
    query = parsed(work.services, f'"{address}"')
    rows = shown(work, query, QueueView.ALL, limit=_MOST_NAMING)
    others = {row.id: row.reference for row in rows if row.id not in but}
    texts = documents(work.tx.context, sorted(others))
    return tuple(others[one] for one, text in sorted(texts.items()) if fold(address) in text)


def _inside(work: Work, records: Sequence[RequestRecord]) -> Extent:
    """Return how much is held of requests beside their mails."""
    tx = work.tx
    ids = [record.id for record in records]
    return Extent(
        references=tuple(record.reference for record in records),
        answers=sum(len(tx.revisions.all(one)) for one in ids),
        notes=sum(len(tx.notes.list(one)) for one in ids),
        files=sum(len(tx.attachments.list(one)) for one in ids),
        certificates=sum(len(tx.certificates.of_request(one)) for one in ids),
    )


def _folders(work: Work, rows: Sequence[str]) -> tuple[tuple[str, int], ...]:
    found = (work.tx.messages.get(row) for row in rows)
    places = Counter(
        (mail.move_to if mail.moved_at else "") or mail.stands_in or mail.place.folder
        for mail in found
        if mail is not None
    )
    return tuple(sorted(places.items()))


def _names(services: Services, sha256: str, address: str) -> bool:
    """Tell whether the header of a mail names ``address``."""
    try:
        raw = services.blobs.get(sha256)
    except NotFoundError:
        return False
    ends = [at for mark in _END_OF_HEADER if (at := raw.find(mark)) >= 0]
    return address.encode() in raw[: min(ends, default=len(raw))].lower()
