"""A token that somebody else keeps fresh: in a file that is rewritten, or by a command."""

from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.errors import PipelineError


@dataclass
class ReadyToken:
    """Reads the token anew for each log-in; nobody says how long it holds."""

    read: Callable[[], str] = field(repr=False)

    def token(self) -> str:
        """Return the token; see :class:`pipeline.sasl.Bearer`."""
        return self.read()

    def another(self, refused: str) -> str | None:
        """Return the token when it has been replaced in the meantime."""
        token = self.read()
        return token if token != refused else None

    def accepted(self, server: str) -> None:
        """Do nothing: no failure was noted."""

    def refused(self, server: str, user: str, reason: str) -> PipelineError | None:  # noqa: ARG002
        """Return nothing: the ordinary sentence of a refused log-in names token and user."""
        return None
