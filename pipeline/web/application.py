"""The console as an ASGI application: from a request of a browser to a page."""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from pipeline import logs, resources
from pipeline.errors import (
    NotFoundError,
    PipelineError,
    RefusedError,
    TryLaterError,
    UsageError,
    place_of,
)
from pipeline.flow.staff.people import sessions
from pipeline.web import health, routes
from pipeline.web.console import Console
from pipeline.web.gate import Gate
from pipeline.web.visit import Page, Visit
from pipeline.wording import console as words
from pipeline.wording import pages

#: A form of ours has no more boxes; a file is a certificate or a table of numbers.
_MOST_FIELDS, _MOST_FILES, _PART_BYTES = 500, 2, 3_000_000
_STATUS: dict[type[PipelineError], HTTPStatus] = {
    NotFoundError: HTTPStatus.NOT_FOUND,
    RefusedError: HTTPStatus.CONFLICT,
    UsageError: HTTPStatus.BAD_REQUEST,
    TryLaterError: HTTPStatus.SERVICE_UNAVAILABLE,
}
_Endpoint = Callable[[Request], Awaitable[Response]]


def application(console: Console) -> Starlette:
    """Return the application that serves the pages of ``console``."""
    return Starlette(
        routes=[
            *(
                Route(page.path, _endpoint(console, page), methods=[page.method])
                for page in routes.PAGES
            ),
            *health.routes(console),
            Mount("/static", _Ours(directory=resources.template("console", "web", "static"))),
        ],
        middleware=[Middleware(Gate, console=console)],
        exception_handlers={HTTPException: _not_there(console)},
    )


class _Ours(StaticFiles):
    """Our own files: a browser may keep them for an hour."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """Return a file."""
        answer = super().file_response(*args, **kwargs)  # type: ignore[arg-type] # passed on
        # The browser asks each time whether it has the newest: an update brings new styles at once.
        answer.headers["Cache-Control"] = "no-cache"
        return answer


def _endpoint(console: Console, page: Page) -> _Endpoint:
    async def answer(request: Request) -> Response:
        form = await request.form(
            max_files=_MOST_FILES, max_fields=_MOST_FIELDS, max_part_size=_PART_BYTES
        )
        try:
            return await run_in_threadpool(_made, console, page, request, form)
        finally:
            await form.close()

    async def looked(request: Request) -> Response:
        return await run_in_threadpool(_made, console, page, request, None)

    return answer if page.method == "POST" else looked


def _made(console: Console, page: Page, request: Request, form: FormData | None) -> Response:
    """Make a page in the language of who comes; whatever fails is a page too."""
    visit = Visit(console, request, form or FormData())
    with words.speaking(_language(request)):
        try:
            return _answered(page, visit)
        except PipelineError as error:
            return failure(visit, error)
        except Exception as error:  # noqa: BLE001 - one page that fails must not tell how
            logs.event(
                "web",
                "page_failed",
                logging.ERROR,
                kind=type(error).__name__,
                place=place_of(error),
            )
            return visit.page("failed", HTTPStatus.INTERNAL_SERVER_ERROR, error=pages.say("bug"))


def _language(request: Request) -> str:
    """Return what a browser remembers, else the first of its languages that we have."""
    chosen = request.cookies.get("lang", "")
    if chosen in resources.languages():
        return chosen
    for item in request.headers.get("accept-language", "")[:200].split(","):
        code = item.partition(";")[0].strip().partition("-")[0].lower()
        if code in resources.languages():
            return code
    return ""


def _answered(page: Page, visit: Visit) -> Response:
    if page.needs is None:
        return page.handler(visit)
    if visit.session is None:
        return _to_entrance(page, visit)
    if not visit.may(page.needs):
        return visit.page("failed", HTTPStatus.FORBIDDEN, error=pages.say("not_your_role"))
    if page.method == "POST" and not sessions.is_own_csrf(visit.session, visit.text("csrf")):
        return visit.page("failed", HTTPStatus.FORBIDDEN, error=pages.say("page_too_old"))
    if page.method == "GET":
        return page.handler(visit)
    try:
        return page.handler(visit)
    finally:
        visit.console.counted.forget()


def _to_entrance(page: Page, visit: Visit) -> Response:
    """Ask who comes; what was typed stays in the page that the browser goes back to."""
    if page.method == "GET" and not visit.is_partial:
        return visit.go("/login", to=visit.request.url.path)
    return visit.page("failed", HTTPStatus.UNAUTHORIZED, error=pages.say("session_over"))


def failure(visit: Visit, error: PipelineError) -> Response:
    """Return the page for a rule that forbids it, or for what is not there."""
    kinds = (status for kind, status in _STATUS.items() if isinstance(error, kind))
    status = next(kinds, HTTPStatus.INTERNAL_SERVER_ERROR)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logs.event("web", "page_failed", logging.ERROR, code=error.code)
    return visit.page("failed", status, error=words.explain(error, to_type=False))


def _not_there(console: Console) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Return the page for an address or a method that we do not have."""

    async def answer(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.NOT_FOUND
        if request.url.path.startswith("/static/"):
            return PlainTextResponse("not found", status)

        def page() -> Response:
            visit = Visit(console, request)
            with words.speaking(_language(request)):
                return visit.page("failed", status, error=pages.say("no_such_page"))

        return await run_in_threadpool(page)

    return answer
