"""The one interface of the issuers; the order of writes is kept by whoever calls it.

Reserve the serial and commit; prepare, and commit the to-be-signed bytes; finish from the stored
bytes and commit with the outbox row. Every step can be repeated from what the one before stored.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pipeline.model.certificate import CertificateSubject, IssuedCertificate
from pipeline.terms import Issuer


@dataclass(frozen=True, slots=True)
class Prepared:
    """A certificate that was built and linted, and not yet signed; instants are aware UTC.

    ``to_be_signed`` is stored before anything is signed; ``created_at`` is in whole seconds;
    ``authority`` is the fingerprint of who is to sign it.
    """

    serial: str
    to_be_signed: bytes
    created_at: datetime
    expires_at: datetime
    authority: str = ""


class CertificateIssuer(Protocol):
    """Makes certificates; what differs between issuers is asked here, never by their names."""

    @property
    def issuer(self) -> Issuer:
        """Which issuer it is."""
        ...

    @property
    def automatic(self) -> bool:
        """Whether it issues by itself; else staff enter what they got."""
        ...

    @property
    def fetches(self) -> bool:
        """Whether an outside service has the certificate: each batch asks for it, no decision."""
        ...

    @property
    def uses_authority(self) -> bool:
        """Whether the embedded authority signs, so that the state folder has its keys."""
        ...

    def reserve_serial(self) -> str:
        """Return a serial number in hexadecimal, to be stored before anything is built."""
        ...

    def prepare(self, subject: CertificateSubject, serial: str, created_at: datetime) -> Prepared:
        """Return the linted certificate of ``subject`` without the authority's signature."""
        ...

    def finish(self, to_be_signed: bytes) -> IssuedCertificate:
        """Return the certificate of the stored bytes; the same bytes give the same one."""
        ...
