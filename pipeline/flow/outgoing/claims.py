"""A claim that outlives its lease while its worker waits for a slow server."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from pipeline import logs
from pipeline.errors import PipelineError
from pipeline.flow.services import Services, Work
from pipeline.store.outbox_records import OutboxRecord

#: A database that does not answer must not hold up the end of the process.
_PATIENCE = 2.0


class ClaimKeeper:
    """Renews the claim of the mail in hand, from a thread of its own.

    A server may answer the final dot after 10 minutes (RFC 5321, 4.5.3.2.6), which a lease need not
    cover. When the worker vanishes, so does the thread, and the mail is taken over as usual.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._lease = timedelta(seconds=services.settings.limits.lease_seconds)
        self._mail: OutboxRecord | None = None
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def holding(self, mail: OutboxRecord) -> Iterator[None]:
        """Keep the claim of ``mail`` alive while the block runs."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._keep, name="claims", daemon=True)
            self._thread.start()
        self._mail = mail
        try:
            yield
        finally:
            self._mail = None

    def close(self) -> None:
        """Let the thread end; a renewal under way is waited for, but not for long."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(_PATIENCE)

    def _keep(self) -> None:
        while not self._over.wait(self._lease.total_seconds() / 3):
            mail = self._mail
            if mail is None:
                continue
            try:
                self._services.run(partial(_renew, mail=mail, lease=self._lease))
            except PipelineError as error:
                logs.event("flow.claims", "not_renewed", outbox=mail.id, code=error.code)
            except Exception as error:  # noqa: BLE001 - the next renewal may succeed
                logs.unknown("flow.claims", error)


def _renew(work: Work, mail: OutboxRecord, lease: timedelta) -> bool:
    return work.tx.outbox.renew(mail.id, mail.attempt, work.now + lease)
