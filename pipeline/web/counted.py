"""How many requests each view of the queue shows: counted once for all pages of a second."""

import threading
import time
from collections.abc import Mapping

from pipeline.flow.services import Services
from pipeline.flow.views.queue import counts

_SECONDS = 1.0


class Counted:
    """The counts of the views, safe between threads.

    Who has decided sees what came of it: :meth:`forget` has the next page count anew.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changes = 0
        self._until = float("-inf")
        self._known: Mapping[str, int] = {}

    def views(self, services: Services) -> Mapping[str, int]:
        """Return the views with their counts."""
        with self._lock:
            if time.monotonic() < self._until:
                return self._known
            changes = self._changes
        with services.store.read() as tx:
            found = counts(services.work(tx))
        with self._lock:
            if changes == self._changes:  # else it may have been counted before the decision
                self._known, self._until = found, time.monotonic() + _SECONDS
        return found

    def forget(self) -> None:
        """Have the next page count anew."""
        with self._lock:
            self._changes += 1
            self._until = float("-inf")
