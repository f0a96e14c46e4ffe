"""An identity server for each test, and one with TLS."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.certificates import make_certificate
from tests.servers.tokens import TokenServer, token_server


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"), "127.0.0.1")


@pytest.fixture
def identity() -> Iterator[TokenServer]:
    with token_server() as running:
        yield running


@pytest.fixture
def safe_identity(certificate: Path) -> Iterator[TokenServer]:
    with token_server(certificate) as running:
        yield running
