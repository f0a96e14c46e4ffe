"""An identity server for each test, one with TLS, and a database of the test's own."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.store.unit_of_work import Store
from tests.servers.certificates import make_certificate
from tests.servers.tokens import TokenServer, token_server
from tests.world.fixtures import guard, one_child

__all__ = ["guard", "one_child"]


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


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database with tables and nothing else: making one takes longer than most tests."""
    folder = tmp_path_factory.mktemp("database")
    Store.open(folder / "db.sqlite3", mailbox_id="m", blobs=folder / "blobs").close()
    return folder


@pytest.fixture
def store(empty_database: Path, tmp_path: Path) -> Iterator[Store]:
    folder = shutil.copytree(empty_database, tmp_path / "database")
    with Store.open(folder / "db.sqlite3", mailbox_id="m", blobs=folder / "blobs") as opened:
        yield opened
