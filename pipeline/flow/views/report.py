"""The report: every request as a page worth looking at."""

from functools import partial
from pathlib import Path

from pipeline import resources
from pipeline.certificates.hidden import without_encoded
from pipeline.durable import write_out
from pipeline.flow.services import Services
from pipeline.flow.views.request import RequestView, request_view
from pipeline.mailbox.parse import parse_message
from pipeline.model.identifiers import new_id
from pipeline.wording import console as words
from pipeline.wording.answers import language_name
from pipeline.wording.inert import visible
from pipeline.wording.instants import span, told, told_twice, weekdays

_MOST = 1000


def write_report(services: Services, path: Path) -> None:
    """Write the report of all requests to ``path`` as one HTML file without links outside."""
    write_page(report_page(services), path)


def write_page(page: str, path: Path) -> None:
    """Write a page to ``path``, whole or not at all."""
    write_out(path, page.encode())


def report_page(services: Services) -> str:
    """Return the report of all requests as one HTML page without links outside."""
    views = _views(services)
    days = weekdays(words.language())
    return rendered(
        "report.html.jinja",
        views=[(view, _texts(services, view)) for view in views],
        word=words.word,
        status_word=words.status_word,
        step=words.step,
        why=words.why,
        language_name=language_name,
        named=words.named,
        notice_name=words.notice_name,
        language=words.language(),
        now=services.clock.now(),
        zone=services.settings.team.time_zone,
        told=partial(told, days=days),
        told_twice=partial(told_twice, days=days),
        span=partial(span, days=days),
        page_id=new_id(),
    )


def rendered(template: str, **values: object) -> str:
    """Return a page of ``templates/report``; texts in it are escaped and made visible."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - slow to import

    environment = Environment(
        loader=FileSystemLoader(
            [resources.template("report"), resources.template("console", "web")]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(values)


def _views(services: Services) -> list[RequestView]:
    from pipeline.store.queues import QueueView, queue  # noqa: PLC0415 - slow to import

    with services.store.read() as tx:
        rows = queue(tx, QueueView.ALL, limit=_MOST)
        records = [tx.requests.get(row.id) for row in rows]
        return [request_view(services.work(tx), record) for record in records if record]


def _texts(services: Services, view: RequestView) -> dict[str, str]:
    """Return the plain text of each mail of a request, by the id of its row, without secrets."""
    texts = {}
    with services.store.read() as tx:
        for mail in view.mails:
            raw = _raw(services, tx, mail.id, mail.direction)
            text = parse_message(raw).text if raw else ""
            texts[mail.id] = without_encoded(text).text
    return texts


def _raw(services: Services, tx, row_id: str, direction: str) -> bytes:  # type: ignore[no-untyped-def]
    if direction == "out":
        mail = tx.outbox.get(row_id)
        return mail.content if mail else b""
    row = tx.messages.get(row_id)
    if row is None or not row.has_bytes or not services.blobs.exists(row.sha256):
        return b""  # too big, erased, or kept no longer
    return services.blobs.get(row.sha256)
