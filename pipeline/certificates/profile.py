"""The profile of our certificates (RFC 5280), from the to-be-signed bytes to the finished text."""

import unicodedata
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pipeline.certificates import der
from pipeline.certificates.authority import DEFAULT_ARC, Authority
from pipeline.certificates.lint import lint
from pipeline.errors import PipelineError, RefusedError
from pipeline.model.certificate import CertificateSubject, IssuedCertificate
from pipeline.terms import Issuer

#: X.520: the upper bound of an organisation's name, in characters.
_ORGANISATION_MAXIMUM = 64

#: RFC 5280: notAfter is inclusive, ours is the first instant that is too late.
_INCLUSIVE = timedelta(seconds=1)

#: AlgorithmIdentifier of ecdsa-with-SHA256, without parameters (RFC 5758, section 3.2).
_ECDSA_WITH_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")

_REFERENCE_URN = "urn:whatsapp-request:"

_NO_AUTHORITY = x509.BasicConstraints(ca=False, path_length=None)
_USAGE = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


@lru_cache(maxsize=8)
def key_purpose(arc: str) -> x509.ObjectIdentifier:
    """Return the one purpose of our certificates: no TLS program knows it."""
    return x509.ObjectIdentifier(f"{arc}.1.1")


@lru_cache(maxsize=8)
def full_name_extension(arc: str) -> x509.ObjectIdentifier:
    """Return the extension that holds the whole business name as a DER UTF8String."""
    return x509.ObjectIdentifier(f"{arc}.1.2")


def build_to_be_signed(
    authority: Authority,
    subject: CertificateSubject,
    serial: int,
    created_at: datetime,
    expires_at: datetime,
) -> bytes:
    """Return the DER of the TBSCertificate (RFC 5280, section 4.1) for ``subject``.

    A copy is signed with a throw-away key and linted before the bytes are returned; the authority's
    key is not used. ``created_at`` and ``expires_at`` are whole seconds. The certificate's own
    public key belongs to a throw-away pair whose private half is dropped here: nobody can use the
    certificate to sign or to serve TLS, it only carries our word. Raises RefusedError when the
    subject cannot be named, PipelineError when the copy fails the lint.
    """
    name = _clean(subject.business_name)
    if not name:
        raise RefusedError("certificate_subject_empty", reference=subject.reference)
    unused_key = ec.generate_private_key(ec.SECP256R1()).public_key()
    builder = _describe(authority, subject, name, unused_key)
    copy = (
        builder.serial_number(serial)
        .not_valid_before(created_at.astimezone(UTC))
        .not_valid_after(expires_at.astimezone(UTC) - _INCLUSIVE)
        .sign(_throw_away(), hashes.SHA256())
    )
    findings = lint(copy, authority)
    if findings:
        raise PipelineError(
            "certificate_lint_failed", reference=subject.reference, findings=",".join(findings)
        )
    return copy.tbs_certificate_bytes


@cache
def _throw_away() -> ec.EllipticCurvePrivateKey:
    """Return the key that copies are signed with to be linted; no certificate of it exists."""
    return ec.generate_private_key(ec.SECP256R1())


def finish(authority: Authority, to_be_signed: bytes) -> IssuedCertificate:
    """Return the certificate of the stored ``to_be_signed`` bytes.

    The same bytes give the same certificate, however often this is called. Raises RefusedError
    when the bytes were prepared for another authority, PipelineError when they are no certificate
    of our profile.
    """
    signature = der.bit_string(authority.sign(to_be_signed))
    whole = der.sequence(to_be_signed + _ECDSA_WITH_SHA256 + signature)
    try:
        certificate = x509.load_der_x509_certificate(whole)
        certificate.verify_directly_issued_by(authority.certificate)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise RefusedError("certificate_authority_changed") from error
    findings = lint(certificate, authority)
    if findings:
        raise PipelineError("certificate_lint_failed", findings=",".join(findings))
    return IssuedCertificate(
        text=certificate.public_bytes(serialization.Encoding.PEM).decode("ascii"),
        serial=f"{certificate.serial_number:036x}",
        created_at=certificate.not_valid_before_utc,
        expires_at=certificate.not_valid_after_utc + _INCLUSIVE,
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        issuer=Issuer.EMBEDDED,
    )


def read_subject(certificate: x509.Certificate, arc: str = DEFAULT_ARC) -> CertificateSubject:
    """Return whom ``certificate`` is for; what it does not tell is empty."""
    names = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    references = certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)
    return CertificateSubject(
        business_name=_whole_name(certificate, arc) or (str(names[0].value) if names else ""),
        reference=str(references[0].value) if references else "",
        number=_number(certificate),
    )


def _whole_name(certificate: x509.Certificate, arc: str) -> str:
    try:
        found = certificate.extensions.get_extension_for_oid(full_name_extension(arc)).value
    except x509.ExtensionNotFound:
        return ""
    return (
        der.read_utf8_string(found.value) if isinstance(found, x509.UnrecognizedExtension) else ""
    )


def _number(certificate: x509.Certificate) -> str:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ""
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    return next((uri.removeprefix("tel:") for uri in uris if uri.startswith("tel:")), "")


def _clean(name: str) -> str:
    """Return ``name`` without control characters and halves of characters, in NFC."""
    kept = "".join(
        " " if unicodedata.category(character) in {"Cc", "Zl", "Zp"} else character
        for character in name
        if unicodedata.category(character) != "Cs"
    )
    return unicodedata.normalize("NFC", " ".join(kept.split()))


def _describe(
    authority: Authority,
    subject: CertificateSubject,
    name: str,
    public_key: ec.EllipticCurvePublicKey,
) -> x509.CertificateBuilder:
    short = name[:_ORGANISATION_MAXIMUM].rstrip()
    own_names = [
        x509.UniformResourceIdentifier(f"tel:{subject.number}"),
        x509.UniformResourceIdentifier(_REFERENCE_URN + subject.reference),
    ]
    return (
        x509.CertificateBuilder()
        .subject_name(
            x509.Name(
                [
                    x509.NameAttribute(NameOID.ORGANIZATION_NAME, short),
                    x509.NameAttribute(NameOID.SERIAL_NUMBER, subject.reference),
                ]
            )
        )
        .issuer_name(authority.subject)
        .public_key(public_key)
        .add_extension(_NO_AUTHORITY, critical=True)
        .add_extension(_USAGE, critical=True)
        .add_extension(x509.ExtendedKeyUsage([key_purpose(authority.arc)]), critical=True)
        .add_extension(x509.SubjectAlternativeName(own_names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(authority.as_issuer, critical=False)
        .add_extension(
            x509.UnrecognizedExtension(full_name_extension(authority.arc), der.utf8_string(name)),
            critical=False,
        )
    )
