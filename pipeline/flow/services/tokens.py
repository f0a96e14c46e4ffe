"""The tokens of the log-ins: kept in the database, told to staff when none can be had."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from pipeline import logs
from pipeline.clock import Clock
from pipeline.config import Settings, check_ca_file
from pipeline.errors import PipelineError, TryLaterError
from pipeline.model.identifiers import new_id
from pipeline.sasl import Bearer
from pipeline.store.process_records import TokenRecord
from pipeline.store.records import AlertRecord
from pipeline.store.unit_of_work import Store, Transaction

if TYPE_CHECKING:
    from pipeline.tokens.keeper import KeptToken, Watch

_POLL_SECONDS = 0.2


def bearer_of(
    settings: Settings, clock: Clock, store: Store | None, watch: "Watch"
) -> Bearer | None:
    """Return who has tokens, as the settings say; None when they name no source.

    Raises ConfigurationError when a secret or the file of authorities cannot be read.
    """
    from pipeline.tokens.choose import choose  # noqa: PLC0415 - HTTP is slow to import
    from pipeline.tokens.keeper import TokenKeeper  # noqa: PLC0415
    from pipeline.tokens.ready import ReadyToken  # noqa: PLC0415

    if settings.mailbox.oauth_token.is_set():
        return ReadyToken(settings.mailbox.oauth_token.text, watch)
    oauth = settings.oauth
    if oauth.source == "none":
        return None
    check_ca_file(oauth.ca_file, "oauth.ca_file")
    shelf = StoreShelf(store, clock) if store is not None else None
    return TokenKeeper(
        lambda: choose(oauth), clock, shelf=shelf, watch=watch, seconds=oauth.timeout_seconds
    )


class StoreShelf:
    """The table of tokens; see :class:`pipeline.tokens.keeper.Shelf`."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._owner = new_id()

    @contextmanager
    def turn(self, name: str, longest: timedelta) -> Iterator[None]:
        """Hold the lease of this name; a database that cannot be written to is found out here."""
        lease = f"token:{name}"
        end = time.monotonic() + longest.total_seconds()

        def acquire(tx: Transaction) -> bool:
            now = self._clock.now()
            return tx.leases.acquire(lease, self._owner, now, now + longest)

        while not self._store.run(acquire):
            if time.monotonic() > end:
                raise TryLaterError("token_busy")
            time.sleep(_POLL_SECONDS)  # another process holds it: nothing here can be waited for
        try:
            yield
        finally:
            with suppress(PipelineError):  # it runs out by itself
                self._store.run(lambda tx: tx.leases.release(lease, self._owner))

    def read(self, name: str) -> "KeptToken | None":
        """Return what the database keeps."""
        from pipeline.tokens.keeper import KeptToken  # noqa: PLC0415 - HTTP is slow to import

        with self._store.read() as tx:
            found = tx.tokens.get(name)
        if found is None:
            return None
        return KeptToken(
            found.access_token, found.refresh_token, found.expires_at, found.updated_at
        )

    def keep(self, name: str, token: "KeptToken") -> None:
        """Write the token in one transaction, unless a newer one is there."""
        record = TokenRecord(
            name, token.access_token, token.refresh_token, token.expires_at, token.obtained_at
        )

        def write(tx: Transaction) -> None:
            there = tx.tokens.get(name)
            if there is None or there.updated_at <= token.obtained_at:
                tx.tokens.put(record)

        self._store.run(write)


class Unwatched:
    """Tells nobody; for commands that only look."""

    def failed(self, server: str, error: PipelineError) -> None:
        """Do nothing."""

    def good(self, server: str) -> None:
        """Do nothing."""


class AlertOnce:
    """Tells staff of the first failure, and again only after it was good in between."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def failed(self, server: str, error: PipelineError) -> None:
        """Put a line into the next digest when none was put there since the last good log-in."""
        key = _mark(server)

        def change(tx: Transaction) -> None:
            if tx.memory.get(key) is None:
                tx.memory.put(key, error.code)
                detail = f"{server} {error.code}".strip()
                alert = AlertRecord(new_id(), self._clock.now(), "login_failed", "", detail)
                tx.alerts.add(alert)

        try:
            self._store.run(change)
        except PipelineError as fault:
            # the failure of the log-in is what has to be told, not that of its note
            logs.event("tokens", "alert_not_kept", code=fault.code)

    def good(self, server: str) -> None:
        """Forget the failures of this server, and that no token could be had."""
        keys = (_mark(server), _mark(""))
        with suppress(PipelineError):  # the next log-in forgets it
            with self._store.read() as tx:
                marked = [key for key in keys if tx.memory.get(key) is not None]
            if marked:
                self._store.run(lambda tx: _forget(tx, marked))


def _forget(tx: Transaction, keys: list[str]) -> None:
    for key in keys:
        tx.memory.forget(key)


def _mark(server: str) -> str:
    return f"login_failed:{server}"
