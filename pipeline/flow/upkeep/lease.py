"""The lease of a batch: it shows that one runs, and what is remembered of it at its end."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from pipeline import logs
from pipeline.errors import PipelineError
from pipeline.flow.services import Services
from pipeline.store.process_records import RunRecord
from pipeline.store.tables.leases import BATCH
from pipeline.store.unit_of_work import Transaction


@contextmanager
def shown_as_running(services: Services) -> Iterator[list[RunRecord]]:
    """Show that a batch runs; work itself is fenced by its rows, so a second one may join.

    What is put into the list is remembered of it at its end. What is logged meanwhile has its id.
    """
    done: list[RunRecord] = []
    now = services.clock.now()
    until = now + timedelta(seconds=services.settings.limits.lease_seconds)
    name = f"{BATCH}{services.worker}"
    services.store.run(lambda tx: tx.leases.acquire(name, services.worker, now, until))
    try:
        with logs.running(secrets.token_hex(4)):
            yield done
    finally:
        try:
            services.store.run(lambda tx: _ended(tx, name, services, done))
        except PipelineError as error:
            # it runs out by itself; what the stages have to tell must not be lost for it
            logs.event("batch", "lease_kept", code=error.code)


def _ended(tx: Transaction, lease: str, services: Services, done: Sequence[RunRecord]) -> None:
    tx.leases.release(lease, services.worker)
    tx.memory.batch_ended(services.clock.now())
    for run in done:
        tx.memory.ran(run)
