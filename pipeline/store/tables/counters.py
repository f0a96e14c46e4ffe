"""Counters of a window of time, for the caps on what we mail out."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from pipeline.store.schema.types import key as stored
from pipeline.store.schema.upkeep import counters
from pipeline.store.tables.rows import Context

#: A counter and the beginning of its window.
Window = tuple[str, datetime]

# built once: building a statement costs more than running it
_VALUES = sa.select(counters.c.key, counters.c.value).where(
    counters.c.mailbox_id == sa.bindparam("of_mailbox"),
    counters.c.window_start == sa.bindparam("of_window"),
    counters.c.key.in_(sa.bindparam("of_keys", expanding=True)),
)


@cache
def _adding(*, on_postgresql: bool, told: bool) -> Any:
    """Return the statement that adds to a counter, or begins it; ``told``: and gives its value."""
    new = (postgresql.insert if on_postgresql else sqlite.insert)(counters)
    adding = new.on_conflict_do_update(
        index_elements=[counters.c.mailbox_id, counters.c.key, counters.c.window_start],
        set_={"value": counters.c.value + new.excluded.value},
    )
    return adding.returning(counters.c.value) if told else adding


class Counters:
    """The rows of ``counters``."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def add(self, key: str, window_start: datetime, by: int = 1) -> int:
        """Add ``by`` to the counter ``key`` of a window and return its new value."""
        adding = _adding(on_postgresql=self._context.on_postgresql, told=True)
        row = self._row(key, window_start, by)
        return int(self._context.connection.execute(adding, row).scalar_one())

    def add_all(self, amounts: Mapping[Window, int]) -> None:
        """Add to several counters at once.

        In one order, so that two transactions that do it never wait for each other.
        """
        if amounts:
            rows = [self._row(*window, by) for window, by in sorted(amounts.items())]
            adding = _adding(on_postgresql=self._context.on_postgresql, told=False)
            self._context.connection.execute(adding, rows)

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
