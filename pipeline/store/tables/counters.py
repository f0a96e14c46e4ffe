"""Counters of a window of time, for the caps on what we mail out."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.store.schema.types import key as stored
from pipeline.store.schema.upkeep import counters
from pipeline.store.statements import Insert, Upsert, param
from pipeline.store.tables.rows import Context

#: A counter and the beginning of its window.
Window = tuple[str, datetime]

# built once: building a statement costs more than running it
_VALUES = sa.select(counters.c.key, counters.c.value).where(
    counters.c.mailbox_id == sa.bindparam("of_mailbox"),
    counters.c.window_start == sa.bindparam("of_window"),
    counters.c.key.in_(sa.bindparam("of_keys", expanding=True)),
)


def _adding(own: Insert) -> Any:
    new = own(counters).values({column.name: param(column.name) for column in counters.c})
    return new.on_conflict_do_update(
        index_elements=list(counters.primary_key),
        set_={"value": counters.c.value + new.excluded.value},
    )


#: Add to a counter, or begin it; :data:`_TOLD` gives its value as well.
_ADD = Upsert(_adding)
_TOLD = Upsert(lambda own: _adding(own).returning(counters.c.value))


class Counters:
    """The rows of ``counters``."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def add(self, key: str, window_start: datetime, by: int = 1) -> int:
        """Add ``by`` to the counter ``key`` of a window and return its new value."""
        row = self._context.first(_TOLD, key=key, window_start=window_start, value=by)
        value: int = row[0] if row is not None else 0  # it gives one row always
        return value

    def add_all(self, amounts: Mapping[Window, int]) -> None:
        """Add to several counters at once.

        In one order, so that two transactions that do it never wait for each other.
        """
        if amounts:
            rows = [self._row(*window, by) for window, by in sorted(amounts.items())]
            _ADD.change_all(self._context.connection, rows)

    def value(self, key: str, window_start: datetime) -> int:
        """Return the value of the counter, 0 when nothing was counted."""
        return self.values([key], window_start).get(key, 0)

    def values(self, keys: Collection[str], window_start: datetime) -> dict[str, int]:
        """Return the values of those counters of a window in which something was counted."""
        of = {
            "of_mailbox": self._context.mailbox_id,
            "of_window": window_start,
            "of_keys": list(keys),
        }
        found = {row.key: row.value for row in self._context.connection.execute(_VALUES, of)}
        kept = {name: stored(name) for name in keys}
        return {name: found[key] for name, key in kept.items() if key in found}

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

    def _row(self, key: str, window_start: datetime, by: int) -> dict[str, object]:
        return {
            "mailbox_id": self._context.mailbox_id,
            "key": key,
            "window_start": window_start,
            "value": by,
        }
