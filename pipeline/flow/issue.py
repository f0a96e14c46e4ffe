"""Certificates in the order of their writes: reserve, prepare, sign what is stored, record.

``reserve`` runs in the transaction of the decision. ``issue_pending`` runs after commits, and again
after any crash: every step repeats from what the one before stored, so that there is exactly one
certificate and one mail (spec, section 6).
"""

from dataclasses import replace
from functools import partial

from pipeline import logs
from pipeline.certificates.issue import CertificateIssuer
from pipeline.certificates.issuers.embedded import EmbeddedIssuer
from pipeline.certificates.issuers.manual import ManualIssuer
from pipeline.errors import PipelineError, RefusedError
from pipeline.flow.alerts import alert
from pipeline.flow.cause import Cause
from pipeline.flow.services import Services
from pipeline.model.certificate import CertificateState, CertificateSubject
from pipeline.model.identifiers import new_id
from pipeline.model.request import Actor, Event, EventName
from pipeline.store.records import CertificateRecord, RequestRecord
from pipeline.store.unit_of_work import Transaction

_PORTION = 50


def issuer(services: Services) -> CertificateIssuer:
    """Return the issuer that the settings name."""
    if services.settings.certificates.issuer == "manual":
        return ManualIssuer(services.settings.certificates.time_zone)
    return EmbeddedIssuer(services.authority, services.settings.certificates.time_zone)


def reserve(tx: Transaction, services: Services, record: RequestRecord) -> None:
    """Reserve a serial for the next certificate of ``record``; an unfinished one is used again."""
    rows = tx.certificates.of_request(record.id)
    unfinished = {CertificateState.RESERVED, CertificateState.PREPARED}
    if any(row.state in unfinished for row in rows):
        return
    maker = issuer(services)
    tx.certificates.reserve(
        CertificateRecord(
            id=new_id(),
            request_id=record.id,
            number=record.number,
            serial=maker.reserve_serial(),
            issuer=maker.issuer,
            state=CertificateState.RESERVED,
            ordinal=record.state.certificates + 1,
            reserved_at=services.clock.now(),
        )
    )


def end_live(
    tx: Transaction,
    services: Services,
    record: RequestRecord,
    state: CertificateState,
    reason: str,
) -> None:
    """Record that the live certificate of ``record`` was revoked, superseded or has expired."""
    live = tx.certificates.live_of_request(record.id)
    if live is not None:
        now = services.clock.now()
        tx.certificates.save(replace(live, state=state, ended_at=now, end_reason=reason))


def issue_pending(services: Services) -> int:
    """Finish all reserved certificates; return how many were issued."""
    if not issuer(services).automatic:
        return 0
    issued = 0
    with services.store.read() as tx:
        pending = tx.certificates.unfinished(_PORTION)
    for row in pending:
        try:
            issued += _finish(services, row.id)
        except PipelineError as error:
            logs.event("flow.issue", "failed", code=error.code, certificate=row.id)
            services.store.run(partial(_not_issued, services, row, error.code))
    return issued


def _not_issued(services: Services, row: CertificateRecord, code: str, tx: Transaction) -> None:
    """Give up one certificate that could not be made; the track orders it again and alerts."""
    from pipeline.flow.decide import decide  # noqa: PLC0415 - decide performs what ends here

    tx.certificates.save(_given_up(services, row, "failed"))
    record = tx.requests.get(row.request_id)
    if record is None:
        return
    event = Event(EventName.ISSUE_FAILED, Actor.SYSTEM, services.clock.now(), reason=code)
    try:
        with tx.savepoint():
            decide(tx, services, record, event, Cause())
    except RefusedError:
        alert(tx, services, "certificate_not_issued", record.reference, code)


def _finish(services: Services, certificate_id: str) -> int:
    services.store.run(lambda tx: _prepare(tx, services, certificate_id))
    return services.store.run(lambda tx: _sign(tx, services, certificate_id))


def _prepare(tx: Transaction, services: Services, certificate_id: str) -> None:
    row = tx.certificates.get(certificate_id)
    if row is None or row.state is not CertificateState.RESERVED:
        return
    record = tx.requests.get(row.request_id)
    if record is None or record.state.certificate_wanted_at is None:
        tx.certificates.save(_given_up(services, row))
        return
    subject = CertificateSubject(record.company, record.reference, record.number)
    prepared = issuer(services).prepare(subject, row.serial, services.clock.now())
    tx.certificates.save(
        replace(
            row,
            state=CertificateState.PREPARED,
            created_at=prepared.created_at,
            expires_at=prepared.expires_at,
            to_be_signed=prepared.to_be_signed,
        )
    )


def _sign(tx: Transaction, services: Services, certificate_id: str) -> int:
    from pipeline.flow.decide import decide  # noqa: PLC0415 - decide performs the effects that end here

    row = tx.certificates.get(certificate_id)
    if row is None or row.state is not CertificateState.PREPARED or row.expires_at is None:
        return 0
    record = tx.requests.get(row.request_id)
    if record is None or record.state.certificate_wanted_at is None:
        tx.certificates.save(_given_up(services, row))
        return 0
    issued = issuer(services).finish(row.to_be_signed)
    now = services.clock.now()
    end_live(tx, services, record, CertificateState.SUPERSEDED, "superseded")
    tx.certificates.save(
        replace(
            row,
            state=CertificateState.LIVE,
            issued_at=now,
            text=issued.text,
            fingerprint=issued.fingerprint,
        )
    )
    event = Event(EventName.ISSUED, Actor.SYSTEM, now, certificate_expires_at=row.expires_at)
    decide(tx, services, record, event, Cause())
    return 1


def _given_up(
    services: Services, row: CertificateRecord, reason: str = "not_wanted"
) -> CertificateRecord:
    """Return the row of a certificate that is no longer wanted, or could not be made."""
    return replace(
        row,
        state=CertificateState.REVOKED,
        ended_at=services.clock.now(),
        end_reason=reason,
    )
