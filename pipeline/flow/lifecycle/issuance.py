"""Certificates in the order of their writes: reserve, prepare, sign what is stored, record.

``reserve`` runs in the transaction of the decision, ``issue`` after its commit, ``issue_pending``
after any crash: every step repeats from what the one before stored, so that there is exactly one
certificate and one mail (spec, section 6). Several that wait go each step together, in one commit.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TypeVar

from pipeline import logs
from pipeline.certificates.issue import Prepared
from pipeline.errors import ConfigurationError, PipelineError, RefusedError, TryLaterError
from pipeline.flow.context import Trigger
from pipeline.flow.lifecycle import second
from pipeline.flow.lifecycle.apply import apply_event
from pipeline.flow.lifecycle.certificate_rows import (
    end_live,
    refuse_clock_behind,
    refuse_number_of_another,
    refuse_unless_issuable,
    reserve,
)
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.services import Services, Work
from pipeline.flow.services.signings import note_begun, note_done, note_failed
from pipeline.model.certificate import CertificateState, CertificateSubject
from pipeline.model.request import Actor, Event, EventName
from pipeline.store.faults import blames_nothing
from pipeline.store.records import CertificateRecord, RequestRecord
from pipeline.store.staff_records import Signed
from pipeline.store.unit_of_work import Transaction

T = TypeVar("T")

_PORTION = 50
#: So many go a step together at most, while nobody waits too long for the transaction.
_TOGETHER = 10
#: A draft that was not signed by then is made anew, with another serial: a certificate counts from
#: its creation, and the customer would lose what has passed.
_DRAFT_LASTS = timedelta(hours=1)
#: Somebody else wrote the request while its certificate was made.
_CHANGED_MEANWHILE = "stale_request"


def issue_pending(services: Services) -> int:
    """Finish all reserved certificates, as :func:`issue` does; return how many were issued."""
    if not _makes(services):
        return 0
    with services.store.read() as tx:
        waiting = tx.certificates.unfinished(_PORTION)
    return len(issue(services, waiting))


def pending(work: Work) -> list[CertificateRecord]:
    """Return the reserved certificates that a commit of ``work`` leaves to :func:`issue`."""
    return work.tx.certificates.unfinished(_PORTION) if _makes(work.services) else []


def draft(
    work: Work, record: RequestRecord, waiting: Iterable[CertificateRecord]
) -> list[CertificateRecord]:
    """Build the draft of what ``work`` has just ordered for ``record``; return all that waits.

    It spares a transaction. Where the authority would have to be opened first, or anything is in
    the way, the order alone is committed: :func:`issue` meets it again and tells it.
    """
    return [
        _drafted(work, record, row)
        if row.request_id == record.id and row.reserved_at == work.now
        else row
        for row in waiting
    ]


def _drafted(work: Work, record: RequestRecord, row: CertificateRecord) -> CertificateRecord:
    services = work.services
    may_wait = services.issuer.uses_authority and not services.authority_is_open
    if may_wait or row.state is not CertificateState.RESERVED or second.waits(work, record):
        return row
    try:
        prepared = _built(work, record, row)
    except Exception as error:
        if blames_nothing(error):
            raise  # the database failed: the transaction is run again, or fails as a whole
        logs.event("flow.issue", "not_drafted", error=type(error).__name__, certificate=row.id)
        return row
    return _keep_draft(work, row, prepared)


def _makes(services: Services) -> bool:
    """Whether certificates are made here and now: neither entered by staff nor fetched.

    In a state that was put back each of them may have been issued since the backup: they wait until
    somebody has compared.
    """
    made_here = services.issuer.automatic and not services.issuer.fetches
    return made_here and services.restored is None


def issue(services: Services, waiting: Iterable[CertificateRecord]) -> list[RequestRecord]:
    """Finish the certificates of ``waiting``; return the requests of those that were issued.

    Each stands for itself: where one of several fails, each goes its steps alone. One that cannot
    be made is given up, and its track orders it again; what another worker changed in between waits
    for the next call. When the authority or the programme is at fault the certificate waits too,
    and the first such error is raised at the end. The authority is opened only when a certificate
    is pending.
    """
    issued: list[RequestRecord] = []
    faults: list[Exception] = []
    rows = list(waiting)
    if not rows:
        return []
    with services.store.keeping():
        for start in range(0, len(rows), _TOGETHER):
            if services.stopping():
                break
            # every worker locks numbers in this order
            portion = sorted(rows[start : start + _TOGETHER], key=lambda row: (row.number, row.id))
            if not _together(services, portion, issued):
                for row in portion:
                    if not services.stopping():
                        _alone(services, row, issued, faults)
    if faults:
        raise faults[0]
    return issued


def _together(
    services: Services, rows: list[CertificateRecord], issued: list[RequestRecord]
) -> bool:
    """Finish several certificates; return False when each of them has to go alone.

    What had its commit before one failed is not done again by who goes alone.
    """
    if len(rows) == 1:
        return False
    try:
        _finish(services, rows, issued)
    except TryLaterError:
        raise  # the database or the disk: each alone would fare the same
    except Exception as error:  # noqa: BLE001 - which of them is at fault is seen when each goes alone
        logs.event("flow.issue", "portion_failed", error=type(error).__name__)
        return False
    return True


def _alone(
    services: Services,
    row: CertificateRecord,
    issued: list[RequestRecord],
    faults: list[Exception],
) -> None:
    """Finish one certificate, or give it up; note in ``faults`` what is no fault of its own."""
    try:
        _finish(services, [row], issued)
    except TryLaterError:
        raise  # the database or the disk: the next certificate would fare the same
    except ConfigurationError as error:
        faults.append(error)
    except PipelineError as error:
        logs.event("flow.issue", "failed", code=error.code, certificate=row.id)
        if error.code != _CHANGED_MEANWHILE:
            services.run(partial(_not_issued, row, error.code))
    except Exception as error:  # noqa: BLE001 - one certificate never stops the others
        logs.event("flow.issue", "failed", error=type(error).__name__, certificate=row.id)
        faults.append(error)


def _not_issued(waiting: CertificateRecord, code: str, work: Work) -> None:
    """Give up one certificate that could not be made; the track orders it again and alerts."""
    record, row = _locked(work.tx, waiting, CertificateState.RESERVED, CertificateState.PREPARED)
    if row is None:
        return  # another worker has issued it, or given it up
    _give_up(work, row, "failed")
    note_failed(work, Signed.CERTIFICATE, row.serial, code)
    if record is None:
        return
    event = Event(EventName.ISSUE_FAILED, Actor.SYSTEM, work.now, error=code)
    try:
        with work.tx.savepoint():
            apply_event(work, record, event, Trigger())
    except RefusedError:
        alert(work, "certificate_not_issued", record.reference, code)


def _finish(services: Services, rows: list[CertificateRecord], issued: list[RequestRecord]) -> None:
    """Prepare those of ``rows`` that are not, sign them all; add their requests to ``issued``."""
    reserved = [row for row in rows if row.state is CertificateState.RESERVED]
    for _ in _each(services, reserved, _prepare):
        pass
    for found in _each(services, rows, _sign):
        issued += found


def _each(
    services: Services, rows: list[CertificateRecord], step: Callable[[Work, CertificateRecord], T]
) -> Iterator[T]:
    """Go ``step`` with each of ``rows``, several in a transaction; yield the results after it."""
    while rows:
        done = services.run(partial(_first, rows, step))
        yield from done
        rows = rows[len(done) :]


def _first(
    rows: list[CertificateRecord], step: Callable[[Work, CertificateRecord], T], work: Work
) -> list[T]:
    """Go ``step`` with the first of ``rows``, until others wait too long."""
    done: list[T] = []
    for row in rows:
        if done and work.keeps_others_waiting:
            break
        done.append(step(work, row))
    return done


def _locked(
    tx: Transaction, waiting: CertificateRecord, *states: CertificateState
) -> tuple[RequestRecord | None, CertificateRecord | None]:
    """Return the request and the certificate as they are now; no certificate in another state.

    Two hosts may work on one certificate: who comes second waits here, and then sees what the first
    one did. The number, which a certificate keeps for good, comes first, then the request, as in
    every decision, so that nobody waits in a circle.
    """
    if waiting.number:
        tx.numbers.lock(waiting.number)
    record = tx.requests.lock(waiting.request_id)
    row = tx.certificates.lock(waiting.id)
    return record, row if row is not None and row.state in states else None


def _prepare(work: Work, waiting: CertificateRecord) -> None:
    record, row = _locked(work.tx, waiting, CertificateState.RESERVED)
    if row is None:
        return
    if record is None or record.state.certificate_wanted_at is None:
        _give_up(work, row)
        return
    if second.waits(work, record):
        second.stop(work, record)
        return
    _keep_draft(work, row, _built(work, record, row))


def _built(work: Work, record: RequestRecord, row: CertificateRecord) -> Prepared:
    """Build the draft of a certificate that may be made now; nothing is written."""
    refuse_number_of_another(work, record)
    refuse_clock_behind(work, record, row.reserved_at, record.state.entered_at)
    return _prepared(work, record, row.serial)


def _keep_draft(work: Work, row: CertificateRecord, prepared: Prepared) -> CertificateRecord:
    note_begun(work, Signed.CERTIFICATE, row.serial, authority=prepared.authority)
    drafted = replace(
        row,
        issuer=work.services.issuer.issuer,
        state=CertificateState.PREPARED,
        created_at=prepared.created_at,
        expires_at=prepared.expires_at,
        to_be_signed=prepared.to_be_signed,
    )
    work.tx.certificates.save(drafted, before=row)
    return drafted


def _prepared(work: Work, record: RequestRecord, serial: str) -> Prepared:
    subject = CertificateSubject(record.company, record.reference, record.number)
    return work.services.issuer.prepare(subject, serial, work.now)


def hindrance(
    work: Work, record: RequestRecord, *, with_issuer: bool = False
) -> PipelineError | None:
    """Return what would stop the certificate that ``record`` waits for now; None: nothing known.

    It asks what is asked right before a certificate is made, whoever makes it. ``with_issuer``: our
    own authority is opened, too, and builds a draft that nobody keeps. What only an outside service
    can tell is not known before.
    """
    if record.state.certificate_wanted_at is None:
        return None
    rows = work.tx.certificates.of_request(record.id)
    row = next((one for one in rows if one.state in second.BEGUN), None)
    begun = (row.reserved_at, row.created_at) if row is not None else ()
    try:
        refuse_unless_issuable(work, record)
        refuse_clock_behind(work, record, record.state.entered_at, *begun)
        if with_issuer and row is not None and _makes(work.services):
            _prepared(work, record, row.serial)
    except PipelineError as error:
        return error
    return None


def _sign(work: Work, waiting: CertificateRecord) -> list[RequestRecord]:
    record, row = _locked(work.tx, waiting, CertificateState.PREPARED)
    if row is None or row.expires_at is None:
        return []
    if record is None or record.state.certificate_wanted_at is None:
        _give_up(work, row)
        return []
    if second.waits(work, record):
        second.stop(work, record)
        note_failed(work, Signed.CERTIFICATE, row.serial, "second_missing")
        return []
    refuse_unless_issuable(work, record)
    refuse_clock_behind(work, record, row.created_at)
    if _is_old(work, row):
        _give_up(work, row, "draft_old")
        note_failed(work, Signed.CERTIFICATE, row.serial, "draft_old")
        reserve(work, record)
        return []
    issued = work.services.issuer.finish(row.to_be_signed)
    now = work.now
    end_live(work, record, CertificateState.SUPERSEDED, "superseded")
    work.tx.certificates.save(
        replace(
            row,
            state=CertificateState.LIVE,
            issued_at=now,
            text=issued.text,
            fingerprint=issued.fingerprint,
        ),
        before=row,
    )
    note_done(work, Signed.CERTIFICATE, row.serial)
    event = Event(
        EventName.ISSUED,
        Actor.SYSTEM,
        now,
        certificate_created_at=row.created_at,
        certificate_expires_at=row.expires_at,
    )
    return [apply_event(work, record, event, Trigger())]


def _is_old(work: Work, row: CertificateRecord) -> bool:
    """Tell whether a draft of our own authority has waited: its days have begun without anybody.

    What an issuer outside of us created keeps its date.
    """
    ours = work.services.issuer.uses_authority
    return ours and row.created_at is not None and work.now - row.created_at > _DRAFT_LASTS


def _give_up(work: Work, row: CertificateRecord, reason: str = "not_wanted") -> None:
    """Record that a certificate is no longer wanted, or could not be made."""
    ended = replace(row, state=CertificateState.REVOKED, ended_at=work.now, end_reason=reason)
    work.tx.certificates.save(ended, before=row)
