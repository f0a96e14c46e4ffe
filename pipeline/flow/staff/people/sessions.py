"""Logging in and out, and the sessions in between; nothing here knows of HTTP.

Of a token the database has the digest alone: who reads the database cannot use a session.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import TypeVar

from pipeline.errors import RefusedError
from pipeline.flow.services import Services, Work
from pipeline.flow.staff.people import passwords, pauses
from pipeline.flow.staff.people.names import folded
from pipeline.flow.staff.people.staff_log import note, note_failure, shown_peer
from pipeline.flow.staff.people.users import named, set_password
from pipeline.store.staff_records import SessionRecord, StaffAct, UserRecord

T = TypeVar("T")

_TOKEN_BYTES = 32
#: No name is longer; of what is typed the rest is not looked at.
_MOST_TYPED = 256
#: A use of a session is written down when the last was so long ago.
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Session:
    """A session that has just begun: ``token`` is for the cookie, and is kept nowhere else."""

    user: UserRecord
    record: SessionRecord
    token: str = field(repr=False)


def log_in(services: Services, name: str, password: str, *, peer: str) -> Session:
    """Begin a session of the user ``name``; ``peer`` is the address that the person comes from.

    Whether the name is unknown, the user disabled, or the password wrong cannot be told from the
    answer, nor from its time. Raises RefusedError ``log_in_refused`` and ``log_in_too_often``.
    """
    return _proven(services, name, password, peer, lambda work, user: _begin(work, user, peer))


def confirm(services: Services, user: UserRecord, password: str, *, peer: str) -> None:
    """Ask a user who is logged in for the password once more, before what needs it.

    Raises as :func:`log_in`.
    """
    _proven(services, user.name, password, peer, lambda _work, _user: None)


def log_in_by_proxy(services: Services, name: str, *, peer: str) -> Session:
    """Begin a session of the user whom a trusted proxy names; ``peer`` is the proxy's own address.

    Raises RefusedError ``log_in_refused`` where the settings do not trust it, or nobody is called
    ``name``.
    """
    if not is_trusted_proxy(services, peer):
        raise RefusedError("log_in_refused")

    def begin(work: Work) -> Session | None:
        user = work.tx.users.by_name(_typed(name))
        user = work.tx.users.lock(user.id) if user else None
        if user is None or user.disabled_at is not None:
            note_failure(work, user, peer)
            return None
        return _begin(work, user, peer)

    begun = services.run(begin)
    if begun is None:
        raise RefusedError("log_in_refused")
    return begun


def is_trusted_proxy(services: Services, peer: str) -> bool:
    """Tell whether the header of the settings is believed when it comes from ``peer``."""
    console = services.settings.console
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    known = [ip_network(text) for text in console.proxy_from]
    return bool(console.proxy_header) and any((mapped or address) in one for one in known)


def session_of(services: Services, token: str) -> tuple[UserRecord, SessionRecord] | None:
    """Return who uses a session, and the session, or None; its use is written down."""
    now = services.clock.now()
    with services.store.read() as tx:
        record = tx.sessions.get(_digest(token), now)
        user = tx.users.get(record.user_id) if record else None
    if record is None or user is None or user.disabled_at is not None:
        return None
    if now >= _end(services, record.created_at, record.seen_at):
        return None  # the settings have become stricter
    if now - record.seen_at < _SEEN_EVERY:
        return user, record
    used = replace(record, seen_at=now, expires_at=_end(services, record.created_at, now))
    services.run(lambda work: work.tx.sessions.seen(used.id, used.seen_at, used.expires_at))
    return user, used


def is_own_csrf(session: SessionRecord, given: str) -> bool:
    """Tell whether a page of this very session sent ``given``."""
    return hmac.compare_digest(session.csrf.encode("utf-8"), given.encode("utf-8", "surrogatepass"))


def log_out(services: Services, token: str) -> None:
    """End a session; one that is over stays so."""

    def end(work: Work) -> None:
        record = work.tx.sessions.get(_digest(token), work.now)
        user = work.tx.users.get(record.user_id) if record else None
        if record is None or user is None:
            return
        work.tx.sessions.end(record.id)
        note(work, user.name, StaffAct.LOGGED_OUT, user.name)

    services.run(end)


def end_all(services: Services, name: str, who: str, *, but: str = "") -> int:
    """End all sessions of a user but for the one called ``but``; return how many.

    Raises NotFoundError ``user_unknown``.
    """

    def end(work: Work) -> int:
        user = named(work.tx, name)
        count = work.tx.sessions.end_of_user(user.id, but=but)
        if count:
            note(work, who, StaffAct.SESSIONS_ENDED, user.name, str(count))
        return count

    return services.run(end)


def end_one(services: Services, name: str, session_id: str, who: str) -> bool:
    """End one session of a user; tell whether there was one. Raises as :func:`end_all`."""

    def end(work: Work) -> bool:
        user = named(work.tx, name)
        record = work.tx.sessions.get(session_id, work.now)
        if record is None or record.user_id != user.id:
            return False
        work.tx.sessions.end(record.id)
        note(work, who, StaffAct.SESSIONS_ENDED, user.name, "1")
        return True

    return services.run(end)


def change_password(
    services: Services, user: UserRecord, old: str, new: str, *, peer: str
) -> Session:
    """Give a user who proves the old password a new one; all sessions end, and a new one begins.

    Raises as :func:`log_in`, and as :func:`.users.set_password`.
    """
    confirm(services, user, old, peer=peer)
    set_password(services, user.name, new, user.name)
    return log_in(services, user.name, new, peer=peer)


def _proven(
    services: Services,
    name: str,
    password: str,
    peer: str,
    then: Callable[[Work, UserRecord], T],
) -> T:
    """Check a password, and do ``then`` in the transaction in which it is found to count still.

    The password is looked at between two transactions, since it takes long: the first has counted
    a failure, which the second takes back.
    """
    typed = _typed(name)

    def begin(work: Work) -> UserRecord | None:
        pauses.count(work, typed, peer)
        return work.tx.users.by_name(typed)

    found = services.run(begin)
    hashed = found.password_hash if found and found.disabled_at is None else ""
    right = passwords.matches(hashed, password)
    renewed = passwords.kept(password) if right and passwords.is_outgrown(hashed) else hashed

    def finish(work: Work) -> tuple[T] | None:
        user = work.tx.users.lock(found.id) if found and right else None
        if user is None or user.disabled_at is not None or user.password_hash != hashed:
            note_failure(work, found, peer)
            return None
        pauses.take_back(work, typed, peer)
        if renewed != hashed:
            user = replace(user, password_hash=renewed)
            work.tx.users.save(user)
        return (then(work, user),)

    done = services.run(finish)
    if done is None:
        raise RefusedError("log_in_refused")
    return done[0]


def _typed(name: str) -> str:
    """Return what somebody typed as a name, folded; empty for what no name can be."""
    typed = folded(name[:_MOST_TYPED])
    return typed if typed.isprintable() else ""


def _begin(work: Work, user: UserRecord, peer: str) -> Session:
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    record = SessionRecord(
        id=_digest(token),
        user_id=user.id,
        csrf=secrets.token_urlsafe(_TOKEN_BYTES),
        created_at=work.now,
        seen_at=work.now,
        expires_at=_end(work.services, work.now, work.now),
        peer=shown_peer(peer),
    )
    work.tx.sessions.purge(work.now)
    pauses.purge(work)
    work.tx.sessions.insert(record)
    note(work, user.name, StaffAct.LOGGED_IN, user.name, record.peer)
    return Session(user, record, token)


def _end(services: Services, created_at: datetime, seen_at: datetime) -> datetime:
    """Return when a session ends that is used no more."""
    console = services.settings.console
    idle = seen_at + timedelta(minutes=console.idle_minutes)
    return min(idle, created_at + timedelta(hours=console.session_hours))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
