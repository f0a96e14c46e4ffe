"""What can be told of certificates without changing any."""

from datetime import datetime

from pipeline.certificates.authority import retired_certificates
from pipeline.certificates.crl import Revocation, revocation_list
from pipeline.certificates.issuers.choose import OF_AUTHORITY
from pipeline.certificates.verify import Verification, verify
from pipeline.flow.services import Services


def current_crl(services: Services) -> str:
    """Return the signed list of revoked certificates (PEM)."""
    with services.store.read() as tx:
        revoked = [
            row
            for row in tx.certificates.revoked(services.clock.now())
            if row.issuer is OF_AUTHORITY and row.issued_at
        ]
    entries = [
        Revocation(row.serial, row.ended_at, row.end_reason) for row in revoked if row.ended_at
    ]
    return revocation_list(services.authority, entries, services.clock.now())


def verify_text(services: Services, text: str, at: datetime | None) -> Verification:
    """Check a certificate text against our authority and its revocations at ``at`` (or now)."""
    moment = at or services.clock.now()
    home = services.settings.home() / "authority"
    return verify(
        text,
        services.authority.certificate_pem + retired_certificates(home),
        current_crl(services),
        moment,
        arc=services.settings.certificates.private_enterprise_arc,
    )
