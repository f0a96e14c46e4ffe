"""What an error of a database means: try again, wait for a server, or correct something.

SQLite gives a code with each error. PostgreSQL gives an SQLSTATE once a session is open; while one
is being opened libpq passes on nothing but words, so that these have to be read.
"""

import errno
import os
import re
import sqlite3
from typing import Final

import sqlalchemy as sa

from pipeline.errors import ConfigurationError, PipelineError, TryLaterError

_BUSY_STATES: Final = frozenset({"40001", "40P01", "55P03"})
_GONE_STATES: Final = frozenset({"57P01", "57P02", "57P03", "53300"})
_DUPLICATE_STATE: Final = "23505"
_SQLITE_DUPLICATES: Final = frozenset(
    {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}
)
_DISK_FULL: Final = "53100"
_NO_RIGHT: Final = "42501"
_READ_ONLY_STATE: Final = "25006"
_DAMAGED_STATES: Final = frozenset({"XX001", "XX002"})

_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_UNREADABLE: Final = frozenset(
    {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_IOERR}
)
_PRIMARY: Final = 0xFF
#: What PostgreSQL and SQLite say of a reference that is taken.
_REFERENCE: Final = "uq_requests_reference"
_TAKEN: Final = "UNIQUE constraint failed: requests.mailbox_id, requests.reference"
_REASON_LENGTH: Final = 200
#: Errors of our code about a value that it cannot have written.
_STUMBLED: Final = (ValueError, TypeError, LookupError, ArithmeticError)

#: What an Enum says of a value that it does not have.
_NO_WORD: Final = re.compile(r" is not a valid [A-Z]\w+$")

#: A refusal of the server itself: libpq writes its severity (in the server's language), a colon
#: and two blanks. What libpq says by itself has no such mark.
_SERVER_SAID: Final = re.compile(r"failed: ([^\W\d_]{3,20}:  [^\n]*)")
_PASSES: Final = ("starting up", "shutting down", "not yet accepting", "in recovery", "too many",
                  "connection slots")  # fmt: skip
_LOGIN: Final = ("password", "authentication", "role ", "pg_hba.conf", "not permitted to log in")
_NO_PASSWORD: Final = "no password supplied"  # noqa: S105 - libpq's words, no password
_NO_SUCH_DATABASE: Final = re.compile(r'database "[^"]*" does not exist')
#: What libpq says of a setting before or while it makes the connection safe.
_SETTING: Final = re.compile(
    r"(?:failed|bad): ((?:server does not support SSL|invalid |root certificate|private key file"
    r"|certificate |could not (?:load|read) |server certificate|SSL error: certificate)[^\n]*)"
)
_HOST_UNKNOWN: Final = ("failed to resolve host", "could not translate host name")


def transient(error: BaseException) -> bool:
    """Whether the same transaction may succeed when it is run again at once."""
    if not isinstance(error, sa.exc.DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    cause = error.orig
    if _drawn_twice(cause):
        return True
    if isinstance(cause, sqlite3.Error):
        return _sqlite_code(cause) in _BUSY
    state = getattr(cause, "sqlstate", None)
    if state is None:
        told = _of_connecting(error, "") if isinstance(error, sa.exc.OperationalError) else None
        return isinstance(told, TryLaterError)
    return state in _BUSY_STATES | _GONE_STATES or state.startswith("08")


def _drawn_twice(cause: object) -> bool:
    """Whether a request drew the reference of another one: the next try draws another."""
    named = getattr(getattr(cause, "diag", None), "constraint_name", None)
    return named == _REFERENCE or (isinstance(cause, sqlite3.Error) and _TAKEN in str(cause))


def blames_nothing(error: BaseException) -> bool:
    """Whether the database failed by itself: no row and no message of ours is the cause."""
    if isinstance(error, PipelineError):
        return error.code.startswith(("database_", "storage_"))
    return isinstance(error, sa.exc.DBAPIError) and (
        transient(error) or told_as(error, "") is not None
    )


def out_of_room(error: BaseException) -> bool:
    """Whether the disk of the database takes no more bytes.

    SQLite then takes the whole transaction back, so that the end of a savepoint fails as well: the
    cause is the error before that.
    """
    seen: BaseException | None = error
    while seen is not None:
        cause = getattr(seen, "orig", None)
        if isinstance(cause, sqlite3.Error):
            if _sqlite_code(cause) == sqlite3.SQLITE_FULL:
                return True
        elif getattr(cause, "sqlstate", None) == _DISK_FULL:
            return True
        seen = seen.__context__
    return False


def is_duplicate(error: sa.exc.IntegrityError) -> bool:
    """Whether a row broke a unique index, and no other rule of the tables."""
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) in _SQLITE_DUPLICATES
    return getattr(cause, "sqlstate", None) == _DUPLICATE_STATE


