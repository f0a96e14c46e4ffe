"""Take what was deleted out of the files of the database.

SQLite lets go of the place of what is deleted and leaves its bytes there: in free places of pages,
in older states of the write-ahead log, and in the index of words, which only notes that a text is
gone. PostgreSQL frees the place of dead rows with VACUUM.
"""

import sqlite3

import sqlalchemy as sa

from pipeline.store.faults import transient
from pipeline.store.schema.columns import metadata

_BUSY_SECONDS = 30
#: Who only wants a shorter log waits less.
_SHORT_SECONDS = 2


def swept(engine: sa.Engine) -> bool:
    """Rewrite the files so that nothing is left of what was deleted; False: a reader hindered it.

    On SQLite it needs as much room again as the database has, and writers wait meanwhile. On
    PostgreSQL dead rows are freed as far as the role of the URL may.
    """
    if engine.dialect.name == "sqlite":
        return _rewritten(str(engine.url.database))
    with engine.connect() as connection:
        alone = connection.execution_options(isolation_level="AUTOCOMMIT")
        try:
            alone.exec_driver_sql(f"VACUUM {', '.join(sorted(metadata.tables))}")
        except sa.exc.DBAPIError as error:
            if transient(error):
                return False
            raise
    return True


def emptied(engine: sa.Engine) -> bool:
    """Bring the write-ahead log of SQLite into its file; False: a reader hindered it."""
    if engine.dialect.name != "sqlite":
        return True
    return _done(str(engine.url.database), _SHORT_SECONDS)


def _rewritten(path: str) -> bool:
    # the first merges the index into one piece, which has no trace of texts that were taken out
    merge = "INSERT INTO searched_words (searched_words) VALUES ('optimize')"
    return _done(path, _BUSY_SECONDS, merge, "VACUUM")


def _done(path: str, seconds: float, *statements: str) -> bool:
    """Execute ``statements`` and empty the write-ahead log; False: a reader hindered it."""
    connection = sqlite3.connect(path, timeout=seconds, isolation_level=None)
    try:
        for statement in statements:
            connection.execute(statement)
        busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return False
        raise
    finally:
        connection.close()
    return bool(busy == 0)
