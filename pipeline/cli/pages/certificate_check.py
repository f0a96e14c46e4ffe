"""What ``certificate verify`` says: whether a certificate may be used, and why not."""

from datetime import timedelta

from pipeline.certificates.verify import Reason
from pipeline.flow.views.certificates import CertificateCheck
from pipeline.wording import console as words
from pipeline.wording.instants import told

_A_DAY = timedelta(days=1)
_AN_HOUR = timedelta(hours=1)
_A_MINUTE = timedelta(minutes=1)


def lines_of(found: CertificateCheck, zone: str) -> list[str]:
    """Return the lines to print: the answer, each reason, and what the certificate is for."""
    lines = [words.word("certificate_valid" if found.valid else "certificate_not_valid")]
    lines += [f"  {sentence(found, reason, zone)}" for reason in found.reasons]
    facts = {
        "reference": found.reference,
        "number": found.number,
        "company": found.business_name,
        "created": told(found.created, zone),
        "expires": told(found.expires, zone),
    }
    return lines + [f"{words.word(key)}: {value}" for key, value in facts.items() if value]


def sentence(found: CertificateCheck, reason: Reason, zone: str) -> str:
    """Return what is wrong with a certificate for ``reason``."""
    values: dict[str, object] = {}
    match reason:
        case Reason.EXPIRED if found.expires is not None:
            ago = span(found.at - found.expires)
            values = {"at": told(found.expires, zone), "ago": ago}
        case Reason.NOT_YET_VALID:
            values = {"at": told(found.created, zone)}
        case Reason.REVOKED:
            why = words.named("reason", found.end_reason)
            values = {"at": told(found.ended_at, zone), "why": why}
        case Reason.SUPERSEDED:
            values = {"at": told(found.ended_at, zone)}
        case Reason.WRONG_NUMBER:
            values = {"number": found.number, "expected": found.expected}
    return words.word(f"verify_{reason.value}", **values)


def span(length: timedelta) -> str:
    """Return how long ``length`` is in the largest of days, hours and minutes that it has."""
    for unit, key in ((_A_DAY, "days"), (_AN_HOUR, "hours")):
        if length >= unit:
            return words.counted(f"span_{key}", length // unit)
    return words.counted("span_minutes", max(1, length // _A_MINUTE))
