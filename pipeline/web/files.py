"""Answers that are files: lists as tables, and bytes that no browser may show."""

from starlette.responses import Response

from pipeline.web.visit import Visit
from pipeline.wording.exported import KINDS, Table, exported

#: So many rows of a list are in a file; who needs more has the command line.
MOST_ROWS = 10_000
_BYTES = "application/octet-stream"


def wanted_kind(visit: Visit) -> str:
    """Return the kind of file that a list is asked for as (``?format=``); empty: as a page."""
    kind = visit.word("format")
    return kind if kind in KINDS else ""


def list_file(visit: Visit, name: str, table: Table) -> Response:
    """Return a list as the file that is asked for; ``name`` is one of ours."""
    kind = wanted_kind(visit)
    day = visit.console.clock.now().date().isoformat()
    return download(exported(kind, table), f"{name}-{day}.{kind}", KINDS[kind])


def download(content: bytes, name: str, kind: str = _BYTES) -> Response:
    """Return bytes to be saved; ``name`` is one of ours: letters, digits, full stops and dashes."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=kind, headers=headers)
