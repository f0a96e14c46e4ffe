"""Reading ahead: what stands in the messages of a portion, found before its transaction begins."""

from collections.abc import Sequence

from pipeline.errors import TryLaterError
from pipeline.flow.guarded import ReadMessage, read_message
from pipeline.flow.services import Services
from pipeline.guard import GuardStartError
from pipeline.store.records import MessageRecord


class Reading:
    """What the guarded child read, by the row of the message; of one portion at a time.

    A message that could not be read keeps its error, which is raised when its turn comes: so a
    message is given to the child once, however often its transaction is run.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._found: dict[str, ReadMessage | Exception] = {}

    def ahead(self, rows: Sequence[MessageRecord]) -> None:
        """Read ``rows`` now. Raises TryLaterError ``reader_not_started``."""
        for row in rows:
            if not row.oversized:
                self._found[row.id] = self._read(row)

    def read(self, row: MessageRecord) -> ReadMessage:
        """Return what stands in the message of ``row``, read now when it was not read ahead.

        Raises GuardError when its bytes cannot be read within the limits, TryLaterError
        ``reader_not_started`` when there is no child to read them.
        """
        found = self._found.get(row.id)
        if found is None:
            found = self._found[row.id] = self._read(row)
        if isinstance(found, Exception):
            raise found
        return found

    def _read(self, row: MessageRecord) -> ReadMessage | Exception:
        try:
            return self._services.guard.call(read_message, self._services.blobs.get(row.sha256))
        except GuardStartError as error:
            raise TryLaterError("reader_not_started", reason=error.detail) from error
        except Exception as error:  # noqa: BLE001 - kept, and raised when the message is processed
            return error
