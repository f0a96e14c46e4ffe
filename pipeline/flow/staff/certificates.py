"""Staff and certificates: enter what was got elsewhere, reissue, revoke, reveal."""

from dataclasses import replace
from datetime import date, datetime

from pipeline.certificates.issuers.manual import ManualIssuer
from pipeline.certificates.paste import PasteRefused
from pipeline.errors import RefusedError
from pipeline.flow.connections import open_graph
from pipeline.flow.context import NoticeDetails
from pipeline.flow.lifecycle.apply import apply_event
from pipeline.flow.lifecycle.certificate_rows import (
    end_live,
    refuse_clock_behind,
    refuse_unless_issuable,
    reserve,
)
from pipeline.flow.lifecycle.meta_poll import fetch_now
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.services import Services, Work
from pipeline.flow.staff.command import by_staff, note_in_history, on_request, staff_event
from pipeline.flow.staff.people.staff_log import note
from pipeline.model.certificate import CertificateState, IssuedCertificate
from pipeline.model.identifiers import new_id
from pipeline.model.request import EventName
from pipeline.store.records import CertificateRecord, RequestRecord
from pipeline.store.staff_records import StaffAct
from pipeline.tracks.conditions import waits_for_second

#: The alert about a private key.
_KEY = "private_key_pasted"
#: The line of a history that tells what became of an order.
_ISSUING = frozenset({EventName.ISSUED, EventName.ISSUE_FAILED})


def reissue_certificate(services: Services, record: RequestRecord, who: str) -> RequestRecord:
    """Order a new certificate in place of the live or expired one, and issue it.

    Raises RefusedError when a rule forbids it; nothing is ordered then.
    """

    def change(work: Work, current: RequestRecord) -> RequestRecord:
        refuse_unless_issuable(work, current)
        event = staff_event(services, current, EventName.NEW_CERTIFICATE, who)
        return apply_event(work, current, event, by_staff(who))

    return on_request(services, record, change)


def issue_wanted(services: Services, record: RequestRecord) -> RequestRecord:
    """Issue the certificate of ``record`` that is wanted, and all others that were not made yet.

    One that could not be made is ordered again first; one that Meta has is fetched at once. Raises
    RefusedError ``certificate_not_wanted``, ``second_missing``, ``certificate_waits_for_staff``
    where staff enter them, ``certificate_not_issued``, or with the code of the rule that forbids
    it.
    """
    if record.state.certificate_wanted_at is None:
        status = record.status.value
        raise RefusedError("certificate_not_wanted", reference=record.reference, status=status)
    if waits_for_second(record.state, services.policy):
        status = record.status.value
        raise RefusedError("second_missing", reference=record.reference, status=status)
    if not services.issuer.automatic:
        raise RefusedError("certificate_waits_for_staff", reference=record.reference)

    def change(work: Work, current: RequestRecord) -> RequestRecord:
        refuse_unless_issuable(work, current)
        reserve(work, current)
        return current

    before, record = record, on_request(services, record, change)
    if services.rehearsal is not None:
        return record
    if services.issuer.fetches:
        with open_graph(services) as graph:
            fetch_now(services, graph, record)
    elif record.state == before.state:
        record = on_request(services, record, change)  # a draft that had waited was ordered anew
    with services.store.read() as tx:
        current = tx.requests.get(record.id) or record
        failed = [line for line in tx.events.list(record.id) if line.event in _ISSUING]
    if current.state.certificate_wanted_at is not None:
        detail = dict(failed[-1].detail) if failed else {}
        failure = detail.get("error", "certificate_waits_for_staff")
        raise RefusedError("certificate_not_issued", reference=record.reference, failure=failure)
    return current


def revoke_certificate(
    services: Services, record: RequestRecord, who: str, reason: str
) -> RequestRecord:
    """Revoke the live certificate of ``record`` for ``reason`` (a code) and tell the customer."""

    def change(work: Work, current: RequestRecord) -> RequestRecord:
        event = staff_event(services, current, EventName.REVOKE, who, reason=reason)
        return apply_event(work, current, event, by_staff(who), NoticeDetails(reason=reason))

    return on_request(services, record, change)


def enter_certificate(
    services: Services,
    record: RequestRecord,
    text: str,
    who: str,
    created: datetime | date | None = None,
) -> RequestRecord:
    """Take the certificate that staff got elsewhere and pasted (manual issuer).

    ``created`` is when it was created, when it does not say so itself. Raises RefusedError with the
    code of what is wrong with it; a private key also alerts, even if it was only rehearsed. Raises
    ConfigurationError ``clock_behind``.
    """
    issuer = ManualIssuer(services.settings.certificates.time_zone)
    found = issuer.accept(text, created=created, now=services.clock.now())
    if isinstance(found, PasteRefused):
        if found.alert:
            _tell_of_key(services, record)
        raise RefusedError(found.code.value, reference=record.reference)

    def change(work: Work, current: RequestRecord) -> RequestRecord:
        if work.tx.certificates.by_fingerprint(found.fingerprint) is not None:
            raise RefusedError("certificate_used", reference=current.reference)
        _refuse_other_number(current, found)
        refuse_unless_issuable(work, current)
        refuse_clock_behind(work, current, current.opened_at, current.state.entered_at)
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

    return on_request(services, record, change)


def _tell_of_key(services: Services, record: RequestRecord) -> None:
    """Tell staff that a private key was entered; in a rehearsal too, for it has left its owner.

    A page is rehearsed whenever something on it changes: what no digest has told is not repeated.
    """

    def tell(work: Work) -> None:
        if not work.tx.alerts.is_untold(_KEY, record.reference):
            alert(work, _KEY, record.reference)

    replace(services, rehearsal=None).run(tell)


def _refuse_other_number(record: RequestRecord, found: IssuedCertificate) -> None:
    """Refuse a certificate that names another number than the request's.

    Raises RefusedError ``certificate_wrong_number``.
    """
    from pipeline.certificates.verify import number_in  # noqa: PLC0415 - slow to import

    named = number_in(found.text)
    if named and named != record.number:
        raise RefusedError("certificate_wrong_number", number=named, expected=record.number)


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
    """Return the text of a certificate; history and log of staff tell that it was looked at."""

    def note_look(work: Work) -> None:
        note_in_history(work, record, who, ("certificate_revealed", row.serial))
        note(work, who, StaffAct.SECRET_SEEN, record.reference, row.serial)

    services.run(note_look)
    return row.text
