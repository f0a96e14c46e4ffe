"""The engine: how each database is opened so that several processes lose nothing."""

import os
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from pipeline.durable import make_folder
from pipeline.errors import ConfigurationError
from pipeline.store.schema.types import canonical
from pipeline.store.statements import plain, run

_BUSY_MILLISECONDS = 30_000
_CONNECT_SECONDS = 10
_READ_ONLY = "pipeline_read_only"
#: How a transaction of SQLite begins that writes, and one that only reads.
_BEGIN = {False: plain("BEGIN IMMEDIATE"), True: plain("BEGIN")}
_QUERY_ONLY = {False: plain("PRAGMA query_only = OFF"), True: plain("PRAGMA query_only = ON")}
# an INSERT … ON CONFLICT DO NOTHING has to tell whether it inserted
_OPTIONS = {"preserve_rowcount": True}


def open_engine(where: str | Path, *, create: bool) -> sa.Engine:
    """Return the engine of ``where``: the path of a SQLite file, or a URL.

    URLs are ``sqlite:///…`` and ``postgresql[+psycopg]://…``; a path with ``?``, ``#`` or ``%`` in
    it is no part of one.

    Raises ConfigurationError: ``database_url`` when it is neither, ``database_missing`` when the
    file of a SQLite database does not exist and ``create`` is false, ``database_unopenable`` when
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


def sqlite_file(url: str) -> Path | None:
    """Return the file that a ``sqlite:///…`` URL names; None for a server's, or what is none."""
    try:
        address = sa.make_url(url)
    except sa.exc.ArgumentError:
        return None
    named = address.get_backend_name() == "sqlite" and address.database not in {
        None,
        "",
        ":memory:",
    }
    return Path(str(address.database)) if named else None


def read_only(connection: sa.Connection) -> sa.Connection:
    """Mark ``connection`` so that its next transaction reads one state and writes nothing."""
    return connection.execution_options(**{_READ_ONLY: True})


def shown(engine: sa.Engine) -> str:
    """Return where the database is, without its password: the path of a file, or the address."""
    url = engine.url
    if engine.dialect.name == "sqlite":
        return str(url.database)
    text = url.set(query={}).render_as_string(hide_password=True)
    # An @ in one of these was not escaped: a part of the password was read as user, host or name.
    if any("@" in (part or "") for part in (url.username, url.host, url.database)):
        user = url.username or ""
        place = f"{url.host}/{url.database}".rpartition("@")[2]
        text = f"{url.drivername}://{'' if '@' in user else user}:***@{place}"
    return text


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
        if connection.info.get(_READ_ONLY) is not reads:
            run(connection, [_QUERY_ONLY[reads]])
            connection.info[_READ_ONLY] = reads
        run(connection, [_BEGIN[reads]])

    return engine


def _make_file(path: Path) -> None:
    """Make an empty database that only we may read; the WAL takes the same rights."""
    try:
        make_folder(path.parent)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise ConfigurationError(
            "database_unopenable", where=str(path), reason=error.strerror
        ) from error


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
