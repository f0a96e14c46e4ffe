"""The page of who is logged in: the password, and the sessions."""

from http import HTTPStatus

from starlette.responses import Response

from pipeline.errors import PipelineError, UsageError
from pipeline.flow.staff.people import sessions
from pipeline.web.proving import refused_as_own
from pipeline.web.screens.entrance import let_in, put_out
from pipeline.web.visit import Visit
from pipeline.wording import console as words


def show(visit: Visit) -> Response:
    """Show who is logged in, and where."""
    return _page(visit)


def set_password(visit: Visit) -> Response:
    """Change the own password; every session but this one ends."""
    try:
        new = visit.secret("password")
        if new != visit.secret("again"):
            raise UsageError("password_differs")
        with refused_as_own():
            begun = sessions.change_password(
                visit.services, visit.user, visit.secret("own_password"), new, peer=visit.peer
            )
    except PipelineError as error:
        return _page(visit, error)
    return let_in(visit, begun, visit.go("/me", done="password"))


def end_session(visit: Visit) -> Response:
    """End one of the own sessions."""
    sessions.end_one(visit.services, visit.who, visit.text("session"), visit.who)
    return visit.go("/me", done="session")


def end_others(visit: Visit) -> Response:
    """End all own sessions but this one."""
    own = visit.session.id if visit.session else ""
    sessions.end_all(visit.services, visit.who, visit.who, but=own)
    return visit.go("/me", done="session")


def end_all(visit: Visit) -> Response:
    """Log out everywhere, here too."""
    sessions.end_all(visit.services, visit.who, visit.who)
    return put_out(visit)


def _page(visit: Visit, error: PipelineError | None = None) -> Response:
    with visit.services.store.read() as tx:
        rows = tx.sessions.of_user(visit.user.id, visit.console.clock.now())
    return visit.page(
        "account",
        HTTPStatus.CONFLICT if error else HTTPStatus.OK,
        rows=rows,
        done=visit.word("done"),
        error=words.explain(error, to_type=False) if error else "",
    )
