"""``pipeline watch``: one batch after another, when mail comes, when work is due, and at times.

A batch is begun when the poll interval is over (the rule), when the mailbox tells of new mail (a
hint), and when the store has work that has become due. What fails is tried again with growing
waits; it ends nothing but the start.
"""

import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from pipeline import logs
from pipeline.batch import Failure, Summary, run_batch
from pipeline.errors import ConfigurationError, PipelineError, TryLaterError
from pipeline.flow.connections import open_mailbox
from pipeline.flow.services import Services
from pipeline.guard import GuardError
from pipeline.mailbox.protocol import Arrivals
from pipeline.model.retry import Retry
from pipeline.ping import pinged
from pipeline.signals import Stop
from pipeline.store.queries import next_due
from pipeline.systemd import Manager

_RETRY = Retry.doubling(timedelta(seconds=1), timedelta(minutes=5))
#: How often the store is asked for due work, and the service manager told that all is well.
_LOOK_SECONDS = 1.0
#: After so long without a fault the line that brings hints counts as a good one again.
_FORGIVEN_SECONDS = 600.0
#: Stages without which no mail can come in; while one of them fails, a hint is of no use.
_RECEIVING = frozenset({"batch", "receive"})

Opening = Callable[[], AbstractContextManager[Services]]


class Teller(Protocol):
    """Tells people how the watch fares; each thing once, not in every batch."""

    def started(self) -> None:
        """Tell that the watch has begun."""
        ...

    def done(self, summary: Summary, at: datetime) -> None:
        """Tell what a batch did that ended ``at``; only of batches that did something."""
        ...

    def failing(self, failure: Failure) -> None:
        """Tell what goes wrong from now on."""
        ...

    def recovered(self, failure: Failure) -> None:
        """Tell that what went wrong works again."""
        ...

    def silenced(self, *, begins: bool) -> None:
        """Tell that most senders are unknown from now on, or no more."""
        ...


def watch(opening: Opening, stop: Stop, manager: Manager, teller: Teller) -> None:
    """Run batches until ``stop`` is asked.

    ``opening`` opens the services; it is called until it succeeds. Raises ConfigurationError when
    services, mailbox or the first batch show that a setting is wrong; later that is tried again
    like a server that is down, since the setting, the password or the account may be mended.
    """
    troubles = _Troubles(teller)
    with _opened(opening, stop, manager, troubles) as services:
        if services is None:
            return
        services.stopping = _between_portions(stop, manager)
        with open_mailbox(services) as mailbox:
            hints = _Hints(mailbox.arrivals(), stop)
        try:
            hints.connect()
            with suppress(GuardError):
                services.guard.locks()  # starts the reader, so that the first mail need not wait
            manager.ready()
            teller.started()
            _Watch(services, stop, manager, troubles, hints).run()
        finally:
            manager.stopping()
            hints.close()


@contextmanager
def _opened(
    opening: Opening, stop: Stop, manager: Manager, troubles: "_Troubles"
) -> Iterator[Services | None]:
    """Open the services, again and again while a server is down; None when the end came first."""
    failures = 0
    while not stop.asked():
        context = opening()
        try:
            services = context.__enter__()
        except TryLaterError as error:
            failures += 1
            troubles.of((Failure("open", error, type(error).__name__),))
            _patient(stop, manager, _wait_after(failures))
            continue
        troubles.of(())
        try:
            yield services
        except BaseException as error:
            if not context.__exit__(type(error), error, error.__traceback__):
                raise
        else:
            context.__exit__(None, None, None)
        return
    yield None


def _between_portions(stop: Stop, manager: Manager) -> Callable[[], bool]:
    """Return what a batch asks between two portions: it tells that work goes on, too."""

    def stopping() -> bool:
        manager.alive()
        return stop.asked()

    return stopping


def _wait_after(failures: int) -> float:
    """Return the seconds after so many failures, spread so that not all hosts come at once."""
    return _RETRY.wait_after(failures).total_seconds() * random.uniform(0.5, 1)  # noqa: S311 - no secret


