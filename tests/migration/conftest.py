"""Empty databases on both engines."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.servers.postgresql import postgresql_programs, running_postgresql


@pytest.fixture(scope="session")
def postgresql_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if postgresql_programs() is None:
        pytest.skip("PostgreSQL is not installed")
    with running_postgresql(tmp_path_factory.mktemp("postgresql")) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def two_urls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """Two empty databases of one engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'one'}", f"sqlite:///{tmp_path / 'two'}"
    url: str = request.getfixturevalue("postgresql_url")
    names = [f"{request.node.name.partition('[')[0]}_{place}"[-60:] for place in ("one", "two")]
    with psycopg.connect(url, autocommit=True) as connection:
        for name in names:
            connection.execute(f"CREATE DATABASE {name}".encode())
    base = url.rpartition("/")[0]
    return f"{base}/{names[0]}", f"{base}/{names[1]}"
