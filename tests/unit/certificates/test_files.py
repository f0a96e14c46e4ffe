"""Certificates as files, and certificates that break the rules of X.509."""

import base64
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from cryptography.x509.oid import NameOID

from pipeline.certificates.authority import Authority
from pipeline.certificates.files import text_of
from pipeline.certificates.issuers.embedded import EmbeddedIssuer
from pipeline.certificates.issuers.manual import ManualIssuer
from pipeline.certificates.paste import (
    PasteCode,
    PastedCertificate,
    PasteRefused,
    read_paste,
)
from pipeline.certificates.verify import Reason, number_in, verify
from pipeline.model.certificate import CertificateSubject, IssuedCertificate

_KEY = ec.generate_private_key(ec.SECP256R1())
_DER = serialization.Encoding.DER
_OPEN = serialization.NoEncryption()
_FORMAT = serialization.PrivateFormat.PKCS8


@pytest.fixture
def issued(issuer: EmbeddedIssuer, subject: CertificateSubject, now: datetime) -> IssuedCertificate:
    return issuer.finish(issuer.prepare(subject, issuer.reserve_serial(), now).to_be_signed)


def _der(text: str) -> bytes:
    return x509.load_pem_x509_certificate(text.encode()).public_bytes(_DER)


_FILES: dict[str, Callable[[str], bytes]] = {
    "PEM": str.encode,
    "DER": _der,
    "DER with a line end": lambda text: _der(text) + b"\r\n",
    "UTF-8 with its mark": lambda text: text.encode("utf-8-sig"),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16, the other order": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "UTF-16 without a mark": lambda text: text.encode("utf-16-le"),
    "UTF-32": lambda text: text.encode("utf-32"),
    "base64 in UTF-16": lambda text: "".join(text.strip().splitlines()[1:-1]).encode("utf-16"),
    "base64 in UTF-8 with its mark": lambda text: base64.b64encode(_der(text)).join(
        [b"\xef\xbb\xbf", b"\r\n"]
    ),
}


@pytest.mark.parametrize("file", _FILES.values(), ids=_FILES.keys())
def test_the_certificate_of_a_file_is_read(
    file: Callable[[str], bytes], issued: IssuedCertificate, now: datetime
) -> None:
    found = read_paste(text_of(file(issued.text)), now)
    assert isinstance(found, PastedCertificate)
    assert found.text == issued.text


def _wrong(text: str) -> dict[str, tuple[bytes, PasteCode]]:
    certificate = x509.load_pem_x509_certificate(text.encode())
    holder = x509.CertificateSigningRequestBuilder().subject_name(certificate.subject)
    formats = serialization.PrivateFormat
    secret = serialization.BestAvailableEncryption(b"passphrase")
    der = _der(text)
    return {
        "cut off": (der[:-9], PasteCode.TRUNCATED),
        "two": (der + der, PasteCode.UNREADABLE),
        "a chain": (
            pkcs7.serialize_certificates([certificate], _DER),
            PasteCode.UNREADABLE,
        ),
        "a request": (holder.sign(_KEY, hashes.SHA256()).public_bytes(_DER), PasteCode.UNREADABLE),
        "key": (_KEY.private_bytes(_DER, _FORMAT, _OPEN), PasteCode.PRIVATE_KEY),
        "encrypted key": (_KEY.private_bytes(_DER, _FORMAT, secret), PasteCode.PRIVATE_KEY),
        "old key": (
            _KEY.private_bytes(_DER, formats.TraditionalOpenSSL, _OPEN),
            PasteCode.PRIVATE_KEY,
        ),
        "short key": (
            ed25519.Ed25519PrivateKey.generate().private_bytes(_DER, _FORMAT, _OPEN),
            PasteCode.PRIVATE_KEY,
        ),
        "both": (
            pkcs12.serialize_key_and_certificates(b"one", _KEY, None, None, secret),
            PasteCode.PRIVATE_KEY,
        ),
        "another file": (b"PK\x03\x04" + bytes(range(256)), PasteCode.UNREADABLE),
        "nothing": (b"", PasteCode.EMPTY),
        "one octet": (b"\x30", PasteCode.TRUNCATED),
        "a header": (b"\x30\x82", PasteCode.TRUNCATED),
    }


