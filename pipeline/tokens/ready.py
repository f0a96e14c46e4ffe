"""A token that somebody else keeps fresh: in a file that is rewritten, or by a command."""

from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.errors import ConfigurationError, PipelineError
from pipeline.tokens.keeper import Watch


@dataclass
class ReadyToken:
    """Reads the token anew for each log-in; nobody says how long it holds."""

    read: Callable[[], str] = field(repr=False)
    watch: Watch | None = None

    def token(self) -> str:
        """Return the token; see :class:`pipeline.sasl.Bearer`."""
        return self.read()

    def another(self, refused: str) -> str | None:
        """Return the token when it has been replaced in the meantime."""
        token = self.read()
        return token if token != refused else None

    def accepted(self, server: str) -> None:
        """Take note that ``server`` let us in."""
        if self.watch is not None:
            self.watch.good(server)

    def refused(self, server: str, user: str, reason: str) -> PipelineError:
        """Return what to tell of a token that whoever keeps it fresh has to replace."""
        error = ConfigurationError("token_ready_refused", server=server, user=user, reason=reason)
        if self.watch is not None:
            self.watch.failed(server, error)
        return error
