"""Statements that are built and compiled once, and run through the driver.

SQLAlchemy declares the tables, writes the SQL of each engine and converts the values by the types
of the columns. What it does beside that at every call (building the statement, finding it in its
cache, making a result) costs ten times what the database takes. So a statement of the daily work is
kept as text, with the converters of its parameters and columns, for each engine.
"""

import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.sql import operators, visitors

Build = Callable[[], sa.Executable]
#: The engine's own ``insert``, which knows ON CONFLICT.
Insert = Callable[[sa.Table], Any]
Convert = Callable[[Any], Any]
Values = Mapping[str, Any]
Row = Sequence[Any]
Condition = sa.ColumnElement[bool]
Lock = Literal["", "wait", "skip"]

_WRITES = (sa.Insert, sa.Update, sa.Delete)

#: The parameter that every statement about one mailbox has.
MAILBOX = "mailbox_id"


def own_insert(dialect: str) -> Insert:
    """Return the ``insert`` of an engine, which knows ON CONFLICT."""
    made: Insert = import_module(f"sqlalchemy.dialects.{dialect}").insert
    return made


def param(name: str, kind: sa.types.TypeEngine[Any] | None = None) -> sa.BindParameter[Any]:
    """Return the place of a value that a statement is run with; it takes its column's type."""
    return sa.bindparam(name, type_=kind, required=False)  # required: at compile time


class Statement:
    """A statement with named parameters; it is built when it is first run.

    ``lock``: its rows are locked on PostgreSQL until the transaction ends (``skip``: past those
    that another one has locked); a transaction that only reads locks nothing.
    """

    def __init__(self, build: Build, *, lock: Lock = "") -> None:
        self._build = build
        self._lock = lock
        self._prepared: dict[tuple[str, bool], Prepared] = {}

    def rows(self, dialect: sa.Dialect, values: Values, *, locks: bool) -> "Call":
        """Return the call that gives all rows, with the values of their columns' types."""
        prepared = self._on(dialect, locks=locks)
        return Call(prepared, prepared.parameters(values), prepared.all_rows, values=(values,))

    def first(self, dialect: sa.Dialect, values: Values, *, locks: bool) -> "Call":
        """Return the call that gives the first row, or None."""
        prepared = self._on(dialect, locks=locks)
        return Call(prepared, prepared.parameters(values), prepared.one_row, values=(values,))

    def change(self, dialect: sa.Dialect, values: Values) -> "Call":
        """Return the call that gives how many rows it changed."""
        prepared = self._on(dialect)
        return Call(prepared, prepared.parameters(values), _changed, values=(values,))

    def change_all(self, dialect: sa.Dialect, rows: Sequence[Values]) -> "Call":
        """Return the call that runs it once for each of ``rows``, one at least."""
        if len(rows) == 1:
            return self.change(dialect, rows[0])
        prepared = self._on(dialect)
        many = [prepared.parameters(values) for values in rows]
        return Call(prepared, many, _changed, many=True, values=rows)

    def _on(self, dialect: sa.Dialect, *, locks: bool = True) -> "Prepared":
        prepared = self._prepared.get((dialect.name, locks))
        if prepared is None:
            construct: Any = self._construct(dialect.name)
            if self._lock and locks:
                construct = construct.with_for_update(skip_locked=self._lock == "skip")
            prepared = self._prepared[dialect.name, locks] = _prepared(construct, dialect)
        return prepared

    def _construct(self, dialect: str) -> sa.Executable:  # noqa: ARG002 - not the same for all
        return self._build()


class Upsert(Statement):
    """An INSERT with ON CONFLICT, which each engine has to build itself."""

    def __init__(self, build: Callable[[Insert], sa.Executable]) -> None:
        super().__init__(lambda: build(own_insert("sqlite")))
        self._of_engine = build

    def _construct(self, dialect: str) -> sa.Executable:
        return self._of_engine(own_insert(dialect))


class OfSeveral:
    """A statement with as many values for one column as it is run with.

    It is kept for 1, 2, 4, 8 ... of them; the last one fills up the others.
    """

    def __init__(self, column: sa.Column[Any], build: Callable[[Condition], sa.Executable]) -> None:
        self._column = column
        self._build = build
        self._kept: dict[int, Statement] = {}

    def rows(self, dialect: sa.Dialect, several: Sequence[object], values: Values) -> "Call":
        """Return the call that gives all rows of ``several``, one at least, after a change."""
        size = 1 << (len(several) - 1).bit_length()
        statement = self._kept.get(size)
        if statement is None:
            statement = self._kept[size] = Statement(lambda: self._build(self._any_of(size)))
        filled = [*several, *[several[-1]] * (size - len(several))]
        named = {f"several_{at}": value for at, value in enumerate(filled)}
        return statement.rows(dialect, {**values, **named}, locks=True)

    def _any_of(self, size: int) -> Condition:
        kind = self._column.type
        return self._column.in_([param(f"several_{at}", kind) for at in range(size)])


