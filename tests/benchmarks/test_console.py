"""What a page of the console costs: processor time of the application, without a server and a line.

``BENCH_REQUESTS`` says how many requests the large database has (1,000,000 without it).
"""

import asyncio
import os
import sqlite3
import statistics
import time
from collections.abc import Iterator
from contextlib import closing
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
from tests.benchmarks.measuring import show
from tests.benchmarks.test_many_finished import with_finished
from tests.world.console import ORIGIN, PASSWORD
from tests.world.crowd import form_mail
from tests.world.records import Records
from tests.world.world import deliver

_FEW = 10
_MANY = int(os.environ.get("BENCH_REQUESTS", "1000000"))
_MOST_OPEN = 10_000
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
    """Yield the processor seconds of a page, again and again; the first round is unmeasured."""
    desk.page(path)
    while True:
        begin = time.process_time()
        desk.page(path)
        yield time.process_time() - begin


def _compare(what: str, large: tuple[_Desk, str], small: tuple[_Desk, str], against: str) -> None:
    """Measure two pages in turn; fail when the large one is too slow."""
    pairs = zip(_processor(*large), _processor(*small), range(_ROUNDS), strict=False)
    pairs_of_seconds = [(ours, floor) for ours, floor, _ in pairs]
    ours, floor = (statistics.median(side) for side in zip(*pairs_of_seconds, strict=True))
    show(f"console: {what}", ours, floor, against)
    assert ours <= _MOST_TIMES * floor, f"{ours / floor:.2f} times"
    assert ours <= _MOST_SECONDS, f"{ours:.3f} s"
