"""What pkilint, which checks the profile of RFC 5280 (PKIX), says of what we sign.

It is no part of the tests' packages, so these are long tests. They run where its commands are on
the path, or in the folder that PKILINT names.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from pipeline.certificates.authority import Authority
from pipeline.certificates.crl import Revocation, revocation_list
from pipeline.certificates.issuers.embedded import EmbeddedIssuer
from pipeline.model.certificate import CertificateSubject

pytestmark = pytest.mark.long

#: It knows http and the like alone; ``tel:`` (RFC 3966) and ``urn:`` (RFC 8141) are URIs, too.
WAIVED = "pkix.invalid_uri_syntax"

Findings = Callable[..., set[str]]


@pytest.fixture
def findings(tmp_path: Path) -> Findings:
    def run(program: str, text: str, *options: str) -> set[str]:
        found = shutil.which(program, path=os.environ.get("PKILINT")) or shutil.which(program)
        if found is None:
            pytest.skip("pkilint is not installed")
        path = tmp_path / "signed.pem"
        path.write_text(text)
        done = subprocess.run(
            [found, "lint", *options, "-s", "NOTICE", "-f", "JSON", str(path)],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        results = json.loads(done.stdout)["results"]
        return {one["code"] for node in results for one in node["finding_descriptions"]}

    return run


@pytest.mark.parametrize("name", ["Sample Trading", "株式会社サンプル商事", "Ü" * 200])
def test_certificates_are_clean_but_for_what_is_waived(
    name: str, issuer: EmbeddedIssuer, now: datetime, findings: Findings
) -> None:
    subject = CertificateSubject(name, "WA-7K3M9Q4M", "+81312345678")
    made = issuer.finish(issuer.prepare(subject, issuer.reserve_serial(), now).to_be_signed)
    assert findings("lint_pkix_cert", made.text) <= {WAIVED}


def test_the_authority_and_its_lists_are_clean(
    authority: Authority, now: datetime, findings: Findings
) -> None:
    assert findings("lint_pkix_cert", authority.certificate_pem) == set()
    revoked = [Revocation("01" + "ab" * 17, now, "superseded")]
    for entries in ([], revoked):
        text = revocation_list(authority, entries, now)
        assert findings("lint_crl", text, "-t", "CRL", "-p", "PKIX") == set()
