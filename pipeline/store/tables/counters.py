"""Counters of a window of time, for the caps on what we mail out."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from pipeline.store.context import Context
from pipeline.store.schema.types import key as stored
from pipeline.store.schema.upkeep import counters
from pipeline.store.statements import Insert, OfSeveral, Upsert, param
from pipeline.store.tables.rows import of_mailbox

#: Under this name and the beginning of a window a transaction remembers what counters stand at.
_FORESEEN = "counters of"
#: A counter and the beginning of its window.
Window = tuple[str, datetime]


def _raising(own: Insert, keys: Sequence[str]) -> Any:
    """Return the upsert of as many counters of one window as ``keys`` names parameters."""
    columns = counters.c

    def row(key: str) -> dict[str, Any]:
        names = {name: name for name in columns.keys()} | {"key": key}  # noqa: SIM118 - no mapping
        return {name: param(of, columns[name].type) for name, of in names.items()}

    new = own(counters).values([row(key) for key in keys])
    return new.on_conflict_do_update(
        index_elements=[columns.mailbox_id, columns.key, columns.window_start],
        set_={"value": columns.value + new.excluded.value},
    )


@cache
def _add_and_tell(keys: tuple[str, ...]) -> Upsert:
    told = (counters.c.key, counters.c.value)
    return Upsert(lambda own: _raising(own, keys).returning(*told))


def _setting(own: Insert) -> Any:
    new = own(counters).values({column.name: param(column.name) for column in counters.c})
    return new.on_conflict_do_update(
        index_elements=list(counters.primary_key), set_={"value": new.excluded.value}
    )


_SET = Upsert(_setting)
_ADD = Upsert(lambda own: _raising(own, ["key"]))
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
        return self.add_to_each([key], window_start, by)[key]

    def add_to_each(
        self, keys: Collection[str], window_start: datetime, by: int = 1
    ) -> dict[str, int]:
        """Add ``by`` to several counters of a window and return their new values."""
        kept = {key: stored(key) for key in keys}
        known = self._context.seen.get((_FORESEEN, window_start.isoformat()), {})
        if all(name in known for name in kept.values()):
            for name in set(kept.values()):
                self._raise(known, name, window_start, by)
            return {key: known[name] for key, name in kept.items()}
        named = {f"key_{at}": key for at, key in enumerate(sorted(set(kept.values())))}
        rows = self._context.rows(
            _add_and_tell(tuple(named)), window_start=window_start, value=by, **named
        )
        found = {row[0]: int(row[1]) for row in rows}
        known.update({name: value for name, value in found.items() if name in known})
        return {key: found[name] for key, name in kept.items()}

    def foresee(self, keys: Collection[str], window_start: datetime) -> None:
        """Learn at once what these counters stand at; nothing beside other workers.

        What is added to them goes out with the rest of the transaction.
        """
        if self._context.on_postgresql or self._context.read_only:
            return
        found = self.values(keys, window_start)
        known = {stored(key): found.get(key, 0) for key in keys}
        self._context.seen[_FORESEEN, window_start.isoformat()] = known

    def _raise(self, known: dict[str, int], key: str, window_start: datetime, by: int) -> None:
        known[key] += by
        values = {"key": key, "window_start": window_start, "value": known[key]}
        self._context.put(counters, _SET, values)

    def add_all(self, amounts: Mapping[Window, int]) -> None:
        """Add to several counters at once.

        In one order, so that two transactions that do it never wait for each other.
        """
        for _, window_start in amounts:
            self._context.seen.pop((_FORESEEN, window_start.isoformat()), None)
        mine = self._context.mailbox_id
        rows = [
            {"mailbox_id": mine, "key": key, "window_start": window_start, "value": by}
            for (key, window_start), by in sorted(amounts.items())
        ]
        self._context.change_all(_ADD, rows)

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
