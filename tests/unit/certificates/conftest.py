"""An authority in a temporary folder, and the real openssl."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.certificates.authority import Authority
from pipeline.certificates.issuers.embedded import EmbeddedIssuer
from pipeline.model.certificate import CertificateSubject

OpenSsl = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 24, 5, 30, 15, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "authority"


@pytest.fixture
def authority(folder: Path, now: datetime) -> Authority:
    return Authority.make(folder, passphrase=None, name="Genesys WhatsApp requests", now=now)


@pytest.fixture
def issuer(authority: Authority) -> EmbeddedIssuer:
    return EmbeddedIssuer(authority)


@pytest.fixture
def subject() -> CertificateSubject:
    return CertificateSubject("株式会社サンプル商事", "WA-7K3M9Q4M", "+81312345678")


@pytest.fixture
def openssl() -> OpenSsl:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["openssl", *arguments], capture_output=True, text=True, check=False, timeout=30
        )

    return run
