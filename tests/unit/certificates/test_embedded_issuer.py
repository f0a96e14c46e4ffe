import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pipeline import terms
from pipeline.certificates.authority import Authority
from pipeline.certificates.crl import Revocation, revocation_list
from pipeline.certificates.issuers.embedded import EmbeddedIssuer
from pipeline.certificates.lint import lint
from pipeline.certificates.profile import build_to_be_signed, read_subject
from pipeline.errors import PipelineError, RefusedError
from pipeline.model.certificate import CertificateSubject, IssuedCertificate
from pipeline.terms import Issuer

OpenSsl = Callable[..., subprocess.CompletedProcess[str]]


def _issue(issuer: EmbeddedIssuer, subject: CertificateSubject, now: datetime) -> IssuedCertificate:
    return issuer.finish(issuer.prepare(subject, issuer.reserve_serial(), now).to_be_signed)


def _parse(issued: IssuedCertificate) -> x509.Certificate:
    return x509.load_pem_x509_certificate(issued.text.encode())


@pytest.fixture
def strict(
    folder: Path, tmp_path: Path, openssl: OpenSsl
) -> Callable[[str, str, datetime], tuple[int, str]]:
    def verify(text: str, crl: str, at: datetime) -> tuple[int, str]:
        (tmp_path / "certificate.pem").write_text(text)
        (tmp_path / "crl.pem").write_text(crl)
        result = openssl(
            *("verify", "-x509_strict", "-crl_check", "-attime", str(int(at.timestamp()))),
            *("-CRLfile", str(tmp_path / "crl.pem"), "-CAfile", str(folder / "authority.crt")),
            str(tmp_path / "certificate.pem"),
        )
        return result.returncode, result.stdout + result.stderr

    return verify


Strict = Callable[[str, str, datetime], tuple[int, str]]


def test_openssl_verifies_strictly_from_creation_to_the_last_second(
    issuer: EmbeddedIssuer,
    authority: Authority,
    subject: CertificateSubject,
    now: datetime,
    strict: Strict,
) -> None:
    issued = _issue(issuer, subject, now)
    # OpenSSL calls a certificate expired at notAfter already, a second before RFC 5280 does.
    last = issued.expires_at - timedelta(seconds=2)
    crl = revocation_list(authority, [], now - timedelta(seconds=5))
    results = {
        at: strict(issued.text, crl, at)
        for at in (now - timedelta(seconds=1), now, last, issued.expires_at)
    }
    assert [code for code, _ in results.values()] == [2, 0, 0, 2]
    assert "certificate is not yet valid" in results[now - timedelta(seconds=1)][1]
    assert "certificate has expired" in results[issued.expires_at][1]


def test_openssl_refuses_a_revoked_certificate_and_no_other(
    issuer: EmbeddedIssuer,
    authority: Authority,
    subject: CertificateSubject,
    now: datetime,
    strict: Strict,
) -> None:
    old, new = _issue(issuer, subject, now), _issue(issuer, subject, now)
    crl = revocation_list(authority, [Revocation(old.serial, now, "superseded")], now)
    code, words = strict(old.text, crl, now)
    assert (code, "certificate revoked" in words) == (2, True)
    assert strict(new.text, crl, now)[0] == 0


def test_certificate_carries_name_reference_number_and_nothing_for_tls(
    issuer: EmbeddedIssuer, subject: CertificateSubject, now: datetime
) -> None:
    certificate = _parse(_issue(issuer, subject, now))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert certificate.version is x509.Version.v3
    assert [(name.oid, name.value) for name in certificate.subject] == [
        (NameOID.ORGANIZATION_NAME, "株式会社サンプル商事"),
        (NameOID.SERIAL_NUMBER, "WA-7K3M9Q4M"),
    ]
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [
        "tel:+81312345678",
        "urn:whatsapp-request:WA-7K3M9Q4M",
    ]
    assert purposes.critical is True
    assert [oid.dotted_string for oid in purposes.value] == ["1.3.6.1.4.1.32473.1.1"]
    assert isinstance(certificate.signature_hash_algorithm, hashes.SHA256)
    assert read_subject(certificate) == subject


