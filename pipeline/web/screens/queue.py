"""The queue: its views as addresses, each with its count."""

from dataclasses import replace
from datetime import datetime

from starlette.responses import Response

from pipeline.errors import NotFoundError
from pipeline.flow.views.lists.tables import queue_table
from pipeline.flow.views.queue import due_words, parsed, shown
from pipeline.flow.views.second_yes import waiting_of
from pipeline.store.queues import QueueView
from pipeline.store.search.find import is_complete
from pipeline.web.back import Back
from pipeline.web.files import MOST_ROWS, list_file, wanted_kind
from pipeline.web.visit import Visit

_PAGE = 50


def home(visit: Visit) -> Response:
    """Lead to what needs somebody."""
    return visit.go("/q", QueueView.NEEDS_ME.value)


def show(visit: Visit) -> Response:
    """Show a view of the queue, or what is looked for in it."""
    view = _view(visit.path("view"))
    wanted, offset = visit.word("find").strip(), visit.number("from")
    mine = visit.word("mine") == "1"
    query = parsed(visit.services, wanted)
    if mine:
        query = replace(query, filters={**query.filters, "assignee": ("me",)})
    as_file = bool(wanted_kind(visit))
    with visit.services.store.read() as tx:
        work = visit.services.work(tx)
        rows = shown(
            work,
            query,
            view,
            name=visit.who,
            limit=MOST_ROWS if as_file else _PAGE + 1,
            offset=0 if as_file else offset,
        )
        seconds = waiting_of(work, (row.id for row in rows))
        complete = not query.terms or is_complete(tx)
    if as_file:
        return list_file(visit, "requests", queue_table(rows, visit.zone))
    now, team = work.now, visit.services.team
    return visit.page(
        "queue/page",
        view=view.value,
        back=str(Back(view.value, wanted, mine)),
        rows=[
            (row, _age(row.since, now), due_words(row.due_at, now, team)) for row in rows[:_PAGE]
        ],
        wanted=wanted,
        faults=query.faults,
        complete=complete,
        seconds=seconds,
        mine=mine,
        now=now,
        before=max(offset - _PAGE, 0) if offset else None,
        after=offset + _PAGE if len(rows) > _PAGE else None,
    )


def counts(visit: Visit) -> Response:
    """Show the views with their counts: a piece that pages fetch anew."""
    return visit.page("queue/views", view=visit.word("view"))


def _view(name: str) -> QueueView:
    try:
        return QueueView(name)
    except ValueError as error:
        raise NotFoundError("view_unknown", view=name) from error


def _age(since: datetime, now: datetime) -> tuple[str, int]:
    """Return how long ago something was: the unit and how many of them."""
    minutes = max(int((now - since).total_seconds()) // 60, 0)
    for unit, length in (("days", 24 * 60), ("hours", 60)):
        if minutes >= length:
            return unit, minutes // length
    return "minutes", minutes
