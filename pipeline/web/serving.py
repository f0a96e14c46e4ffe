"""Serving the console over HTTP until somebody asks it to end."""

from collections.abc import Callable

import uvicorn

from pipeline.clock import Clock
from pipeline.config import Settings
from pipeline.config.reading import Sources
from pipeline.web.application import application
from pipeline.web.console import open_console

#: A page under way has so long to be finished when the console ends.
_GRACE_SECONDS = 5
_MOST_CONNECTIONS = 200


def serve(
    settings: Settings,
    clock: Clock,
    origin: str,
    where: tuple[str, int],
    begun: Callable[[], None],
    sources: Sources | None = None,
) -> None:
    """Serve the console at ``where``, host and port, until SIGTERM or SIGINT.

    Browsers come to ``origin``; ``sources`` tell where each setting comes from. ``begun`` is called
    when it takes connections. Raises OSError when the port is taken, and what
    :func:`pipeline.web.console.open_console` raises.
    """
    host, port = where
    with open_console(settings, clock, origin, sources) as console:
        server = _Server(
            uvicorn.Config(
                application(console),
                host=host,
                port=port,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=_MOST_CONNECTIONS,
                timeout_graceful_shutdown=_GRACE_SECONDS,
            ),
            begun,
        )
        server.run()


class _Server(uvicorn.Server):
    """A server that says when it takes connections."""

    def __init__(self, config: uvicorn.Config, begun: Callable[[], None]) -> None:
        super().__init__(config)
        self._begun = begun

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Begin to take connections."""
        await super().startup(sockets)  # type: ignore[arg-type] # as it came
        if self.started:
            self._begun()
