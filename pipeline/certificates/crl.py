"""The revocation list of the embedded authority (RFC 5280, section 5)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from pipeline.certificates.authority import Authority

#: How long a list may be used before a newer one must be fetched.
LIST_LIFE = timedelta(days=30)

#: Our reasons as RFC 5280 knows them; any other is left out, as "unspecified" has to be.
_REASONS = {
    "superseded": x509.ReasonFlags.superseded,
    "exposed": x509.ReasonFlags.key_compromise,
    "number_changed": x509.ReasonFlags.affiliation_changed,
    "name_changed": x509.ReasonFlags.affiliation_changed,
    "asked": x509.ReasonFlags.cessation_of_operation,
    "withdraw": x509.ReasonFlags.cessation_of_operation,
    "reject": x509.ReasonFlags.privilege_withdrawn,
}


class Revocation(NamedTuple):
    """A revoked certificate: its serial in hexadecimal, when (aware), and our reason's code."""

    serial: str
    at: datetime
    reason: str


def revocation_list(
    authority: Authority, revoked: Sequence[Revocation], now: datetime, number: int | None = None
) -> str:
    """Return the signed list of ``revoked`` certificates in PEM, good for 30 days from ``now``.

    Expired certificates may be left out. ``number`` must grow with every list (RFC 5280, section
    5.2.3); without it, it is the second of ``now`` since 1970.
    """
    this_update = now.astimezone(UTC).replace(microsecond=0)
    own = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(this_update)
        .next_update(this_update + LIST_LIFE)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own.value),
            critical=False,
        )
        .add_extension(x509.CRLNumber(_number(this_update, number)), critical=False)
    )
    for entry in sorted(revoked, key=lambda item: (item[1], item[0])):
        builder = builder.add_revoked_certificate(_entry(*entry))
    made = authority.sign_revocation_list(builder)
    return made.public_bytes(serialization.Encoding.PEM).decode("ascii")


def list_number(now: datetime, last: int) -> int:
    """Return the number of a list signed ``now``, after the one with the number ``last``."""
    return max(last + 1, int(now.timestamp()))


def is_issued_by(text: str, authority: Authority) -> bool:
    """Tell whether the certificate in ``text`` (PEM) names the key of ``authority`` as its issuer.

    Raises ValueError when it cannot be read.
    """
    certificate = x509.load_pem_x509_certificate(text.encode("ascii"))
    named = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    own = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return named.key_identifier == own.digest


def _number(this_update: datetime, number: int | None) -> int:
    return int(this_update.timestamp()) if number is None else number


def _entry(serial: str, at: datetime, reason: str) -> x509.RevokedCertificate:
    builder = (
        x509.RevokedCertificateBuilder()
        .serial_number(int(serial, 16))
        .revocation_date(at.astimezone(UTC).replace(microsecond=0))
    )
    flag = _REASONS.get(reason)
    if flag is not None:
        builder = builder.add_extension(x509.CRLReason(flag), critical=False)
    return builder.build()
