"""The store: opens the database, runs transactions, knows the state of its schema."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Self, TypeVar

import sqlalchemy as sa

from pipeline.errors import ConfigurationError, TryLaterError
from pipeline.store.blobs import Blobs
from pipeline.store.engine import open_engine, out_of_room, read_only, shown, transient
from pipeline.store.migrations import REVISIONS
from pipeline.store.rows import Context
from pipeline.store.transaction import Transaction

__all__ = ["Store", "Transaction"]

T = TypeVar("T")

SchemaState = Literal["empty", "current", "old", "newer"]

_ATTEMPTS = 8
_FIRST_PAUSE = 0.02


class Store:
    """One database and one folder of blobs, seen from one mailbox.

    May be shared by threads; a child process opens its own.
    """

    def __init__(self, engine: sa.Engine, mailbox_id: str, blobs: Path) -> None:
        self._engine = engine
        self._writing = threading.local()
        self.mailbox_id = mailbox_id
        self.blobs = Blobs(blobs)

    @classmethod
    def open(
        cls,
        where: str | Path,
        *,
        mailbox_id: str,
        blobs: Path,
        create: bool = True,
        check: bool = True,
    ) -> Self:
        """Open the database at ``where``, the path of a SQLite file or a URL.

        ``create`` makes the tables in an empty one.
        ``check=False`` leaves the schema as it is found (for ``db status`` and ``db migrate``).
        Raises ConfigurationError: ``database_url``, ``database_missing``, ``database_unreachable``,
        ``database_empty``, ``database_old`` (run the migrations), ``database_newer`` (an older
        programme on a newer database).
        """
        store = cls(open_engine(where, create=create), mailbox_id, blobs)
        try:
            if check:
                store._check(create=create)
        except BaseException:
            store.close()
            raise
        return store

    def _check(self, *, create: bool) -> None:
        state = self.schema_state()
        if state == "empty" and create:
            self.migrate()
            state = self.schema_state()
        if state != "current":
            raise ConfigurationError(f"database_{state}", where=self.where)

    @property
    def where(self) -> str:
        """Where the database is, without its password."""
        return shown(self._engine)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, work: Callable[[Transaction], T]) -> T:
        """Run ``work`` in one write transaction, commit, and return what it returned.

        ``work`` is run again after a serialisation failure, a deadlock, a lost connection or a busy
        database, so it must be repeatable and do nothing outside the transaction. A connection
        lost in COMMIT leaves open whether it was done: unique keys and versions then refuse the
        second try. Raises TryLaterError: ``database_busy`` when it never succeeded,
        ``storage_unwritable`` when the disk is full.
        """
        if getattr(self._writing, "now", False):
            raise RuntimeError("a write transaction inside another one would wait for itself")
        self._writing.now = True
        try:
            return self._run(work)
        finally:
            self._writing.now = False

    def _run(self, work: Callable[[Transaction], T]) -> T:
        failure: sa.exc.DBAPIError | None = None
        for attempt in range(_ATTEMPTS):
            if attempt:
                # spread the workers that failed on each other
                time.sleep(_FIRST_PAUSE * 2**attempt * random.uniform(0.5, 1))  # noqa: S311 - no secret
            try:
                with self._engine.begin() as connection:
                    return work(Transaction(Context(connection, self.mailbox_id)))
            except sa.exc.DBAPIError as error:
                if out_of_room(error):
                    raise TryLaterError(
                        "storage_unwritable", where=self.where, reason=type(error.orig).__name__
                    ) from error
                if not transient(error):
                    raise
                failure = error
        raise TryLaterError("database_busy", where=self.where) from failure

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Give a transaction that sees one state of the database and can change nothing.

        Raises TryLaterError(``database_busy``) when the database does not answer.
        """
        try:
            with self._engine.connect() as connection:
                marked = read_only(connection)
                with marked.begin():
                    yield Transaction(Context(marked, self.mailbox_id, read_only=True))
        except sa.exc.DBAPIError as error:
            if not transient(error):
                raise
            raise TryLaterError("database_busy", where=self.where) from error

    def schema_state(self) -> SchemaState:
        """Return whether the tables are missing, current, of an older or of a newer programme.

        Raises ConfigurationError(``database_unreachable``) when nobody answers.
        """
        try:
            with self._engine.connect() as connection, read_only(connection).begin():
                if not sa.inspect(connection).has_table("alembic_version"):
                    return "empty"
                found = connection.execute(
                    sa.text("SELECT version_num FROM alembic_version")
                ).scalar()
        except sa.exc.DBAPIError as error:
            raise ConfigurationError("database_unreachable", where=self.where) from error
        if found is None:
            return "empty"
        if found == REVISIONS[-1]:
            return "current"
        return "old" if found in REVISIONS else "newer"

    def migrate(self) -> None:
        """Bring the tables to the newest revision, all or nothing; does nothing when they are.

        Several processes may call it at once: who comes second finds it done.
        """
        from pipeline.store.migrate import upgrade  # noqa: PLC0415 - Alembic takes half a second

        for attempt in range(_ATTEMPTS):
            if self.schema_state() == "current":
                return
            try:
                with self._engine.begin() as connection:
                    upgrade(connection)
            except sa.exc.DBAPIError:
                # another process may be making the same tables
                time.sleep(_FIRST_PAUSE * 2**attempt)
                if attempt + 1 == _ATTEMPTS:
                    raise
