"""Real servers for the acceptance tests; each test gets a mailbox and a database of its own."""

import itertools
import os
from collections.abc import Callable, Iterator

import psycopg
import pytest

from tests.flow.conftest import empty_sqlite, guard, make_world
from tests.servers.dovecot import Dovecot, dovecot_program, running_dovecot
from tests.servers.postgresql import postgresql_programs, running_postgresql

#: The worlds of the flow's tests serve the stories too.
__all__ = ["empty_sqlite", "guard", "make_world"]

_names = itertools.count()


def _missing(server: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{server} is not installed")
    pytest.skip(f"{server} is not installed")


@pytest.fixture(scope="session")
def dovecot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dovecot]:
    if dovecot_program() is None:
        _missing("Dovecot")
    users = {f"requests{number}": "secret" for number in range(20)}
    with running_dovecot(tmp_path_factory.mktemp("dovecot"), users) as server:
        yield server


@pytest.fixture
def mail_user() -> str:
    """The name of a mailbox that no other test uses."""
    return f"requests{next(_names)}"


@pytest.fixture(scope="session")
def new_postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Make one more empty database and return its URL."""
    if postgresql_programs() is None:
        _missing("PostgreSQL")
    with running_postgresql(tmp_path_factory.mktemp("postgresql")) as url:

        def create() -> str:
            name = f"acceptance_{next(_names)}"
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}".encode())
            return url.rpartition("/")[0] + f"/{name}"

        yield create


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of the database: empty for the SQLite file of the state folder."""
    if request.param == "sqlite":
        return ""
    return str(request.getfixturevalue("new_postgresql")())
