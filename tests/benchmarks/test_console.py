"""What a page of the console costs: processor time of the application and its database, no line.

``BENCH_REQUESTS`` says how many requests the large database has (1,000,000 without it).
"""

import asyncio
import os
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.types import Message

from pipeline.batch import run_batch
from pipeline.flow.services import Services
from pipeline.flow.staff.people import passwords, sessions, users
from pipeline.store.staff_records import Role
from pipeline.web.application import application
from pipeline.web.console import Console
from tests.benchmarks.conftest import OpenServices
from tests.benchmarks.copying import analyze, copy_rows
from tests.benchmarks.measuring import descendants_of, processor, show
from tests.benchmarks.test_many_finished import with_finished
from tests.world.console import ORIGIN, PASSWORD
from tests.world.crowd import form_mail
from tests.world.records import Records
from tests.world.world import deliver

_FEW = 10
_MANY = int(os.environ.get("BENCH_REQUESTS", "1000000"))
_MOST_OPEN = 10_000
_EVENTS, _MAILS = 200, 30
_ROUNDS = 15
_MOST_TIMES = 2.0
_MOST_SECONDS = 0.2


@dataclass
class _Desk:
    """The console of a state, and somebody who is logged in."""

    application: Starlette
    cookie: str

    def page(self, path: str) -> bytes:
        """Return the page at ``path``."""
        return asyncio.run(self._page(path))

    async def _page(self, path: str) -> bytes:
        place, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": place,
            "raw_path": place.encode(),
            "query_string": query.encode(),
            "headers": [
                (b"host", ORIGIN.removeprefix("http://").encode()),
                (b"cookie", f"session={self.cookie}; lang=en".encode()),
            ],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8765),
        }
        answers: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            answers.append(message)

        await self.application(scope, receive, send)
        assert answers[0]["status"] == 200
        return b"".join(answer.get("body", b"") for answer in answers)


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no good hash: nobody logs in while a page is measured."""
    monkeypatch.setattr(passwords, "COST", passwords.Cost(memory_kib=8, rounds=1, lanes=1))


def _desk(services: Services) -> _Desk:
    users.add(services, "sato", Role.APPROVER, "test", password=PASSWORD)
    begun = sessions.log_in(services, "sato", PASSWORD, peer="127.0.0.1")
    return _Desk(application(Console(services, ORIGIN)), begun.token)


def _processor(desk: _Desk, path: str) -> Iterator[float]:
    """Yield the processor seconds of a page, again and again; the first round is unmeasured.

    Those of the server of the database are in it.
    """
    desk.page(path)
    servers = descendants_of(os.getpid())
    while True:
        begin = processor(servers)
        desk.page(path)
        yield processor(servers) - begin


def _compare(what: str, large: tuple[_Desk, str], small: tuple[_Desk, str], against: str) -> None:
    """Measure two pages in turn; fail when the large one is too slow."""
    pairs = zip(_processor(*large), _processor(*small), range(_ROUNDS), strict=False)
    pairs_of_seconds = [(ours, floor) for ours, floor, _ in pairs]
    ours, floor = (statistics.median(side) for side in zip(*pairs_of_seconds, strict=True))
    show(f"console: {what}", ours, floor, against)
    assert ours <= _MOST_TIMES * floor, f"{ours / floor:.2f} times"
    assert ours <= _MOST_SECONDS, f"{ours:.3f} s"


@pytest.mark.benchmark
def test_pages_of_a_queue(
    services_in: OpenServices, databases: tuple[str, list[str]], tmp_path: Path
) -> None:
    name, (small, large) = databases
    few = _desk(_with_ten_open(with_finished(services_in, tmp_path / "few", 1, small)))
    services = _with_ten_open(with_finished(services_in, tmp_path / "many", _MANY, large))
    _copy_an_open_one(services, _MOST_OPEN)
    many = _desk(services)
    against = "of a page over ten"
    for path, what in (
        ("/q/needs-me", "page of what needs somebody"),
        ("/q/all", "page of all"),
        ("/help", "page without a table"),
    ):
        told = f"{what}, {_MANY:,} requests, {_MOST_OPEN:,} of them open, {name}"
        _compare(told, (many, path), (few, path), against)


@pytest.mark.benchmark
def test_page_of_a_long_request(
    services_in: OpenServices, databases: tuple[str, list[str]], tmp_path: Path
) -> None:
    name, (url, _) = databases
    services = _with_ten_open(services_in(tmp_path / "state", url))
    short, long = (record.reference for record in Records(services).requests()[:2])
    _lengthen(services, long)
    desk = _desk(services)
    told = f"page of a request with {_EVENTS} events and {_MAILS} mails, {name}"
    _compare(told, (desk, f"/r/{long}"), (desk, f"/r/{short}"), "of one that has just come")


def _with_ten_open(services: Services) -> Services:
    deliver(services, *(form_mail(position) for position in range(1, _FEW + 1)))
    assert run_batch(services).exit_code == 0
    return services


def _copy_an_open_one(services: Services, count: int) -> None:
    values = {
        "id": "'z' || n.i",
        "reference": "'WB-' || n.i",
        "number": "'+8170' || (10000000 + n.i)",
    }
    copy_rows(services, "requests", values, count, "open_since IS NOT NULL")
    analyze(services)


def _lengthen(services: Services, reference: str) -> None:
    """Give a request as many events and mails as a long one has, copies of its own."""
    own = next(
        record.id for record in Records(services).requests() if record.reference == reference
    )
    of_it, half = f"request_id = '{own}'", _MAILS // 2
    copy_rows(services, "events", {"seq": "1000 + n.i", "hash": "'h' || n.i"}, _EVENTS, of_it)
    for table, values in (
        ("messages", {"id": "'m' || n.i", "uid": "1000 + n.i"}),
        ("outbox", {"id": "'o' || n.i", "message_id": "'<' || n.i || '@x>'"}),
        ("message_requests", {"message_row": "'m' || n.i"}),
        ("outbox_requests", {"outbox_id": "'o' || n.i"}),
    ):
        copy_rows(services, table, values, half, of_it)
    analyze(services)
