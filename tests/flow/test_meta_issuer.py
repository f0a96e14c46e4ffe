"""Certificates of Meta, against a server that behaves like its documented API."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from pipeline.flow.staff import review as decisions
from pipeline.meta import client
from pipeline.model.certificate import CertificateState
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
LIVE, SUPERSEDED = CertificateState.LIVE, CertificateState.SUPERSEDED


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
    record = reviewed(world)
    number = meta.account.add(NUMBER, NAME)
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


def test_from_approval_to_active_without_a_hand(
    meta_world: Callable[..., World], meta: FakeMeta, any_url: str
) -> None:
    world = meta_world(any_url)
    record = reviewed(world)
    number = meta.account.add(NUMBER, NAME)
    assert world.later(minutes=6) == []
    assert world.again(record).status is Status.NAME_REVIEW
    looked = world.clock.now()
    meta.account.approve_name(number)
    (mail,) = world.later(minutes=10)
    assert mail.named == ("certificate_issued", HANAKO)
    (row,) = world.certificates(record)
    assert (row.state, row.issuer.value) == (LIVE, "meta")
    assert row.text == meta.account.certificate(number)
    # nobody is promised a day that the certificate does not have: it was not there at that look
    assert row.created_at == looked
    assert row.expires_at == looked + timedelta(days=7)
    assert row.text[:40] not in mail.text + mail.html + mail.subject
    assert row.text in next(iter(mail.files.values())).decode()
    assert world.later(hours=2) == []
    number.status = "CONNECTED"
    assert notices(world.later(hours=1)) == ["activated"]
    record = world.again(record)
    assert record.status is Status.ACTIVE
    assert record.state.ended_at == world.clock.now()
    seen = history(world, record)
    assert (EventName.NAME_APPROVED, Actor.META) in seen
    assert seen[-1] == (EventName.ACTIVATED, Actor.META)
    assert told(world) == []
    assert world.later(days=2) == []


def test_nothing_is_asked_when_nothing_waits(world: World, meta: FakeMeta) -> None:
    world.mail(HANAKO, form(FormKind.ONBOARDING, "ja"))
    world.later(hours=1)
    assert meta.calls() == []


def test_numbers_are_looked_at_less_and_less_often_and_by_one_list(
    world: World, meta: FakeMeta
) -> None:
    record = reviewed(world)
    meta.account.add(NUMBER, NAME)
    for _ in range(24 * 12):
        world.later(minutes=5)
    assert world.again(record).status is Status.NAME_REVIEW
    assert 20 < len(meta.calls("numbers")) < 36
    assert meta.calls("number") == []
