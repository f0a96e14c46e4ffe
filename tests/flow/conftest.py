"""Worlds for the tests of the flow: real databases, real Maildirs, the real guarded child."""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from pipeline.clock import SettableClock
from pipeline.config import Settings
from pipeline.flow.services import Services
from pipeline.flow.services.state import open_store
from pipeline.guard import Guard
from pipeline.store.unit_of_work import Store
from tests.flow.world import AUTHSERV, STAFF, START, Customer, World
from tests.servers.postgresql import postgresql_programs, running_postgresql

_names = itertools.count()
#: Sections of the settings with the values that differ from those of the tests.
Changes = dict[str, dict[str, object]]
MakeWorld = Callable[..., World]


@pytest.fixture(scope="session")
def guard() -> Iterator[Guard]:
    with Guard() as child:
        yield child


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with all tables, to be copied."""
    folder = tmp_path_factory.mktemp("empty")
    Store.open(f"sqlite:///{folder / 'file'}", mailbox_id="main", blobs=folder).close()
    return folder / "file"


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Make one more database with all tables and return its URL."""
    if postgresql_programs() is None:
        if os.environ.get("CI") == "true":
            pytest.fail("PostgreSQL is not installed")
        pytest.skip("PostgreSQL is not installed")
    folder = tmp_path_factory.mktemp("postgresql")
    with running_postgresql(folder) as url:
        Store.open(_created(url, "empty"), mailbox_id="main", blobs=folder).close()
        yield lambda: _created(url, f"world_{next(_names)}", "empty")


@pytest.fixture
def empty_postgresql(postgresql: Callable[[], str]) -> str:
    """Return the URL of a database without tables."""
    return _created(postgresql().rpartition("/")[0] + "/postgres", f"bare_{next(_names)}")


def _created(url: str, name: str, template: str = "template1") -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    return url.rpartition("/")[0] + f"/{name}"


@pytest.fixture
def make_world(tmp_path: Path, guard: Guard, empty_sqlite: Path) -> Iterator[MakeWorld]:
    """Make a world with its own state; the keywords are sections of the settings."""
    opened: list[Store] = []

    def make(url: str = "", **changes: dict[str, object]) -> World:
        home = tmp_path / f"state_{next(_names)}"
        home.mkdir(mode=0o700)
        if not url:
            shutil.copy(empty_sqlite, home / "requests.sqlite3")
        base: Changes = {
            "store": {"home": home, "url": url},
            "sender": {"authserv_ids": (AUTHSERV,)},
            "team": {"alert_to": STAFF},
        }
        sections = {**base, **{name: base.get(name, {}) | more for name, more in changes.items()}}
        settings = Settings.model_validate(sections)
        clock = SettableClock(START)
        store = open_store(settings, clock, make=True)
        opened.append(store)
        services = Services(settings, clock, store, store.blobs, guard)
        return World(services, clock, Customer(clock))

    yield make
    for store in opened:
        store.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def any_world(request: pytest.FixtureRequest, make_world: MakeWorld) -> World:
    """A world on each engine in turn."""
    if request.param == "sqlite":
        return make_world()
    return make_world(request.getfixturevalue("postgresql")())


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A world on SQLite."""
    return make_world()
