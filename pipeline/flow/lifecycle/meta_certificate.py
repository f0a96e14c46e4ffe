"""The certificate that Meta shows for a number: taken over in one transaction, or told why not.

It passes what a pasted one passes: not used before, one live a number, what an approval allows, the
number's owner, the answers. It is issued and mailed by the commit that takes it over, once.
"""

from dataclasses import replace
from datetime import datetime

from pipeline.certificates.accepted import accept_text
from pipeline.certificates.issuers.meta import MetaIssuer, created_by
from pipeline.certificates.paste import PasteCode, PastedCertificate, PasteRefused
from pipeline.errors import RefusedError
from pipeline.flow.context import Trigger
from pipeline.flow.lifecycle import second
from pipeline.flow.lifecycle.apply import apply_event
from pipeline.flow.lifecycle.certificate_rows import (
    end_live,
    refuse_clock_behind,
    refuse_unless_issuable,
    reserve,
)
from pipeline.flow.lifecycle.meta_word import certificate_of
from pipeline.flow.services import Services, Work
from pipeline.meta.api import MetaNumber, NameStatus
from pipeline.model.certificate import CertificateState, IssuedCertificate
from pipeline.model.request import Actor, Event, EventName
from pipeline.store.meta_records import Sighting
from pipeline.store.records import CertificateRecord, RequestRecord

#: So many certificates of a number are remembered with their dates.
_REMEMBERED = 20
_UNFINISHED = frozenset({CertificateState.RESERVED, CertificateState.PREPARED})


def see(work: Work, record: RequestRecord, number: MetaNumber, at: datetime) -> Sighting | None:
    """Remember which certificate was seen ``at`` and how old it is; None when there is none.

    One that was seen before keeps its date, whatever became of it meanwhile.
    """
    known = work.tx.meta_numbers.get(record.number)
    text = certificate_of(number)
    found = accept_text(text, work.now) if text else None
    if not isinstance(found, PastedCertificate):
        if not text:
            work.tx.meta_numbers.put(replace(known, without_at=at))
        return None
    for sighting in known.sightings:
        if sighting.fingerprint == found.fingerprint:
            return sighting
    seen = Sighting(found.fingerprint, created_by(at, known.without_at))
    kept = (*known.sightings[1 - _REMEMBERED :], seen)
    renewed = text != (number.certificate or "")
    new = replace(known, sightings=kept, without_at=None, renewed=renewed)
    work.tx.meta_numbers.put(new)
    return seen


def take(services: Services, wanted: RequestRecord, number: MetaNumber, at: datetime) -> bool:
    """Issue the certificate that ``number`` showed ``at``; tell whether this call has issued it.

    Not when somebody else changed the request since ``wanted`` was read, or has issued it. Raises
    RefusedError: with the code of the alert about what Meta shows, or of the rule that forbids it.
    """
    seen = services.run(lambda work: _see_for(work, wanted, number, at))
    if seen is None:
        return _refuse_none(services, wanted, number)
    return services.run(lambda work: _issue(work, wanted, number, seen))


def _see_for(
    work: Work, wanted: RequestRecord, number: MetaNumber, at: datetime
) -> Sighting | None:
    work.tx.numbers.lock(wanted.number)
    return see(work, wanted, number, at)


def _refuse_none(services: Services, wanted: RequestRecord, number: MetaNumber) -> bool:
    """Say why no certificate was seen. Raises RefusedError."""
    text = certificate_of(number)
    found = accept_text(text, services.clock.now()) if text else None
    refused = found.code if isinstance(found, PasteRefused) else PasteCode.EMPTY
    if refused is PasteCode.EXPIRED or (not text and number.name_status is NameStatus.EXPIRED):
        raise RefusedError("meta_certificate_ended", reference=wanted.reference)
    if not text:
        raise RefusedError("meta_certificate_missing", reference=wanted.reference)
    raise RefusedError(
        "meta_certificate_unusable", reference=wanted.reference, failure=refused.value
    )


def _issue(work: Work, wanted: RequestRecord, number: MetaNumber, seen: Sighting) -> bool:
    work.tx.numbers.lock(wanted.number)
    record = work.tx.requests.lock(wanted.id)
    if record is None or record.state.certificate_wanted_at is None:
        return False
    if second.waits(work, record):
        return False
    if (record.state.version, record.number) != (wanted.state.version, wanted.number):
        return False
    row = _order(work, record)
    found = accept_text(certificate_of(number), work.now)
    if isinstance(found, PasteRefused):  # it has expired since it was looked at
        raise RefusedError("meta_certificate_ended", reference=record.reference)
    _refuse_used(work, record, found)
    refuse_unless_issuable(work, record)
    refuse_clock_behind(work, record, row.reserved_at, record.state.entered_at, seen.created_at)
    issuer = MetaIssuer(work.services.settings.certificates.time_zone)
    issued = issuer.accept(found, seen.created_at, work.now)
    if isinstance(issued, PasteRefused):
        raise RefusedError("meta_certificate_ended", reference=record.reference)
    end_live(work, record, CertificateState.SUPERSEDED, "superseded")
    work.tx.certificates.save(_live(row, issued, work.now), before=row)
    known = work.tx.meta_numbers.get(record.number)
    work.tx.meta_numbers.put(replace(known, stumbles=0))
    event = Event(
        EventName.ISSUED,
        Actor.SYSTEM,
        work.now,
        certificate_created_at=issued.created_at,
        certificate_expires_at=issued.expires_at,
    )
    apply_event(work, record, event, Trigger())
    return True


def _order(work: Work, record: RequestRecord) -> CertificateRecord:
    """Return the row of the order; one that another issuer was to make is taken over."""
    reserve(work, record)
    rows = work.tx.certificates.of_request(record.id)
    row = next(row for row in rows if row.state in _UNFINISHED)
    return work.tx.certificates.lock(row.id) or row


def _refuse_used(work: Work, record: RequestRecord, found: PastedCertificate) -> None:
    """Refuse a certificate that was issued before, here or elsewhere. Raises RefusedError."""
    from pipeline.certificates.verify import number_in  # noqa: PLC0415 - slow to import

    used = work.tx.certificates.by_fingerprint(found.fingerprint)
    if used is not None:
        same = used.request_id == record.id
        code = "meta_certificate_same" if same else "meta_certificate_used"
        raise RefusedError(code, reference=record.reference)
    named = number_in(found.text)
    if named and named != record.number:
        raise RefusedError("certificate_wrong_number", number=named, expected=record.number)


def _live(row: CertificateRecord, issued: IssuedCertificate, now: datetime) -> CertificateRecord:
    return replace(
        row,
        serial=issued.serial or issued.fingerprint,
        issuer=issued.issuer,
        state=CertificateState.LIVE,
        created_at=issued.created_at,
        expires_at=issued.expires_at,
        issued_at=now,
        fingerprint=issued.fingerprint,
        text=issued.text,
        to_be_signed=b"",
    )
