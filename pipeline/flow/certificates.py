"""What staff do with certificates: enter, reissue, revoke, reveal, verify."""

from datetime import datetime

from pipeline.certificates.crl import Revocation, revocation_list
from pipeline.certificates.paste import PasteCode, PasteRefused, read_paste
from pipeline.certificates.verify import Verification, verify
from pipeline.errors import RefusedError
from pipeline.flow.alerts import alert
from pipeline.flow.cause import Cause, Details
from pipeline.flow.decide import decide
from pipeline.flow.facts import latest_certificate
from pipeline.flow.issue import end_live, issue_pending
from pipeline.flow.services import Services
from pipeline.model.certificate import CertificateState, Issuer
from pipeline.model.identifiers import new_id
from pipeline.model.request import Actor, Event, EventName
from pipeline.store.records import CertificateRecord, EventRecord, RequestRecord
from pipeline.store.unit_of_work import Transaction

__all__ = [
    "current_crl",
    "enter_certificate",
    "latest_certificate",
    "reissue_certificate",
    "reveal_text",
    "revoke_certificate",
    "verify_text",
]


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

    def work(tx: Transaction) -> RequestRecord:
        current = tx.requests.get(record.id) or record
        tx.numbers.lock(current.number)
        cause = Cause(name=who, by_staff=True)
        return decide(tx, services, current, event, cause, Details(reason=reason))

    changed = services.store.run(work)
    issue_pending(services)
    with services.store.read() as tx:
        return tx.requests.get(record.id) or changed


def enter_certificate(services: Services, record: RequestRecord, text: str, who: str) -> None:
    """Take the certificate that staff got elsewhere and pasted (manual issuer).

    Raises RefusedError with the code of what is wrong with it; a private key also alerts.
    """
    now = services.clock.now()
    pasted = read_paste(text, now)
    if isinstance(pasted, PasteRefused):
        if pasted.code is PasteCode.PRIVATE_KEY:
            services.store.run(
                lambda tx: alert(tx, services, "private_key_pasted", record.reference)
            )
        raise RefusedError(pasted.code.value, reference=record.reference)

    def work(tx: Transaction) -> None:
        if tx.certificates.by_fingerprint(pasted.fingerprint) is not None:
            raise RefusedError("certificate_used", reference=record.reference)
        current = tx.requests.get(record.id) or record
        end_live(tx, services, current, CertificateState.SUPERSEDED, "superseded")
        row = CertificateRecord(
            id=new_id(),
            request_id=record.id,
            number=record.number,
            serial=pasted.serial or new_id(),
            issuer=Issuer.MANUAL,
            state=CertificateState.LIVE,
            ordinal=current.state.certificates + 1,
            reserved_at=now,
            created_at=pasted.created_at,
            expires_at=pasted.expires_at,
            issued_at=now,
            fingerprint=pasted.fingerprint,
            text=pasted.text,
        )
        tx.certificates.reserve(row)
        event = Event(
            EventName.ISSUED,
            Actor.STAFF,
            now,
            actor_name=who,
            certificate_expires_at=pasted.expires_at,
        )
        decide(tx, services, current, event, Cause(name=who, by_staff=True))

    services.store.run(work)


def reveal_text(services: Services, record: RequestRecord, row: CertificateRecord, who: str) -> str:
    """Return the text of a certificate; that it was looked at stands in the history."""

    def work(tx: Transaction) -> None:
        tx.events.append(
            EventRecord(
                request_id=record.id,
                seq=0,
                at=services.clock.now(),
                actor=Actor.STAFF,
                actor_name=who,
                event=None,
                before=record.status,
                after=record.status,
                detail=(("certificate_revealed", row.serial),),
            )
        )

    services.store.run(work)
    return row.text


def current_crl(services: Services) -> str:
    """Return the signed list of revoked certificates (PEM)."""
    with services.store.read() as tx:
        revoked = [
            row
            for row in tx.certificates.list("revoked")
            if row.issuer is Issuer.EMBEDDED and row.ended_at is not None and row.issued_at
        ]
    entries = [
        Revocation(row.serial, row.ended_at, row.end_reason) for row in revoked if row.ended_at
    ]
    return revocation_list(services.authority, entries, services.clock.now())


def verify_text(services: Services, text: str, at: datetime | None) -> Verification:
    """Check a certificate text against our authority and its revocations at ``at`` (or now)."""
    moment = at or services.clock.now()
    return verify(text, services.authority.certificate_pem, current_crl(services), moment)
