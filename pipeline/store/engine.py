"""The engine: how each database is opened so that several processes lose nothing."""

import os
import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from pipeline.durable import make_folder
from pipeline.errors import ConfigurationError
from pipeline.store.types import canonical

_BUSY_MILLISECONDS = 30_000
_CONNECT_SECONDS = 10
_READ_ONLY = "pipeline_read_only"
# an INSERT … ON CONFLICT DO NOTHING has to tell whether it inserted
_OPTIONS = {"preserve_rowcount": True}
_BUSY_STATES = frozenset({"40001", "40P01", "55P03"})
_DISK_FULL = "53100"
_GONE_STATES = frozenset({"57P01", "57P02", "57P03"})


def open_engine(where: str | Path, *, create: bool) -> sa.Engine:
    """Return the engine of ``where``: the path of a SQLite file, or a URL.

    URLs are ``sqlite:///…`` and ``postgresql[+psycopg]://…``; a path with ``?``, ``#`` or ``%`` in
    it is no part of one.

    Raises ConfigurationError: ``database_url`` when it is neither, ``database_missing`` when the
    file of a SQLite database does not exist and ``create`` is false, ``database_unreachable`` when
    its folder cannot be made.
    """
    if isinstance(where, Path):
        address = sa.URL.create("sqlite", database=str(where))
        return _open_sqlite(address, create=create)
    try:
        address = sa.make_url(where)
    except sa.exc.ArgumentError as error:
        raise ConfigurationError("database_url") from error
    name = address.get_backend_name()
    if name == "sqlite" and address.database not in {None, "", ":memory:"}:
        return _open_sqlite(address, create=create)
    if name == "postgresql":
        return _open_postgresql(address)
    raise ConfigurationError("database_url")


def read_only(connection: sa.Connection) -> sa.Connection:
    """Mark ``connection`` so that its next transaction reads one state and writes nothing."""
    return connection.execution_options(**{_READ_ONLY: True})


def shown(engine: sa.Engine) -> str:
    """Return where the database is, without its password."""
    return engine.url.render_as_string(hide_password=True)


def transient(error: sa.exc.DBAPIError) -> bool:
    """Whether the same transaction may succeed when it is run again."""
    if error.connection_invalidated:
        return True
    cause = error.orig
    if isinstance(cause, sqlite3.OperationalError):
        return cause.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
    state = getattr(cause, "sqlstate", None)
    if state is None:
        # psycopg gives no SQLSTATE when the server cannot be reached
        return isinstance(error, sa.exc.OperationalError) and not isinstance(cause, sqlite3.Error)
    return state in _BUSY_STATES | _GONE_STATES or state.startswith("08")


def blames_nothing(error: BaseException) -> bool:
    """Whether the database failed by itself: no row and no message of ours is the cause."""
    return isinstance(error, sa.exc.DBAPIError) and (transient(error) or out_of_room(error))


def out_of_room(error: BaseException) -> bool:
    """Whether the disk of the database takes no more bytes.

    SQLite then takes the whole transaction back, so that the end of a savepoint fails as well: the
    cause is the error before that.
    """
    seen: BaseException | None = error
    while seen is not None:
        cause = getattr(seen, "orig", None)
        if isinstance(cause, sqlite3.OperationalError):
            if cause.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL:
                return True
        elif getattr(cause, "sqlstate", None) == _DISK_FULL:
            return True
        seen = seen.__context__
    return False


def _open_sqlite(address: sa.URL, *, create: bool) -> sa.Engine:
    path = Path(str(address.database)).absolute()
    if not path.exists():
        if not create:
            raise ConfigurationError("database_missing", path=str(path))
        _make_file(path)
    engine = sa.create_engine(
        address.set(drivername="sqlite+pysqlite", database=str(path)),
        json_serializer=canonical,
        execution_options=_OPTIONS,
        hide_parameters=True,  # a failing statement carries raw text of customers
        connect_args={"timeout": _BUSY_MILLISECONDS / 1000},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        # the driver must begin nothing by itself: we say BEGIN IMMEDIATE
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout = {_BUSY_MILLISECONDS}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        reads = connection.get_execution_options().get(_READ_ONLY, False)
        connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if reads else 'OFF'}")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def _make_file(path: Path) -> None:
    """Make an empty database that only we may read; the WAL takes the same rights."""
    try:
        make_folder(path.parent)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise ConfigurationError("database_unreachable", where=str(path)) from error


def _open_postgresql(address: sa.URL) -> sa.Engine:
    arguments: dict[str, Any] = {"connect_timeout": _CONNECT_SECONDS}
    engine = sa.create_engine(
        address.set(drivername="postgresql+psycopg"),
        json_serializer=canonical,
        execution_options=_OPTIONS,
        hide_parameters=True,  # a failing statement carries raw text of customers
        pool_pre_ping=True,
        connect_args=arguments,
    )

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        if connection.get_execution_options().get(_READ_ONLY, False):
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    return engine