@dataclass(frozen=True, slots=True)
class Concerns:
    """Which rows a statement reads or changes.

    Those of ``tables``; of a single one those in which the columns of ``equal`` have the values of
    the parameters that are named beside them (None: no value).
    """

    tables: frozenset[sa.Table]
    equal: tuple[tuple[sa.Column[Any], str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """The text for one driver, and what converts values on their way in and out."""

    text: str
    concerns: Concerns = Concerns(frozenset())
    binds: tuple[tuple[str, Convert | None], ...] = ()
    #: values that are a part of the statement
    fixed: Values = field(default_factory=dict)
    positional: bool = True
    columns: tuple[tuple[int, Convert], ...] = ()
    #: the statement itself, where it writes
    writes: Any = None

    def parameters(self, values: Values) -> Any:
        """Return ``values`` as the driver takes them. Raises StatementError for a wrong one."""
        if self.fixed:
            values = {**self.fixed, **values}
        try:
            converted = [
                values[name] if convert is None else convert(values[name])
                for name, convert in self.binds
            ]
        except (TypeError, ValueError) as error:
            raise sa.exc.StatementError(str(error), self.text, None, error) from error
        if self.positional:
            return converted
        return {name: value for (name, _), value in zip(self.binds, converted, strict=True)}

    def all_rows(self, cursor: Any) -> list[Row]:
        """Return all rows with the values of their columns' types."""
        found: list[Row] = cursor.fetchall()
        return [self._row(row) for row in found] if self.columns else found

    def one_row(self, cursor: Any) -> Row | None:
        """Return the first row with the values of its columns' types, or None."""
        row: Row | None = cursor.fetchone()
        return None if row is None else self._row(row)

    def _row(self, row: Row) -> Row:
        values = list(row)
        for at, convert in self.columns:
            values[at] = convert(values[at])
        return values


@dataclass(frozen=True, slots=True)
class Call:
    """A statement with its parameters, and what is taken of its answer.

    ``values`` are what it is run with, before the driver's form: those of each run.
    """

    prepared: Prepared
    parameters: Any
    take: Convert
    many: bool = False
    values: Sequence[Values] = ()


def plain(text: str) -> Call:
    """Return the call of a text without parameters and without an answer."""
    return Call(Prepared(text), (), _nothing)


def run(connection: sa.Connection, calls: Sequence[Call]) -> Any:
    """Run ``calls`` in their order; return what was taken of the answer to the last one.

    On PostgreSQL several go out together and are answered together (the pipeline mode of libpq):
    the way there and back costs more than most statements. Errors of the driver are told as
    SQLAlchemy tells them. Who listens to the statements of SQLAlchemy hears these as well.
    """
    driver: Any = connection.connection.dbapi_connection
    together = len(calls) > 1 and connection.dialect.name == "postgresql"
    cursors: list[Any] = []
    try:
        with driver.pipeline() if together else nullcontext():
            for call in calls:
                cursors.append(driver.cursor())
                _begin(connection, cursors[-1], call)
        return calls[-1].take(cursors[-1])
    except connection.dialect.loaded_dbapi.Error as error:
        text = calls[max(len(cursors) - 1, 0)].prepared.text
        raise _told(connection, text, error, cursors[-1] if cursors else None) from error
    finally:
        for cursor in cursors:
            cursor.close()


def _begin(connection: sa.Connection, cursor: Any, call: Call) -> None:
    text, parameters, many = call.prepared.text, call.parameters, call.many
    for heard in connection.dispatch.before_cursor_execute:
        heard(connection, cursor, text, parameters, None, many)
    (cursor.executemany if many else cursor.execute)(text, parameters)


def _prepared(construct: Any, dialect: sa.Dialect) -> Prepared:
    compiled = construct.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    binds = compiled.binds
    names = compiled.positiontup if compiled.positional else list(binds)
    converters = {name: _bind(bind.type, dialect) for name, bind in binds.items()}
    columns = enumerate(column.type for column in construct.exported_columns)
    results = [(at, _result(kind, dialect)) for at, kind in columns]
    return Prepared(
        text=str(compiled),
        concerns=_concerns(construct, binds),
        binds=tuple((name, converters[name]) for name in names),
        fixed={name: bind.value for name, bind in binds.items() if bind.unique},
        positional=compiled.positional,
        columns=tuple((at, convert) for at, convert in results if convert is not None),
        writes=construct if isinstance(construct, _WRITES) else None,
    )


def _bind(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Convert | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _result(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Convert | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def _concerns(construct: Any, named: Collection[str]) -> Concerns:
    """Return what a statement looks at, by its own words; what is not understood narrows nothing.

    Who writes a row also looks at the rows that it refers to.
    """
    tables = {item for item in visitors.iterate(construct) if isinstance(item, sa.Table)}
    equal: list[tuple[sa.Column[Any], str | None]] = []
    if isinstance(construct, sa.Insert):
        table: Any = construct.table
        if not any(index.unique for index in table.indexes):
            keys = [(column, column.name) for column in table.primary_key]
            equal = keys if all(name in named for _, name in keys) else []
    else:
        where = construct.whereclause
        joined = getattr(where, "operator", None) is operators.and_
        parts: Any = where.clauses if joined else [where]
        equal = list(filter(None, map(_equality, parts)))
    if isinstance(construct, (sa.Insert, sa.Update)):
        tables |= {key.column.table for key in construct.table.foreign_keys}
    return Concerns(frozenset(tables), tuple(equal) if len(tables) == 1 else ())


def _equality(part: Any) -> tuple[sa.Column[Any], str | None] | None:
    """Return the column that a condition compares, and with which named parameter or with NULL."""
    compares = getattr(part, "operator", None)
    if compares not in {operator.eq, operators.is_} or not isinstance(part.left, sa.Column):
        return None
    right = part.right
    if isinstance(right, sa.BindParameter) and not right.unique:
        return part.left, right.key
    return (part.left, None) if isinstance(right, sa.Null) else None


def _changed(cursor: Any) -> Any:
    return cursor.rowcount


def _nothing(_cursor: Any) -> None:
    return None


def _told(connection: sa.Connection, text: str, error: Any, cursor: Any) -> Any:
    """Return ``error`` as SQLAlchemy tells it; a connection that is gone is used no more."""
    dialect = connection.dialect
    gone = dialect.is_disconnect(error, connection.connection.dbapi_connection, cursor)
    if gone:
        connection.invalidate(error)
    return sa.exc.DBAPIError.instance(
        text,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=gone,
        dialect=dialect,
    )
