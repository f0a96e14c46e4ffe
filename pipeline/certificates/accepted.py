"""A certificate that was made elsewhere: what it must be, to be issued to a customer."""

from collections.abc import Container
from datetime import datetime

from pipeline.certificates.expiry import expires_at, is_valid
from pipeline.certificates.paste import PasteCode, PastedCertificate, PasteRefused, read_paste
from pipeline.model.certificate import IssuedCertificate
from pipeline.terms import Issuer


def accept_text(
    text: str, now: datetime, used: Container[str] = frozenset()
) -> PastedCertificate | PasteRefused:
    """Return the certificate in ``text`` unless it is in ``used``, or why it is refused."""
    found = read_paste(text, now)
    if not isinstance(found, PasteRefused) and found.fingerprint in used:
        return PasteRefused(PasteCode.USED)
    return found


def accept_created(
    found: PastedCertificate, created: datetime | None, now: datetime, *, zone: str, issuer: Issuer
) -> IssuedCertificate | PasteRefused:
    """Return the certificate ``found`` as issued, or why it is refused.

    ``created`` is when it was created as far as somebody knows; without it the certificate itself
    has to tell. It never ends later than it says itself.
    """
    begin = created or found.created_at
    if begin is None:
        return PasteRefused(PasteCode.CREATION_UNKNOWN)
    if max(begin, found.created_at or begin) > now:
        return PasteRefused(PasteCode.NOT_YET_CREATED)
    end = expires_at(begin, zone)
    if found.expires_at is not None:
        end = min(end, found.expires_at)
    if not is_valid(end, now):
        return PasteRefused(PasteCode.EXPIRED)
    return IssuedCertificate(
        text=found.text,
        serial=found.serial,
        created_at=begin,
        expires_at=end,
        fingerprint=found.fingerprint,
        issuer=issuer,
    )
