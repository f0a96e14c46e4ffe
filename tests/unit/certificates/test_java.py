"""Java's validator (PKIX) says of our certificates what ours does; where there is a Java."""

import shutil
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipeline.certificates.authority import Authority
from pipeline.certificates.crl import Revocation, revocation_list
from pipeline.certificates.issuers.embedded import EmbeddedIssuer
from pipeline.model.certificate import CertificateSubject

_PROGRAM = Path(__file__).with_name("Check.java")


@pytest.mark.skipif(shutil.which("javac") is None, reason="there is no Java compiler")
def test_java_says_ok_revoked_and_expired(
    authority: Authority,
    issuer: EmbeddedIssuer,
    subject: CertificateSubject,
    now: datetime,
    tmp_path: Path,
) -> None:
    subprocess.run(["javac", "-d", str(tmp_path), str(_PROGRAM)], check=True, timeout=120)
    issued = issuer.finish(issuer.prepare(subject, issuer.reserve_serial(), now).to_be_signed)
    revoked = Revocation(issued.serial, now, "exposed")

    def says(entries: list[Revocation], at: datetime) -> str:
        texts = (issued.text, authority.certificate_pem, revocation_list(authority, entries, now))
        paths = [tmp_path / name for name in ("certificate.pem", "authority.pem", "lists.pem")]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text)
        done = subprocess.run(
            ["java", "-cp", str(tmp_path), "Check", *map(str, paths), str(int(at.timestamp()))],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        return done.stdout.strip()

    assert says([], now) == "OK"
    assert says([], issued.expires_at - timedelta(seconds=1)) == "OK"
    assert says([], issued.expires_at) == "EXPIRED"
    # to Java a certificate is still good in the second of its revocation
    assert says([revoked], now + timedelta(seconds=1)) == "REVOKED"
