"""Undoing the last decision on a request, while its mails wait."""

from starlette.responses import Response

from pipeline.errors import RefusedError
from pipeline.flow.staff.desk.undo import (
    Undoable,
    permission_of,
    undo,
    undoable,
)
from pipeline.flow.staff.people.roles import require
from pipeline.store.records import RequestRecord
from pipeline.store.staff_records import UndoRecord
from pipeline.web.back import came_from
from pipeline.web.visit import Visit


def last_of(visit: Visit, record: RequestRecord) -> tuple[Undoable, int] | None:
    """Return the decision that who comes can undo now, and for how many seconds yet."""
    found = undoable(visit.services, record)
    if found is None or not visit.may(found.needs):
        return None
    left = int((found.until - visit.console.clock.now()).total_seconds())
    return found, max(left, 0)


def undo_last(visit: Visit) -> Response:
    """Undo the last decision, unless it is another one than the page showed.

    Raises RefusedError ``not_permitted`` where who comes could not have taken it.
    """
    record = visit.record()

    def refuse(last: UndoRecord) -> None:
        if visit.text("decided") != last.at.isoformat():
            raise RefusedError("undo_nothing", reference=record.reference)
        require(visit.user, permission_of(last))

    undo(visit.services, record, visit.who, refuse=refuse)
    back = str(came_from(visit))
    return visit.go("/r", record.reference, undone="1", **({"view": back} if back else {}))
