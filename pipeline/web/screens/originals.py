"""The original of a request: the column that shows it, its pages, its mail, and its bytes."""

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import quote

from starlette.responses import Response

from pipeline.errors import NotFoundError, RefusedError
from pipeline.flow.staff.people.roles import Permission
from pipeline.flow.staff.people.staff_log import note_secret_seen
from pipeline.flow.views.original import OriginalId
from pipeline.flow.views.request import RequestView, request_view
from pipeline.forms.shown.faults import NotShown, WhyNot
from pipeline.forms.shown.pages import Picture
from pipeline.model.problem import Severity
from pipeline.web.back import came_from
from pipeline.web.originals.column import PAGE_WIDTHS, Column, column, named_field
from pipeline.web.originals.kept import Originals
from pipeline.web.visit import Visit
from pipeline.wording import console as words

#: A mail runs nothing, fetches nothing and has no origin; only our own page may show it in itself.
MAIL_POLICY = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'"
)
_FILE_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
#: Long enough to page to and fro; who logs out is asked again by the tag.
_PICTURE_SECONDS = 600
_MAIL_STYLE = (
    "html{color-scheme:only light;background:#fff;color:#16201f;"
    "font:14px/1.55 system-ui,sans-serif;overflow-wrap:anywhere}"
    "body{margin:12px}img{max-width:100%;height:auto}table{max-width:100%}"
    ".link-target{color:#55625f;font-size:12px}"
    ".picture-left-out{display:inline-block;border:1px dashed #7d8c8c;padding:2px 6px}"
)


def show_column(visit: Visit) -> Response:
    """Show the column with one original; without a script it is the page of the request."""
    record = visit.record()
    if not visit.is_partial:
        named = {name: visit.word(name) for name in ("o", "field", "view") if visit.word(name)}
        return visit.go("/r", record.reference, **named)
    with visit.services.store.read() as tx:
        view = request_view(visit.services.work(tx), record)
    return visit.page(
        "request/original",
        view=view,
        column=column_of(visit, Originals(visit.console, record), view),
        widths=PAGE_WIDTHS,
        may_take_secret=visit.may(Permission.CERTIFICATE_REVEAL),
        from_view=str(came_from(visit)),
    )


def column_of(visit: Visit, originals: Originals, view: RequestView) -> Column:
    """Return the column that the address asks for."""
    wrong = frozenset(
        problem.field for problem in view.problems if problem.severity == Severity.ERROR.value
    )
    answer = named_field(visit.word("field"), (item.id for item in view.fields))
    return column(originals, visit.word("o"), answer, wrong)


def page(visit: Visit) -> Response:
    """Return one page of a PDF as a picture."""
    originals, named = _named(visit)
    number = int(visit.path("page"))
    width = visit.number("w", default=PAGE_WIDTHS[0])
    if width not in PAGE_WIDTHS or number < 1:
        raise NotFoundError("original_unknown", reference=originals.record.reference)
    _refuse_secret(originals, named)
    key = f"{named.sha256[:32]}-{number}-{width}"
    return _picture(visit, key, lambda: originals.page(named, number - 1, width))


def picture(visit: Visit) -> Response:
    """Return a picture, made anew from its pixels."""
    originals, named = _named(visit)
    _refuse_secret(originals, named)
    return _picture(visit, named.sha256[:32], lambda: originals.picture(named))


def mail(visit: Visit) -> Response:
    """Return the HTML of a mail, made safe, for a frame that can do nothing."""
    originals, named = _named(visit)
    found = originals.mail(named)
    html = "" if isinstance(found, NotShown) else found.html
    if isinstance(found, NotShown):
        html = f"<p>{words.named('not_shown', found.why.value)}</p>"
    text = (
        f'<!doctype html><html lang=""><head><meta charset="utf-8"><title>-</title>'
        f"<style>{_MAIL_STYLE}</style></head><body>{html}</body></html>"
    )
    return Response(
        text,
        media_type="text/html",
        headers={
            "Content-Security-Policy": MAIL_POLICY,
            "Cross-Origin-Opener-Policy": "unsafe-none",  # a sandbox has no origin to isolate
            "Referrer-Policy": "no-referrer",
        },
    )


def file(visit: Visit) -> Response:
    """Return the bytes of an original to be taken down; of a secret one it is noted who did."""
    originals, named = _named(visit)
    found = originals.bytes(named)
    if isinstance(found, NotShown):
        return _failed(visit, found)
    if found.file.secret:
        if not visit.may(Permission.CERTIFICATE_REVEAL):
            raise RefusedError("not_permitted", name=visit.who, role=visit.user.role.value)
        note_secret_seen(visit.services, visit.who, originals.record.reference, str(named))
    name = quote(found.file.name, safe="")
    return Response(
        found.content,
        media_type="application/octet-stream",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "Content-Security-Policy": _FILE_POLICY,
        },
    )


def _named(visit: Visit) -> tuple[Originals, OriginalId]:
    originals = Originals(visit.console, visit.record())
    return originals, originals.named(visit.path("original"))


def _refuse_secret(originals: Originals, named: OriginalId) -> None:
    """Show no picture of a file with a secret: who sees it is to be named."""
    found = originals.file(named) if named.sha256 else None
    if found is None or (not isinstance(found, NotShown) and found.secret):
        raise NotFoundError("original_unknown", reference=originals.record.reference)


def _picture(visit: Visit, key: str, make: Callable[[], Picture | NotShown]) -> Response:
    """Return a picture, or that the browser has it; one that cannot be shown is told in words."""
    tag = f'"{key}"'
    headers = {"ETag": tag, "Cache-Control": f"private, max-age={_PICTURE_SECONDS}"}
    if visit.request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    found = make()
    if isinstance(found, NotShown):
        return _failed(visit, found)
    return Response(found.png, media_type="image/png", headers=headers)


def _failed(visit: Visit, found: NotShown) -> Response:
    busy = found.why is WhyNot.BUSY
    status = HTTPStatus.SERVICE_UNAVAILABLE if busy else HTTPStatus.NOT_FOUND
    return visit.page("failed", status, error=words.named("not_shown", found.why.value))
