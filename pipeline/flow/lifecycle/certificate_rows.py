"""The rows of certificates that a transition reserves or ends."""

from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.certificates.issuers.choose import OF_AUTHORITY
from pipeline.errors import ConfigurationError, RefusedError
from pipeline.flow.answers.revisions import open_answers
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.services import Work
from pipeline.flow.services.organisations import is_of_another
from pipeline.model.certificate import CertificateState
from pipeline.model.identifiers import new_id
from pipeline.store.records import CertificateRecord, RequestRecord
from pipeline.wording.instants import told

#: So far apart the clocks of two hosts may be.
_CLOCKS_DIFFER = timedelta(minutes=5)


def reserve(work: Work, record: RequestRecord, *known: datetime) -> None:
    """Reserve a serial for the next certificate of ``record``; an unfinished one is used again.

    The authority is not opened: a key that cannot be used must stop no decision and no mail.
    ``known`` are instants that have been, whatever the clock shows: it is not reserved before them,
    so that :func:`refuse_clock_behind` sees a clock that was set back before the decision.
    """
    rows = work.tx.certificates.of_request(record.id)
    unfinished = {CertificateState.RESERVED, CertificateState.PREPARED}
    if any(row.state in unfinished for row in rows):
        return
    work.tx.certificates.reserve(
        CertificateRecord(
            id=new_id(),
            request_id=record.id,
            number=record.number,
            serial=work.services.issuer.reserve_serial(),
            issuer=work.services.issuer.issuer,
            state=CertificateState.RESERVED,
            ordinal=record.state.certificates + 1,
            reserved_at=max(work.now, record.opened_at, *known),
        )
    )
    if work.services.issuer.fetches:
        work.tx.meta_numbers.wake(record.number, work.now)


def refuse_number_of_another(work: Work, record: RequestRecord) -> None:
    """Refuse a certificate for a number that is with another organisation, or claimed by it.

    Asked once more right before each certificate: the owner may have changed since the approval.
    Raises RefusedError ``number_of_another``.
    """
    if is_of_another(work, record):
        raise RefusedError("number_of_another", reference=record.reference, number=record.number)


def refuse_open_answers(work: Work, record: RequestRecord) -> None:
    """Refuse a certificate while an answer that counts is wrong or was asked about.

    Staff may have released or entered such answers since. Raises RefusedError ``answers_open``.
    """
    fields = open_answers(work.tx, record)
    if fields:
        named = ", ".join(fields)
        raise RefusedError(
            "answers_open", reference=record.reference, fields=named, form=record.form
        )


def refuse_clock_behind(work: Work, record: RequestRecord, *known: datetime | None) -> None:
    """Refuse a certificate while the clock shows a time before what has happened already.

    Its end would be wrong. The certificate waits for the clock. Raises ConfigurationError
    ``clock_behind``.
    """
    latest = max((at for at in known if at is not None), default=work.now)
    if latest - work.now > _CLOCKS_DIFFER:
        zone = work.services.settings.team.time_zone
        raise ConfigurationError(
            "clock_behind",
            reference=record.reference,
            now=told(work.now, zone),
            known=told(latest, zone),
        )


def refuse_unless_issuable(work: Work, record: RequestRecord) -> None:
    """Refuse a certificate that the number's owner or the answers forbid.

    Raises RefusedError ``number_of_another`` or ``answers_open``.
    """
    refuse_number_of_another(work, record)
    refuse_open_answers(work, record)


def end_live(
    work: Work,
    record: RequestRecord,
    state: CertificateState,
    reason: str,
) -> None:
    """Record that the live certificate of ``record`` was revoked, superseded or has expired."""
    live = work.tx.certificates.live_of_request(record.id)
    row = work.tx.certificates.lock(live.id) if live is not None else None
    if row is not None and row.state is CertificateState.LIVE:
        now = work.now
        ended = replace(row, state=state, ended_at=now, end_reason=reason)
        work.tx.certificates.save(ended, before=row)
        if state is not CertificateState.EXPIRED:
            work.services.lists_are_behind = True
        if state is CertificateState.REVOKED and row.issuer is not OF_AUTHORITY:
            alert(work, "not_revoked", record.reference)
