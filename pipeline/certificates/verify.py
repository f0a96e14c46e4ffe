"""Verifying a certificate against the authority, the revocation list, and an instant."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from pipeline.certificates.authority import DEFAULT_ARC
from pipeline.certificates.expiry import end_of, is_valid
from pipeline.certificates.paste import PasteCode, PasteRefused, decode_paste
from pipeline.certificates.profile import key_purpose, read_subject
from pipeline.errors import ConfigurationError
from pipeline.model.certificate import CertificateSubject


class Reason(StrEnum):
    """Why a certificate is not valid."""

    UNREADABLE = "unreadable"
    TRUNCATED = "truncated"
    SEVERAL = "several"
    PRIVATE_KEY = "private_key"
    OTHER_AUTHORITY = "other_authority"
    OTHER_PURPOSE = "other_purpose"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    NOT_RECORDED = "not_recorded"
    WRONG_NUMBER = "wrong_number"
    LIST_NOT_OURS = "list_not_ours"
    LIST_NOT_CURRENT = "list_not_current"


#: What reading a certificate raises that breaks the rules of X.509, or uses what nobody uses.
_MALFORMED = (
    ValueError,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
_REFUSED = {
    PasteCode.TRUNCATED: Reason.TRUNCATED,
    PasteCode.SEVERAL: Reason.SEVERAL,
    PasteCode.PRIVATE_KEY: Reason.PRIVATE_KEY,
}


@dataclass(frozen=True, slots=True)
class Verification:
    """What a certificate says of itself, and whether it may be used; instants are aware UTC.

    ``expires`` is the first instant at which it is no longer valid. With the reason ``unreadable``
    everything else is empty.
    """

    valid: bool
    reasons: tuple[Reason, ...]
    subject: CertificateSubject | None = None
    created: datetime | None = None
    expires: datetime | None = None
    serial: str = ""
    fingerprint: str = ""


def verify(
    text: str, authority_pem: str, crl_pem: str | None, at: datetime, *, arc: str = DEFAULT_ARC
) -> Verification:
    """Return whether the certificate in ``text`` is valid at ``at``, with all reasons.

    ``text`` may be whatever mail and chat programs made of it (:func:`decode_paste`).
    ``authority_pem`` may hold several authorities (the present one and retired ones). Raises
    ConfigurationError when an authority or the list cannot be read.
    """
    content = decode_paste(text)
    if isinstance(content, PasteRefused):
        return Verification(valid=False, reasons=(reason_of(content),))
    try:
        certificate = x509.load_der_x509_certificate(content)
        subject = read_subject(certificate, arc)
    except _MALFORMED:
        return Verification(valid=False, reasons=(Reason.UNREADABLE,))
    issued_by = [one for one in _authorities(authority_pem) if _issued(certificate, one)]
    reasons = list(_check_certificate(certificate, at, arc))
    if not issued_by:
        reasons.insert(0, Reason.OTHER_AUTHORITY)
    elif crl_pem:
        reasons.extend(_check_list(certificate, issued_by[0], crl_pem, at))
    return Verification(
        valid=not reasons,
        reasons=tuple(reasons),
        subject=subject,
        created=certificate.not_valid_before_utc,
        expires=end_of(certificate.not_valid_after_utc),
        serial=f"{certificate.serial_number:036x}",
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
    )


def number_in(text: str) -> str:
    """Return the number that the certificate in ``text`` (PEM) names, or empty: Meta's names none.

    Raises nothing: a text that is no PEM names no number.
    """
    try:
        return read_subject(x509.load_pem_x509_certificate(text.encode("ascii"))).number
    except _MALFORMED:
        return ""


def reason_of(refused: PasteRefused) -> Reason:
    """Return why a text that was not accepted is no valid certificate."""
    return _REFUSED.get(refused.code, Reason.UNREADABLE)


def _authorities(authority_pem: str) -> list[x509.Certificate]:
    if not authority_pem:
        return []
    try:
        return x509.load_pem_x509_certificates(authority_pem.encode("ascii"))
    except ValueError as error:
        raise ConfigurationError("authority_certificate_unreadable", path="") from error


def _check_certificate(certificate: x509.Certificate, at: datetime, arc: str) -> Iterator[Reason]:
    try:
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
        if not purposes.critical or list(purposes.value) != [key_purpose(arc)]:
            yield Reason.OTHER_PURPOSE
    except x509.ExtensionNotFound:
        yield Reason.OTHER_PURPOSE
    if at < certificate.not_valid_before_utc:
        yield Reason.NOT_YET_VALID
    if not is_valid(end_of(certificate.not_valid_after_utc), at):
        yield Reason.EXPIRED


def _issued(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _check_list(
    certificate: x509.Certificate, issued_by: x509.Certificate, crl_pem: str, at: datetime
) -> Iterator[Reason]:
    try:
        revocations = x509.load_pem_x509_crl(crl_pem.encode("ascii"))
    except ValueError as error:
        raise ConfigurationError("revocation_list_unreadable") from error
    if not _signed_by(revocations, issued_by):
        yield Reason.LIST_NOT_OURS
        return
    until = revocations.next_update_utc
    if at < revocations.last_update_utc or (until is not None and at >= until):
        yield Reason.LIST_NOT_CURRENT
    if revocations.get_revoked_certificate_by_serial_number(certificate.serial_number):
        yield Reason.REVOKED


def _signed_by(revocations: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    key = authority.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or revocations.issuer != authority.subject:
        return False
    return revocations.is_signature_valid(key)
