"""Counters of a window of time, for the caps on what we mail out."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.store.schema.types import key as stored
from pipeline.store.schema.upkeep import counters
from pipeline.store.statements import Insert, OfSeveral, Upsert, param
from pipeline.store.tables.rows import Context, of_mailbox

#: A counter and the beginning of its window.
Window = tuple[str, datetime]


def _adding(own: Insert) -> Any:
    new = own(counters).values({column.name: param(column.name) for column in counters.c})
    key = [counters.c.mailbox_id, counters.c.key, counters.c.window_start]
    raised = {"value": counters.c.value + new.excluded.value}
    return new.on_conflict_do_update(index_elements=key, set_=raised)


_ADD = Upsert(_adding)
_ADD_AND_TELL = Upsert(lambda own: _adding(own).returning(counters.c.value))
_VALUES = OfSeveral(
    counters.c.key,
    lambda keys: sa.select(counters.c.key, counters.c.value).where(
        of_mailbox(counters), counters.c.window_start == param("window_start"), keys
    ),
)


class Counters:
    """The rows of ``counters``."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def add(self, key: str, window_start: datetime, by: int = 1) -> int:
        """Add ``by`` to the counter ``key`` of a window and return its new value."""
        row = self._context.first(_ADD_AND_TELL, key=key, window_start=window_start, value=by)
        if row is None:
            raise AssertionError("an upsert gives a row")
        return int(row[0])

    def add_all(self, amounts: Mapping[Window, int]) -> None:
        """Add to several counters at once.

        In one order, so that two transactions that do it never wait for each other.
        """
        mine = self._context.mailbox_id
        rows = [
            {"mailbox_id": mine, "key": key, "window_start": window_start, "value": by}
            for (key, window_start), by in sorted(amounts.items())
        ]
        _ADD.change_all(self._context.connection, rows)

    def value(self, key: str, window_start: datetime) -> int:
        """Return the value of the counter, 0 when nothing was counted."""
        return self.values([key], window_start).get(key, 0)

    def values(self, keys: Collection[str], window_start: datetime) -> dict[str, int]:
        """Return the values of those counters of a window in which something was counted."""
        names = list(keys)
        rows = self._context.of_several(_VALUES, names, window_start=window_start)
        found: dict[str, int] = {key: value for key, value in rows}  # noqa: C416 - rows are no pairs
        kept = {name: stored(name) for name in names}
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
