"""Counters of a window of time, for the caps on what we mail out."""

from datetime import datetime

import sqlalchemy as sa

from pipeline.store.schema.upkeep import counters
from pipeline.store.tables.rows import Context


class Counters:
    """The rows of ``counters``."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def add(self, key: str, window_start: datetime, by: int = 1) -> int:
        """Add ``by`` to the counter ``key`` of a window and return its new value."""
        statement = self._context.upsert(counters).values(
            mailbox_id=self._context.mailbox_id, key=key, window_start=window_start, value=by
        )
        raised = statement.on_conflict_do_update(
            index_elements=[counters.c.mailbox_id, counters.c.key, counters.c.window_start],
            set_={"value": counters.c.value + by},
        ).returning(counters.c.value)
        return int(self._context.connection.execute(raised).scalar_one())

    def value(self, key: str, window_start: datetime) -> int:
        """Return the value of the counter, 0 when nothing was counted."""
        statement = sa.select(counters.c.value).where(
            counters.c.mailbox_id == self._context.mailbox_id,
            counters.c.key == key,
            counters.c.window_start == window_start,
        )
        return self._context.connection.execute(statement).scalar() or 0

    def has_older(self, before: datetime) -> bool:
        """Whether a counter of a window that began before ``before`` is there."""
        statement = sa.select(counters.c.value).where(
            counters.c.mailbox_id == self._context.mailbox_id, counters.c.window_start < before
        )
        return self._context.connection.execute(statement.limit(1)).first() is not None

    def purge(self, before: datetime) -> int:
        """Delete the counters of windows that began before ``before``; return how many."""
        statement = sa.delete(counters).where(
            counters.c.mailbox_id == self._context.mailbox_id, counters.c.window_start < before
        )
        return self._context.connection.execute(statement).rowcount
