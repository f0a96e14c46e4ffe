"""Keeps what the rows were that a part of a transaction changes: found by its statements alone."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import visitors

from pipeline.store.statements import Call
from pipeline.store.undoing.images import Image, Key, image_of, kept, key_of, read

#: What batches make from the other tables: an undo marks it anew, as every change does.
_DERIVED = frozenset({"searched"})
#: What is only ever added to: an undo takes no line out of a chain.
_ADDED_TO = frozenset({"staff_log", "chain_ends"})

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """A row before and after; None where there was none."""

    table: sa.Table
    key: Key
    before: Image | None
    after: Image | None


class Watch:
    """Reads each row right before the first statement that changes it.

    What is asked is the statement itself: the keys that it inserts, or the rows that its condition
    finds. ``complete`` is false when one was run that is not understood. Once a table of
    ``lasting`` was written, nothing will be put back, and no row is read any more.
    """

    def __init__(self, connection: sa.Connection, lasting: frozenset[str] = frozenset()) -> None:
        self._connection = connection
        self._lasting = lasting
        self._lasts = False
        self._before: dict[tuple[sa.Table, Key], Image | None] = {}
        self.complete = True

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear the statements that SQLAlchemy runs; of the kept ones :meth:`calls` is told."""
        sa.event.listen(self._connection, "before_execute", self._heard)
        try:
            yield
        finally:
            sa.event.remove(self._connection, "before_execute", self._heard)

    def calls(self, calls: Sequence[Call]) -> None:
        """Note what ``calls`` are about to change."""
        for call in calls:
            if call.prepared.writes is not None:
                self._note(call.prepared.writes, call.values)

    def touched(self) -> list[tuple[str, Key]]:
        """Return the tables and keys of the rows that were written, changed by it or not."""
        return [(table.name, key) for table, key in self._before]

    def changes(self) -> list[Change]:
        """Return the rows that are not what they were; all has to be sent before."""
        found = (
            Change(table, key, before, read(self._connection, table, key))
            for (table, key), before in self._before.items()
        )
        return [change for change in found if change.before != change.after]

    def _heard(
        self, _connection: sa.Connection, statement: Any, several: Any, one: Any, _options: Any
    ) -> None:
        if isinstance(statement, sa.Insert | sa.Update | sa.Delete):
            self._note(statement, several or [one or {}])

    def _note(self, statement: Any, rows: Sequence[Values]) -> None:
        if statement.table.name in _DERIVED | _ADDED_TO:
            return
        if isinstance(statement, sa.Insert):
            given = [found for values in rows for found in _given(statement, values)]
            or_changes = statement._post_values_clause is not None
            for values in given:
                self._note_new(statement.table, values, or_changes=or_changes)
            self.complete = self.complete and bool(given)
            return
        if self._lasts and statement.table.name not in self._lasting:
            return
        for values in rows:
            self._note_found(statement.table, statement.whereclause, values)

    def _note_new(self, table: Any, values: Values, *, or_changes: bool) -> None:
        """Note a row that is inserted; ``or_changes``: or changed where its key is taken."""
        columns = list(table.primary_key)
        if any(column.name not in values for column in columns):
            self.complete = False
            return
        key = tuple(kept(column, values[column.name]) for column in columns)
        if (table, key) not in self._before:
            is_read = or_changes and not self._lasts
            self._keep(table, key, read(self._connection, table, key) if is_read else None)

    def _note_found(self, table: Any, where: Any, values: Values) -> None:
        """Note the rows that a condition finds."""
        named = {part.key for part in visitors.iterate(where) if isinstance(part, sa.BindParameter)}
        given = {name: value for name, value in values.items() if name in named}
        for row in self._connection.execute(sa.select(table).where(where), given).mappings():
            image = image_of(table, dict(row))
            self._keep(table, key_of(table, image), image)

    def _keep(self, table: sa.Table, key: Key, image: Image | None) -> None:
        self._before.setdefault((table, key), image)
        self._lasts = self._lasts or table.name in self._lasting


def _given(statement: Any, values: Values) -> list[Values]:
    """Return the rows that an INSERT gives; none where it takes them from elsewhere."""
    if statement.select is not None:
        return []
    several = [row for rows in statement._multi_values for row in rows]
    named = several or [statement._values or {}]
    found: list[Values] = [
        {getattr(column, "name", column): _value(part, values) for column, part in row.items()}
        for row in named
    ]
    return found if several else [{**values, **found[0]}]


def _value(part: Any, values: Values) -> Any:
    if isinstance(part, sa.BindParameter):
        return values.get(part.key, part.effective_value)
    return part
