"""Serving the console over HTTP until somebody asks it to end."""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import uvicorn
from anyio.to_thread import current_default_thread_limiter

from pipeline import logs
from pipeline.clock import Clock
from pipeline.config import Settings
from pipeline.config.reading import Sources
from pipeline.errors import TryLaterError
from pipeline.signals import Stop
from pipeline.systemd import Manager
from pipeline.web.application import application
from pipeline.web.console import open_console

#: A page under way has so long to be finished when the console ends; the end itself takes a while,
#: and all of it is shorter than the time after which the process is broken off.
_GRACE_SECONDS = 2
_MOST_CONNECTIONS = 200
#: Pages that are made at once. More of them share the same processors and one writer of SQLite,
#: and each thread keeps memory and connections to the database.
_MOST_PAGES = 8


@dataclass(frozen=True, slots=True)
class Running:
    """What the process runs under: who asks it to end, who is told, and what is done at the begin.

    ``begun`` is called when connections are taken.
    """

    stop: Stop
    manager: Manager
    begun: Callable[[], None]


def serve(
    settings: Settings,
    clock: Clock,
    origin: str,
    where: tuple[str, int],
    running: Running,
    sources: Sources | None = None,
) -> None:
    """Serve the console at ``where``, host and port, until the Stop of ``running`` is asked.

    Browsers come to ``origin``; ``sources`` tell where each setting comes from. Raises
    TryLaterError ``serve_taken`` when the port is taken, and what
    :func:`pipeline.web.console.open_console` raises.
    """
    with (
        open_console(settings, clock, origin, sources) as console,
        closing(_listening(*where)) as listener,
    ):
        config = uvicorn.Config(
            application(console),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        theirs = logging.getLogger("uvicorn")
        theirs.propagate, theirs.handlers = False, [_Faults(logging.ERROR)]
        _Server(config, running).run(sockets=[listener])


class _Faults(logging.Handler):
    """Logs what the server itself fails at, by its type: its own words may have a customer's."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log one fault; a page that is broken off when the console ends is none."""
        kind = record.exc_info[0] if record.exc_info else None
        if kind is not None and issubclass(kind, asyncio.CancelledError):
            return
        level = logging.INFO if kind is None else logging.ERROR
        logs.event("web", "server_fault", level, kind=kind.__name__ if kind else record.funcName)


def _listening(host: str, port: int) -> socket.socket:
    """Return the socket that takes connections; uvicorn would end the process where it cannot."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address[:2], family=family, backlog=_MOST_CONNECTIONS)
    except OSError as error:
        # the system's own words: Python names the address behind them once more
        is_system = not isinstance(error, socket.gaierror) and error.errno is not None
        reason = os.strerror(error.errno or 0) if is_system else error.strerror
        raise TryLaterError("serve_taken", bind=f"{host}:{port}", reason=reason) from error


class _Server(uvicorn.Server):
    """A server that tells when it takes connections and that it goes on, and ends when asked."""

    def __init__(self, config: uvicorn.Config, running: Running) -> None:
        super().__init__(config)
        self._stop = running.stop
        self._manager = running.manager
        self._begun = running.begun

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take connections."""
        current_default_thread_limiter().total_tokens = _MOST_PAGES
        await super().startup(sockets)
        if self.started:
            self._manager.ready()
            self._begun()

    async def on_tick(self, counter: int) -> bool:
        """Tell, ten times a second, whether to end."""
        self._manager.alive()
        return self._stop.asked() or await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the pages under way."""
        self._manager.stopping()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to who asks the Stop: uvicorn would end the process by them."""
        yield
