"""What goes wrong in a year: processes that are killed, workers in between, couriers, clocks.

A process is killed at a transaction: before it began, or just before its commit. From then on
nothing of it reaches the database; its leases and claims stay. Another worker runs its batch in
between two transactions of the first.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa
from sqlalchemy import event

from pipeline import batch
from pipeline.batch import Summary, run_batch
from pipeline.errors import TryLaterError
from pipeline.flow.connections import open_courier
from pipeline.flow.services import Services
from pipeline.flow.services.state import open_store
from pipeline.notifications.courier import Courier, Delivery, DeliveryKind, Step
from tests.world.world import World

#: Shares of the batches in which it happens.
_KILLED = 0.04
_IN_BETWEEN = 0.03
_SET_BACK = 0.01
#: The share of the mails that a server puts off.
_PUT_OFF = 0.02
#: A batch is killed at one of its first so many transactions, if it has as many.
_TRANSACTIONS = 24
_BACK = timedelta(hours=1)
#: How long servers of mail are down, and how often.
_DOWN = timedelta(hours=5)
_TIMES_DOWN = 4


class KilledError(BaseException):
    """Ends what runs, as SIGKILL does: nothing of ours catches it."""


@dataclass
class Misfortune:
    """What goes wrong in a world between ``start`` and ``until``, drawn from ``random``.

    ``happened`` counts it.
    """

    world: World
    start: datetime
    until: datetime
    random: Random
    happened: dict[str, int] = field(default_factory=dict)
    _other: Services | None = None
    _left: int | None = None
    _visit_at: int | None = None
    _dead: bool = False

    def __post_init__(self) -> None:
        days = (self.until - self.start) / timedelta(days=1)
        self._down_from = [
            self.start + timedelta(days=days * self.random.random()) for _ in range(_TIMES_DOWN)
        ]

    @property
    def slack(self) -> timedelta:
        """How much later than planned a mail may go out."""
        return _DOWN + timedelta(hours=6)

    @contextmanager
    def lived_in(self) -> Iterator[None]:
        """Let it happen in the block."""
        services = self.world.services
        store = open_store(services.settings, self.world.clock, make=False)
        self._other = Services(
            services.settings, services.clock, store, store.blobs, services.guard
        )
        engine = services.store._engine
        event.listen(engine, "commit", self._commits)
        begins = partial(self._begins, services.store._run)
        try:
            with (
                patch.object(batch, "open_courier", self._courier),
                patch.object(services.store, "_run", begins),
            ):
                yield
        finally:
            event.remove(engine, "commit", self._commits)
            store.close()

    def batch(self) -> Summary:
        """Run a batch, and what goes wrong in it; what is left the next one does."""
        chance = self.random.random()
        if chance < _KILLED:
            self._left = self.random.randrange(_TRANSACTIONS)
        elif chance < _KILLED + _IN_BETWEEN:
            self._visit_at = self.random.randrange(_TRANSACTIONS)
        back = self.random.random() < _SET_BACK
        now = self.world.clock.now()
        if back:
            self._count("clock set back")
            self.world.clock.set(now - _BACK)
        try:
            return self.world.batch()
        except KilledError:
            self._count("killed")
            self._revive()
            return Summary()
        finally:
            self._left = self._visit_at = None
            if back:
                self.world.clock.set(now)

    def _revive(self) -> None:
        """Begin a new process: another worker, with nothing in its memory."""
        old = self.world.services
        self._dead = False
        self.world.services = Services(old.settings, old.clock, old.store, old.blobs, old.guard)

    def _count(self, what: str) -> None:
        self.happened[what] = self.happened.get(what, 0) + 1

    # --- transactions --------------------------------------------------------------------------

    def _begins(self, run: Callable[[Any], Any], work: Any) -> Any:
        """Run one transaction of the first worker, unless it is killed before."""
        self._step()
        if self._visit_at is not None:
            self._visit_at -= 1
            if self._visit_at < 0:
                self._visit_at = None
                self._visit()
        return run(work)

    def _commits(self, connection: sa.Connection) -> None:
        try:
            self._step()
        except KilledError:
            line = connection.connection.dbapi_connection
            assert line is not None
            line.rollback()  # as the database does for a client that is gone
            raise

    def _step(self) -> None:
        if self._left is not None:
            self._left -= 1
            self._dead = self._dead or self._left < 0
        if self._dead:
            raise KilledError

    def _visit(self) -> None:
        """Let the other worker run a batch now."""
        assert self._other is not None
        self._count("worker in between")
        run_batch(self._other)

    # --- the courier ---------------------------------------------------------------------------

    @contextmanager
    def _courier(self, services: Services) -> Iterator[tuple[Courier, object]]:
        with open_courier(services) as (courier, archive):
            yield _Troubled(courier, self._trouble), archive

    def _trouble(self) -> Delivery | None:
        """Return what the server says instead of taking a mail; None: it takes it."""
        now = self.world.clock.now()
        if any(begun <= now < begun + _DOWN for begun in self._down_from):
            self._count("courier down")
            fault = TryLaterError("courier_unreachable", host="mail.example", reason="timeout")
            return Delivery(DeliveryKind.DEFERRED, "timeout", fault)
        if self.random.random() < _PUT_OFF:
            self._count("mail put off")
            detail = "451 4.7.1 try again later"
            return Delivery(DeliveryKind.DEFERRED, detail, step=Step.RECIPIENT)
        return None


@dataclass
class _Troubled:
    """A courier that is in trouble now and then."""

    courier: Courier
    trouble: Callable[[], Delivery | None]

    def deliver(self, message_bytes: bytes, envelope_sender: str, recipient: str) -> Delivery:
        """Hand over one mail, or say why not."""
        return self.trouble() or self.courier.deliver(message_bytes, envelope_sender, recipient)

    def check(self) -> Delivery:
        """Say whether mail could be handed over now."""
        return self.courier.check()

    def close(self) -> None:
        """Give back what was held open."""
        with suppress(OSError):
            self.courier.close()
