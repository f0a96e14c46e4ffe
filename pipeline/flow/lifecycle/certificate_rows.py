"""The rows of certificates that a transition reserves or ends."""

from dataclasses import replace

from pipeline.flow.services import Services
from pipeline.model.certificate import CertificateState
from pipeline.model.identifiers import new_id
from pipeline.store.records import CertificateRecord, RequestRecord
from pipeline.store.unit_of_work import Transaction


def reserve(tx: Transaction, services: Services, record: RequestRecord) -> None:
    """Reserve a serial for the next certificate of ``record``; an unfinished one is used again.

    The authority is not opened: a key that cannot be used must stop no decision and no mail.
    """
    rows = tx.certificates.of_request(record.id)
    unfinished = {CertificateState.RESERVED, CertificateState.PREPARED}
    if any(row.state in unfinished for row in rows):
        return
    tx.certificates.reserve(
        CertificateRecord(
            id=new_id(),
            request_id=record.id,
            number=record.number,
            serial=services.issuer.reserve_serial(),
            issuer=services.issuer.issuer,
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
    row = tx.certificates.lock(live.id) if live is not None else None
    if row is not None and row.state is CertificateState.LIVE:
        now = services.clock.now()
        tx.certificates.save(replace(row, state=state, ended_at=now, end_reason=reason))
