"""Erase a request, or everything about a person: it cannot be taken back."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.errors import NotFoundError, RefusedError, TryLaterError
from pipeline.flow.outgoing.budgets import mailbox_of
from pipeline.flow.outgoing.receipts import forget_disowned
from pipeline.flow.services import Services, Work
from pipeline.flow.staff.people.staff_log import note
from pipeline.flow.upkeep.backup.folder import backups_in
from pipeline.flow.upkeep.erasing import OF_PERSON, OF_REQUEST, erase, finish, leave
from pipeline.flow.views.person.held import (
    Extent,
    Person,
    extent_of_person,
    extent_of_request,
    person_of,
)
from pipeline.store.records import RequestRecord
from pipeline.store.staff_records import StaffAct
from pipeline.wording.instants import told

_MOST_NAMED = 5


def preview_request(services: Services, record: RequestRecord) -> Extent:
    """Return what :func:`erase_request` would take away; raises what it raises."""
    with services.store.read() as tx:
        work = services.work(tx)
        _refuse_request(work, record)
        return _with_backups(services, extent_of_request(work, record))


def erase_request(services: Services, record: RequestRecord, who: str) -> Extent:
    """Erase an ended request; return what was taken away.

    Raises RefusedError ``erase_open``, ``erase_done``, ``erase_certificate_live`` or
    ``erase_mail_waits``; TryLaterError ``erase_not_finished`` when the rows are gone and the files
    could not be rewritten yet.
    """
    finish(services)

    def change(work: Work) -> Extent:
        current = _locked(work, record)
        _refuse_request(work, current)
        extent = extent_of_request(work, current)
        blobs = erase(work, current, who, OF_REQUEST)
        _forget(work, extent.numbers, ())
        alone = [one for one in extent.numbers_kept if not work.tx.requests.of_number(one)]
        work.tx.privacy.disown_numbers(current.address_of_record, alone)
        note(work, who, StaffAct.REQUEST_ERASED, current.reference)
        leave(work.tx, blobs, rewrite=True)
        return extent

    extent = services.run(change)
    _finish(services)
    return _with_backups(services, extent)


def preview_person(services: Services, address: str) -> Extent:
    """Return what :func:`erase_person` would take away; raises what it raises."""
    with services.store.read() as tx:
        work = services.work(tx)
        person = person_of(work, address)
        _refuse_person(work, person)
        return _with_backups(services, extent_of_person(work, person))


def erase_person(services: Services, address: str, who: str) -> Extent:
    """Erase everything about a person; return what was taken away.

    Raises NotFoundError ``person_unknown``, RefusedError ``erase_mail_unread``, and as
    :func:`erase_request`.
    """
    finish(services)

    def change(work: Work) -> Extent:
        person = person_of(work, address)
        records = [_locked(work, record) for record in person.records]
        _refuse_person(work, person)
        extent = extent_of_person(work, person)
        tx = work.tx
        blobs = tx.privacy.erase_mails(person.mails, work.now)
        for record in records:
            blobs += erase(work, record, who, OF_PERSON)
        tx.privacy.erase_sent(person.held.sent)
        _forget(work, extent.numbers, (person.address, mailbox_of(person.address)))
        tx.privacy.disown_numbers(person.address)
        forget_disowned(work, person.address)
        detail = f"mails={extent.mails_in + extent.mails_out}"
        note(work, who, StaffAct.PERSON_ERASED, _named(extent.references), detail)
        leave(tx, blobs, rewrite=True)
        return extent

    extent = services.run(change)
    _finish(services)
    return _with_backups(services, extent)


def _with_backups(services: Services, extent: Extent) -> Extent:
    """Return ``extent`` with the backups that may hold what is erased."""
    named = services.settings.backup.folder
    folder = services.settings.below_home(Path(named))
    found = backups_in(folder) if named and folder.is_dir() else []
    return replace(extent, backups=tuple(path.name for path in found))


def _locked(work: Work, record: RequestRecord) -> RequestRecord:
    current = work.tx.requests.lock(record.id)
    if current is None:
        raise NotFoundError("request_unknown", reference=record.reference)
    return current


def _forget(work: Work, numbers: Sequence[str], addresses: Sequence[str]) -> None:
    """Forget numbers and addresses beside the requests; lines of the log of staff are emptied."""
    for number in numbers:
        work.tx.privacy.erase_number(number)
    if addresses:
        work.tx.privacy.erase_counters(addresses)
    subjects = (*numbers, *addresses)
    if subjects:
        with work.tx.privacy.overwriting():
            work.tx.staff_log.empty(subjects)


def _finish(services: Services) -> None:
    if not finish(services):
        raise TryLaterError("erase_not_finished", where=services.store.where)


def _refuse(work: Work, records: Sequence[RequestRecord], sent: Sequence[str] = ()) -> None:
    """Refuse to erase what is still needed, and say what to do first."""
    open_ones = [record.reference for record in records if not record.state.ended]
    if open_ones:
        raise RefusedError("erase_open", reference=_named(open_ones))
    for record in records:
        live = work.tx.certificates.live_of_request(record.id)
        if live is not None and live.expires_at is not None:
            zone = work.services.settings.team.time_zone
            raise RefusedError(
                "erase_certificate_live",
                reference=record.reference,
                at=told(live.expires_at, zone),
            )
    waiting = work.tx.privacy.mails_that_wait([record.id for record in records], sent)
    if waiting:
        raise RefusedError("erase_mail_waits", mail=_named(waiting))


def _refuse_request(work: Work, record: RequestRecord) -> None:
    if record.state.ended and not record.address_of_record:
        raise RefusedError("erase_done", reference=record.reference)
    _refuse(work, [record])


def _refuse_person(work: Work, person: Person) -> None:
    if person.unread:
        raise RefusedError("erase_mail_unread", count=len(person.unread))
    joined = (work.tx.requests.get(one) for one in person.held.joined)
    others = [record for record in joined if record is not None and not record.state.ended]
    _refuse(work, [*person.records, *others], person.held.sent)


def _named(names: Iterable[str]) -> str:
    found = list(names)
    return ", ".join(found[:_MOST_NAMED]) + (" …" if len(found) > _MOST_NAMED else "")
