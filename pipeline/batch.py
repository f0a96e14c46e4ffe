"""One scheduled run: lease, receive, due work, deliver, housekeep, summary, exit code."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import StrEnum

from pipeline import logs
from pipeline.errors import ExitCode, TryLaterError
from pipeline.flow.alerts import queue_digest
from pipeline.flow.deliver import Delivered, deliver
from pipeline.flow.due import work_off
from pipeline.flow.fetch import fetch, waiting_mail
from pipeline.flow.housekeeping import alert_silenced, housekeep, too_many_unknown
from pipeline.flow.issue import issue_pending
from pipeline.flow.moving import move_processed
from pipeline.flow.openings import open_courier, open_mailbox
from pipeline.flow.process import Processed, process
from pipeline.flow.services import Services


class Stage(StrEnum):
    """The stages of a batch, for progress."""

    RECEIVING = "receiving"
    DUE = "due_work"
    SENDING = "sending"


Progress = Callable[[Stage, int], None]


@dataclass(frozen=True, slots=True)
class Summary:
    """What one batch did; ``unreachable`` names a server that was down."""

    fetched: int = 0
    processed: int = 0
    deferred: int = 0
    quarantined: int = 0
    moved: int = 0
    due: int = 0
    issued: int = 0
    sent: int = 0
    put_off: int = 0
    failed: int = 0
    in_doubt: int = 0
    unreachable: str = ""
    silenced: bool = False

    @property
    def counts(self) -> tuple[tuple[str, int], ...]:
        """The numbers by name."""
        named = ((item.name, getattr(self, item.name)) for item in fields(self))
        return tuple((name, value) for name, value in named if type(value) is int)

    @property
    def exit_code(self) -> ExitCode:
        """The exit code: configuration before try-later before unfinished."""
        if self.silenced:
            return ExitCode.CONFIGURATION
        if self.unreachable:
            return ExitCode.TRY_LATER
        unfinished = self.quarantined + self.failed + self.in_doubt
        return ExitCode.UNFINISHED if unfinished else ExitCode.DONE


@dataclass(frozen=True, slots=True)
class Plan:
    """What a batch would do now."""

    counts: tuple[tuple[str, int], ...]


def run_batch(services: Services, progress: Progress = lambda _stage, _done: None) -> Summary:
    """Run one batch. Two at the same time share the work and double nothing."""
    with _lease(services):
        fetched, processed, moved, unreachable = _receive(services, progress)
        due = work_off(services)
        issued = issue_pending(services)
        progress(Stage.DUE, due)
        silenced = too_many_unknown(services)
        if silenced:
            alert_silenced(services)
        queue_digest(services)
        delivered, courier_down = _send(services, progress)
        housekeep(services)
        summary = Summary(
            fetched=fetched,
            processed=processed.processed,
            deferred=processed.deferred,
            quarantined=processed.quarantined,
            moved=moved,
            due=due,
            issued=issued,
            sent=delivered.sent,
            put_off=delivered.deferred,
            failed=delivered.failed,
            in_doubt=delivered.in_doubt,
            unreachable=unreachable or courier_down,
            silenced=silenced,
        )
        logs.event("batch", "done", **dict(summary.counts))
        return summary


def plan_batch(services: Services) -> Plan:
    """Say what a batch would do now; nothing is changed, on the server or in the state."""
    now = services.clock.now()
    with services.store.read() as tx:
        counts = [
            ("plan_process", len(tx.messages.claim(now, 1000))),
            ("plan_due", len(tx.requests.due(now, 1000))),
            ("plan_send", tx.outbox.waiting(now)),
        ]
    return Plan((("plan_fetch", waiting_mail(services)), *counts))


def _receive(services: Services, progress: Progress) -> tuple[int, Processed, int, str]:
    """Fetch, process and move, portion by portion; a mailbox that is down stops only that."""
    fetched, moved, unreachable, total = 0, 0, "", Processed()
    try:
        with open_mailbox(services) as mailbox:
            while True:
                new = fetch(services, mailbox)
                fetched += new
                total = _process_all(services, progress, total)
                moved += move_processed(services, mailbox)
                if not new:
                    break
    except TryLaterError as error:
        logs.event("batch", "receiving_stopped", code=error.code, reason=str(error))
        unreachable = "storage" if error.code == "storage_unwritable" else "mailbox"
        total = _process_all(services, progress, total)
    return fetched, total, moved, unreachable


def _process_all(services: Services, progress: Progress, total: Processed) -> Processed:
    while (portion := process(services)) != Processed():
        total += portion
        progress(Stage.RECEIVING, total.processed)
    return total


def _send(services: Services, progress: Progress) -> tuple[Delivered, str]:
    try:
        with open_courier(services) as (courier, archive):
            delivered = deliver(services, courier, archive)
    except TryLaterError as error:
        logs.event("batch", "courier_down", code=error.code)
        return Delivered(), "courier"
    progress(Stage.SENDING, delivered.sent)
    return delivered, "courier" if delivered.unreachable else ""


@contextmanager
def _lease(services: Services) -> Iterator[None]:
    """Show that a batch runs; work itself is fenced by its rows, so a second one may join."""
    now = services.clock.now()
    until = now + timedelta(seconds=services.settings.limits.lease_seconds)
    name = f"batch:{services.worker}"
    services.store.run(lambda tx: tx.leases.acquire(name, services.worker, now, until))
    try:
        yield
    finally:
        services.store.run(lambda tx: tx.leases.release(name, services.worker))
