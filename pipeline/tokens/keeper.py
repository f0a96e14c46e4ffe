"""Keeps tokens as long as they hold: asks before they expire, once at a time, and loses none.

A refresh token that a server replaced is worth as much as a password: the old one may be dead
(RFC 6749, 6), and its second use may end all tokens of the account (RFC 9700, 4.14.2). So one
worker at a time asks, and the answer is kept before the new access token is used.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from pipeline.clock import Clock
from pipeline.errors import ConfigurationError, PipelineError
from pipeline.tokens.grant import TokenSource
from pipeline.tokens.transport import wait_of

#: A token is replaced so long before its end that no log-in starts with one about to expire.
_MARGIN = timedelta(minutes=5)
#: How long an endpoint that gave no token is left alone when it names no time.
_PAUSE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class KeptToken:
    """An access token with its times, and the newest refresh token."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime | None
    obtained_at: datetime

    def holds(self, now: datetime) -> bool:
        """Return whether the token can be used: at least half of its life, or all but a margin."""
        if self.expires_at is None:
            return True
        margin = min(_MARGIN, (self.expires_at - self.obtained_at) / 2)
        return self.obtained_at <= now + _MARGIN and now < self.expires_at - margin

    def serves(self, refused: str, now: datetime) -> bool:
        """Return whether the token can be used and is not the one that a server ``refused``."""
        return self.access_token != refused and self.holds(now)


class Shelf(Protocol):
    """Where tokens outlive a run, for all workers."""

    def turn(self, name: str, longest: timedelta) -> AbstractContextManager[None]:
        """Wait until nobody else asks for a token of this name, and keep others away meanwhile.

        Raises TryLaterError ``token_busy``.
        """
        ...

    def read(self, name: str) -> KeptToken | None:
        """Return what is kept, or None."""
        ...

    def keep(self, name: str, token: KeptToken) -> None:
        """Keep ``token`` in the place of an older one."""
        ...


class Watch(Protocol):
    """Who is told of failures, and that there is none any more."""

    def failed(self, server: str, error: PipelineError) -> None:
        """Take note that ``server`` lets us not in; empty: that no token can be had."""
        ...

    def good(self, server: str) -> None:
        """Take note that ``server`` let us in, with a token."""
        ...


class TokenKeeper:
    """A :class:`pipeline.sasl.Bearer` for one source; one for mailbox and mail out together.

    ``choose`` gives the source with its secrets; it is asked before each request, so that a secret
    that was replaced is used. ``seconds`` is how long a request may take.
    """

    def __init__(
        self,
        choose: Callable[[], TokenSource],
        clock: Clock,
        *,
        shelf: Shelf | None,
        watch: Watch,
        seconds: float,
    ) -> None:
        self._choose = choose
        self._source: TokenSource | None = None
        self._clock = clock
        self._shelf = shelf
        self._watch = watch
        self._longest = timedelta(seconds=4 * seconds)
        self._kept: KeptToken | None = None
        self._failure: PipelineError | None = None
        self._asks_again_at: datetime | None = None

    @property
    def source(self) -> TokenSource:
        """The source as it was last chosen."""
        if self._source is None:
            self._source = self._choose()
        return self._source

    def token(self) -> str:
        """Return a token that holds; see :class:`pipeline.sasl.Bearer`."""
        return self.current().access_token

    def current(self) -> KeptToken:
        """Return the token with its times. Raises what :meth:`token` raises."""
        with self._told_to_watch():
            kept = self._usable("")
        return kept if kept is not None else self._renew("")

    def fresh(self) -> KeptToken:
        """Return a token that was asked for now, whatever is kept."""
        kept = self._read()
        return self._renew(kept.access_token if kept else "")

    def another(self, refused: str) -> str | None:
        """Return a token that is not ``refused``; see :class:`pipeline.sasl.Bearer`."""
        kept = self._usable(refused) or self._renew(refused)
        return kept.access_token if kept.access_token != refused else None

    def accepted(self, server: str) -> None:
        """Take note that ``server`` let us in."""
        self._watch.good(server)

    def refused(self, server: str, user: str, reason: str) -> PipelineError:
        """Return what to tell of a server that takes no token of ours, and take note of it."""
        error = _refusal(self.source.kind, server, user, reason)
        self._watch.failed(server, error)
        return error

    def _usable(self, refused: str) -> KeptToken | None:
        now = self._clock.now()
        if self._kept is None or not self._kept.serves(refused, now):
            self._kept = self._read()
        kept = self._kept
        return kept if kept is not None and kept.serves(refused, now) else None

    def _read(self) -> KeptToken | None:
        return self._shelf.read(self.source.identity) if self._shelf else self._kept

    def _renew(self, refused: str) -> KeptToken:
        """Ask the source; what just failed is not asked again at once."""
        at = self._asks_again_at
        if self._failure is not None and at is not None and self._clock.now() < at:
            raise self._failure
        try:
            with self._told_to_watch():
                self._source = self._choose()
                self._kept = self._asked(self._source, refused)
        except PipelineError as error:
            pause = max(_PAUSE, timedelta(seconds=wait_of(error)))
            self._failure, self._asks_again_at = error, self._clock.now() + pause
            raise
        self._failure = None
        return self._kept

    @contextmanager
    def _told_to_watch(self) -> Iterator[None]:
        """Tell of what has to be mended, such as a secret that cannot be read."""
        try:
            yield
        except ConfigurationError as error:
            self._watch.failed("", error)
            raise

    def _asked(self, source: TokenSource, refused: str) -> KeptToken:
        if self._shelf is None:
            if source.rotates:
                raise ConfigurationError("token_no_state")
            return self._request(source, "")
        name = source.identity
        with self._shelf.turn(name, self._longest):
            kept = self._shelf.read(name)
            if kept is not None and kept.serves(refused, self._clock.now()):
                return kept
            renewal = kept.refresh_token if kept else ""
            try:
                new = self._request(source, renewal)
            except ConfigurationError as error:
                later = self._shelf.read(name)
                if error.code != "token_grant" or later is None or later == kept:
                    raise
                # another worker used the refresh token although it was our turn (its own was over)
                if later.serves(refused, self._clock.now()):
                    return later
                renewal = later.refresh_token
                new = self._request(source, renewal)
            self._shelf.keep(name, new)
            return new

    def _request(self, source: TokenSource, renewal: str) -> KeptToken:
        grant = source.request(renewal)
        now = self._clock.now()
        until = now + grant.lifetime if grant.lifetime is not None else None
        # RFC 6749, 6: an answer without a refresh token leaves the old one as it is
        renewal = (grant.refresh_token or renewal) if source.rotates else ""
        return KeptToken(grant.access_token, renewal, until, now)


def _refusal(kind: str, server: str, user: str, reason: str) -> PipelineError:
    code = "token_useless"
    if kind == "microsoft":
        code = "token_useless_microsoft"
    elif kind == "google":
        code = "token_useless_google"
    return ConfigurationError(code, server=server, user=user, reason=reason)
