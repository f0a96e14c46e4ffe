"""A certificate as the rest of the programme sees it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.terms import Issuer


class CertificateState(StrEnum):
    """The life of a certificate's row, in the order of writes."""

    RESERVED = "reserved"
    PREPARED = "prepared"
    LIVE = "live"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class CertificateSubject:
    """What a certificate is issued for."""

    business_name: str
    reference: str
    number: str


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """An issued certificate; instants are aware UTC, ``text`` is a secret.

    ``serial`` is hexadecimal; ``fingerprint`` the SHA-256 of the DER in hexadecimal (of the text
    where there is no DER).
    """

    text: str
    serial: str
    created_at: datetime
    expires_at: datetime
    fingerprint: str
    issuer: Issuer
