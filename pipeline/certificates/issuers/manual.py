"""The manual issuer: staff paste or upload the certificate that they got elsewhere."""

from collections.abc import Container
from datetime import UTC, date, datetime

from pipeline.certificates.accepted import accept_created, accept_text
from pipeline.certificates.expiry import created_at_of_day
from pipeline.certificates.issue import Prepared
from pipeline.certificates.paste import PasteRefused
from pipeline.errors import RefusedError
from pipeline.model.certificate import CertificateSubject, IssuedCertificate
from pipeline.terms import Issuer


class ManualIssuer:
    """Never issues by itself; :meth:`accept` turns a pasted text into an issued certificate."""

    def __init__(self, zone: str = "UTC") -> None:
        self._zone = zone

    @property
    def issuer(self) -> Issuer:
        """Which issuer it is."""
        return Issuer.MANUAL

    @property
    def automatic(self) -> bool:
        """It waits for staff."""
        return False

    @property
    def fetches(self) -> bool:
        """Nobody is asked for it but staff."""
        return False

    @property
    def uses_authority(self) -> bool:
        """It needs no keys of ours."""
        return False

    def reserve_serial(self) -> str:
        """Raise RefusedError: the serial number comes with the pasted text."""
        raise RefusedError("certificate_waits_for_staff")

    def prepare(self, subject: CertificateSubject, serial: str, created_at: datetime) -> Prepared:  # noqa: ARG002 - the interface of all issuers
        """Raise RefusedError: there is nothing to build."""
        raise RefusedError("certificate_waits_for_staff")

    def finish(self, to_be_signed: bytes) -> IssuedCertificate:  # noqa: ARG002 - the interface of all issuers
        """Raise RefusedError: there is nothing to sign."""
        raise RefusedError("certificate_waits_for_staff")

    def accept(
        self,
        text: str,
        *,
        created: datetime | date | None,
        now: datetime,
        used: Container[str] = frozenset(),
    ) -> IssuedCertificate | PasteRefused:
        """Return the certificate in ``text``, or why it is refused.

        ``created`` is when it was created as staff know it: an aware instant, a day (its first
        instant in the zone counts), or None when the certificate itself tells. ``used`` are the
        fingerprints of all certificates that we know.
        """
        found = accept_text(text, now, used)
        if isinstance(found, PasteRefused):
            return found
        begin = self._creation(created)
        return accept_created(found, begin, now, zone=self._zone, issuer=Issuer.MANUAL)

    def _creation(self, created: datetime | date | None) -> datetime | None:
        if created is None:
            return None
        if isinstance(created, datetime):
            return created.astimezone(UTC)
        return created_at_of_day(created, self._zone)
