"""Staff and certificates: enter what was got elsewhere, reissue, revoke, reveal."""

from datetime import date, datetime

from pipeline.certificates.issuers.manual import ManualIssuer
from pipeline.certificates.paste import PasteCode, PasteRefused
from pipeline.errors import RefusedError
from pipeline.flow.context import NoticeDetails, Trigger
from pipeline.flow.lifecycle.apply import apply_event
from pipeline.flow.lifecycle.certificate_rows import end_live
from pipeline.flow.lifecycle.issuance import issue_pending
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.services import Services, Work
from pipeline.model.certificate import CertificateState, IssuedCertificate
from pipeline.model.identifiers import new_id
from pipeline.model.request import Actor, Event, EventName
from pipeline.store.records import CertificateRecord, EventRecord, RequestRecord


def reissue_certificate(services: Services, record: RequestRecord, who: str) -> RequestRecord:
    """Order a new certificate in place of the live or expired one, and issue it."""
    return _decide(services, record, who, EventName.NEW_CERTIFICATE)


def revoke_certificate(
    services: Services, record: RequestRecord, who: str, reason: str
) -> RequestRecord:
    """Revoke the live certificate of ``record`` for ``reason`` (a code) and tell the customer."""
    return _decide(services, record, who, EventName.REVOKE, reason)


def _decide(
    services: Services, record: RequestRecord, who: str, name: EventName, reason: str = ""
) -> RequestRecord:
    now = services.clock.now()
    event = Event(
        name,
        Actor.STAFF,
        now,
        actor_name=who,
        expected_version=record.state.version,
        reason=reason,
    )

    def change(work: Work) -> RequestRecord:
        current = work.tx.requests.get(record.id) or record
        work.tx.numbers.lock(current.number)
        trigger = Trigger(name=who, by_staff=True)
        return apply_event(work, current, event, trigger, NoticeDetails(reason=reason))

    changed = services.run(change)
    issue_pending(services)
    with services.store.read() as tx:
        return tx.requests.get(record.id) or changed


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
    now = services.clock.now()

    def change(work: Work) -> PasteRefused | None:
        found = issuer.accept(text, created=created, now=now)
        if isinstance(found, PasteRefused):
            if found.alert:
                alert(work, "private_key_pasted", record.reference)
            return found
        if work.tx.certificates.by_fingerprint(found.fingerprint) is not None:
            return PasteRefused(PasteCode.USED)
        current = work.tx.requests.get(record.id) or record
        work.tx.numbers.lock(current.number)
        end_live(work, current, CertificateState.SUPERSEDED, "superseded")
        work.tx.certificates.reserve(_entered(current, found, now))
        event = Event(
            EventName.ISSUED,
            Actor.STAFF,
            now,
            actor_name=who,
            certificate_expires_at=found.expires_at,
        )
        apply_event(work, current, event, Trigger(name=who, by_staff=True))
        return None

    refused = services.run(change)
    if refused is not None:
        raise RefusedError(refused.code.value, reference=record.reference)


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

    def change(work: Work) -> None:
        work.tx.events.append(
            EventRecord(
                request_id=record.id,
                seq=0,
                at=work.now,
                actor=Actor.STAFF,
                actor_name=who,
                event=None,
                before=record.status,
                after=record.status,
                detail=(("certificate_revealed", row.serial),),
            )
        )

    services.run(change)
    return row.text
