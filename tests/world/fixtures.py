"""Worlds for tests: real databases, real Maildirs, the real guarded child."""

import itertools
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.clock import SettableClock
from pipeline.flow.services import Services
from pipeline.flow.services.state import open_store
from pipeline.guard import Guard
from pipeline.store.unit_of_work import Store
from tests.servers.postgresql import new_database
from tests.world.mails import Customer
from tests.world.settings import STAFF, settings_of
from tests.world.world import START, World

_names = itertools.count()
MakeWorld = Callable[..., World]


@pytest.fixture(scope="session")
def guard() -> Iterator[Guard]:
    """The guarded child of a session; a test may kill it, and it is started anew."""
    with Guard() as child:
        yield child


@pytest.fixture
def one_child(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all commands of a session share its guarded child: to start one takes long."""
    monkeypatch.setattr("pipeline.flow.services.Guard", lambda **_: nullcontext(guard))


@dataclass(frozen=True)
class Prepared:
    """What worlds begin with, to be copied."""

    #: A state folder as the first use makes it: keys, and empty tables that know them.
    home: Path
    #: A database file with all tables that knows no keys.
    database: Path


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Make the tables and the keys of worlds once."""
    folder = tmp_path_factory.mktemp("prepared")
    made = Prepared(folder / "home", folder / "file")
    Store.open(made.database, mailbox_id="main", blobs=folder).close()
    open_store(settings_of(made.home), SettableClock(START), make=True).close()
    return made


@pytest.fixture(scope="session")
def postgresql(postgresql_url: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Make one more database with all tables and return its URL."""
    template = new_database(postgresql_url)
    blobs = tmp_path_factory.mktemp("blobs")
    Store.open(template, mailbox_id="main", blobs=blobs).close()
    return lambda: new_database(postgresql_url, template)


@pytest.fixture
def make_world(tmp_path: Path, guard: Guard, prepared: Prepared) -> Iterator[MakeWorld]:
    """Make a world with its own state; the keywords are sections of the settings.

    Keys are made for it where its sections may tell which, and copied where they do not.
    """
    opened: list[Store] = []

    def make(url: str = "", **sections: Mapping[str, object]) -> World:
        home = tmp_path / f"state_{next(_names)}"
        if not url and not sections.keys() & {"store", "certificates"}:
            shutil.copytree(prepared.home, home)
        else:
            home.mkdir(mode=0o700)
            if not url:
                shutil.copy(prepared.database, home / "requests.sqlite3")
        sections["store"] = {"url": url, **sections.get("store", {})}
        sections["team"] = {"alert_to": STAFF, **sections.get("team", {})}
        settings = settings_of(home, **sections)
        clock = SettableClock(START)
        store = open_store(settings, clock, make=True)
        opened.append(store)
        return World(Services(settings, clock, store, store.blobs, guard), clock, Customer(clock))

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
