"""Staff and certificates: enter what was got elsewhere, reissue, revoke, reveal."""

from datetime import date, datetime

from pipeline.certificates.issuers.manual import ManualIssuer
from pipeline.certificates.paste import PasteCode, PasteRefused
from pipeline.errors import RefusedError
from pipeline.flow.context import NoticeDetails
from pipeline.flow.lifecycle.apply import apply_event
from pipeline.flow.lifecycle.certificate_rows import end_live, refuse_number_of_another
from pipeline.flow.lifecycle.issuance import issue_pending
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.services import Services, Work
from pipeline.flow.staff.command import by_staff, note_in_history, on_request, staff_event
from pipeline.model.certificate import CertificateState, IssuedCertificate
from pipeline.model.identifiers import new_id
from pipeline.model.request import EventName
from pipeline.store.records import CertificateRecord, RequestRecord


def reissue_certificate(services: Services, record: RequestRecord, who: str) -> RequestRecord:
    """Order a new certificate in place of the live or expired one, and issue it."""
    return _decide(services, record, who, EventName.NEW_CERTIFICATE)


def issue_wanted(services: Services) -> int:
    """Issue every certificate that is wanted and was not made yet; return how many."""
    return issue_pending(services)


def revoke_certificate(
    services: Services, record: RequestRecord, who: str, reason: str
) -> RequestRecord:
    """Revoke the live certificate of ``record`` for ``reason`` (a code) and tell the customer."""
    return _decide(services, record, who, EventName.REVOKE, reason)


def _decide(
    services: Services, record: RequestRecord, who: str, name: EventName, reason: str = ""
) -> RequestRecord:
    def change(work: Work, current: RequestRecord) -> RequestRecord:
        event = staff_event(services, current, name, who, reason=reason)
        return apply_event(work, current, event, by_staff(who), NoticeDetails(reason=reason))

    return on_request(services, record, change)


def enter_certificate(
    services: Services,
    record: RequestRecord,
    text: str,
    who: str,
    created: datetime | date | None = None,
) -> None:
    """Take the certificate that staff got elsewhere and pasted (manual issuer).

    ``created`` is when it was created, when it does not say so itself. Raises RefusedError with the
    code of what is wrong with it; a private key also alerts.
    """
    issuer = ManualIssuer(services.settings.certificates.time_zone)
    refused: list[PasteRefused] = []

    def change(work: Work, current: RequestRecord) -> RequestRecord:
        found = issuer.accept(text, created=created, now=work.now)
        if not isinstance(found, PasteRefused):
            used = work.tx.certificates.by_fingerprint(found.fingerprint) is not None
            found = PasteRefused(PasteCode.USED) if used else found
        if isinstance(found, PasteRefused):
            refused[:] = [found]  # told after the commit, which keeps the alert
            if found.alert:
                alert(work, "private_key_pasted", current.reference)
            return current
        refused.clear()
        refuse_number_of_another(work, current)
        end_live(work, current, CertificateState.SUPERSEDED, "superseded")
        work.tx.certificates.reserve(_entered(current, found, work.now))
        event = staff_event(
            services,
            current,
            EventName.ISSUED,
            who,
            certificate_created_at=found.created_at,
            certificate_expires_at=found.expires_at,
        )
        return apply_event(work, current, event, by_staff(who))

    on_request(services, record, change)
    if refused:
        raise RefusedError(refused[0].code.value, reference=record.reference)


def _entered(record: RequestRecord, found: IssuedCertificate, now: datetime) -> CertificateRecord:
    return CertificateRecord(
        id=new_id(),
        request_id=record.id,
        number=record.number,
        serial=found.serial or found.fingerprint,
        issuer=found.issuer,
        state=CertificateState.LIVE,
        ordinal=record.state.certificates + 1,
        reserved_at=now,
        created_at=found.created_at,
        expires_at=found.expires_at,
        issued_at=now,
        fingerprint=found.fingerprint,
        text=found.text,
    )


def reveal_text(services: Services, record: RequestRecord, row: CertificateRecord, who: str) -> str:
    """Return the text of a certificate; that it was looked at stands in the history."""
    detail = ("certificate_revealed", row.serial)
    services.run(lambda work: note_in_history(work, record, who, detail))
    return row.text
