"""Put a copy of the database back: into a file, into an empty database, or only to look at it."""

import contextlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from pipeline.errors import ConfigurationError, RefusedError
from pipeline.store.engine import open_engine
from pipeline.store.snapshot.programs import put_back
from pipeline.store.snapshot.take import opened
from pipeline.store.unit_of_work import Store

_SCRATCH = "pipeline_verify_"


def refuse_used(url: str) -> None:
    """Refuse a database that has tables of ours.

    Raises RefusedError ``restore_database_used``, and the errors of the store.
    """
    nowhere = Path("blobs")
    with Store.open(url, mailbox_id="", blobs=nowhere, create=False, check=False) as store:
        if store.schema_state() != "empty":
            raise RefusedError("restore_database_used", where=store.where)


def onto_server(url: str, source: Path) -> None:
    """Put the dump ``source`` into the empty database of ``url``.

    Raises ConfigurationError ``backup_program`` or ``backup_dump_failed``.
    """
    put_back(sa.make_url(url), source)


@contextmanager
def looked_at(source: Path, mailbox_id: str, server: str) -> Iterator[Store]:
    """Give a copy of the database to look at; what is needed for it is thrown away.

    ``server`` is empty for a SQLite file, which is opened where it lies. A dump of PostgreSQL is
    put into a new database on the server of that URL. Raises ConfigurationError
    ``backup_no_scratch`` when none can be made there.
    """
    if not server:
        with opened(source, mailbox_id) as store:
            yield store
        return
    with _scratch(server) as url:
        put_back(sa.make_url(url), source)
        with Store.open(
            url, mailbox_id=mailbox_id, blobs=source.parent, create=False, check=False
        ) as store:
            yield store


@contextmanager
def _scratch(server: str) -> Iterator[str]:
    """Make a database on the server of a URL, give its URL, and remove it afterwards.

    Those that a killed look has left are removed as well.
    """
    name = f"{_SCRATCH}{secrets.token_hex(8)}"
    engine = open_engine(server, create=False)
    try:
        with engine.connect() as plain:
            connection = plain.execution_options(isolation_level="AUTOCOMMIT")
            _sweep(connection)
            try:
                connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template0")
            except sa.exc.DBAPIError as error:
                user = str(engine.url.username)
                raise ConfigurationError("backup_no_scratch", user=user) from error
            try:
                url = engine.url.set(database=name, drivername="postgresql")
                yield url.render_as_string(hide_password=False)
            finally:
                connection.exec_driver_sql(f"DROP DATABASE {name}")
    finally:
        engine.dispose()


def _sweep(connection: sa.Connection) -> None:
    found = connection.exec_driver_sql(
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", (_SCRATCH,)
    )
    for name in found.scalars().all():
        # one that another look works with is in use
        with contextlib.suppress(sa.exc.DBAPIError):
            connection.exec_driver_sql(f'DROP DATABASE "{name}"')
