"""Users of the console: added, disabled, given a password or a role; every change is noted."""

from collections.abc import Callable
from dataclasses import replace

from pipeline.errors import NotFoundError, RefusedError
from pipeline.flow.services import Services, Work
from pipeline.flow.staff.people import passwords
from pipeline.flow.staff.people.names import folded, read_display, read_name
from pipeline.flow.staff.people.staff_log import note
from pipeline.model.identifiers import new_id
from pipeline.store.staff_records import Role, StaffAct, UserRecord
from pipeline.store.unit_of_work import Transaction

_Change = Callable[[Work, UserRecord], UserRecord]


def named(tx: Transaction, name: str) -> UserRecord:
    """Return the user called ``name``, in any case; raises NotFoundError ``user_unknown``."""
    found = tx.users.by_name(folded(name))
    if found is None:
        raise NotFoundError("user_unknown", name=name)
    return found


def check_free(services: Services, name: str) -> str:
    """Return a name that a new user can have, folded.

    Raises UsageError ``user_name`` or ``user_name_alike``, RefusedError ``user_exists``.
    """
    read = read_name(name)
    with services.store.read() as tx:
        if tx.users.by_name(read) is not None:
            raise RefusedError("user_exists", name=read)
    return read


def add(
    services: Services,
    name: str,
    role: Role,
    who: str,
    *,
    password: str | None,
    display: str = "",
) -> UserRecord:
    """Add a user; one without a password (None) can be logged in by the proxy alone.

    Raises what :func:`check_free` and :func:`.passwords.check_new` raise, and UsageError
    ``user_display``.
    """
    read, shown = check_free(services, name), read_display(display)
    hashed = "" if password is None else _hashed(password, read, shown)

    def insert(work: Work) -> UserRecord:
        record = UserRecord(new_id(), read, role, hashed, work.now, display=shown)
        if not work.tx.users.insert(record):
            raise RefusedError("user_exists", name=read)
        note(work, who, StaffAct.USER_ADDED, read, role.value)
        return record

    return services.run(insert)


def disable(services: Services, name: str, who: str) -> UserRecord:
    """Let a user log in no more, and end all sessions; raises RefusedError ``last_admin``."""

    def change(work: Work, user: UserRecord) -> UserRecord:
        if user.disabled_at is not None:
            return user
        return _ending(work, replace(user, disabled_at=work.now), who, StaffAct.USER_DISABLED)

    return _changed(services, name, change)


def enable(services: Services, name: str, who: str) -> UserRecord:
    """Let a disabled user log in again, with the password and the role from before."""

    def change(work: Work, user: UserRecord) -> UserRecord:
        if user.disabled_at is None:
            return user
        note(work, who, StaffAct.USER_ENABLED, user.name)
        return replace(user, disabled_at=None)

    return _changed(services, name, change)


def set_password(services: Services, name: str, password: str, who: str) -> UserRecord:
    """Give a user a new password, and end all sessions; raises as :func:`.passwords.check_new`."""
    with services.store.read() as tx:
        user = named(tx, name)
    hashed = _hashed(password, user.name, user.display)

    def change(work: Work, user: UserRecord) -> UserRecord:
        return _ending(work, replace(user, password_hash=hashed), who, StaffAct.PASSWORD_SET)

    return _changed(services, name, change)


def set_role(services: Services, name: str, role: Role, who: str) -> UserRecord:
    """Give a user another role, and end all sessions; raises RefusedError ``last_admin``."""

    def change(work: Work, user: UserRecord) -> UserRecord:
        if user.role is role:
            return user
        detail = f"{user.role.value} {role.value}"
        return _ending(work, replace(user, role=role), who, StaffAct.ROLE_SET, detail)

    return _changed(services, name, change)


def _changed(services: Services, name: str, change: _Change) -> UserRecord:
    """Change a user as nobody else does meanwhile; an admin who may log in always stays."""

    def run(work: Work) -> UserRecord:
        admins = work.tx.users.lock_admins()
        before = work.tx.users.lock(named(work.tx, name).id)
        if before is None:
            raise NotFoundError("user_unknown", name=name)
        after = change(work, before)
        if after == before:
            return before
        if [admin.id for admin in admins] == [before.id] and not _is_able_admin(after):
            raise RefusedError("last_admin", name=before.name)
        work.tx.users.save(after)
        return after

    return services.run(run)


def _is_able_admin(user: UserRecord) -> bool:
    return user.role is Role.ADMIN and user.disabled_at is None


def _ending(
    work: Work, after: UserRecord, who: str, what: StaffAct, detail: str = ""
) -> UserRecord:
    work.tx.sessions.end_of_user(after.id)
    note(work, who, what, after.name, detail)
    return after


def _hashed(password: str, name: str, display: str) -> str:
    passwords.check_new(password, (name, display))
    return passwords.kept(password)
