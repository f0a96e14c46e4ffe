"""Statements that are built and compiled once, and run through the driver.

SQLAlchemy declares the tables, writes the SQL of each engine and converts the values by the types
of the columns. What it does beside that at every call (building the statement, finding it in its
cache, making a result) costs ten times what the database takes. So a statement of the daily work is
kept as text, with the converters of its parameters and columns, for each engine.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

import sqlalchemy as sa

Build = Callable[[], sa.Executable]
#: The engine's own ``insert``, which knows ON CONFLICT.
Insert = Callable[[sa.Table], Any]
Convert = Callable[[Any], Any]
Values = Mapping[str, Any]
Row = Sequence[Any]
Condition = sa.ColumnElement[bool]
Lock = Literal["", "wait", "skip"]

#: The parameter that every statement about one mailbox has.
MAILBOX = "mailbox_id"


def own_insert(dialect: str) -> Insert:
    """Return the ``insert`` of an engine, which knows ON CONFLICT."""
    made: Insert = import_module(f"sqlalchemy.dialects.{dialect}").insert
    return made


def param(name: str) -> sa.BindParameter[Any]:
    """Return the place of a value that a statement is run with; it takes its column's type."""
    return sa.bindparam(name, required=False)  # required: at compile time


class Statement:
    """A statement with named parameters; it is built when it is first run.

    ``lock``: its rows are locked on PostgreSQL until the transaction ends (``skip``: past those
    that another one has locked); a transaction that only reads locks nothing.
    """

    def __init__(self, build: Build, *, lock: Lock = "") -> None:
        self._build = build
        self._lock = lock
        self._prepared: dict[tuple[str, bool], _Prepared] = {}

    def rows(self, connection: sa.Connection, values: Values, *, locks: bool) -> list[Row]:
        """Return all rows that it finds, with the values of their columns' types."""
        prepared = self._on(connection, locks=locks)
        found: list[Row] = prepared.run(connection, prepared.parameters(values), _all_rows)
        return [prepared.row(row) for row in found] if prepared.columns else found

    def first(self, connection: sa.Connection, values: Values, *, locks: bool) -> Row | None:
        """Return the first row that it finds, or None."""
        prepared = self._on(connection, locks=locks)
        row: Row | None = prepared.run(connection, prepared.parameters(values), _one_row)
        return None if row is None else prepared.row(row)

    def change(self, connection: sa.Connection, values: Values) -> int:
        """Run it; return how many rows it changed."""
        prepared = self._on(connection)
        changed: int = prepared.run(connection, prepared.parameters(values), _changed)
        return changed

    def change_all(self, connection: sa.Connection, rows: Iterable[Values]) -> None:
        """Run it once for each of ``rows``."""
        prepared = self._on(connection)
        many = [prepared.parameters(values) for values in rows]
        if len(many) == 1:
            prepared.run(connection, many[0], _changed)
        elif many:
            prepared.run(connection, many, _changed, many=True)

    def _on(self, connection: sa.Connection, *, locks: bool = True) -> "_Prepared":
        dialect = connection.dialect
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

    def rows(
        self, connection: sa.Connection, several: Sequence[object], values: Values
    ) -> list[Row]:
        """Return all rows that it finds or changes; ``several`` are one value at least."""
        size = 1 << (len(several) - 1).bit_length()
        statement = self._kept.get(size)
        if statement is None:
            statement = self._kept[size] = Statement(lambda: self._build(self._any_of(size)))
        filled = [*several, *[several[-1]] * (size - len(several))]
        named = {f"several_{at}": value for at, value in enumerate(filled)}
        return statement.rows(connection, {**values, **named}, locks=True)

    def _any_of(self, size: int) -> Condition:
        return self._column.in_([param(f"several_{at}") for at in range(size)])


@dataclass(frozen=True, slots=True)
class _Prepared:
    """The text for one driver, and what converts values on their way in and out."""

    text: str
    binds: tuple[tuple[str, Convert | None], ...]
    #: values that are a part of the statement
    fixed: Values
    positional: bool
    columns: tuple[tuple[int, Convert], ...]

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

    def row(self, row: Row) -> Row:
        """Return a row of the driver with the values of its columns' types."""
        values = list(row)
        for at, convert in self.columns:
            values[at] = convert(values[at])
        return values

    def run(
        self,
        connection: sa.Connection,
        parameters: Any,
        take: Convert,
        *,
        many: bool = False,
    ) -> Any:
        """Run it and ``take`` what came; errors of the driver are told as SQLAlchemy tells them.

        Who listens to the statements of SQLAlchemy hears this one as well.
        """
        cursor = connection.connection.cursor()
        try:
            for heard in connection.dispatch.before_cursor_execute:
                heard(connection, cursor, self.text, parameters, None, many)
            (cursor.executemany if many else cursor.execute)(self.text, parameters)
            return take(cursor)
        except connection.dialect.loaded_dbapi.Error as error:
            raise _told(connection, self.text, error, cursor) from error
        finally:
            cursor.close()


def _prepared(construct: Any, dialect: sa.Dialect) -> _Prepared:
    compiled = construct.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    binds = compiled.binds
    names = compiled.positiontup if compiled.positional else list(binds)
    converters = {name: _bind(bind.type, dialect) for name, bind in binds.items()}
    columns = enumerate(column.type for column in construct.exported_columns)
    results = [(at, _result(kind, dialect)) for at, kind in columns]
    return _Prepared(
        text=str(compiled),
        binds=tuple((name, converters[name]) for name in names),
        fixed={name: bind.value for name, bind in binds.items() if bind.unique},
        positional=compiled.positional,
        columns=tuple((at, convert) for at, convert in results if convert is not None),
    )


def _bind(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Convert | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _result(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Convert | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def _all_rows(cursor: Any) -> Any:
    return cursor.fetchall()


def _one_row(cursor: Any) -> Any:
    return cursor.fetchone()


def _changed(cursor: Any) -> Any:
    return cursor.rowcount


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
