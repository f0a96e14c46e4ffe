"""Previews of originals: made in a guarded child of their own, few at a time, and kept a while."""

import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

from pipeline.flow.services import READERS
from pipeline.forms.shown.faults import NotShown, WhyNot
from pipeline.guard import Guard

T = TypeVar("T")

#: The child makes one preview at a time; so many pages may wait for theirs, and so long. The
#: console has forty threads: the others stay free for pages without a preview.
_MOST_WAITING = 12
_WAIT_SECONDS = 20.0
#: All that is kept together; a page of a form is about 200 kB.
_MOST_BYTES = 48_000_000


class Previews:
    """Makes previews and keeps the latest in memory. Failures are not kept: they may pass."""

    def __init__(self, private: str = "") -> None:
        self._private = private
        self._guard: Guard | None = None
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(_MOST_WAITING)
        self._kept: OrderedDict[Hashable, tuple[object, int]] = OrderedDict()
        self._bytes = 0

    def guard(self) -> Guard:
        """Return the child of previews; it is started with the first one."""
        with self._lock:
            if self._guard is None:
                private = (self._private,) if self._private else ()
                self._guard = Guard(preload=READERS, private=private)
            return self._guard

    def close(self) -> None:
        """End the child."""
        with self._lock:
            guard, self._guard = self._guard, None
        if guard is not None:
            guard.close()

    def has(self, key: Hashable) -> bool:
        """Tell whether a preview is there without the child."""
        with self._lock:
            return key in self._kept

    def get(self, key: Hashable, make: Callable[[], T | NotShown]) -> T | NotShown:
        """Return the preview ``key`` as it is kept, or make it when it is its turn."""
        kept = self._get(key)
        if kept is not None:
            return cast("T", kept)
        if not self._places.acquire(timeout=_WAIT_SECONDS):
            return NotShown(WhyNot.BUSY)
        try:
            kept = self._get(key)  # made meanwhile
            if kept is not None:
                return cast("T", kept)
            made = make()
        finally:
            self._places.release()
        if not isinstance(made, NotShown):
            self._keep(key, made)
        return made

    def _get(self, key: Hashable) -> object | None:
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[0]

    def _keep(self, key: Hashable, made: object) -> None:
        size = len(pickle.dumps(made))
        if size > _MOST_BYTES // 4:
            return
        with self._lock:
            before = self._kept.pop(key, None)
            self._bytes += size - (before[1] if before else 0)
            self._kept[key] = (made, size)
            while self._bytes > _MOST_BYTES:
                _, (_, gone) = self._kept.popitem(last=False)
                self._bytes -= gone
