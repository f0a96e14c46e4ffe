"""What Meta said about numbers, and what we asked of it."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from pipeline.model.request import Status
from pipeline.store.context import Context
from pipeline.store.meta_records import Asked, AskingRecord, MetaNumberRecord
from pipeline.store.records import RequestRecord
from pipeline.store.schema.mail_and_requests import requests
from pipeline.store.schema.meta import meta_askings, meta_numbers
from pipeline.store.tables.requests import Requests
from pipeline.store.tables.rows import Mapper, Rows

_NUMBER = Mapper(MetaNumberRecord, meta_numbers)
_ASKING = Mapper(AskingRecord, meta_askings)


class MetaNumbers(Rows[MetaNumberRecord]):
    """The rows of ``meta_numbers``; a number that Meta was never asked about has none."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, meta_numbers, _NUMBER)

    def get(self, e164: str) -> MetaNumberRecord:
        """Return what is known of the number; an empty record when nothing is."""
        found = self._first(self._select(meta_numbers.c.e164 == e164))
        return found or MetaNumberRecord(e164)

    def put(self, record: MetaNumberRecord) -> None:
        """Write what is known of the number; the caller has locked the row of ``numbers``."""
        values = self._values(record)
        new = self._context.upsert(meta_numbers).values(**values)
        known = {name: new.excluded[name] for name in values if name not in {"mailbox_id", "e164"}}
        self._execute(
            new.on_conflict_do_update(index_elements=list(meta_numbers.primary_key), set_=known)
        )

    def wake(self, e164: str, at: datetime) -> None:
        """Look at the number in the next batch, if it was ever looked at."""
        mine = sa.update(meta_numbers).where(self._mine(), meta_numbers.c.e164 == e164)
        self._execute(mine.values(next_at=at))

    def watched(
        self, statuses: Collection[Status], until: datetime, limit: int
    ) -> list[RequestRecord]:
        """Return the open requests in ``statuses`` whose numbers are due before ``until``.

        A request that has entered its status since the last look is due at once. Of each status
        the longest open ones, ``limit`` at most.
        """
        table = Requests(self._context)
        found: list[RequestRecord] = []
        # one statement a status: SQLite uses the index of no list of them
        for status in statuses:
            found += table.open_in(status, limit, self._due(until))
        return found

    def is_due(self, statuses: Collection[Status], now: datetime) -> bool:
        """Whether :meth:`watched` finds a request that is due at ``now``."""
        table = Requests(self._context)
        return any(table.open_in(status, 1, self._due(now)) for status in statuses)

    def _due(self, until: datetime) -> sa.ColumnElement[bool]:
        here, known = requests.c, meta_numbers.c
        waits = sa.exists().where(
            known.mailbox_id == here.mailbox_id,
            known.e164 == here.number,
            known.next_at > until,
            known.looked_at >= here.entered_at,
        )
        return sa.and_(here.number != "", sa.not_(waits))


class MetaAskings(Rows[AskingRecord]):
    """The rows of ``meta_askings``; none is ever removed."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, meta_askings, _ASKING)

    def begin(self, record: AskingRecord) -> None:
        """Add a line; commit it before Meta is asked."""
        self._insert(record)

    def end(self, asking_id: str, outcome: str) -> None:
        """Write what came of it."""
        self._update(meta_askings.c.id == asking_id, outcome=outcome)

    def since(self, e164: str, what: Asked, begin: datetime) -> list[AskingRecord]:
        """Return what was asked about the number after ``begin``, the oldest first."""
        mine = self._select(
            meta_askings.c.e164 == e164, meta_askings.c.what == what, meta_askings.c.at > begin
        )
        return self._all(mine.order_by(meta_askings.c.at, meta_askings.c.id))

    def of_request(self, request_id: str, what: Asked) -> list[AskingRecord]:
        """Return what was asked for the request, the oldest first."""
        mine = self._select(meta_askings.c.request_id == request_id, meta_askings.c.what == what)
        return self._all(mine.order_by(meta_askings.c.id))
