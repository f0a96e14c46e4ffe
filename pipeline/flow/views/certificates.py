"""What can be told of certificates without signing or changing any."""

from dataclasses import dataclass
from datetime import datetime

from pipeline.certificates.authority import trusted_certificates
from pipeline.certificates.expiry import is_valid
from pipeline.certificates.issuers.choose import OF_AUTHORITY
from pipeline.certificates.paste import PastedCertificate, PasteRefused, decode_paste, recognise
from pipeline.certificates.verify import Reason, Verification, reason_of, verify
from pipeline.errors import NotFoundError
from pipeline.flow.services import Services, state
from pipeline.flow.services.lists import kept_lists
from pipeline.model.certificate import CertificateState
from pipeline.store.records import CertificateRecord, RequestRecord

#: What is no fault of a certificate that another issuer made and staff entered.
_OF_AUTHORITY_ALONE = frozenset({Reason.OTHER_AUTHORITY, Reason.OTHER_PURPOSE})
_OF_TIME = frozenset({Reason.EXPIRED, Reason.NOT_YET_VALID})
_ENDED = {
    CertificateState.REVOKED: Reason.REVOKED,
    CertificateState.SUPERSEDED: Reason.SUPERSEDED,
}


@dataclass(frozen=True, slots=True)
class CertificateCheck:
    """Whether a certificate may be used at ``at``, and all reasons why not.

    ``number`` is the one that it is for, ``expected`` the one that it should be for;
    ``ended_at`` and ``end_reason`` (a code) tell of a revocation. What is not known is empty.
    """

    valid: bool
    reasons: tuple[Reason, ...]
    at: datetime
    business_name: str = ""
    reference: str = ""
    number: str = ""
    expected: str = ""
    created: datetime | None = None
    expires: datetime | None = None
    serial: str = ""
    fingerprint: str = ""
    ended_at: datetime | None = None
    end_reason: str = ""


def current_crl(services: Services) -> str:
    """Return the signed lists of revoked certificates (PEM), the present authority's first.

    Raises NotFoundError ``revocation_list_none`` before the first was signed.
    """
    with services.store.read() as tx:
        kept = kept_lists(tx)
    if kept is None:
        raise NotFoundError("revocation_list_none")
    return "".join(kept.lists)


def verify_text(
    services: Services, text: str, at: datetime | None, number: str = ""
) -> CertificateCheck:
    """Check a pasted certificate against our authorities and records, at ``at`` (or now).

    ``number`` is the one that it should be for; without it, the number of its request. The text is
    not kept.
    """
    moment = at or services.clock.now()
    found = _recognised(text)
    if isinstance(found, PasteRefused):
        return CertificateCheck(valid=False, reasons=(reason_of(found),), at=moment)
    with services.store.read() as tx:
        row = tx.certificates.by_fingerprint(found.fingerprint)
        record = tx.requests.get(row.request_id) if row is not None else None
    verified = _verified(services, found, moment)
    return _judged(verified, row, record, moment, number)


def _recognised(text: str) -> PastedCertificate | PasteRefused:
    content = decode_paste(text)
    return content if isinstance(content, PasteRefused) else recognise(content)


def _verified(services: Services, found: PastedCertificate, at: datetime) -> Verification:
    if found.expires_at is None:  # Meta's, which only our records know
        reasons = (Reason.OTHER_AUTHORITY,)
        return Verification(valid=False, reasons=reasons, fingerprint=found.fingerprint)
    trusted = trusted_certificates(state.authority_folder(services.settings))
    arc = services.settings.certificates.private_enterprise_arc
    return verify(found.text, trusted, None, at, arc=arc)


def _judged(
    verified: Verification,
    row: CertificateRecord | None,
    record: RequestRecord | None,
    at: datetime,
    number: str,
) -> CertificateCheck:
    """Join what the certificate says of itself with what our records say of it."""
    reasons = list(verified.reasons)
    subject = verified.subject
    own_number = (subject.number if subject else "") or (row.number if row else "")
    expected = number or (record.number if record else "")
    if row is None and Reason.OTHER_AUTHORITY not in reasons:
        reasons.append(Reason.NOT_RECORDED)
    if row is not None and row.issuer is not OF_AUTHORITY:
        reasons = [one for one in reasons if one not in _OF_AUTHORITY_ALONE | _OF_TIME]
        reasons += _time_of(row, at)
    ended = _ENDED.get(row.state) if row is not None else None
    is_over = row is not None and row.ended_at is not None and row.ended_at <= at
    if ended is not None and is_over:
        reasons.append(ended)
    if own_number and expected and own_number != expected:
        reasons.append(Reason.WRONG_NUMBER)
    return CertificateCheck(
        valid=not reasons,
        reasons=tuple(reasons),
        at=at,
        business_name=(subject.business_name if subject else "")
        or (record.company if record else ""),
        reference=(subject.reference if subject else "") or (record.reference if record else ""),
        number=own_number,
        expected=expected,
        created=row.created_at if row is not None else verified.created,
        expires=row.expires_at if row is not None else verified.expires,
        serial=verified.serial,
        fingerprint=verified.fingerprint,
        ended_at=row.ended_at if row is not None and ended is not None and is_over else None,
        end_reason=row.end_reason if row is not None and ended is not None and is_over else "",
    )


def _time_of(row: CertificateRecord, at: datetime) -> list[Reason]:
    """Return what is wrong with the time of a certificate that staff entered."""
    if row.created_at is not None and at < row.created_at:
        return [Reason.NOT_YET_VALID]
    if row.expires_at is not None and not is_valid(row.expires_at, at):
        return [Reason.EXPIRED]
    return []
