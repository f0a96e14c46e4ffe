"""The own password once more, before what is grave."""

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.errors import RefusedError
from pipeline.flow.staff.people import sessions
from pipeline.flow.staff.people.names import folded
from pipeline.web.visit import Visit


def prove(visit: Visit) -> None:
    """Have who is logged in prove it once more.

    Of a user without a password the trusted proxy has to say it with this very request. Raises
    RefusedError ``own_password`` and ``log_in_too_often``.
    """
    if not visit.user.password_hash:
        _prove_by_proxy(visit)
        return
    with refused_as_own():
        sessions.confirm(visit.services, visit.user, visit.secret("own_password"), peer=visit.peer)


@contextmanager
def refused_as_own() -> Iterator[None]:
    """Say of a password that is refused that it is the own one: the name is known."""
    try:
        yield
    except RefusedError as error:
        if error.code != "log_in_refused":
            raise
        raise RefusedError("own_password") from error


def _prove_by_proxy(visit: Visit) -> None:
    header = visit.console.settings.console.proxy_header
    said = visit.request.headers.get(header, "") if header else ""
    trusted = sessions.is_trusted_proxy(visit.services, visit.peer)
    if not trusted or folded(said) != visit.user.name:
        raise RefusedError("own_password")
