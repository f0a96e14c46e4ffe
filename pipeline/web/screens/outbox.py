"""The outbox: mails that wait, need somebody, or went out; taken back and sent again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args

from starlette.responses import Response

from pipeline.errors import NotFoundError, UsageError
from pipeline.flow.services import pause
from pipeline.flow.staff import outbox
from pipeline.flow.staff.people.roles import Permission
from pipeline.flow.views.lists.tables import outbox_table
from pipeline.model.request import Move
from pipeline.notifications.token import without_token
from pipeline.notifications.written import written
from pipeline.store.lists.outbox import (
    ATTENTION,
    OutboxRow,
    count_outbox,
    list_outbox,
    search_outbox,
)
from pipeline.store.outbox_records import OutboxRecord, OutboxState
from pipeline.store.records import EventRecord, RequestRecord
from pipeline.store.tables.outbox import AGAIN, OVERTAKEN, UNDONE, OutboxView
from pipeline.store.unit_of_work import Transaction
from pipeline.web.files import MOST_ROWS, list_file, wanted_kind
from pipeline.web.visit import Visit

_PAGE = 50
_VIEWS: tuple[OutboxView, ...] = get_args(OutboxView)
#: Taken back by us for good: a next try would end like the last one.
_FOR_GOOD = frozenset({UNDONE, OVERTAKEN})
#: What may have reached its recipient: sent again, it may come twice.
_TWICE = frozenset({OutboxState.IN_DOUBT})
_DONE = frozenset({"cancelled", "retried", "retried_all", "resumed"})


@dataclass(frozen=True, slots=True)
class Waits:
    """How a mail waits: ``undo`` seconds of the undo window are left, or for the next run.

    While sending is ``paused`` no mail goes out, whenever it is due.
    """

    undo: int = 0
    paused: bool = False


def show(visit: Visit) -> Response:
    """Show a view of the outbox, or the mails that are looked for."""
    view, wanted = _view(visit), visit.word("find").strip()
    as_file = bool(wanted_kind(visit))
    most = MOST_ROWS if as_file else _PAGE + 1
    offset = 0 if as_file else visit.number("from")
    with visit.services.store.read() as tx:
        counts = count_outbox(tx)
        paused = pause.refusals(tx)
        rows = (
            search_outbox(tx, wanted, limit=most)
            if wanted
            else list_outbox(tx, view, limit=most, offset=offset)
        )
    if as_file:
        return list_file(visit, "outbox", outbox_table(rows, visit.zone))
    now = visit.console.clock.now()
    return visit.page(
        "outbox/page",
        box=view,
        found=wanted,
        rows=[
            (row, _waits(visit, row, now, paused=paused.paused_at is not None))
            for row in rows[:_PAGE]
        ],
        counts=counts,
        attention=[(state, counts[state]) for state in ATTENTION if counts.get(state)],
        views_of_box=_counted(counts),
        paused=paused,
        may_act=visit.may(Permission.OUTBOX),
        again={row.id for row in rows[:_PAGE] if _can_be_tried(row)},
        done=_done(visit),
        number=visit.number("n"),
        before=max(offset - _PAGE, 0) if offset else None,
        after=offset + _PAGE if len(rows) > _PAGE and not wanted else None,
    )


def _can_be_tried(row: OutboxRow) -> bool:
    """Tell whether the list offers to send a mail again; its page knows for sure."""
    return row.state in AGAIN and row.has_bytes and row.last_error not in _FOR_GOOD


def _view(visit: Visit) -> OutboxView:
    name = visit.word("view", "open")
    for view in _VIEWS:
        if view == name:
            return view
    raise NotFoundError("view_unknown", view=name)


def _counted(counts: dict[OutboxState, int]) -> dict[str, int | None]:
    """Return the views, each with how many mails it shows; history is not counted."""
    waiting = (OutboxState.QUEUED, OutboxState.SENDING)
    return {
        "open": sum(counts.get(state, 0) for state in waiting),
        "attention": sum(counts.get(state, 0) for state in ATTENTION),
        "sent": None,
        "all": None,
    }


def _waits(
    visit: Visit, row: OutboxRow | OutboxRecord, now: datetime, *, paused: bool
) -> Waits | None:
    """Return how a mail waits; None where its next time says it, or it waits no more."""
    if row.state is not OutboxState.QUEUED or row.next_at is None:
        return None
    if paused:
        return Waits(paused=True)
    if row.next_at <= now:
        return Waits()
    window = timedelta(seconds=visit.console.settings.courier.undo_seconds)
    if row.attempt or row.next_at > now + window:
        return None
    return Waits(undo=int((row.next_at - now).total_seconds()) + 1)


def _done(visit: Visit) -> str:
    done = visit.word("done")
    return done if done in _DONE else ""


def mail(visit: Visit) -> Response:
    """Show one mail: what it says, what became of it and why, and of which requests it tells."""
    with visit.services.store.read() as tx:
        record = _mail(visit, tx)
        told = _requests(tx, record)
        paused = pause.refusals(tx).paused_at is not None
        lines = [line for request in told for line in _lines(tx, request, record)]
        refused = outbox.refused_again(visit.services.work(tx), record)
    done = visit.word("done")
    return visit.page(
        "outbox/mail",
        mail=record,
        letter=written(record.content) if record.content else None,
        message_id=without_token(record.message_id),
        waits=_waits(visit, record, visit.console.clock.now(), paused=paused),
        told_of=told,
        unanswered=[one for one in told if not one.state.ended and one.move is Move.CUSTOMER],
        lines=sorted(lines, key=lambda line: line.at, reverse=True),
        can_cancel=record.state is OutboxState.QUEUED and visit.may(Permission.OUTBOX),
        can_retry=not refused and visit.may(Permission.OUTBOX),
        is_overtaken=refused == "outbox_overtaken",
        done=done if done in _DONE else "",
    )


def cancel(visit: Visit) -> Response:
    """Take a mail back that was not sent yet."""
    cancelled = outbox.cancel(visit.services, visit.path("mail"), visit.who)
    return visit.go("/outbox", cancelled.mail.id, done="cancelled")


def retry(visit: Visit) -> Response:
    """Queue a mail again; one that may have arrived needs a second click."""
    with visit.services.store.read() as tx:
        record = _mail(visit, tx)
    if record.state in _TWICE and visit.text("confirmed") != record.state.value:
        return visit.page("outbox/again", mail=record, state=record.state, count=1)
    outbox.retry(visit.services, record.id, visit.who)
    return visit.go("/outbox", record.id, done="retried")


def retry_all(visit: Visit) -> Response:
    """Queue all mails of a state again that need somebody, after a second click."""
    named = visit.text("state")
    state = next((one for one in ATTENTION if one.value == named), None)
    if state is None:
        raise UsageError("choice_unknown", choice=named)
    with visit.services.store.read() as tx:
        count = count_outbox(tx).get(state, 0)
    if visit.text("confirmed") != state.value:
        return visit.page("outbox/again", mail=None, state=state, count=count)
    done = outbox.retry_all(visit.services, state, visit.who)
    return visit.go("/outbox", view="open", done="retried_all", n=str(done))


def resume(visit: Visit) -> Response:
    """Go on sending after a pause."""
    done = outbox.resume(visit.services, visit.who)
    return visit.go("/outbox", view="open", done="resumed", n=str(done or 0))


def _mail(visit: Visit, tx: Transaction) -> OutboxRecord:
    name = visit.path("mail")
    record = tx.outbox.get(name)
    if record is None:
        raise NotFoundError("mail_unknown", mail=name)
    return record


def _requests(tx: Transaction, record: OutboxRecord) -> list[RequestRecord]:
    found = (tx.requests.get(name) for name in tx.outbox.requests_of(record.id))
    return [request for request in found if request is not None]


def _lines(tx: Transaction, request: RequestRecord, record: OutboxRecord) -> list[EventRecord]:
    """Return what staff did with the mail, as the history of a request tells it."""
    lines = tx.events.list(request.id)
    return [line for line in lines if any(value == record.id for _, value in line.detail)]
