"""Alembic, driven by the programme: the one module that imports it."""

import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from pipeline.store.engine import open_engine
from pipeline.store.migrations import REVISIONS

#: What is written, and where SQLite names the table: as the first thing or the second.
_WRITES = {
    sqlite3.SQLITE_INSERT: 0,
    sqlite3.SQLITE_UPDATE: 0,
    sqlite3.SQLITE_DELETE: 0,
    sqlite3.SQLITE_CREATE_TABLE: 0,
    sqlite3.SQLITE_DROP_TABLE: 0,
    sqlite3.SQLITE_CREATE_INDEX: 1,
    sqlite3.SQLITE_DROP_INDEX: 1,
    sqlite3.SQLITE_ALTER_TABLE: 1,
}


@dataclass(frozen=True, slots=True)
class Step:
    """A migration that is missing, and the tables that it makes, changes or fills."""

    revision: str
    tables: tuple[str, ...]


def configuration(connection: sa.Connection | None = None) -> Config:
    """Return Alembic's settings; they are made here and read from no file."""
    config = Config()
    config.set_main_option("script_location", "pipeline.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(connection: sa.Connection) -> None:
    """Run the missing migrations inside the transaction of ``connection``."""
    command.upgrade(configuration(connection), "head")


def steps_after(revision: str) -> tuple[Step, ...]:
    """Return the migrations that follow ``revision``, one of ours, oldest first.

    They are run on an empty database of their own, and SQLite is asked what they write there.
    """
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{Path(folder) / 'empty'}", create=True)
        try:
            _to(engine, revision)
            missing = REVISIONS[REVISIONS.index(revision) + 1 :]
            return tuple(Step(name, _to(engine, name)) for name in missing)
        finally:
            engine.dispose()


def _to(engine: sa.Engine, revision: str) -> tuple[str, ...]:
    """Migrate to ``revision``; return the tables that are written, of those before and after it."""
    written: set[str] = set()

    def heard(action: int, *names: Any) -> int:
        place = _WRITES.get(action)
        if place is not None:
            written.add(names[place])
        return sqlite3.SQLITE_OK

    with engine.begin() as connection:
        driver: Any = connection.connection.dbapi_connection
        there = _tables(connection)
        driver.set_authorizer(heard)
        try:
            command.upgrade(configuration(connection), revision)
        finally:
            driver.set_authorizer(None)
        there |= _tables(connection)
    return tuple(sorted(written & there))


def _tables(connection: sa.Connection) -> set[str]:
    """Return the tables that are ours: neither Alembic's nor parts of an index of words."""
    listed = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
    names = connection.exec_driver_sql(listed).scalars()
    return {name for name in names if not name.startswith("sqlite_")} - {"alembic_version"}
