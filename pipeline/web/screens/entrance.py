"""Logging in and out, how pages look, and the keys."""

from http import HTTPStatus

from starlette.responses import Response

from pipeline import resources
from pipeline.errors import RefusedError
from pipeline.flow.staff.people import sessions
from pipeline.web.visit import Visit
from pipeline.wording import console as words

_YEAR = 365 * 24 * 3600
#: What a browser remembers of how pages look, and what it may be.
_LOOKS = {"theme": ("", "light", "dark"), "keys": ("", "off")}


def show(visit: Visit) -> Response:
    """Show the page to log in; who is inside, or is let in by a trusted proxy, never sees it."""
    header = visit.console.settings.console.proxy_header
    name = visit.request.headers.get(header, "") if header else ""
    if name and sessions.is_trusted_proxy(visit.services, visit.peer):
        begun = sessions.log_in_by_proxy(visit.services, name, peer=visit.peer)
        return _inside(visit, begun, visit.word("to"))
    if visit.session is not None:
        return visit.go(_own(visit.word("to")))
    return visit.page("login", to=_own(visit.word("to")), error="")


def enter(visit: Visit) -> Response:
    """Log in with name and password."""
    try:
        begun = sessions.log_in(
            visit.services, visit.text("name"), visit.secret("password"), peer=visit.peer
        )
    except RefusedError as error:
        to, told = _own(visit.text("to")), words.explain(error, to_type=False)
        return visit.page("login", HTTPStatus.UNAUTHORIZED, to=to, error=told)
    return _inside(visit, begun, visit.text("to"))


def _inside(visit: Visit, begun: sessions.Session, to: str) -> Response:
    """Let somebody in; the session of before, if any, ends."""
    if visit.token:
        sessions.log_out(visit.services, visit.token)
    return let_in(visit, begun, visit.go(_own(to)))


def let_in(visit: Visit, begun: sessions.Session, answer: Response) -> Response:
    """Return ``answer`` with the cookie of a session that has just begun."""
    answer.set_cookie(
        visit.cookie_name,
        begun.token,
        httponly=True,
        samesite="strict",
        secure=visit.console.is_encrypted,
        path="/",
    )
    return answer


def leave(visit: Visit) -> Response:
    """Log out."""
    sessions.log_out(visit.services, visit.token)
    return put_out(visit)


def put_out(visit: Visit) -> Response:
    """Return the way to the page to log in, and forget the cookie of a session that is over."""
    answer = visit.go("/login")
    answer.delete_cookie(
        visit.cookie_name, httponly=True, samesite="strict", secure=visit.console.is_encrypted
    )
    return answer


def looks(visit: Visit) -> Response:
    """Remember in the browser how pages look and which language they speak."""
    answer = visit.go(_own(visit.text("to")))
    known = {**_LOOKS, "lang": ("", *resources.languages())}
    for name, values in known.items():
        value = visit.text(name)
        if name in visit.form and value in values:
            answer.set_cookie(
                name,
                value,
                max_age=_YEAR,
                httponly=True,
                samesite="lax",
                secure=visit.console.is_encrypted,
            )
    return answer


def help_page(visit: Visit) -> Response:
    """Show the keys and what the console is for."""
    return visit.page("help")


def _own(path: str) -> str:
    """Return a path of ours; anything else leads to the first page."""
    ours = path.startswith("/") and not path.startswith(("//", "/\\", "/login", "/logout"))
    return path if ours and path.isprintable() and "\\" not in path else "/"
