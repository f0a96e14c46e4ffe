"""The store: opens the database, runs transactions, knows the state of its schema."""

import itertools
import random
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Literal, Self, TypeVar

import sqlalchemy as sa

from pipeline.errors import ConfigurationError, PipelineError, TryLaterError
from pipeline.model.retry import Retry
from pipeline.store.blobs import Blobs
from pipeline.store.context import Context
from pipeline.store.engine import open_engine, read_only, shown
from pipeline.store.faults import stumbled, told_as, transient, unknown_word
from pipeline.store.hold import Hold
from pipeline.store.migrations import REVISIONS
from pipeline.store.transaction import Transaction

__all__ = ["Store", "Transaction"]

T = TypeVar("T")

SchemaState = Literal["empty", "current", "old", "newer", "foreign"]

#: Two tables that every revision of this programme has.
_OURS = frozenset({"requests", "outbox"})
_RETRY = Retry.doubling(timedelta(seconds=0.04), timedelta(seconds=2.56), attempts=8)


class _TakenBack(BaseException):
    """Ends a transaction that was only a rehearsal."""


class Store:
    """One database and one folder of blobs, seen from one mailbox.

    May be shared by threads; a child process opens its own.
    """

    def __init__(self, engine: sa.Engine, mailbox_id: str, blobs: Path) -> None:
        self._engine = engine
        self._writing = threading.local()
        self._kept = threading.local()
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
        Raises TryLaterError ``database_unreachable`` or ``database_host_unknown``, and
        ConfigurationError: ``database_empty``, ``database_old`` (run the migrations),
        ``database_newer`` (an older programme on a newer database), ``database_foreign`` (tables of
        another programme), and those of :func:`open_engine` and :mod:`pipeline.store.faults`.
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

    @property
    def is_on_server(self) -> bool:
        """Whether the database is on a server of its own, and no file."""
        return self._engine.dialect.name != "sqlite"

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
        ``storage_unwritable`` when the disk is full; ConfigurationError: ``database_damaged`` and
        others of :mod:`pipeline.store.faults`.
        """
        if getattr(self._writing, "now", False):
            raise RuntimeError("a write transaction inside another one would wait for itself")
        self._writing.now = True
        try:
            return self._run(work)
        finally:
            self._writing.now = False

    def rehearse(self, work: Callable[[Transaction], T]) -> T:
        """Run ``work`` as :meth:`run` does, take all of it back, and return what it returned."""
        found: list[T] = []

        def taken_back(tx: Transaction) -> None:
            found[:] = [work(tx)]
            tx.context.send()  # what the database refuses is refused in a rehearsal too
            raise _TakenBack

        with suppress(_TakenBack):
            self.run(taken_back)
        return found[0]

    def _run(self, work: Callable[[Transaction], T]) -> T:
        failure: Exception | None = None
        for failures in itertools.count():
            if _RETRY.given_up_after(failures):
                break
            if failures:
                # spread the workers that failed on each other
                _pause(failures, random.uniform(0.5, 1))  # noqa: S311 - no secret
            try:
                with self._connection() as connection, connection.begin():
                    context = Context(connection, self.mailbox_id)
                    result = work(Transaction(context))
                    context.send()
                    return result
            except PipelineError:
                raise
            except Exception as error:
                if not transient(error):
                    self._tell(error)
                    raise
                failure = error
        raise TryLaterError("database_busy", where=self.where) from failure

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Keep one connection for the write transactions of this thread in the block.

        For many short ones: taking a connection and giving it back costs as much as a statement.
        One that is lost is opened again by the next try. Where there is none now, each transaction
        looks for one itself, and tells why it found none.
        """
        connection = None
        if getattr(self._kept, "now", None) is None:
            with suppress(sa.exc.DBAPIError):
                connection = self._engine.connect()
        if connection is None:
            yield
            return
        with closing(connection):
            self._kept.now = connection
            try:
                yield
            finally:
                self._kept.now = None

    def _connection(self) -> AbstractContextManager[sa.Connection]:
        """Give the connection of a write transaction; a kept one stays open after it."""
        kept: sa.Connection | None = getattr(self._kept, "now", None)
        return self._engine.connect() if kept is None else nullcontext(kept)

    def _tell(self, error: Exception) -> None:
        """Raise what ``error`` means for an operator; return when it is no fault of the database.

        A damaged page can also come back as an odd value, which our own code then stumbles over:
        such an error is checked against the pages themselves. A word of no list of ours was not
        written by us either.
        """
        told = told_as(error, self.where) if isinstance(error, sa.exc.DBAPIError) else None
        if told is None and stumbled(error) and (unknown_word(error) or not self.is_sound()):
            told = ConfigurationError("database_damaged", where=self.where)
        if told is not None:
            raise told from error

    def is_sound(self, *, thorough: bool = False) -> bool:
        """Return whether the pages of a SQLite file hold together; PostgreSQL checks its own.

        ``thorough``: whether its indexes fit its rows as well, which takes longer.
        """
        pragma = "integrity_check" if thorough else "quick_check"
        if self._engine.dialect.name != "sqlite":
            return True
        try:
            with self._engine.connect() as connection, read_only(connection).begin():
                found = connection.exec_driver_sql(f"PRAGMA {pragma}(1)").scalar()
        except (sa.exc.DBAPIError, ValueError) as error:
            told = told_as(error, "") if isinstance(error, sa.exc.DBAPIError) else None
            return told is not None and told.code != "database_damaged"
        return bool(found == "ok")

    def sweep(self) -> bool:
        """Take what was deleted out of the files, too; False: a reader hindered it, try again."""
        from pipeline.store.erasing.sweep import swept  # noqa: PLC0415 - seldom used

        with self._telling():
            return swept(self._engine)

    def now(self) -> datetime | None:
        """Return what the clock of a database on a server shows; None for a file."""
        if not self.is_on_server:
            return None
        with self._asking() as connection, read_only(connection).begin():
            found: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        return found

    def log_bytes(self) -> int:
        """Return how long the write-ahead log of a SQLite file is; 0 where there is none."""
        log = Path(f"{self._engine.url.database}-wal")
        return log.stat().st_size if not self.is_on_server and log.exists() else 0

    def empty_log(self) -> bool:
        """Bring what stands in the write-ahead log into the file; False: a reader hindered it."""
        from pipeline.store.erasing.sweep import emptied  # noqa: PLC0415 - seldom used

        with self._telling():
            return emptied(self._engine)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Give a transaction that sees one state of the database and can change nothing.

        Raises TryLaterError (``database_busy``, ``database_unreachable``) when the database does
        not answer, and ConfigurationError as :meth:`run` does.
        """
        try:
            with self._engine.connect() as connection:
                marked = read_only(connection)
                with marked.begin():
                    yield Transaction(Context(marked, self.mailbox_id, read_only=True))
        except PipelineError:
            raise
        except Exception as error:
            if not _writes_where_it_only_reads(error):
                self._tell(error)
            if transient(error):
                raise TryLaterError("database_busy", where=self.where) from error
            raise

    @contextmanager
    def hold(self) -> Iterator[Hold]:
        """Give a hold on messages; what was taken is let go at the end of the block."""
        if self._engine.dialect.name == "sqlite":
            yield Hold(self._looking)
            return
        with self._telling():
            connection = self._engine.connect()
        with closing(connection):
            context = Context(connection, self.mailbox_id, read_only=True)
            yield Hold(partial(self._in_one, context))

    @contextmanager
    def _looking(self) -> Iterator[Context]:
        with self.read() as tx:
            yield tx.context

    @contextmanager
    def _in_one(self, context: Context) -> Iterator[Context]:
        """Give ``context``, whose transaction goes on after the block."""
        with self._telling():
            if not context.raw.in_transaction():
                context.raw.begin()
            yield context

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Tell an error of the database by its meaning."""
        try:
            yield
        except Exception as error:
            self._tell(error)
            if transient(error):
                raise TryLaterError("database_busy", where=self.where) from error
            raise

    def schema_state(self) -> SchemaState:
        """Return whether the tables are missing, current, of an older or of a newer programme.

        ``foreign``: the tables of another programme stand there. Raises as :meth:`open` does when
        nobody answers or the file is no database.
        """
        with self._asking() as connection, read_only(connection).begin():
            names = set(sa.inspect(connection).get_table_names())
            if "alembic_version" not in names:
                return "empty"
            found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        if found is None:
            return "empty"
        if found == REVISIONS[-1]:
            return "current"
        if found in REVISIONS:
            return "old"
        return "newer" if names >= _OURS else "foreign"

    def revision(self) -> str:
        """Return the revision of the tables; empty: there are none."""
        with self._asking() as connection, read_only(connection).begin():
            if not sa.inspect(connection).has_table("alembic_version"):
                return ""
            found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        return str(found or "")

    def rows_of(self, tables: Collection[str]) -> dict[str, int]:
        """Return how many rows those of ``tables`` have that are there."""
        with self._asking() as connection, read_only(connection).begin():
            there = set(sa.inspect(connection).get_table_names()) & set(tables)
            counted = {
                name: sa.select(sa.func.count()).select_from(sa.table(name))
                for name in sorted(there)
            }
            return {name: connection.scalar(asked) or 0 for name, asked in counted.items()}

    @contextmanager
    def _asking(self) -> Iterator[sa.Connection]:
        """Give a connection; an error of the database is told by its meaning."""
        with self._telling(), self._engine.connect() as connection:
            yield connection

    def migrate(self) -> None:
        """Bring the tables to the newest revision, all or nothing; does nothing when they are.

        Several processes may call it at once: who comes second finds it done. Raises
        ConfigurationError ``database_newer`` or ``database_foreign``, and as :meth:`open` does.
        """
        from pipeline.store.migrate import upgrade  # noqa: PLC0415 - Alembic takes half a second

        for failures in itertools.count(1):
            state = self.schema_state()
            if state == "current":
                return
            if state in {"newer", "foreign"}:
                raise ConfigurationError(f"database_{state}", where=self.where)
            try:
                with self._engine.begin() as connection:
                    upgrade(connection)
            except sa.exc.DBAPIError as error:
                if not transient(error):
                    self._tell(error)
                # another process may be making the same tables
                if _RETRY.given_up_after(failures):
                    raise
                _pause(failures)


def _pause(failures: int, share: float = 1) -> None:
    time.sleep(_RETRY.wait_after(failures).total_seconds() * share)


def _writes_where_it_only_reads(error: Exception) -> bool:
    """Whether our own statement wrote in a transaction that may only read: a bug, no fault."""
    told = told_as(error, "") if isinstance(error, sa.exc.DBAPIError) and error.statement else None
    return told is not None and told.code == "database_read_only"
