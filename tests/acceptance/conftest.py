"""Real servers for the acceptance tests; each test gets a mailbox and a database of its own."""

import itertools
from collections.abc import Iterator

import pytest

from tests.servers.dovecot import Dovecot, dovecot_program, running_dovecot
from tests.servers.needed import skip_without
from tests.world.command_line import english
from tests.world.desk import desk, make_desk
from tests.world.fixtures import guard, make_world, one_child, prepared

__all__ = ["desk", "english", "guard", "make_desk", "make_world", "one_child", "prepared"]

_names = itertools.count()


@pytest.fixture(scope="session")
def dovecot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dovecot]:
    skip_without(dovecot_program(), "Dovecot")
    users = {f"requests{number}": "secret" for number in range(20)}
    with running_dovecot(tmp_path_factory.mktemp("dovecot"), users) as server:
        yield server


@pytest.fixture
def mail_user() -> str:
    """The name of a mailbox that no other test uses."""
    return f"requests{next(_names)}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of the database: empty for the SQLite file of the state folder."""
    if request.param == "sqlite":
        return ""
    return str(request.getfixturevalue("new_postgresql")())