def _patient(stop: Stop, manager: Manager, seconds: float) -> None:
    """Wait so long, or until the end is asked for."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        manager.alive()
        if stop.wait(min(left, _LOOK_SECONDS, manager.interval)):
            return


@dataclass
class _Troubles:
    """What goes wrong, by stage, so that it is told when it begins, changes and ends."""

    teller: Teller
    known: dict[str, Failure] = field(default_factory=dict)
    are_silenced: bool = False

    def of(self, failures: tuple[Failure, ...], *, sent: bool = True) -> None:
        """Tell what is new in ``failures``, and what is over.

        Mail out works again when a mail was ``sent``, not when none was to be sent.
        """
        now = {failure.stage: failure for failure in failures}
        for stage, failure in now.items():
            before = self.known.get(stage)
            if before is None or _code(before) != _code(failure):
                _log("failing", stage, _code(failure))
                self.teller.failing(failure)
            self.known[stage] = failure
        for stage in [stage for stage in self.known if stage not in now]:
            if stage != "send" or sent:
                failure = self.known.pop(stage)
                _log("recovered", stage, _code(failure))
                self.teller.recovered(failure)

    def silenced(self, *, is_so: bool) -> None:
        """Tell when most senders begin or cease to be unknown."""
        if is_so != self.are_silenced:
            self.are_silenced = is_so
            _log("failing" if is_so else "recovered", "check", "silenced")
            self.teller.silenced(begins=is_so)


def _log(event: str, stage: str, code: str) -> None:
    logs.event("watch", event, logging.WARNING, stage=stage, code=code)


def _code(failure: Failure) -> str:
    return failure.error.code if failure.error is not None else failure.kind


class _Hints:
    """The arrivals of mail; one that fails is left alone for a while, the polling goes on."""

    def __init__(self, arrivals: Arrivals, stop: Stop) -> None:
        self._arrivals = arrivals
        self._stop = stop
        self._failures = 0
        self._failed_at = self._not_before = float("-inf")

    def connect(self) -> None:
        """Make the connection; raises ConfigurationError when it can never be made."""
        try:
            self._arrivals.wait(0, self._stop.fileno())
        except TryLaterError as error:
            self._failed(error)

    def wait(self, seconds: float) -> bool:
        """Wait for new mail, at most ``seconds``; True when there may be some."""
        patience = self._not_before - time.monotonic()
        if patience > 0:
            self._stop.wait(min(seconds, patience))
            return False
        try:
            return self._arrivals.wait(seconds, self._stop.fileno())
        except Exception as error:  # noqa: BLE001 - the polling goes on without hints
            self._failed(error)
            return False

    def close(self) -> None:
        """Let go of the connection."""
        self._arrivals.close()

    def _failed(self, error: Exception) -> None:
        code = error.code if isinstance(error, PipelineError) else type(error).__name__
        logs.event("watch", "no_hints", code=code)
        now = time.monotonic()
        again = now - self._failed_at < _FORGIVEN_SECONDS
        self._failures = self._failures + 1 if again else 1
        self._failed_at = now
        self._not_before = now + _wait_after(self._failures)


class _Watch:
    """The loop: a batch, then a wait."""

    def __init__(
        self,
        services: Services,
        stop: Stop,
        manager: Manager,
        troubles: _Troubles,
        hints: _Hints,
    ) -> None:
        self._services = services
        self._stop = stop
        self._manager = manager
        self._troubles = troubles
        self._hints = hints
        self._failures = 0

    def run(self) -> None:
        """Run batches until the end is asked for; raises what is wrong in the first one."""
        first = True
        while not self._stop.asked():
            begun = self._services.clock.now()
            failures = self._batch(first=first)
            first = False
            receiving = not any(failure.stage in _RECEIVING for failure in failures)
            self._failures = 0 if receiving else self._failures + 1
            poll = float(self._services.settings.watch.poll_seconds)
            self._wait(poll if receiving else _wait_after(self._failures), begun, hints=receiving)

    def _batch(self, *, first: bool) -> tuple[Failure, ...]:
        """Run one batch; return what failed in it, told already."""
        with pinged(self._services.settings.ping) as ending:
            summary = self._summary()
            broken_off = self._stop.asked() and bool(summary.failures)
            ending.code = None if broken_off else summary.exit_code
        if summary.did_something:
            self._troubles.teller.done(summary, self._services.clock.now())
        if self._stop.asked():
            return ()  # what was broken off is no trouble
        for failure in summary.failures if first else ():
            if isinstance(failure.error, ConfigurationError):
                raise failure.error
        self._troubles.of(summary.failures, sent=summary.sent > 0)
        self._troubles.silenced(is_so=summary.silenced)
        return summary.failures

    def _summary(self) -> Summary:
        """Run one batch, and return what it did or what stopped it."""
        try:
            return run_batch(self._services)
        except PipelineError as error:
            return Summary(failures=(Failure("batch", error, type(error).__name__),))
        except Exception as error:  # noqa: BLE001 - one batch that fails does not end the watch
            mark = logs.unknown("watch", error)
            return Summary(failures=(Failure("batch", None, type(error).__name__, mark),))

    def _wait(self, seconds: float, begun: datetime, *, hints: bool) -> None:
        """Wait for the next batch after the one that was ``begun`` then."""
        end = time.monotonic() + seconds
        step = min(_LOOK_SECONDS, self._manager.interval)
        while not self._stop.asked() and (left := end - time.monotonic()) > 0:
            self._manager.alive()
            due = self._due_in(begun)
            if due <= 0:
                return
            pause = min(step, left, due)
            if not hints:
                self._stop.wait(pause)
            elif self._hints.wait(pause):
                return

    def _due_in(self, begun: datetime) -> float:
        """Return in how many seconds work is due that was not due when the last batch began.

        What was due then, and is still there, could not be done: the poll interval tries it again.
        """
        try:
            with self._services.store.read() as tx:
                due = next_due(tx, begun)
        except Exception:  # noqa: BLE001 - the next batch meets it too, and tells
            return float("inf")
        if due is None:
            return float("inf")
        return (due - self._services.clock.now()).total_seconds()
