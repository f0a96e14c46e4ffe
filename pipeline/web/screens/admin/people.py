"""Users of the console: who they are, and what an admin changes of them."""

from collections.abc import Callable
from http import HTTPStatus

from starlette.responses import Response

from pipeline.errors import NotFoundError, PipelineError, UsageError
from pipeline.flow.staff.people import sessions, users
from pipeline.store.staff_records import Role, SessionRecord, UserRecord
from pipeline.web.proving import prove
from pipeline.web.visit import Visit
from pipeline.wording import console as words

#: So many sessions are shown; nobody reads more.
_MOST_SESSIONS = 500
_LINES = 20


def show_all(visit: Visit) -> Response:
    """Show all users."""
    rows, live = _people(visit)
    counts = {user.id: [one for one in live if one.user_id == user.id] for user in rows}
    return visit.page("admin/users", rows=rows, sessions=counts, done=visit.word("done"))


def show_one(visit: Visit) -> Response:
    """Show one user, and what can be changed."""
    return _page(visit, _named(visit))


def ask_new(visit: Visit) -> Response:
    """Show the form for a new user."""
    return _new(visit)


def add(visit: Visit) -> Response:
    """Add a user; one without a password comes through the proxy, where there is one."""
    password: str | None = visit.secret("password")
    if not password and visit.console.settings.console.proxy_header:
        password = None
    try:
        prove(visit)
        added = users.add(
            visit.services,
            visit.text("name"),
            _role(visit),
            visit.who,
            password=password,
            display=visit.text("display"),
        )
    except PipelineError as error:
        return _new(visit, error)
    return visit.go("/admin/users", added.name, done="added")


def set_role(visit: Visit) -> Response:
    """Give a user another role."""
    return _changed(
        visit, "role", lambda name: users.set_role(visit.services, name, _role(visit), visit.who)
    )


def set_password(visit: Visit) -> Response:
    """Give a user a new password."""
    new = visit.secret("password")
    return _changed(
        visit, "password", lambda name: users.set_password(visit.services, name, new, visit.who)
    )


def disable(visit: Visit) -> Response:
    """Let a user log in no more."""
    return _changed(visit, "disabled", lambda name: users.disable(visit.services, name, visit.who))


def enable(visit: Visit) -> Response:
    """Let a disabled user log in again."""
    return _changed(visit, "enabled", lambda name: users.enable(visit.services, name, visit.who))


def end_sessions(visit: Visit) -> Response:
    """End all sessions of a user."""
    name = _named(visit).name
    sessions.end_all(visit.services, name, visit.who)
    return visit.go("/admin/users", name, done="session")


def show_sessions(visit: Visit) -> Response:
    """Show who is logged in, since when, and from where."""
    rows, live = _people(visit)
    names = {user.id: user.name for user in rows}
    return visit.page(
        "admin/sessions",
        rows=[(names[one.user_id], one) for one in live if one.user_id in names],
        done=visit.word("done"),
    )


def end_session(visit: Visit) -> Response:
    """End one session."""
    name = visit.text("user")
    sessions.end_one(visit.services, name, visit.text("session"), visit.who)
    back = visit.text("back") == "user"
    if back:
        return visit.go("/admin/users", name, done="session")
    return visit.go("/admin/sessions", done="session")


def _people(visit: Visit) -> tuple[list[UserRecord], list[SessionRecord]]:
    with visit.services.store.read() as tx:
        return tx.users.list(), tx.sessions.list(visit.console.clock.now(), _MOST_SESSIONS)


def _named(visit: Visit) -> UserRecord:
    """Return the user that the path names. Raises NotFoundError ``user_unknown``."""
    with visit.services.store.read() as tx:
        return users.named(tx, visit.path("name"))


def _role(visit: Visit) -> Role:
    chosen = visit.text("role")
    if chosen not in set(Role):
        raise UsageError("role_unknown", role=chosen)
    return Role(chosen)


def _changed(visit: Visit, done: str, change: Callable[[str], UserRecord]) -> Response:
    """Change a user once who changes it has proven to be that admin."""
    user = _named(visit)
    try:
        prove(visit)
        change(user.name)
    except NotFoundError:
        raise
    except PipelineError as error:
        return _page(visit, user, error)
    return visit.go("/admin/users", user.name, done=done)


def _page(visit: Visit, user: UserRecord, error: PipelineError | None = None) -> Response:
    with visit.services.store.read() as tx:
        live = tx.sessions.of_user(user.id, visit.console.clock.now())
        lines = tx.staff_log.list(_LINES, name=user.name)
    return visit.page(
        "admin/user",
        _status(error),
        who=user,
        rows=live,
        lines=lines,
        roles=list(Role),
        chosen=visit.text("role") or user.role.value,
        done=visit.word("done"),
        error=words.explain(error, to_type=False) if error else "",
    )


def _new(visit: Visit, error: PipelineError | None = None) -> Response:
    return visit.page(
        "admin/new_user",
        _status(error),
        roles=list(Role),
        name=visit.text("name"),
        display=visit.text("display"),
        chosen=visit.text("role") or Role.REVIEWER.value,
        by_proxy=bool(visit.console.settings.console.proxy_header),
        error=words.explain(error, to_type=False) if error else "",
    )


def _status(error: PipelineError | None) -> HTTPStatus:
    if error is None:
        return HTTPStatus.OK
    return HTTPStatus.BAD_REQUEST if isinstance(error, UsageError) else HTTPStatus.CONFLICT
