"""The alerts: what staff are to be told, kept until the digest of a batch tells it."""

from collections.abc import Collection
from datetime import datetime

from pipeline.store.context import Context
from pipeline.store.records import AlertRecord
from pipeline.store.schema.upkeep import alerts
from pipeline.store.tables.rows import Mapper, Rows


def _derived(record: AlertRecord) -> dict[str, object]:
    return {"untold_since": record.at if record.told_at is None else None}


_MAPPER = Mapper(AlertRecord, alerts, _derived)
_Found = list[AlertRecord]


class Alerts(Rows[AlertRecord]):
    """The rows of ``alerts``."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, alerts, _MAPPER)

    def add(self, record: AlertRecord) -> None:
        """Keep a line for the next digest."""
        self._insert(record)

    def untold(self, limit: int) -> _Found:
        """Return the lines that no digest has told, oldest first, locked on PostgreSQL."""
        since = alerts.c.untold_since
        oldest = self._select(since.is_not(None)).order_by(since, alerts.c.id).limit(limit)
        return self._all(self._locked(oldest, skip_locked=True))

    def is_untold(self, code: str, reference: str) -> bool:
        """Tell whether a line of this code about the request waits for its digest."""
        same = (alerts.c.code == code) & (alerts.c.reference == reference)
        waiting = self._select(same & alerts.c.untold_since.is_not(None)).limit(1)
        return bool(self._all(waiting))

    def told(self, ids: Collection[str], at: datetime) -> None:
        """Record that a digest with these lines is in the outbox."""
        self._update(alerts.c.id.in_(ids), told_at=at, untold_since=None)

    def list(self, limit: int = 50) -> _Found:
        """Return the lines, newest first."""
        return self._all(self._select().order_by(alerts.c.id.desc()).limit(limit))
