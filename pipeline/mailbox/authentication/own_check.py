"""Verify DKIM signatures ourselves, for a mailbox whose servers say nothing of senders (RFC 6376).

The keys are fetched first, outside of the guarded child, which has no network; the signatures are
verified in it.
"""

from collections.abc import Callable, Mapping

from pipeline.mailbox.addresses import parse_senders
from pipeline.mailbox.authentication.domains import aligned, folded
from pipeline.mailbox.authentication.policy import SenderPolicy
from pipeline.mailbox.authentication.signatures import Signature, parse_signatures
from pipeline.mailbox.authentication.zone import trusted_fields
from pipeline.model.message import InboundMessage

TxtRecord = Callable[[str], str | None]
"""Look up the TXT record of a name in the DNS; None where there is none or nobody answers."""

_MOST_SIGNATURES = 5
_MOST_BYTES = 20_000_000
_ALGORITHMS = frozenset({"rsa-sha256", "ed25519-sha256"})
_FEWEST_BITS = 1024
_LONGEST_NAME = 253
_SECONDS = 5.0


def keys_wanted(message: InboundMessage, policy: SenderPolicy) -> tuple[str, ...]:
    """Return the DNS names of the keys that could prove the sender of ``message``.

    There are none where a field of our servers says something, or where the mail has too many
    signatures or is too big.
    """
    fields = message.header("DKIM-Signature")
    if len(message.senders) != 1 or message.size > _MOST_BYTES or not fields:
        return ()
    if len(fields) > _MOST_SIGNATURES or trusted_fields(message.headers, policy):
        return ()
    domain = message.senders[0].domain
    names = (_key_name(found) for found in parse_signatures(fields) if _may_prove(found, domain))
    return tuple(dict.fromkeys(name for name in names if len(name) <= _LONGEST_NAME))


def _may_prove(signature: Signature, domain: str) -> bool:
    algorithm = signature.value("a").lower()
    return signature.proves_from and algorithm in _ALGORITHMS and aligned(signature.domain, domain)


def _key_name(signature: Signature) -> str:
    return f"{signature.value('s').lower()}._domainkey.{signature.domain}"


def fetch_keys(names: tuple[str, ...], look_up: TxtRecord) -> dict[str, str]:
    """Return the key records that the DNS has, by their names."""
    found = {name: look_up(name) for name in names}
    return {name: record for name, record in found.items() if record}


def signing_domains(raw: bytes, sender: str, keys: Mapping[str, str]) -> tuple[str, ...]:
    """Return the domains whose signatures over ``sender`` all verify. Runs in the guarded child.

    A domain with one signature that fails is left out. What the library reads as From has to be
    the same address as we read.
    """
    import dkim  # noqa: PLC0415 - an extra that few installations have

    verifier = dkim.DKIM(raw, minkey=_FEWEST_BITS)
    named = [value.decode("latin-1") for name, value in verifier.headers if name.lower() == b"from"]
    addresses, _ = parse_senders(named)
    if [found.address for found in addresses] != [sender] or len(named) != 1:
        return ()
    fields = [value for name, value in verifier.headers if name.lower() == b"dkim-signature"]
    passed: set[str] = set()
    failed: set[str] = set()
    for index, value in enumerate(fields[:_MOST_SIGNATURES]):
        (signature,) = parse_signatures([value.decode("latin-1")])
        good = _may_prove(signature, sender.rpartition("@")[2])
        good = good and _verifies(verifier, index, keys)
        (passed if good else failed).add(signature.domain)
    return tuple(sorted(passed - failed)) if len(fields) <= _MOST_SIGNATURES else ()


def _verifies(verifier: object, index: int, keys: Mapping[str, str]) -> bool:
    import dkim  # noqa: PLC0415 - as above

    def look_up(name: bytes, timeout: int = 0) -> bytes | None:  # noqa: ARG001 - the library's form
        record = keys.get(folded(name.decode("latin-1")))
        return record.encode("latin-1", "replace") if record and not _is_test(record) else None

    try:
        return bool(verifier.verify(index, dnsfunc=look_up))  # type: ignore[attr-defined]
    except (dkim.DKIMException, ValueError, KeyError, IndexError, AttributeError):
        return False


def _is_test(record: str) -> bool:
    """Return whether a domain only tries DKIM out (RFC 6376, 3.6.1, ``t=y``)."""
    tags = dict(piece.partition("=")[::2] for piece in record.replace(" ", "").split(";"))
    return "y" in tags.get("t", "").split(":")


def dns_txt_record(name: str) -> str | None:
    """Ask the name servers of this machine for a TXT record."""
    import dns.exception  # noqa: PLC0415 - comes with the extra
    import dns.resolver  # noqa: PLC0415

    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=_SECONDS, search=False)
    except (dns.exception.DNSException, OSError, UnicodeError):
        return None
    return b"".join(next(iter(answer)).strings).decode("latin-1")
