"""What every noun's file builds on: records to rows and back, inside one transaction."""

import dataclasses
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from pipeline.store.context import Context
from pipeline.store.schema.plain import from_plain, hints_of, to_plain
from pipeline.store.schema.types import as_read
from pipeline.store.statements import MAILBOX, Statement, Upsert, param

R = TypeVar("R")


_NO_DEFAULT = object()


@dataclasses.dataclass(frozen=True, slots=True)
class _Leaf:
    """One plain field: of the record itself, or of a dataclass in the record's field ``inside``."""

    name: str
    inside: str
    kind: Any
    default: object

    @property
    def path(self) -> str:
        """The way to its value from the record."""
        return f"{self.inside}.{self.name}" if self.inside else self.name


class Mapper(Generic[R]):
    """Turns one kind of record into the columns of its table and back.

    A field that is a dataclass and no column is spread over its own fields. A plain field without a
    column goes into the JSON column ``more``, unless it has its default; raises TypeError at import
    when the table has none: nothing is ever dropped in silence. A default that is changed needs a
    migration that writes the old one into ``more``.
    """

    def __init__(
        self,
        record: type[R],
        table: sa.Table,
        derived: Callable[[R], Mapping[str, object]] | None = None,
    ) -> None:
        self._record: Any = record
        self._derived = derived
        self._spread: dict[str, Any] = {}
        leaves: list[_Leaf] = []
        for name, kind, default in _fields(record):
            if name not in table.c and dataclasses.is_dataclass(kind):
                self._spread[name] = kind
                leaves += [_Leaf(inner, name, *about) for inner, *about in _fields(kind)]
            else:
                leaves.append(_Leaf(name, "", kind, default))
        own = [leaf for leaf in leaves if leaf.name in table.c]
        rest = [leaf for leaf in leaves if leaf.name not in table.c]
        self._has_more = "more" in table.c
        if len({leaf.name for leaf in leaves}) != len(leaves) or (rest and not self._has_more):
            names = [leaf.name for leaf in rest]
            raise TypeError(f"{self._record.__name__} does not fit the table {table.name}: {names}")
        self._rest = {leaf.name: leaf for leaf in rest}
        self._rest_of = _getter([leaf.path for leaf in rest])
        columns = [leaf.name for leaf in own]
        self._names = tuple(columns)
        self._values_of = _getter([leaf.path for leaf in own])
        # where the values of a row go: for the record and each of its dataclasses, names and places
        self._places = {
            inside: [(at, leaf.name) for at, leaf in enumerate(own) if leaf.inside == inside]
            for inside in ("", *self._spread)
        }
        if self._has_more:
            columns.append("more")
        self.columns: tuple[sa.Column[Any], ...] = tuple(table.c[name] for name in columns)
        #: made once: naming all columns costs more than adding the conditions
        self.select: sa.Select[Any] = sa.select(*self.columns)
        self._table = table
        self._inserts: dict[tuple[tuple[str, ...], tuple[str, ...] | None], Statement] = {}

    def mine(self, *conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
        """Return the selection of the records of one mailbox, for a statement that is kept."""
        return self.select.where(of_mailbox(self._table), *conditions)

    def change(self, *conditions: sa.ColumnElement[bool], but: Sequence[str] = ()) -> sa.Update:
        """Return the update of all columns but the key and ``but``, for one that is kept."""
        names = [
            column.name
            for column in self._table.c
            if not column.primary_key and column.name not in but
        ]
        return changing(self._table, *conditions, names=names)

    def insert(self, names: Iterable[str], on: Sequence[str] | None = None) -> Statement:
        """Return the kept INSERT of the columns ``names``; none when the key ``on`` is taken."""
        columns, key = tuple(names), None if on is None else tuple(on)
        kept = self._inserts.get((columns, key))
        if kept is None:
            kept = self._inserts[columns, key] = _inserting(self._table, columns, key)
        return kept

    def values(self, record: R) -> dict[str, Any]:
        """Return the columns of ``record``, with those that are derived from it."""
        values = dict(zip(self._names, self._values_of(record), strict=True))
        if self._has_more:
            found = zip(self._rest.values(), self._rest_of(record), strict=True)
            values["more"] = {
                leaf.name: to_plain(value) for leaf, value in found if value != leaf.default
            }
        if self._derived is not None:
            values.update(self._derived(record))
        return values

    def as_read(self, values: Mapping[str, Any]) -> R:
        """Return the record of columns that were not stored yet, as it is read after that."""
        return self.record([as_read(column.type, values[column.name]) for column in self.columns])

    def record(self, row: Sequence[Any]) -> R:
        """Return the record of a row of :attr:`columns`.

        A field that ``more`` does not know, because it had its default or the row is older than the
        field, takes its default.
        """
        arguments = {
            inside: {name: row[at] for at, name in places}
            for inside, places in self._places.items()
        }
        for name, value in row[-1].items() if self._has_more else ():
            leaf = self._rest.get(name)
            if leaf is not None:
                arguments[leaf.inside][name] = from_plain(leaf.kind, value)
        made = arguments.pop("")
        for name, inner in arguments.items():
            made[name] = self._spread[name](**inner)
        record: R = self._record(**made)
        return record


def _getter(paths: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what gives the values at ``paths`` of a record."""
    if not paths:
        return lambda _record: ()
    get = operator.attrgetter(*paths)
    return get if len(paths) > 1 else lambda record: (get(record),)


def _fields(record: Any) -> list[tuple[str, Any, object]]:
    """Return the names, resolved types and defaults of the fields of a dataclass."""
    hints = hints_of(record)
    return [
        (field.name, hints[field.name], _default(field)) for field in dataclasses.fields(record)
    ]


def _default(field: "dataclasses.Field[Any]") -> object:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return _NO_DEFAULT if field.default is dataclasses.MISSING else field.default


class Rows(Generic[R]):
    """The rows of one table that belong to the mailbox of a transaction."""

    def __init__(self, context: Context, table: sa.Table, mapper: Mapper[R]) -> None:
        self._context = context
        self._table = table
        self._mapper = mapper

    def _execute(
        self, statement: sa.Executable, values: dict[str, Any] | None = None
    ) -> sa.CursorResult[Any]:
        """Run ``statement``; values beside it cost less than values that are a part of it."""
        if isinstance(statement, sa.Select):
            self._context.send()
            return self._context.raw.execute(statement, values)
        return self._context.connection.execute(statement, values)

    def _mine(self) -> sa.ColumnElement[bool]:
        """Return the condition that comes first in every statement."""
        return self._column("mailbox_id") == self._context.mailbox_id

    def _column(self, name: str) -> sa.Column[Any]:
        return self._table.c[name]

    def _select(self, *conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
        return self._mapper.select.where(self._mine(), *conditions)

    def any(self) -> bool:
        """Whether the mailbox has at least one row."""
        return self._execute(self._select().limit(1)).first() is not None

    def _all(self, statement: sa.Select[Any]) -> list[R]:
        return [self._mapper.record(row) for row in self._execute(statement)]

    def _first(self, statement: sa.Select[Any]) -> R | None:
        row = self._execute(statement.limit(1)).first()
        return None if row is None else self._mapper.record(row)

    def _found(self, statement: Statement, **values: object) -> list[R]:
        """Return the records that a kept statement finds."""
        return [self._mapper.record(row) for row in self._context.rows(statement, **values)]

    def _one(self, statement: Statement, **values: object) -> R | None:
        """Return the first record that a kept statement finds, or None."""
        row = self._context.first(statement, **values)
        return None if row is None else self._mapper.record(row)

    def _change(self, statement: Statement, **values: object) -> int:
        """Run a kept statement; return how many rows it changed."""
        return self._context.change(statement, **values)

    def _values(self, record: R) -> dict[str, Any]:
        return {"mailbox_id": self._context.mailbox_id, **self._mapper.values(record)}

    def _insert(self, record: R, **more: object) -> dict[str, Any]:
        """Insert ``record``, later; return its columns."""
        values = {**self._values(record), **more}
        self._put(self._mapper.insert(values), values)
        return values

    def _put(self, statement: Statement, values: dict[str, Any]) -> None:
        """Insert a row by ``statement``, later; its key is taken by none that is to be inserted."""
        if self._context.writes.has(self._table, values):
            self._context.send()
        self._context.put(self._table, statement, values)

    def _insert_new(self, record: R, on: Sequence[str]) -> bool:
        """Insert ``record`` now, unless its key ``on`` is taken; return whether it was inserted."""
        values = self._values(record)
        return self._change(self._mapper.insert(values, on=("mailbox_id", *on)), **values) == 1

    def _update(self, *conditions: sa.ColumnElement[bool], **values: object) -> int:
        """Change the rows that meet all ``conditions``; return how many."""
        statement = sa.update(self._table).where(self._mine(), *conditions)
        if any(isinstance(value, sa.ColumnElement) for value in values.values()):
            return self._execute(statement.values(**values)).rowcount
        return self._execute(statement, values).rowcount

    def _delete(self, *conditions: sa.ColumnElement[bool]) -> int:
        return self._execute(sa.delete(self._table).where(self._mine(), *conditions)).rowcount

    def _due(self, wake: str, now: object, limit: int) -> sa.Select[Any]:
        """Return the poll of a work table: locked on PostgreSQL, past other workers' locks."""
        column = self._column(wake)
        statement = self._select(column.is_not(None), column <= now)
        ordered = statement.order_by(column, self._column("id")).limit(limit)
        return self._locked(ordered, skip_locked=True)

    def _locked(self, statement: sa.Select[Any], *, skip_locked: bool = False) -> sa.Select[Any]:
        """Lock what ``statement`` finds; a plan that only reads locks nothing."""
        if self._context.read_only:
            return statement
        return statement.with_for_update(skip_locked=skip_locked)


def of_mailbox(table: sa.Table) -> sa.ColumnElement[bool]:
    """Return the condition of one mailbox, for a statement that is kept."""
    return table.c.mailbox_id == param(MAILBOX)


def changing(
    table: sa.Table, *conditions: sa.ColumnElement[bool], names: Iterable[str]
) -> sa.Update:
    """Return the update of the columns ``names`` in one mailbox, for a statement that is kept."""
    changed = sa.update(table).where(of_mailbox(table), *conditions)
    return changed.values({name: param(name) for name in names})


def due_first(
    mapper: Mapper[Any], wake: sa.Column[Any], *more: sa.ColumnElement[bool]
) -> sa.Select[Any]:
    """Return the poll of a work table, for a statement that is kept: who is due comes first."""
    due = mapper.mine(wake.is_not(None), wake <= param("now"), *more)
    return due.order_by(wake, wake.table.c.id).limit(param("most"))


def _inserting(table: sa.Table, names: Sequence[str], on: Sequence[str] | None) -> Statement:
    values = {name: param(name) for name in names}
    if on is None:
        return Statement(lambda: sa.insert(table).values(values))
    key = [table.c[name] for name in on]
    return Upsert(lambda own: own(table).values(values).on_conflict_do_nothing(index_elements=key))


def constant(column: sa.Column[Any], value: object) -> sa.ColumnElement[bool]:
    """Return ``column = 'value'`` with the value written out, as a partial index needs it."""
    return column == sa.literal(value, column.type, literal_execute=True)


def filled(column: sa.Column[str]) -> sa.ColumnElement[bool]:
    """Return ``column <> ''`` with the empty text written out, as a partial index needs it."""
    return column != sa.literal("", sa.Text(), literal_execute=True)
