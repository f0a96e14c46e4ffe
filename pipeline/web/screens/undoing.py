"""Undoing the last decision on a request, while its mails wait."""

from starlette.responses import Response

from pipeline.errors import RefusedError
from pipeline.flow.staff.desk.undo import Undoable, last_decision, undo, undoable
from pipeline.store.records import RequestRecord
from pipeline.web.visit import Visit


def last_of(visit: Visit, record: RequestRecord) -> tuple[Undoable, int] | None:
    """Return the decision that can be undone now, and for how many seconds yet."""
    found = undoable(visit.services, record)
    if found is None:
        return None
    left = int((found.until - visit.console.clock.now()).total_seconds())
    return found, max(left, 0)


def undo_last(visit: Visit) -> Response:
    """Undo the last decision, unless it is another one than the page showed."""
    record = visit.record()
    last = last_decision(visit.services, record)
    if last is None or visit.text("decided") != last.at.isoformat():
        raise RefusedError("undo_nothing", reference=record.reference)
    undo(visit.services, record, visit.who)
    return visit.go("/r", record.reference, undone="1")
