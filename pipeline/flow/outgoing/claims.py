"""What goes on while the sending thread waits for a slow server, in a thread of its own."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from pipeline import logs
from pipeline.errors import PipelineError
from pipeline.flow.services import Services, Work
from pipeline.store.outbox_records import OutboxRecord

#: A database that does not answer must not hold up the end of the process.
_PATIENCE = 2.0
#: So often, in seconds, it is asked whether something is to be done.
_OFTEN = 0.2


class ClaimKeeper:
    """Renews the claims of the mails in hand.

    A server may answer the final dot after 10 minutes (RFC 5321, 4.5.3.2.6), which a lease need not
    cover. When the worker vanishes, so does the thread, and the mails are taken over as usual.
    ``meanwhile`` is what else is done from time to time.
    """

    def __init__(self, services: Services, meanwhile: Callable[[], None] | None = None) -> None:
        self._services = services
        self._meanwhile = meanwhile
        self._lease = timedelta(seconds=services.settings.limits.lease_seconds)
        self._mails: Sequence[OutboxRecord] = ()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def holding(self, mails: Sequence[OutboxRecord]) -> Iterator[None]:
        """Keep the claims of ``mails`` alive while the block runs."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._keep, name="claims", daemon=True)
            self._thread.start()
        self._mails = tuple(mails)
        try:
            yield
        finally:
            self._mails = ()

    def close(self) -> None:
        """Let the thread end; what is under way is waited for, but not for long."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(_PATIENCE)

    def _keep(self) -> None:
        every = self._lease.total_seconds() / 3
        due = time.monotonic() + every
        while not self._over.wait(min(_OFTEN, every)):
            if self._meanwhile is not None:
                _try("not_written", self._meanwhile)
            if time.monotonic() >= due:
                due = time.monotonic() + every
                _try("not_renewed", self._renew)

    def _renew(self) -> None:
        mails = self._mails
        if mails:
            self._services.run(partial(_renew, mails=mails, lease=self._lease))


def _try(told_as: str, work: Callable[[], None]) -> None:
    """Do ``work``; when it fails, the next time may succeed."""
    try:
        work()
    except PipelineError as error:
        logs.event("flow.claims", told_as, code=error.code)
    except Exception as error:  # noqa: BLE001 - the next time may succeed
        logs.unknown("flow.claims", error)


def _renew(work: Work, mails: Sequence[OutboxRecord], lease: timedelta) -> None:
    work.tx.outbox.renew([(mail.id, mail.attempt) for mail in mails], work.now + lease)
