import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from pipeline.certificates.authority import Authority, retired_certificates
from pipeline.certificates.crl import LIST_LIFE, Revocation, revocation_list
from pipeline.certificates.issuers.embedded import EmbeddedIssuer
from pipeline.certificates.verify import Reason, Verification, verify
from pipeline.errors import ConfigurationError
from pipeline.model.certificate import CertificateSubject, IssuedCertificate

Check = Callable[[datetime], Verification]


@pytest.fixture
def issued(issuer: EmbeddedIssuer, subject: CertificateSubject, now: datetime) -> IssuedCertificate:
    return issuer.finish(issuer.prepare(subject, issuer.reserve_serial(), now).to_be_signed)


def test_a_fresh_certificate_is_valid_and_tells_what_it_is(
    issued: IssuedCertificate, authority: Authority, subject: CertificateSubject, now: datetime
) -> None:
    crl = revocation_list(authority, [], now)
    assert verify(issued.text, authority.certificate_pem, crl, now) == Verification(
        valid=True,
        reasons=(),
        subject=subject,
        created=issued.created_at,
        expires=issued.expires_at,
        serial=issued.serial,
        fingerprint=issued.fingerprint,
    )


@pytest.mark.parametrize(
    ("after", "reasons"),
    [
        (-timedelta(seconds=1), (Reason.NOT_YET_VALID,)),
        (timedelta(0), ()),
        (timedelta(days=7, microseconds=-1), ()),
        (timedelta(days=7), (Reason.EXPIRED,)),
    ],
)
def test_validity_ends_exactly_at_expiry(
    issued: IssuedCertificate,
    authority: Authority,
    now: datetime,
    after: timedelta,
    reasons: tuple[Reason, ...],
) -> None:
    found = verify(issued.text, authority.certificate_pem, None, now + after)
    assert (found.valid, found.reasons) == (not reasons, reasons)


def test_a_revoked_and_expired_certificate_has_both_reasons(
    issued: IssuedCertificate, authority: Authority, now: datetime
) -> None:
    later = now + timedelta(days=8)
    crl = revocation_list(authority, [Revocation(issued.serial, now, "withdraw")], later)
    found = verify(issued.text, authority.certificate_pem, crl, later)
    assert found.reasons == (Reason.EXPIRED, Reason.REVOKED)


def test_a_certificate_of_another_authority_is_not_valid(
    issued: IssuedCertificate, tmp_path: Path, now: datetime
) -> None:
    other = Authority.make(tmp_path / "x", passphrase=None, name="Requests", now=now)
    found = verify(issued.text, other.certificate_pem, None, now)
    assert found.reasons == (Reason.OTHER_AUTHORITY,)


def test_a_certificate_of_a_retired_authority_stays_valid(
    issued: IssuedCertificate, authority: Authority, folder: Path, now: datetime
) -> None:
    assert authority.fingerprint
    new = Authority.rotate(folder, passphrase=None, name="Requests", now=now)
    both = new.certificate_pem + retired_certificates(folder)
    assert verify(issued.text, both, None, now).valid is True
    list_of_new = revocation_list(new, [], now)
    assert verify(issued.text, both, list_of_new, now).reasons == (Reason.LIST_NOT_OURS,)


def test_one_changed_byte_is_noticed(
    issued: IssuedCertificate, authority: Authority, now: datetime
) -> None:
    changed = issued.text.replace(issued.text[100], "A" if issued.text[100] != "A" else "B", 1)
    assert verify(changed, authority.certificate_pem, None, now).valid is False


def test_a_certificate_for_another_purpose_is_not_valid(
    authority: Authority, now: datetime
) -> None:
    own = authority.certificate_pem
    assert verify(own, own, None, now).reasons == (Reason.OTHER_PURPOSE,)


def test_a_text_that_is_no_certificate_is_unreadable(authority: Authority, now: datetime) -> None:
    found = verify("証明書 \ud83d", authority.certificate_pem, None, now)
    assert found == Verification(valid=False, reasons=(Reason.UNREADABLE,))


@pytest.mark.parametrize("distance", [-timedelta(seconds=1), LIST_LIFE])
def test_a_list_is_used_only_in_its_time(
    issued: IssuedCertificate, authority: Authority, now: datetime, distance: timedelta
) -> None:
    crl = revocation_list(authority, [], now - distance)
    found = verify(issued.text, authority.certificate_pem, crl, now)
    assert found.reasons == (Reason.LIST_NOT_CURRENT,)


def test_a_list_that_cannot_be_read_is_our_error(
    issued: IssuedCertificate, authority: Authority, now: datetime
) -> None:
    with pytest.raises(ConfigurationError, match="revocation_list_unreadable"):
        verify(issued.text, authority.certificate_pem, "no list", now)


def test_a_list_names_serials_times_and_known_reasons(authority: Authority, now: datetime) -> None:
    entries = [
        Revocation("01" + "b" * 34, now, "superseded"),
        Revocation("01" + "a" * 34, now - timedelta(hours=1), "some reason of staff"),
    ]
    made = x509.load_pem_x509_crl(revocation_list(authority, entries, now).encode())
    assert [(f"{one.serial_number:036x}", one.revocation_date_utc) for one in made] == [
        (entries[1].serial, entries[1].at),
        (entries[0].serial, entries[0].at),
    ]
    assert [len(one.extensions) for one in made] == [0, 1]
    assert list(made)[1].extensions[0].value == x509.CRLReason(x509.ReasonFlags.superseded)


def test_the_same_revocations_give_the_same_list(authority: Authority, now: datetime) -> None:
    entries = [Revocation("01" + "a" * 34, now, "superseded")]
    assert revocation_list(authority, entries, now) == revocation_list(authority, entries, now)


def test_openssl_verifies_the_list_itself(
    authority: Authority,
    folder: Path,
    tmp_path: Path,
    now: datetime,
    openssl: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    entries = [Revocation("01" + "a" * 34, now, "superseded")]
    file = tmp_path / "crl.pem"
    file.write_text(revocation_list(authority, entries, now))
    result = openssl(
        *("crl", "-in", str(file), "-CAfile", str(folder / "authority.crt"), "-noout", "-text")
    )
    assert (result.returncode, "verify OK" in result.stderr) == (0, True)
    assert f"Serial Number: 01{'A' * 34}" in result.stdout
    assert "Superseded" in result.stdout
