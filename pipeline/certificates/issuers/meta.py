"""Meta as the issuer: the certificate of a number is fetched, never made.

It is one line of base64 that says nothing of its age, and Meta tells its date of creation nowhere.
It lasts seven days from its creation.
"""

from datetime import UTC, datetime, timedelta

from pipeline.certificates.accepted import accept_created
from pipeline.certificates.issue import Prepared
from pipeline.certificates.names import new_serial
from pipeline.certificates.paste import PastedCertificate, PasteRefused
from pipeline.errors import RefusedError
from pipeline.model.certificate import CertificateSubject, IssuedCertificate
from pipeline.terms import Issuer

#: A look longer ago than that says too little of when a certificate was created.
_LOOKED_LATELY = timedelta(days=1)


class MetaIssuer:
    """Never makes a certificate; :meth:`accept` turns what was fetched into an issued one."""

    def __init__(self, zone: str = "UTC") -> None:
        self._zone = zone

    @property
    def issuer(self) -> Issuer:
        """Which issuer it is."""
        return Issuer.META

    @property
    def automatic(self) -> bool:
        """It waits for nobody of ours."""
        return True

    @property
    def fetches(self) -> bool:
        """Meta is asked for it."""
        return True

    @property
    def uses_authority(self) -> bool:
        """It needs no keys of ours."""
        return False

    def reserve_serial(self) -> str:
        """Return a number for the order; the certificate's own takes its place."""
        return new_serial()

    def prepare(self, subject: CertificateSubject, serial: str, created_at: datetime) -> Prepared:  # noqa: ARG002 - the interface of all issuers
        """Raise RefusedError: there is nothing to build."""
        raise RefusedError("certificate_is_fetched")

    def finish(self, to_be_signed: bytes) -> IssuedCertificate:  # noqa: ARG002 - the interface of all issuers
        """Raise RefusedError: there is nothing to sign."""
        raise RefusedError("certificate_is_fetched")

    def accept(
        self, found: PastedCertificate, created: datetime, now: datetime
    ) -> IssuedCertificate | PasteRefused:
        """Return what was fetched as issued, created at ``created`` as :func:`created_by` says."""
        begin = found.created_at or created
        return accept_created(found, begin, now, zone=self._zone, issuer=Issuer.META)


def created_by(first_seen: datetime, without_at: datetime | None) -> datetime:
    """Return when a certificate counts as created that was first seen at ``first_seen``.

    It is younger than ``without_at``, the last look that did not show it. That instant counts: the
    customer is never promised a day that the certificate does not have. When nobody looked within a
    day before, the first sight counts.
    """
    lately = without_at is not None and first_seen - without_at <= _LOOKED_LATELY
    begin = without_at if lately and without_at is not None else first_seen
    return begin.astimezone(UTC)
