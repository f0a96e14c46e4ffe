from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pipeline.certificates import der
from pipeline.certificates.authority import Authority
from pipeline.certificates.issuers.embedded import EmbeddedIssuer
from pipeline.certificates.lint import lint
from pipeline.model.certificate import CertificateSubject

_KEY = ec.generate_private_key(ec.SECP256R1())
_OURS = x509.ObjectIdentifier("1.3.6.1.4.1.32473.1.1")
_FULL_NAME = x509.ObjectIdentifier("1.3.6.1.4.1.32473.1.2")
_TEL, _URN = "tel:+81312345678", "urn:whatsapp-request:WA-7K3M9Q4M"


@dataclass(frozen=True)
class _Parts:
    """A certificate taken apart, to be put together with one part changed."""

    subject: x509.Name
    issuer: x509.Name
    serial: int
    begin: datetime
    end: datetime
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey
    extensions: tuple[tuple[x509.ExtensionType, bool], ...]
    hash: hashes.SHA256 | hashes.SHA384

    def with_extension(self, value: x509.ExtensionType, *, critical: bool) -> "_Parts":
        return replace(self, extensions=(*self.without(value.oid).extensions, (value, critical)))

    def without(self, oid: x509.ObjectIdentifier) -> "_Parts":
        return replace(
            self, extensions=tuple(pair for pair in self.extensions if pair[0].oid != oid)
        )

    def build(self) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.subject)
            .issuer_name(self.issuer)
            .serial_number(self.serial)
            .not_valid_before(self.begin)
            .not_valid_after(self.end)
            .public_key(self.key)
        )
        for value, critical in self.extensions:
            builder = builder.add_extension(value, critical)
        return builder.sign(_KEY, self.hash)


@pytest.fixture
def good(issuer: EmbeddedIssuer, subject: CertificateSubject, now: datetime) -> _Parts:
    issued = issuer.finish(issuer.prepare(subject, issuer.reserve_serial(), now).to_be_signed)
    found = x509.load_pem_x509_certificate(issued.text.encode())
    key = found.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return _Parts(
        subject=found.subject,
        issuer=found.issuer,
        serial=found.serial_number,
        begin=found.not_valid_before_utc,
        end=found.not_valid_after_utc,
        key=key,
        extensions=tuple((one.value, one.critical) for one in found.extensions),
        hash=hashes.SHA256(),
    )


def _name(*parts: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts])


def _uris(*uris: str) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri) for uri in uris])


def _usage(*, signs_certificates: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def test_a_certificate_of_ours_has_no_findings(good: _Parts, authority: Authority) -> None:
    assert lint(good.build(), authority) == ()


_O, _SERIAL, _CN = NameOID.ORGANIZATION_NAME, NameOID.SERIAL_NUMBER, NameOID.COMMON_NAME


@pytest.mark.parametrize(
    ("names", "findings"),
    [
        (((_O, "X"), (_SERIAL, "WA-7K3M9Q4M"), (_CN, "genesys.com")), ("subject",)),
        (((_SERIAL, "WA-7K3M9Q4M"), (_O, "X")), ("subject",)),
        (((_O, "X" * 65), (_SERIAL, "WA-7K3M9Q4M")), ("organisation",)),
        (((_O, "X"), (_SERIAL, "wa-7k3m9q4m")), ("reference", "reference_urn")),
    ],
)
def test_the_subject_is_name_and_reference_only(
    good: _Parts,
    authority: Authority,
    names: tuple[tuple[x509.ObjectIdentifier, str], ...],
    findings: tuple[str, ...],
) -> None:
    assert lint(replace(good, subject=_name(*names)).build(), authority) == findings


@pytest.mark.parametrize(
    ("value", "critical", "findings"),
    [
        (_uris(_TEL), False, ("alternative_name",)),
        (_uris(_URN, _TEL), False, ("alternative_name",)),
        (_uris(_TEL, _URN, "https://genesys.com"), False, ("alternative_name",)),
        (_uris(_TEL, _URN), True, ("alternative_name",)),
        (_uris("tel:0312345678", _URN), False, ("number",)),
        (_uris(_TEL, "urn:whatsapp-request:WA-00000000"), False, ("reference_urn",)),
        (
            x509.SubjectAlternativeName(
                [
                    x509.UniformResourceIdentifier(_TEL),
                    x509.UniformResourceIdentifier(_URN),
                    x509.DNSName("genesys.com"),
                ]
            ),
            False,
            ("alternative_name",),
        ),
        (x509.ExtendedKeyUsage([_OURS]), False, ("extended_key_usage",)),
        (
            x509.ExtendedKeyUsage([_OURS, ExtendedKeyUsageOID.SERVER_AUTH]),
            True,
            ("extended_key_usage", "tls_purpose"),
        ),
        (
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]),
            True,
            ("extended_key_usage", "tls_purpose"),
        ),
        (x509.BasicConstraints(ca=True, path_length=None), True, ("basic_constraints",)),
        (x509.BasicConstraints(ca=False, path_length=None), False, ("basic_constraints",)),
        (_usage(signs_certificates=True), True, ("key_usage",)),
        (_usage(), False, ("key_usage",)),
        (x509.UnrecognizedExtension(_FULL_NAME, der.utf8_string("X")), True, ("full_name",)),
        (x509.OCSPNoCheck(), False, ("unknown_extension",)),
        (x509.SubjectKeyIdentifier(b"x" * 20), True, ("subject_key_identifier",)),
        (
            x509.AuthorityKeyIdentifier(b"x" * 20, None, None),
            False,
            ("authority_key_identifier",),
        ),
    ],
)
def test_a_changed_extension_is_found(
    good: _Parts,
    authority: Authority,
    value: x509.ExtensionType,
    critical: bool,
    findings: tuple[str, ...],
) -> None:
    changed = good.with_extension(value, critical=critical)
    assert lint(changed.build(), authority) == findings


@pytest.mark.parametrize(
    ("oid", "finding"),
    [
        (x509.SubjectAlternativeName.oid, "alternative_name"),
        (x509.ExtendedKeyUsage.oid, "extended_key_usage"),
        (x509.BasicConstraints.oid, "basic_constraints"),
        (x509.KeyUsage.oid, "key_usage"),
        (x509.SubjectKeyIdentifier.oid, "subject_key_identifier"),
        (x509.AuthorityKeyIdentifier.oid, "authority_key_identifier"),
        (_FULL_NAME, "full_name"),
    ],
)
def test_a_missing_extension_is_found(
    good: _Parts, authority: Authority, oid: x509.ObjectIdentifier, finding: str
) -> None:
    assert set(lint(good.without(oid).build(), authority)) == {finding}


def test_a_foreign_issuer_key_hash_or_time_is_found(good: _Parts, authority: Authority) -> None:
    hour = timedelta(hours=1)
    small = rsa.generate_private_key(65537, 2048).public_key()
    curve = ec.generate_private_key(ec.SECP384R1()).public_key()
    changes: dict[str, _Parts] = {
        "issuer": replace(good, issuer=good.subject),
        "public_key": replace(good, key=small),
        "public_key curve": replace(good, key=curve),
        "public_key_of_authority": replace(good, key=authority.public_key),
        "signature_algorithm": replace(good, hash=hashes.SHA384()),
        "validity": replace(good, end=good.end + 3 * hour),
        "validity short": replace(good, end=good.end - 3 * hour),
        "serial": replace(good, serial=good.serial >> 8),
    }
    found = {name: lint(parts.build(), authority) for name, parts in changes.items()}
    assert found == {name: (name.split()[0],) for name in changes}
