"""The quarantine: messages that could not be processed, until somebody decides."""

from datetime import datetime

from pipeline.store.context import Context
from pipeline.store.records import QuarantineRecord
from pipeline.store.schema.mail_and_requests import quarantine
from pipeline.store.tables.rows import Mapper, Rows


def _derived(record: QuarantineRecord) -> dict[str, object]:
    closed = record.released_at or record.dropped_at
    return {"open_since": None if closed else record.at}


_MAPPER = Mapper(QuarantineRecord, quarantine, _derived)
_Found = list[QuarantineRecord]


class Quarantine(Rows[QuarantineRecord]):
    """The rows of ``quarantine``."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, quarantine, _MAPPER)

    def put(self, record: QuarantineRecord) -> None:
        """Insert a message with the reason."""
        self._insert(record)

    def get(self, quarantine_id: str) -> QuarantineRecord | None:
        """Return the row, or None."""
        return self._first(self._select(quarantine.c.id == quarantine_id))

    def list(self, *, closed: bool = False, limit: int = 50) -> _Found:
        """Return what is open, oldest first; with ``closed`` everything, newest first."""
        if closed:
            return self._all(self._select().order_by(quarantine.c.id.desc()).limit(limit))
        since = quarantine.c.open_since
        return self._all(
            self._select(since.is_not(None)).order_by(since, quarantine.c.id).limit(limit)
        )

    def of_message(self, message_row: str) -> _Found:
        """Return each time that a message came here, oldest first."""
        rows = self._select(quarantine.c.message_row == message_row)
        return self._all(rows.order_by(quarantine.c.id))

    def release(self, quarantine_id: str, now: datetime) -> bool:
        """Record that the message goes back to the work; False when it is not open."""
        return self._close(quarantine_id, released_at=now)

    def drop(self, quarantine_id: str, now: datetime) -> bool:
        """Record that the message is given up; False when it is not open."""
        return self._close(quarantine_id, dropped_at=now)

    def _close(self, quarantine_id: str, **values: object) -> bool:
        return (
            self._update(
                quarantine.c.id == quarantine_id,
                quarantine.c.open_since.is_not(None),
                open_since=None,
                **values,
            )
            == 1
        )