def test_openssl_refuses_it_as_a_tls_server_and_client(
    issuer: EmbeddedIssuer,
    subject: CertificateSubject,
    now: datetime,
    folder: Path,
    tmp_path: Path,
    openssl: OpenSsl,
) -> None:
    file = tmp_path / "certificate.pem"
    file.write_text(_issue(issuer, subject, now).text)
    at = str(int(now.timestamp()))
    for purpose in ("sslserver", "sslclient"):
        result = openssl(
            *("verify", "-purpose", purpose, "-attime", at),
            *("-CAfile", str(folder / "authority.crt"), str(file)),
        )
        assert result.returncode == 2
        assert "unsuitable certificate purpose" in result.stderr


def test_times_and_fingerprint_are_those_of_the_text(
    issuer: EmbeddedIssuer, subject: CertificateSubject, now: datetime
) -> None:
    issued = _issue(issuer, subject, now + timedelta(microseconds=999_999))
    certificate = _parse(issued)
    assert issued.issuer is Issuer.EMBEDDED
    assert issued.created_at == now == certificate.not_valid_before_utc
    assert issued.expires_at == now + timedelta(hours=168)
    assert certificate.not_valid_after_utc == now + timedelta(hours=168) - timedelta(seconds=1)
    assert issued.fingerprint == certificate.fingerprint(hashes.SHA256()).hex()
    assert issued.serial == f"{certificate.serial_number:036x}"


def test_the_stored_bytes_give_one_certificate_however_often_they_are_finished(
    issuer: EmbeddedIssuer, subject: CertificateSubject, now: datetime, folder: Path
) -> None:
    prepared = issuer.prepare(subject, issuer.reserve_serial(), now)
    later = Authority.make(folder, passphrase=None, name="x", now=now + timedelta(days=1))
    assert issuer.finish(prepared.to_be_signed) == EmbeddedIssuer(later).finish(
        prepared.to_be_signed
    )


def test_what_was_prepared_is_what_is_issued(
    issuer: EmbeddedIssuer, subject: CertificateSubject, now: datetime
) -> None:
    serial = issuer.reserve_serial()
    prepared = issuer.prepare(subject, serial, now)
    issued = issuer.finish(prepared.to_be_signed)
    assert (issued.serial, issued.created_at, issued.expires_at) == (
        serial,
        prepared.created_at,
        prepared.expires_at,
    )
    assert _parse(issued).tbs_certificate_bytes == prepared.to_be_signed


def test_the_key_in_a_certificate_is_new_each_time_and_not_the_authoritys(
    issuer: EmbeddedIssuer, authority: Authority, subject: CertificateSubject, now: datetime
) -> None:
    first, second = (_parse(_issue(issuer, subject, now)).public_key() for _ in range(2))
    assert isinstance(first, ec.EllipticCurvePublicKey)
    assert first != second
    assert first != authority.public_key


@pytest.mark.parametrize(
    ("given", "organisation", "whole"),
    [
        ("あ" * 255, "あ" * 64, "あ" * 255),
        ("𠮷" * 70, "𠮷" * 64, "𠮷" * 70),
        ("A" * 63 + " B", "A" * 63, "A" * 63 + " B"),
        ("Line\r\nbreak\x00 Ltd", "Line break Ltd", "Line break Ltd"),
        ("O\u0308l AG", "Öl AG", "Öl AG"),
        ("Half \ud83d Ltd", "Half Ltd", "Half Ltd"),
    ],
)
def test_a_name_is_cut_to_64_characters_and_kept_whole_beside(
    issuer: EmbeddedIssuer,
    subject: CertificateSubject,
    now: datetime,
    given: str,
    organisation: str,
    whole: str,
) -> None:
    certificate = _parse(_issue(issuer, replace(subject, business_name=given), now))
    found = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    assert [name.value for name in found] == [organisation]
    assert read_subject(certificate).business_name == whole


@pytest.mark.parametrize("name", ["", "  ", "\x00\r\n", "\ud83d"])
def test_a_name_with_nothing_to_read_is_refused(
    issuer: EmbeddedIssuer, subject: CertificateSubject, now: datetime, name: str
) -> None:
    with pytest.raises(RefusedError, match="certificate_subject_empty"):
        _issue(issuer, replace(subject, business_name=name), now)


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"reference": "WA-7K3M9Q4N"}, "reference"),
        ({"number": "03-1234-5678"}, "number"),
        ({"number": "+81312345678,DNS=genesys.com"}, "number"),
    ],
)
def test_a_subject_outside_the_profile_never_reaches_the_key(
    issuer: EmbeddedIssuer,
    subject: CertificateSubject,
    now: datetime,
    change: dict[str, str],
    finding: str,
) -> None:
    with pytest.raises(PipelineError) as caught:
        issuer.prepare(replace(subject, **change), issuer.reserve_serial(), now)
    assert caught.value.code == "certificate_lint_failed"
    assert caught.value.params["findings"] == finding


