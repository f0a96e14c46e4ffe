"""What monitors ask: whether the console runs, and whether it can serve."""

from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pipeline.errors import PipelineError
from pipeline.web.console import Console


def routes(console: Console) -> Sequence[Route]:
    """Return the addresses for monitors; they tell nothing of any request."""

    async def alive(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(_request: Request) -> Response:
        try:
            state = await run_in_threadpool(console.base.store.schema_state)
        except PipelineError as error:
            return PlainTextResponse(f"{error.code}\n", 503)
        answer = "ok" if state == "current" else f"database_{state}"
        return PlainTextResponse(f"{answer}\n", 200 if state == "current" else 503)

    return (Route("/healthz", alive), Route("/readyz", ready))
