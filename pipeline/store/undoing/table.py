"""The last decision of each request, while it can be undone."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from pipeline.store.context import Context
from pipeline.store.schema.mail_and_requests import outbox_requests
from pipeline.store.schema.undo import undo
from pipeline.store.staff_records import UndoRecord
from pipeline.store.statements import Statement, param
from pipeline.store.tables.rows import Mapper, Rows, of_mailbox
from pipeline.store.undoing.rewind import Rewind

_MAPPER = Mapper(UndoRecord, undo)
_OF_REQUEST = Statement(lambda: _MAPPER.mine(undo.c.request_id == param("request_id")))

_FORGET = Statement(
    lambda: sa.delete(undo).where(of_mailbox(undo), undo.c.request_id == param("request_id"))
)


class Undo(Rows[UndoRecord]):
    """The rows of ``undo``."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, undo, _MAPPER)

    def get(self, request_id: str) -> UndoRecord | None:
        """Return the last decision on a request, or None."""
        return self._one(_OF_REQUEST, request_id=request_id)

    def set(self, record: UndoRecord) -> None:
        """Keep a decision, in place of the one before it."""
        self.forget(record.request_id)
        self._insert(record)

    def forget(self, request_id: str) -> bool:
        """Forget the last decision; False when there is none."""
        return self._change(_FORGET, request_id=request_id) == 1

    def has_over(self, now: datetime) -> bool:
        """Whether the time of a decision is over."""
        found = self._select(undo.c.until <= now).with_only_columns(undo.c.request_id)
        return self._execute(found.limit(1)).first() is not None

    def purge(self, now: datetime) -> int:
        """Forget the decisions whose time is over; return how many."""
        return self._delete(undo.c.until <= now)

    def told(self, request_ids: Collection[str]) -> tuple[tuple[str, int], ...]:
        """Return how many mails of ours tell of each request."""
        links = outbox_requests.c
        counted = (
            sa.select(links.request_id, sa.func.count().label("mails"))
            .where(links.mailbox_id == self._context.mailbox_id)
            .where(links.request_id.in_(sorted(request_ids)))
            .group_by(links.request_id)
        )
        rows = self._execute(counted).mappings()
        found = {str(row["request_id"]): int(row["mails"]) for row in rows}
        return tuple((request_id, found.get(request_id, 0)) for request_id in sorted(request_ids))

    def rewind(self, record: UndoRecord) -> Rewind:
        """Return what puts the rows of a decision back."""
        return Rewind(self._context, record)