@pytest.mark.parametrize(
    ("serial", "begin", "end", "finding"),
    [
        ("02" + "00" * 17, 0, 168, "serial"),
        ("01" + "00" * 16, 0, 168, "serial"),
        ("01" + "00" * 17, 0, 24 * 30, "validity"),
        ("01" + "00" * 17, 0, 24, "validity"),
        ("01" + "00" * 17, -24 * 60, 168 - 24 * 60, "before_authority"),
        ("01" + "00" * 17, 24 * 7400, 24 * 7400 + 168, "after_authority"),
    ],
)
def test_a_serial_or_time_outside_the_profile_never_reaches_the_key(
    authority: Authority,
    subject: CertificateSubject,
    now: datetime,
    serial: str,
    begin: int,
    end: int,
    finding: str,
) -> None:
    created, expires = now + timedelta(hours=begin), now + timedelta(hours=end)
    with pytest.raises(PipelineError) as caught:
        build_to_be_signed(authority, subject, int(serial, 16), created, expires)
    assert caught.value.params["findings"] == finding


def test_bytes_prepared_for_another_authority_are_refused(
    issuer: EmbeddedIssuer, subject: CertificateSubject, now: datetime, tmp_path: Path
) -> None:
    other = Authority.make(tmp_path / "other", passphrase=None, name="Other", now=now)
    prepared = EmbeddedIssuer(other).prepare(subject, issuer.reserve_serial(), now)
    with pytest.raises(RefusedError, match="certificate_authority_changed"):
        issuer.finish(prepared.to_be_signed)


@pytest.mark.parametrize("damage", [b"", b"0\x03abc", b"\x30\x82\xff\xff"])
def test_bytes_that_are_no_certificate_are_refused(issuer: EmbeddedIssuer, damage: bytes) -> None:
    with pytest.raises(RefusedError, match="certificate_authority_changed"):
        issuer.finish(damage)


def test_bytes_of_another_profile_are_never_signed_into_a_certificate(
    issuer: EmbeddedIssuer, authority: Authority, now: datetime
) -> None:
    builder = x509.CertificateBuilder().subject_name(authority.certificate.subject)
    key = ec.generate_private_key(ec.SECP256R1())
    stranger = (
        builder.issuer_name(authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=300))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    with pytest.raises(PipelineError) as caught:
        issuer.finish(stranger.tbs_certificate_bytes)
    assert caught.value.code == "certificate_lint_failed"
    assert set(lint(stranger, authority)) == {
        "serial",
        "validity",
        "subject",
        "extended_key_usage",
        "basic_constraints",
        "key_usage",
        "subject_key_identifier",
        "authority_key_identifier",
        "full_name",
    }


def test_a_zone_with_a_change_of_the_clock_passes_the_profile(
    authority: Authority, subject: CertificateSubject
) -> None:
    berlin = EmbeddedIssuer(authority, "Europe/Berlin")
    created = datetime(2027, 3, 25, 11, tzinfo=UTC)
    issued = _issue(berlin, subject, created)
    assert issued.expires_at - issued.created_at == timedelta(hours=167)


def test_certificate_lives_as_long_as_the_terms_say_and_passes_the_lint(
    monkeypatch: pytest.MonkeyPatch,
    issuer: EmbeddedIssuer,
    subject: CertificateSubject,
    now: datetime,
) -> None:
    monkeypatch.setattr(terms, "CERTIFICATE_DAYS", 10)
    prepared = issuer.prepare(subject, issuer.reserve_serial(), now)
    issued = issuer.finish(prepared.to_be_signed)
    assert issued.expires_at - issued.created_at == timedelta(days=10)


@pytest.mark.parametrize("count", [100, pytest.param(10_000, marks=pytest.mark.long)])
def test_certificates_have_distinct_serials_of_the_right_form(
    count: int, issuer: EmbeddedIssuer, subject: CertificateSubject, now: datetime
) -> None:
    serials = set()
    for _ in range(count):
        issued = _issue(issuer, subject, now)
        number = _parse(issued).serial_number
        assert f"{number:036x}" == issued.serial
        octets = number.to_bytes(18, "big")
        assert octets[0] == 1  # neither negative nor shorter than it was reserved
        serials.add(octets)
    assert len(serials) == count
