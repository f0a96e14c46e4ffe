"""Worlds whose certificates come from Meta: a fake of its API, and what tests ask about it."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from pipeline.flow.staff import review as decisions
from pipeline.meta import client
from pipeline.model.form import FormKind
from pipeline.model.request import Actor, EventName, Status
from pipeline.store.records import RequestRecord
from tests.servers.meta import FakeMeta, fake_meta
from tests.servers.meta_state import FakeNumber
from tests.world.customers import HANAKO, form
from tests.world.fixtures import MakeWorld
from tests.world.outbox import notices
from tests.world.world import World

NUMBER, NAME = "+819012345678", "さくら電機"


@pytest.fixture(autouse=True)
def no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the client try again at once."""
    opened = partial(client.open_graph, sleep=lambda _seconds: None)
    monkeypatch.setattr(client, "open_graph", opened)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def any_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database on each engine in turn."""
    return "" if request.param == "sqlite" else request.getfixturevalue("postgresql")()


@pytest.fixture
def meta_world(make_world: MakeWorld, tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Make a world whose certificates come from Meta; ``meta`` is the server."""
    with fake_meta() as server:

        def make(url: str = "", **settings: object) -> World:
            world = make_world(url, certificates={"issuer": "meta"})
            server.clock = server.account.clock = world.clock
            world.change(meta=server.settings(tmp_path, **{"timeout_seconds": 5, **settings}))
            return world

        make.server = server  # type: ignore[attr-defined]
        yield make
    assert server.breaches == []


@pytest.fixture
def meta(meta_world: Callable[..., World]) -> FakeMeta:
    """The server of the world."""
    server: FakeMeta = meta_world.server  # type: ignore[attr-defined]
    return server


@pytest.fixture
def world(meta_world: Callable[..., World]) -> World:
    """A world on SQLite whose certificates come from Meta."""
    return meta_world()


def reviewed(world: World, **more: str) -> RequestRecord:
    """Bring a good form to the review of its display name."""
    world.mail(HANAKO, form(FormKind.ONBOARDING, "ja", **more))
    record = decisions.approve(
        world.services, world.request(), "saki", ticked="all", business_verified=True
    )
    assert record.status is Status.NAME_REVIEW
    world.staff_mails()
    return world.again(record)


def certified(world: World, meta: FakeMeta) -> tuple[RequestRecord, FakeNumber]:
    """Bring a request to its first certificate."""
    number = meta.account.add(NUMBER, NAME)
    record = reviewed(world)
    meta.account.approve_name(number)
    assert "certificate_issued" in notices(world.later(hours=1))
    return world.again(record), number


def alerts(world: World) -> list[str]:
    """Return the codes of all alerts, the oldest first."""
    with world.services.store.read() as tx:
        return [line.code for line in reversed(tx.alerts.list(1000))]


def told(world: World) -> list[str]:
    """Return the codes of the alerts about Meta."""
    return [code for code in alerts(world) if code.startswith(("meta_", "not_revoked"))]


def history(world: World, record: RequestRecord) -> list[tuple[EventName | None, Actor]]:
    """Return the events of a request with their actors."""
    with world.services.store.read() as tx:
        return [(line.event, line.actor) for line in tx.events.list(record.id)]
