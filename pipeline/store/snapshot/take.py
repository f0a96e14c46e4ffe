"""Take a copy of the database at one moment, and the list of the blobs that its rows name."""

import contextlib
import errno
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import sqlalchemy as sa

from pipeline.errors import ConfigurationError
from pipeline.store.schema.mail_and_requests import messages
from pipeline.store.snapshot.programs import dump
from pipeline.store.unit_of_work import Store, Transaction

_PORTION = 1000
#: The part of an error code of SQLite that tells its kind.
_PRIMARY = 0xFF
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class Engine(StrEnum):
    """What the database of a copy is read by."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


@dataclass(frozen=True, slots=True)
class Taken:
    """A copy of the database: what reads it, and the revision of its tables."""

    engine: Engine
    revision: str


def take(store: Store, database: Path, blobs: Path) -> Taken:
    """Write the database to the new file ``database``, and the names of its blobs to ``blobs``.

    Both show the same moment; batches go on meanwhile. The names are sorted, one a line. Both
    files are flushed. Raises ConfigurationError ``backup_program``, ``backup_dump_failed``, and the
    errors of the store.
    """
    revision = store.revision()
    if store.is_on_server:
        with store.read() as tx:
            dump(tx.context.raw, database)
            _list(tx, blobs)
        engine = Engine.POSTGRESQL
    else:
        _copy(Path(store.where), database)
        with opened(database, store.mailbox_id) as copy, copy.read() as tx:
            _list(tx, blobs)
        _in_one_file(database)
        engine = Engine.SQLITE
    for path in (database, blobs):
        _flush(path)
    return Taken(engine, revision)


def opened(database: Path, mailbox_id: str) -> Store:
    """Open a copy as it is; its blobs lie elsewhere."""
    nowhere = database.parent / "blobs"
    return Store.open(database, mailbox_id=mailbox_id, blobs=nowhere, create=False, check=False)


def blobs_of(tx: Transaction) -> Iterator[str]:
    """Yield the names of the blobs that the rows of the mailbox name, sorted, each once."""
    named = (
        sa.select(messages.c.sha256)
        .distinct()
        .where(messages.c.mailbox_id == tx.context.mailbox_id, messages.c.sha256 != "")
        .order_by(messages.c.sha256)
    )
    streamed = {"yield_per": _PORTION}
    for row in tx.context.connection.execute(named, execution_options=streamed):
        yield row[0]


def _copy(source: Path, target: Path) -> None:
    """Copy a SQLite database in one step: in WAL mode a long reader keeps no writer waiting."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    address = f"{source.absolute().as_uri()}?mode=ro"
    try:
        with (
            contextlib.closing(sqlite3.connect(address, uri=True)) as ours,
            contextlib.closing(sqlite3.connect(target)) as copy,
        ):
            ours.backup(copy)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & _PRIMARY in _DAMAGED:
            raise ConfigurationError("database_damaged", where=str(source)) from error
        full = error.sqlite_errorcode & _PRIMARY == sqlite3.SQLITE_FULL
        number = errno.ENOSPC if full else errno.EIO
        raise OSError(number, os.strerror(number), str(target)) from error


def _in_one_file(database: Path) -> None:
    """Leave no file beside the copy."""
    with contextlib.closing(sqlite3.connect(database)) as copy:
        copy.execute("PRAGMA journal_mode = DELETE")


def _list(tx: Transaction, path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.writelines(f"{name}\n" for name in blobs_of(tx))


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
