"""Our own checks of a certificate against the profile, before the authority's key touches it."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import lru_cache
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, SignatureAlgorithmOID

from pipeline import terms
from pipeline.certificates.authority import Authority
from pipeline.certificates.names import SERIAL_OCTETS
from pipeline.model.identifiers import read_reference

_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_ORGANISATION_MAXIMUM = 64

#: A day is 24 h in UTC; a change of the clock moves the end, nowhere by more than two hours.
_CLOCK_CHANGE = timedelta(hours=2)
_INCLUSIVE = timedelta(seconds=1)

_Kind = TypeVar("_Kind", bound=x509.ExtensionType)
_Check = Callable[[x509.Certificate, Authority], Iterator[str]]


def lint(certificate: x509.Certificate, authority: Authority) -> tuple[str, ...]:
    """Return codes of what ``certificate`` does not have as the profile demands; empty when fine.

    The signature is not looked at: a copy signed with a throw-away key is linted.
    """
    return tuple(finding for check in _CHECKS for finding in check(certificate, authority))


def _form(certificate: x509.Certificate, authority: Authority) -> Iterator[str]:
    if certificate.version is not x509.Version.v3:
        yield "version"
    octets = certificate.serial_number.to_bytes(
        (certificate.serial_number.bit_length() + 7) // 8, "big"
    )
    if len(octets) != SERIAL_OCTETS or octets[0] != 1:
        yield "serial"
    if certificate.signature_algorithm_oid != SignatureAlgorithmOID.ECDSA_WITH_SHA256:
        yield "signature_algorithm"
    if certificate.issuer != authority.subject:
        yield "issuer"
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != ec.SECP256R1.name:
        yield "public_key"
    if key == authority.public_key:
        yield "public_key_of_authority"


def _times(certificate: x509.Certificate, authority: Authority) -> Iterator[str]:
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    life = timedelta(days=terms.CERTIFICATE_DAYS)
    if not life - _CLOCK_CHANGE - _INCLUSIVE <= end - begin <= life + _CLOCK_CHANGE:
        yield "validity"
    if begin < authority.certificate.not_valid_before_utc:
        yield "before_authority"
    if end > authority.certificate.not_valid_after_utc:
        yield "after_authority"


def _names(certificate: x509.Certificate, _authority: Authority) -> Iterator[str]:
    found = [(attribute.oid, str(attribute.value)) for attribute in certificate.subject]
    if [oid for oid, _ in found] != [NameOID.ORGANIZATION_NAME, NameOID.SERIAL_NUMBER]:
        yield "subject"
        return
    if not 0 < len(found[0][1]) <= _ORGANISATION_MAXIMUM:
        yield "organisation"
    reference = found[1][1]
    if read_reference(reference) != reference:
        yield "reference"
    alternative = _extension(certificate, x509.SubjectAlternativeName)
    uris = (
        alternative.value.get_values_for_type(x509.UniformResourceIdentifier) if alternative else []
    )
    if alternative is None or alternative.critical or len(list(alternative.value)) != len(uris):
        yield "alternative_name"
    if [uri.partition(":")[0] for uri in uris] != ["tel", "urn"]:
        yield "alternative_name"
        return
    if not _E164.fullmatch(uris[0].removeprefix("tel:")):
        yield "number"
    if uris[1] != f"urn:whatsapp-request:{reference}":
        yield "reference_urn"


def _purposes(certificate: x509.Certificate, authority: Authority) -> Iterator[str]:
    purposes = _extension(certificate, x509.ExtendedKeyUsage)
    ours = _below(authority.arc, "1.1")
    if purposes is None or not purposes.critical or list(purposes.value) != [ours]:
        yield "extended_key_usage"
    tls = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    wide = tls | {ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    if purposes is not None and wide & set(purposes.value):
        yield "tls_purpose"
    constraints = _extension(certificate, x509.BasicConstraints)
    if constraints is None or not constraints.critical or constraints.value.ca:
        yield "basic_constraints"
    usage = _extension(certificate, x509.KeyUsage)
    if usage is None or not usage.critical or usage.value.key_cert_sign or usage.value.crl_sign:
        yield "key_usage"


def _identifiers(certificate: x509.Certificate, authority: Authority) -> Iterator[str]:
    own = _extension(certificate, x509.SubjectKeyIdentifier)
    expected = authority.key_identifier
    issued_by = _extension(certificate, x509.AuthorityKeyIdentifier)
    if own is None or own.critical:
        yield "subject_key_identifier"
    if issued_by is None or issued_by.critical or issued_by.value.key_identifier != expected:
        yield "authority_key_identifier"


def _extras(certificate: x509.Certificate, authority: Authority) -> Iterator[str]:
    full_name = _below(authority.arc, "1.2")
    known = {
        x509.BasicConstraints.oid,
        x509.KeyUsage.oid,
        x509.ExtendedKeyUsage.oid,
        x509.SubjectAlternativeName.oid,
        x509.SubjectKeyIdentifier.oid,
        x509.AuthorityKeyIdentifier.oid,
        full_name,
    }
    found = {extension.oid: extension.critical for extension in certificate.extensions}
    if set(found) - known:
        yield "unknown_extension"
    if found.get(full_name, True):
        yield "full_name"


@lru_cache(maxsize=8)
def _below(arc: str, number: str) -> x509.ObjectIdentifier:
    return x509.ObjectIdentifier(f"{arc}.{number}")


def _extension(certificate: x509.Certificate, kind: type[_Kind]) -> x509.Extension[_Kind] | None:
    found: x509.Extension[Any]
    for found in certificate.extensions:
        if type(found.value) is kind:
            return found
    return None


_CHECKS: tuple[_Check, ...] = (_form, _times, _names, _purposes, _identifiers, _extras)
