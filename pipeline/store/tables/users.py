"""The people of the console, their sessions, what they have taken, and tokens of accounts."""

from datetime import datetime

from pipeline.store.context import Context
from pipeline.store.process_records import TokenRecord
from pipeline.store.schema.upkeep import desk, log_in_pauses, sessions, tokens, users
from pipeline.store.staff_records import (
    DeskRecord,
    PauseRecord,
    Role,
    SessionRecord,
    UserRecord,
)
from pipeline.store.statements import Statement, param
from pipeline.store.tables.rows import Mapper, Rows

_USERS = Mapper(UserRecord, users)
_SESSIONS = Mapper(SessionRecord, sessions)
_TOKENS = Mapper(TokenRecord, tokens)
_DESK = Mapper(DeskRecord, desk)
_DESK_OF = Statement(lambda: _DESK.mine(desk.c.request_id == param("request_id")))
_PAUSES = Mapper(PauseRecord, log_in_pauses)
_FoundUsers = list[UserRecord]
_FoundSessions = list[SessionRecord]


class Users(Rows[UserRecord]):
    """The rows of ``users``; a name is unique without regard to case by being kept lower-case."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, users, _USERS)

    def insert(self, record: UserRecord) -> bool:
        """Insert a user; False when the name is taken."""
        return self._insert_new(record, on=("name",))

    def get(self, user_id: str) -> UserRecord | None:
        """Return the user, or None."""
        return self._first(self._select(users.c.id == user_id))

    def by_name(self, name: str) -> UserRecord | None:
        """Return the user called ``name``, or None."""
        return self._first(self._select(users.c.name == name))

    def lock(self, user_id: str) -> UserRecord | None:
        """Return the user, whom no other transaction changes meanwhile, or None."""
        return self._first(self._locked(self._select(users.c.id == user_id)))

    def lock_admins(self) -> _FoundUsers:
        """Return the admins who may log in; none of them is changed meanwhile."""
        able = self._select(users.c.role == Role.ADMIN, users.c.disabled_at.is_(None))
        return self._all(self._locked(able.order_by(users.c.id)))

    def save(self, record: UserRecord) -> None:
        """Write all fields of a user."""
        self._update(users.c.id == record.id, **self._mapper.values(record))

    def list(self) -> _FoundUsers:
        """Return all users by name."""
        return self._all(self._select().order_by(users.c.name))


class Sessions(Rows[SessionRecord]):
    """The rows of ``sessions``."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, sessions, _SESSIONS)

    def insert(self, record: SessionRecord) -> None:
        """Insert a session."""
        self._insert(record)

    def get(self, session_id: str, now: datetime) -> SessionRecord | None:
        """Return the session when it has not expired, or None."""
        return self._first(self._select(sessions.c.id == session_id, sessions.c.expires_at > now))

    def of_user(self, user_id: str, now: datetime) -> _FoundSessions:
        """Return the sessions of a user that have not expired, the latest first."""
        found = self._select(sessions.c.user_id == user_id, sessions.c.expires_at > now)
        return self._all(found.order_by(sessions.c.created_at.desc(), sessions.c.id))

    def list(self, now: datetime, limit: int) -> _FoundSessions:
        """Return the sessions of everybody that have not expired, the latest used first."""
        found = self._select(sessions.c.expires_at > now)
        return self._all(found.order_by(sessions.c.seen_at.desc(), sessions.c.id).limit(limit))

    def seen(self, session_id: str, at: datetime, expires_at: datetime) -> None:
        """Prolong a session that was used."""
        self._update(sessions.c.id == session_id, seen_at=at, expires_at=expires_at)

    def end(self, session_id: str) -> None:
        """End one session."""
        self._delete(sessions.c.id == session_id)

    def end_of_user(self, user_id: str, *, but: str = "") -> int:
        """End all sessions of a user, but for the one called ``but``; return how many."""
        return self._delete(sessions.c.user_id == user_id, sessions.c.id != but)

    def purge(self, now: datetime) -> int:
        """Delete what has expired; return how many."""
        return self._delete(sessions.c.expires_at <= now)


class LogInPauses(Rows[PauseRecord]):
    """The rows of ``log_in_pauses``."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, log_in_pauses, _PAUSES)

    def lock(self, key: str, now: datetime) -> PauseRecord:
        """Return the row ``key``, made where there is none; nobody else changes it meanwhile."""
        self._insert_new(PauseRecord(key, 0, now), on=("key",))
        found = self._first(self._locked(self._select(log_in_pauses.c.key == key)))
        if found is None:
            raise AssertionError("a row that is locked is there")
        return found

    def save(self, record: PauseRecord) -> None:
        """Write all fields of a row."""
        self._update(log_in_pauses.c.key == record.key, **self._mapper.values(record))

    def forget(self, key: str) -> None:
        """Delete the row ``key``."""
        self._delete(log_in_pauses.c.key == key)

    def purge(self, before: datetime) -> int:
        """Delete the rows without a failure since ``before``; return how many."""
        return self._delete(log_in_pauses.c.last_at < before)


class Tokens(Rows[TokenRecord]):
    """The rows of ``tokens``."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, tokens, _TOKENS)

    def get(self, name: str) -> TokenRecord | None:
        """Return the token of an account, or None."""
        return self._first(self._select(tokens.c.name == name))

    def put(self, record: TokenRecord) -> None:
        """Keep a token, new or not."""
        if not self._insert_new(record, on=("name",)):
            self._update(tokens.c.name == record.name, **self._mapper.values(record))


class Desk(Rows[DeskRecord]):
    """The rows of ``desk``; a request that nobody has touched has none."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, desk, _DESK)

    def get(self, request_id: str) -> DeskRecord:
        """Return who has a request."""
        return self._one(_DESK_OF, request_id=request_id) or DeskRecord(request_id)

    def set(self, record: DeskRecord) -> None:
        """Write who has a request."""
        values = self._mapper.values(record)
        statement = self._context.upsert(desk).values(**self._values(record))
        self._execute(
            statement.on_conflict_do_update(
                index_elements=[desk.c.mailbox_id, desk.c.request_id],
                set_={name: value for name, value in values.items() if name != "request_id"},
            )
        )