def stumbled(error: BaseException) -> bool:
    """Whether ``error`` may come from a damaged page: an odd value, or an odd answer of SQLite."""
    if isinstance(error, sa.exc.DBAPIError):
        return isinstance(error.orig, sqlite3.Error) and not isinstance(
            error, sa.exc.IntegrityError
        )
    return isinstance(error, _STUMBLED)


def unknown_word(error: BaseException) -> bool:
    """Whether a row held a word that stands in none of our lists (an ``Enum`` refused it)."""
    return isinstance(error, ValueError) and bool(_NO_WORD.search(str(error)))


def told_as(error: sa.exc.DBAPIError, where: str) -> PipelineError | None:
    """Return what to tell of an error of the database at ``where``; None: a statement is wrong."""
    cause = error.orig
    if out_of_room(error):
        return TryLaterError("storage_unwritable", where=where, reason=os.strerror(errno.ENOSPC))
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(cause, where)
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        return _of_state(state, cause, where)
    return _of_connecting(error, where) if _without_state(error) else None


def _without_state(error: sa.exc.DBAPIError) -> bool:
    """Whether ``error`` is of a connection; a wrong option of it is a ProgrammingError."""
    return isinstance(error, sa.exc.OperationalError) or (
        isinstance(error, sa.exc.ProgrammingError) and error.statement is None
    )


def _sqlite_code(error: sqlite3.Error) -> int:
    """Return the primary code; 0 when Python itself raised the error (text that is no UTF-8)."""
    return getattr(error, "sqlite_errorcode", 0) & _PRIMARY


def _of_sqlite(cause: sqlite3.Error, where: str) -> PipelineError | None:
    code = _sqlite_code(cause)
    if code == sqlite3.SQLITE_CORRUPT or "Could not decode to UTF-8" in str(cause):
        return ConfigurationError("database_damaged", where=where)
    if code == sqlite3.SQLITE_NOTADB:
        return ConfigurationError("database_no_database", where=where)
    if code == sqlite3.SQLITE_READONLY:
        return ConfigurationError("database_read_only", where=where)
    if code in _UNREADABLE:
        return ConfigurationError("database_unopenable", where=where, reason=_short(str(cause)))
    return None


def _of_state(state: str, cause: BaseException | None, where: str) -> PipelineError | None:
    if state in _DAMAGED_STATES:
        return ConfigurationError("database_damaged", where=where)
    if state == _READ_ONLY_STATE:
        return ConfigurationError("database_read_only", where=where)
    if state == _NO_RIGHT:
        return ConfigurationError("database_refused", where=where, reason=_short(str(cause)))
    if state in _GONE_STATES or state.startswith("08"):
        return TryLaterError("database_unreachable", where=where, reason=_short(str(cause)))
    return None


def _of_connecting(error: sa.exc.DBAPIError, where: str) -> PipelineError:
    """Return what to tell of a connection to PostgreSQL that could not be made, or was lost."""
    words = str(error.orig)
    if isinstance(error, sa.exc.ProgrammingError):
        return ConfigurationError("database_url")
    if any(sign in words for sign in _HOST_UNKNOWN):
        # the words repeat the host, and with it a part of a password that holds an "@"
        return TryLaterError("database_host_unknown", where=where)
    if said := _SERVER_SAID.search(words):
        return _of_refusal(_short(said[1]), where)
    if _NO_PASSWORD in words:
        return ConfigurationError("database_login", where=where, reason=_NO_PASSWORD)
    if setting := _SETTING.search(words):
        return ConfigurationError("database_refused", where=where, reason=_short(setting[1]))
    return TryLaterError("database_unreachable", where=where, reason=_short(_last_part(words)))


def _of_refusal(said: str, where: str) -> PipelineError:
    """Tell what the server ``said`` when it refused; unknown words are those of a setting.

    A server that speaks another language is shown as it spoke: the operator can read it.
    """
    if any(sign in said for sign in _PASSES):
        return TryLaterError("database_unreachable", where=where, reason=said)
    if _NO_SUCH_DATABASE.search(said):
        return ConfigurationError("database_unknown", where=where, reason=said)
    if any(sign in said for sign in _LOGIN):
        return ConfigurationError("database_login", where=where, reason=said)
    return ConfigurationError("database_refused", where=where, reason=said)


def _last_part(words: str) -> str:
    """Return the cause without the address before it."""
    return words.rsplit("failed: ", maxsplit=1)[-1].partition("\n")[0]


def _short(words: str) -> str:
    return " ".join(words.partition("\n")[0].split())[:_REASON_LENGTH]
