"""What monitors ask: whether the console runs, whether it can serve, and the metrics."""

import hmac
import logging
from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pipeline import logs
from pipeline.errors import PipelineError
from pipeline.flow.views.metrics.exposition import CONTENT_TYPE, exposition
from pipeline.web.console import Console

_SCHEME = "bearer"


def routes(console: Console) -> Sequence[Route]:
    """Return the addresses for monitors; they tell nothing of any request.

    There are no metrics without a token: behind a proxy everybody comes from this machine. Raises
    ConfigurationError when the token cannot be read.
    """

    async def alive(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(_request: Request) -> Response:
        try:
            state = await run_in_threadpool(console.base.store.schema_state)
        except PipelineError as error:
            return PlainTextResponse(f"{error.code}\n", 503)
        answer = "ok" if state == "current" else f"database_{state}"
        return PlainTextResponse(f"{answer}\n", 200 if state == "current" else 503)

    token = console.settings.metrics.token.text()

    async def metrics(request: Request) -> Response:
        if not _knows(request, token):
            return PlainTextResponse(
                "a bearer token is wanted\n", 401, {"WWW-Authenticate": "Bearer"}
            )
        return await run_in_threadpool(_measured, console)

    found = [Route("/healthz", alive), Route("/readyz", ready)]
    return [*found, Route("/metrics", metrics)] if token else found


def _knows(request: Request, token: str) -> bool:
    """Tell whether who asks knows the token (RFC 6750, 2.1)."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    same = hmac.compare_digest(given.strip().encode(), token.encode())
    return same and scheme.lower() == _SCHEME


def _measured(console: Console) -> Response:
    try:
        return Response(exposition(console.services()), headers={"Content-Type": CONTENT_TYPE})
    except PipelineError as error:
        logs.event("web", "metrics_failed", logging.ERROR, code=error.code)
        return PlainTextResponse(f"{error.code}\n", 503)
