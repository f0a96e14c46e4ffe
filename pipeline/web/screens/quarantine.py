"""The quarantine: what could not be processed and why; put back, given up, or taken along."""

from starlette.responses import Response

from pipeline.errors import NotFoundError
from pipeline.flow.staff import quarantine
from pipeline.flow.staff.people.roles import Permission
from pipeline.flow.views.lists.tables import quarantine_table
from pipeline.flow.views.messages import shown_messages, told_place
from pipeline.store.records import MessageRecord, MessageState, QuarantineRecord
from pipeline.web.files import MOST_ROWS, download, list_file, wanted_kind
from pipeline.web.visit import Visit

_PAGE = 100
_DONE = frozenset({"released", "dropped"})
#: The next run tries it.
_WAITS = frozenset({MessageState.FETCHED, MessageState.WITHHELD})


def show(visit: Visit) -> Response:
    """Show what is in quarantine, or all that ever was."""
    closed = visit.word("closed") == "1"
    as_file = bool(wanted_kind(visit))
    with visit.services.store.read() as tx:
        found = tx.quarantine.list(closed=closed, limit=MOST_ROWS if as_file else _PAGE + 1)
        rows = [(row, tx.messages.get(row.message_row)) for row in found]
    if as_file:
        lines = [(row, *_headers(message)) for row, message in rows]
        return list_file(visit, "quarantine", quarantine_table(lines, visit.zone))
    done = visit.word("done")
    return visit.page(
        "quarantine/page",
        rows=rows[:_PAGE],
        more=len(rows) > _PAGE,
        closed=closed,
        done=done if done in _DONE else "",
    )


def _headers(message: MessageRecord | None) -> tuple[str, str]:
    return (message.sender, message.subject) if message is not None else ("", "")


def entry(visit: Visit) -> Response:
    """Show one entry with all that the ledger knows of its mail."""
    row, message = _entry(visit)
    with visit.services.store.read() as tx:
        shown = shown_messages(tx, [message])[0]
        tries = tx.quarantine.of_message(message.id)
    return visit.page(
        "quarantine/entry",
        row=row,
        done=visit.word("done") == "released" and row.released_at is not None,
        message=message,
        requests=shown.requests,
        place=told_place(message),
        trace=message.trace if message.last_error == row.reason else "",
        is_open=row.released_at is None and row.dropped_at is None,
        tries=tries if len(tries) > 1 or row.released_at else [],
        waits=message.state in _WAITS,
        in_vain=row == tries[-1] and len(tries) > 1 and tries[-2].reason == row.reason,
        may_act=visit.may(Permission.QUARANTINE),
    )


def release(visit: Visit) -> Response:
    """Put a mail back; the next run tries it again."""
    name = visit.path("entry")
    quarantine.release(visit.services, name, visit.who)
    return visit.go("/quarantine", name, done="released")


def drop(visit: Visit) -> Response:
    """Give a mail up, after a second click."""
    row, message = _entry(visit)
    if visit.text("confirmed") != row.id:
        return visit.page("quarantine/drop", row=row, message=message)
    quarantine.drop(visit.services, row.id, visit.who)
    return visit.go("/quarantine", done="dropped")


def raw(visit: Visit) -> Response:
    """Return the bytes of a mail as they came, to be saved and not to be opened."""
    row, message = _entry(visit)
    if not message.has_bytes or not message.sha256:
        raise NotFoundError("message_unknown", message=message.id)
    return download(visit.services.blobs.get(message.sha256), f"quarantine-{row.id}.eml.bin")


def _entry(visit: Visit) -> tuple[QuarantineRecord, MessageRecord]:
    name = visit.path("entry")
    with visit.services.store.read() as tx:
        row = tx.quarantine.get(name)
        message = tx.messages.get(row.message_row) if row else None
    if row is None or message is None:
        raise NotFoundError("quarantine_unknown", entry=name)
    return row, message
