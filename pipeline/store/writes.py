"""What a transaction has decided to write and has not sent to the database yet.

Rows are sent together: for each table one statement with all of its rows, before the commit, or
before a statement that could see one of them. They go out in one order, what is referred to first,
and a row that was written several times goes out once.

Only what nobody else decides is put off: new rows, and changes of rows that the transaction has
made or locked. Whether a version is still the one that was read, whether a key is taken, and what a
counter stands at, is for the database to say; such statements are run at once.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from pipeline.store.schema.types import as_read
from pipeline.store.statements import Call, Concerns, Statement, Values, param

Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """A row to be sent by ``statement``; ``before`` is what is known of it as it is stored."""

    statement: Statement
    values: Values
    new: bool = True
    before: Values | None = None


class Writes:
    """The rows of one transaction that are still to be sent."""

    def __init__(self) -> None:
        self._rows: dict[sa.Table, dict[Key, _Row]] = {}

    def __bool__(self) -> bool:
        return bool(self._rows)

    def has(self, table: sa.Table, values: Values) -> bool:
        """Whether the row with the key of ``values`` is to be sent."""
        return _key(table, values) in self._rows.get(table, {})

    def put(self, table: sa.Table, statement: Statement, values: Values) -> None:
        """Send a whole row by ``statement``, in place of what was to be sent of it."""
        self._rows.setdefault(table, {})[_key(table, values)] = _Row(statement, values)

    def change(self, table: sa.Table, values: Values, before: Values) -> None:
        """Change columns of the row with the key of ``values``, which is stored or to be sent."""
        rows = self._rows.setdefault(table, {})
        key = _key(table, values)
        row = rows.get(key) or _Row(_changing(table, frozenset()), {}, new=False, before=before)
        together = {**row.values, **values}
        statement = row.statement if row.new else _changing(table, frozenset(together))
        rows[key] = _Row(statement, together, row.new, row.before)

    def are_seen_by(self, concerns: Concerns, values: Values) -> bool:
        """Whether a statement that is run with ``values`` could see a row that is to be sent."""
        tables = [table for table in concerns.tables if table in self._rows]
        if not tables or not concerns.equal:
            return bool(tables)
        wanted = [
            (column, name and as_read(column.type, values[name]))
            for column, name in concerns.equal
            if name != "mailbox_id"
        ]
        return any(
            _fits(row.values if row.new else {**(row.before or {}), **row.values}, wanted)
            or (not row.new and _fits(row.before or {}, wanted))
            for row in self._rows[tables[0]].values()
        )

    def calls(self, dialect: sa.Dialect) -> Iterator[Call]:
        """Return the calls that send all rows, which are then no longer to be sent."""
        tables, self._rows = self._rows, {}
        for table in sorted(tables, key=_place):
            together: dict[Statement, list[Values]] = {}
            for row in tables[table].values():
                together.setdefault(row.statement, []).append(row.values)
            for statement, rows in together.items():
                yield statement.change_all(dialect, rows)

    def mark(self) -> "Mark":
        """Return what is to be sent now, to go back to."""
        return {table: dict(rows) for table, rows in self._rows.items()}

    def back_to(self, mark: "Mark") -> None:
        """Send what was to be sent at ``mark``: what was sent since then is undone as well."""
        self._rows = {table: dict(rows) for table, rows in mark.items()}


Mark = Mapping[sa.Table, Mapping[Key, _Row]]


def _key(table: sa.Table, values: Values) -> Key:
    return _key_of(table)(values)


@cache
def _key_of(table: sa.Table) -> Callable[[Values], Key]:
    """Return what takes the primary key out of the values of a row."""
    names = [column.name for column in table.primary_key]
    return itemgetter(*names) if len(names) > 1 else lambda values: (values[names[0]],)


def _fits(row: Values, wanted: list[tuple[sa.Column[Any], object]]) -> bool:
    """Tell whether ``row`` may have the values; a column that is not known may have any."""
    return all(
        column.name not in row or as_read(column.type, row[column.name]) == value
        for column, value in wanted
    )


@cache
def _place(table: sa.Table) -> int:
    """Return the place of ``table`` in the order in which rows are sent."""
    return table.metadata.sorted_tables.index(table)


@cache
def _changing(table: sa.Table, names: frozenset[str]) -> Statement:
    keys = list(table.primary_key)
    columns = [name for name in names if name not in table.primary_key]

    def build() -> sa.Executable:
        row = sa.update(table).where(*(column == param(column.name) for column in keys))
        return row.values({name: param(name) for name in columns})

    return Statement(build)
