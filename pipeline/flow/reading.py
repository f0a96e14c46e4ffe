"""Reading ahead: the guarded child reads the next messages while we work on the present one."""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from pipeline.flow.guarded import ReadMessage, read_message
from pipeline.flow.services import Services
from pipeline.store.records import MessageRecord

#: Few, so that the memory of a batch does not grow with its messages.
_AHEAD = 3


class Reading:
    """Reads ``rows`` in their order; to be used in a ``with`` statement."""

    def __init__(self, services: Services, rows: Sequence[MessageRecord]) -> None:
        self._services = services
        self._rows = deque(row for row in rows if not row.oversized)
        self._ahead: dict[str, Future[ReadMessage]] = {}
        self._thread = ThreadPoolExecutor(1, "reading")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._thread.shutdown(cancel_futures=True)

    def read(self, row: MessageRecord) -> ReadMessage:
        """Return what stands in the message of ``row``.

        Raises GuardError when its bytes cannot be read within the limits.
        """
        while row.id not in self._ahead:
            self._start()
        while len(self._ahead) <= _AHEAD and self._rows:
            self._start()
        return self._ahead.pop(row.id).result()

    def _start(self) -> None:
        row = self._rows.popleft()
        self._ahead[row.id] = self._thread.submit(self._read, row.sha256)

    def _read(self, sha256: str) -> ReadMessage:
        return self._services.guard.call(read_message, self._services.blobs.get(sha256))
