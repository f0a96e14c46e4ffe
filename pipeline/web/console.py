"""What the console works with: the rooms, opened once, and lent to each page for its time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pipeline.clock import Clock
from pipeline.config import Settings
from pipeline.config.reading import Sources
from pipeline.flow.services import Services, open_services
from pipeline.guard import Guard
from pipeline.web.counted import Counted
from pipeline.web.originals.previews import Previews
from pipeline.web.presence import Presence
from pipeline.web.rendering import Renderer
from pipeline.wording import console as words


@dataclass(frozen=True, slots=True)
class Console:
    """The console of one mailbox.

    ``origin`` is the address that its pages are served under; ``sources`` tell where each setting
    comes from, where that is known.
    """

    base: Services
    origin: str
    sources: Sources | None = None
    renderer: Renderer = field(default_factory=Renderer)
    presence: Presence = field(default_factory=Presence)
    previews: Previews = field(default_factory=Previews)
    counted: Counted = field(default_factory=Counted)

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.base.settings

    @property
    def clock(self) -> Clock:
        """The clock of all pages."""
        return self.base.clock

    @property
    def host(self) -> str:
        """The host and port that a browser has to name."""
        return urlsplit(self.origin).netloc.lower()

    @property
    def is_encrypted(self) -> bool:
        """Whether browsers come by TLS, so that cookies can be bound to it."""
        return self.origin.startswith("https://")

    def services(self, guard: Guard | None = None) -> Services:
        """Return services of one page: what they look up once is not older than the page.

        ``guard`` reads bytes in place of the console's own child.
        """
        base = self.base
        return Services(
            base.settings,
            base.clock,
            base.store,
            base.blobs,
            guard or base.guard,
            worker=base.worker,
            token_store=base.store,
        )


@contextmanager
def open_console(
    settings: Settings, clock: Clock, origin: str, sources: Sources | None = None
) -> Iterator[Console]:
    """Open what the console works with.

    Raises ConfigurationError ``state_none`` where no batch ever ran: the console makes no state;
    and what :func:`pipeline.flow.services.open_services` raises.
    """
    words.speak_as_team(lambda: settings.team.language)
    with open_services(settings, clock) as services:
        previews = Previews(str(settings.home()))
        try:
            yield Console(services, origin.rstrip("/"), sources, previews=previews)
        finally:
            previews.close()
