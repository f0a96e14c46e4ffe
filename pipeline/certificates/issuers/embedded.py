"""The embedded issuer: our own authority; works with no outside service."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from pipeline.certificates.expiry import expires_at
from pipeline.certificates.issue import Prepared
from pipeline.certificates.names import new_serial
from pipeline.model.certificate import CertificateSubject, IssuedCertificate
from pipeline.terms import Issuer

if TYPE_CHECKING:
    from pipeline.certificates.authority import Authority


class EmbeddedIssuer:
    """Issues X.509 certificates that ``authority`` signs, expiring by the clock of ``zone``.

    A function in place of the authority opens it when the first certificate is built or signed.
    """

    def __init__(self, authority: "Authority | Callable[[], Authority]", zone: str = "UTC") -> None:
        self._given = authority
        self._zone = zone

    @cached_property
    def _authority(self) -> "Authority":
        return self._given() if callable(self._given) else self._given

    @property
    def issuer(self) -> Issuer:
        """Which issuer it is."""
        return Issuer.EMBEDDED

    @property
    def automatic(self) -> bool:
        """It issues without staff."""
        return True

    @property
    def fetches(self) -> bool:
        """It makes what it issues."""
        return False

    @property
    def uses_authority(self) -> bool:
        """It is our own authority that signs."""
        return True

    def reserve_serial(self) -> str:
        """Return a new random serial number in hexadecimal."""
        return new_serial()

    def prepare(self, subject: CertificateSubject, serial: str, created_at: datetime) -> Prepared:
        """Return the certificate of ``subject``, built and linted, not yet signed.

        ``created_at`` is cut to whole seconds: X.509 has no others. Errors: see
        :func:`pipeline.certificates.profile.build_to_be_signed`.
        """
        from pipeline.certificates.profile import build_to_be_signed  # noqa: PLC0415 - slow to import

        created = created_at.astimezone(UTC).replace(microsecond=0)
        expires = expires_at(created, self._zone)
        built = build_to_be_signed(self._authority, subject, int(serial, 16), created, expires)
        return Prepared(
            serial=serial,
            to_be_signed=built,
            created_at=created,
            expires_at=expires,
            authority=self._authority.fingerprint,
        )

    def finish(self, to_be_signed: bytes) -> IssuedCertificate:
        """Return the certificate of the stored bytes; the same bytes give the same one."""
        from pipeline.certificates.profile import finish  # noqa: PLC0415 - slow to import

        return finish(self._authority, to_be_signed)
