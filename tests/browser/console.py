"""A console that listens on loopback, with the story of the demo behind it and a crowd in front."""

import itertools
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from pipeline.clock import SettableClock
from pipeline.config import load, look
from pipeline.demo.play import play
from pipeline.flow.services import open_services
from pipeline.flow.staff.people import sessions, users
from pipeline.store.records import RequestRecord
from pipeline.store.staff_records import Role
from pipeline.web.application import application
from pipeline.web.console import open_console
from pipeline.wording import console as words
from tests.world.mails import Customer
from tests.world.settings import STAFF, write_settings
from tests.world.world import World

#: A Tuesday, ten in the morning in Tokyo.
NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
PASSWORD = "correct-horse-battery-staple"
#: So many customers write at a time: one batch for many tests.
_CROWD = 24
_PEER = "127.0.0.1"


@dataclass
class Running:
    """A console that is served: its address, and the world behind it."""

    origin: str
    world: World
    _positions: Iterator[int] = field(default_factory=itertools.count)
    _untouched: list[str] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)

    def token(self, name: str, role: Role = Role.APPROVER) -> str:
        """Return the token of a new session of ``name``; a new user where there is none."""
        services = self.world.services
        with services.store.read() as tx:
            known = tx.users.by_name(name)
        if known is None:
            users.add(services, name, role, "test", password=PASSWORD)
        return sessions.log_in(services, name, PASSWORD, peer=_PEER).token

    def record(self, reference: str) -> RequestRecord:
        """Return a request as it is now."""
        return next(one for one in self.world.requests() if one.reference == reference)

    def fresh(self, count: int) -> list[str]:
        """Return references of new requests that no test had before."""
        if len(self._untouched) < count:
            self.world.deliver_forms(*itertools.islice(self._positions, _CROWD))
            self.world.run()
            found = [one.reference for one in self.world.requests()]
            self._untouched += [one for one in found if one not in self._seen]
            self._seen.update(found)
        taken, self._untouched = self._untouched[:count], self._untouched[count:]
        return taken


@contextmanager
def crowded(folder: Path) -> Iterator[Running]:
    """Serve a console that nobody wrote to yet; :meth:`Running.fresh` brings customers."""
    path = write_settings(
        folder / "pipeline.toml",
        store={"home": folder / "state"},
        team={"alert_to": STAFF, "time_zone": "Asia/Tokyo"},
    )
    clock = SettableClock(NOW)
    with open_services(load(path, environment={}), clock, make=True):
        pass
    with _served(path, clock) as served:
        yield served


@contextmanager
def storied(folder: Path, language: str = "en") -> Iterator[Running]:
    """Serve the console of the story of the demo, which is played in ``folder`` before."""
    with words.speaking(language):
        play(folder, nullcontext, NOW)
    with _served(folder / "pipeline.toml", SettableClock(NOW)) as served:
        yield served


@contextmanager
def _served(path: Path, clock: SettableClock) -> Iterator[Running]:
    found = look(path, environment={})
    listening = socket.create_server((_PEER, 0))
    origin = f"http://{_PEER}:{listening.getsockname()[1]}"
    with open_console(found.settings, clock, origin, found.sources) as console:
        server = uvicorn.Server(
            uvicorn.Config(application(console), log_config=None, access_log=False, lifespan="off")
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield Running(origin, World(console.base, clock, Customer(clock)))
        finally:
            server.should_exit = True
            thread.join()
            listening.close()