_WRONG_NAMES = (
    *("cut off", "two", "a chain", "a request", "key", "encrypted key", "old key", "short key"),
    *("both", "another file", "nothing", "one octet", "a header"),
)


@pytest.mark.parametrize("name", _WRONG_NAMES)
def test_a_file_without_a_certificate_is_refused_with_its_reason(
    name: str, issued: IssuedCertificate, now: datetime
) -> None:
    content, code = _wrong(issued.text)[name]
    assert read_paste(text_of(content), now) == PasteRefused(code)


def test_a_file_of_another_program_is_read(
    issued: IssuedCertificate, now: datetime, tmp_path: Path
) -> None:
    (tmp_path / "one.pem").write_text(issued.text)
    command = ["openssl", "x509", "-in", "one.pem", "-outform", "DER", "-out", "one.cer"]
    subprocess.run(command, cwd=tmp_path, check=True)
    found = read_paste(text_of((tmp_path / "one.cer").read_bytes()), now)
    assert isinstance(found, PastedCertificate)
    assert found.fingerprint == issued.fingerprint


# --- certificates that break the rules -----------------------------------------------------------

_FOREVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_SAN, _OWN = "2.5.29.17", "1.3.6.1.4.1.32473.9"


def _odd(end: datetime, **extensions: str) -> bytes:
    """Return a certificate until ``end`` with extensions in hexadecimal, by their ids."""
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Odd")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(_KEY.public_key())
        .serial_number(77)
        .not_valid_before(datetime(2026, 11, 1, tzinfo=UTC))
        .not_valid_after(end)
    )
    for oid, value in extensions.items():
        found = x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), bytes.fromhex(value))
        builder = builder.add_extension(found, critical=False)
    return builder.sign(_KEY, hashes.SHA256()).public_bytes(_DER)


def _odd_ones(now: datetime) -> dict[str, bytes]:
    later = now + timedelta(days=7)
    plain = _odd(later)
    twice = _odd(later, **{f"{_OWN}.1": "0400", f"{_OWN}.2": "0400"})
    return {
        "version 4": plain.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x03", 1),
        "an extension twice": twice.replace(b"\x09\x02\x04", b"\x09\x01\x04"),
        "a name of X.400": _odd(later, **{_SAN: "3004a3023000"}),
        "a name of EDI": _odd(later, **{_SAN: "3004a5023000"}),
        "a name that is no text": _odd(later, **{_SAN: "30058603fffefd"}),
        "a usage that is none": _odd(later, **{"2.5.29.15": "0500"}),
        "no end": _odd(_FOREVER),
    }


@pytest.mark.parametrize(
    "name",
    [
        *("version 4", "an extension twice", "a name of X.400", "a name of EDI"),
        *("a name that is no text", "a usage that is none", "no end"),
    ],
)
def test_an_odd_certificate_is_told_and_breaks_nothing(
    name: str, authority: Authority, now: datetime
) -> None:
    text = text_of(_odd_ones(now)[name])
    pem = f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"
    found = verify(pem, authority.certificate_pem, None, now)
    assert found.valid is False
    expected = Reason.OTHER_AUTHORITY if name == "no end" else Reason.UNREADABLE
    assert found.reasons[0] is expected
    assert number_in(pem) == ""
    read = read_paste(text, now)
    is_refused = name == "version 4"
    assert (read == PasteRefused(PasteCode.UNREADABLE)) == is_refused


def test_a_certificate_without_an_end_ends_seven_days_after_its_creation(now: datetime) -> None:
    accepted = ManualIssuer().accept(text_of(_odd(_FOREVER)), created=now, now=now)
    assert isinstance(accepted, IssuedCertificate)
    assert accepted.expires_at == now + timedelta(days=7)


def test_a_certificate_that_is_not_valid_yet_is_refused_whatever_day_is_given(
    issuer: EmbeddedIssuer, subject: CertificateSubject, now: datetime
) -> None:
    later = now + timedelta(days=2)
    made = issuer.finish(issuer.prepare(subject, issuer.reserve_serial(), later).to_be_signed)
    for created in (None, now, now.date()):
        found = ManualIssuer().accept(made.text, created=created, now=now)
        assert found == PasteRefused(PasteCode.NOT_YET_CREATED)
