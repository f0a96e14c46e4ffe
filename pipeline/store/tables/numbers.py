"""The numbers: what we know of each, what Meta said, their short links; decisions lock a row."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.model.request import NumberState, Status
from pipeline.store.context import Context
from pipeline.store.meta_records import Asked, AskingRecord, MetaNumberRecord
from pipeline.store.records import NumberRecord, RequestRecord
from pipeline.store.schema.mail_and_requests import numbers, requests
from pipeline.store.schema.meta import meta_askings, meta_numbers
from pipeline.store.schema.short_links import link_orders
from pipeline.store.schema.types import clean
from pipeline.store.short_link_records import LinkOrder
from pipeline.store.statements import Insert, OfSeveral, Statement, Upsert, param
from pipeline.store.tables.requests import OF_NUMBERS, Requests
from pipeline.store.tables.rows import Mapper, Rows, changing, due_first, of_mailbox

_MAPPER = Mapper(NumberRecord, numbers)
_NUMBER = Mapper(MetaNumberRecord, meta_numbers)
_ASKING = Mapper(AskingRecord, meta_askings)
_Found = list[NumberRecord]


def _by_number() -> sa.Select[Any]:
    return _MAPPER.mine(numbers.c.e164 == param("e164"))


def _setting(own: Insert) -> Any:
    inserted = own(numbers).values({column.name: param(column.name) for column in numbers.c})
    known = {column.name: inserted.excluded[column.name] for column in numbers.c}
    del known["mailbox_id"], known["e164"]
    return inserted.on_conflict_do_update(index_elements=list(numbers.primary_key), set_=known)


_SEEN = "number"
_MISSING = "numbers of no row"
_KEY = ("mailbox_id", "e164")
_GET = Statement(_by_number)
_LOCK = Statement(_by_number, lock="wait")
_SET = Upsert(_setting)
_KNOWN = OfSeveral(
    numbers.c.e164,
    lambda these: sa.select(numbers.c.e164).where(of_mailbox(numbers), these).limit(param("most")),
)


class Numbers(Rows[NumberRecord]):
    """The rows of ``numbers``."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, numbers, _MAPPER)

    def lock(self, e164: str) -> NumberRecord:
        """Return the number, made as unknown when missing, locked until the transaction ends.

        On SQLite the write transaction itself is the lock.
        """
        seen: NumberRecord | None = self._context.seen.get((_SEEN, e164))
        row = seen or self._locked_or_made(e164)
        self._context.seen[_SEEN, e164] = row
        return row

    def _locked_or_made(self, e164: str) -> NumberRecord:
        unknown = NumberRecord(e164=e164, state=NumberState.UNKNOWN, organisation="", since=None)
        if self._context.read_only or not self._context.on_postgresql:
            known = self._known(e164)
            if known is None and not self._context.read_only:
                self._insert(unknown)
                self._context.is_there(_MISSING, e164)
            return known or unknown
        # where another transaction is making it, this waits for its end; none is ever deleted
        new = self._values(unknown)
        self._context.seen.pop(OF_NUMBERS, None)  # what was read before the lock
        self._context.with_next(self._mapper.insert(new, on=_KEY), new)
        row = self._one(_LOCK, e164=e164)
        if row is None:
            raise AssertionError("the row was made one statement ago and none is ever deleted")
        return row

    def get(self, e164: str) -> NumberRecord | None:
        """Return the number, or None when nothing is known of it."""
        seen: NumberRecord | None = self._context.seen.get((_SEEN, e164))
        return seen or self._known(e164)

    def foresee(self, wanted: Iterable[str]) -> None:
        """Learn at once which of these numbers are in no row; nothing beside other workers."""
        if not self._context.on_postgresql:
            self._context.learn_missing((_MISSING,), _KNOWN, wanted)

    def _known(self, e164: str) -> NumberRecord | None:
        return None if self._context.is_missing(_MISSING, e164) else self._one(_GET, e164=e164)

    def set(self, record: NumberRecord) -> None:
        """Write what is known of a number, new or not."""
        self._context.is_there(_MISSING, record.e164)
        values = self._mapper.values(record)
        if (_SEEN, record.e164) in self._context.seen:
            self._context.put(numbers, _SET, values)
        else:
            self._change(_SET, **values)
        # it is locked now, and reads as it was stored
        kept = replace(record, organisation=clean(record.organisation))
        self._context.seen[_SEEN, record.e164] = kept

    def organisations(self, limit: int) -> list[str]:
        """Return whose numbers we know, each once."""
        statement = (
            sa.select(numbers.c.organisation)
            .where(self._mine(), numbers.c.organisation != "")
            .distinct()
            .limit(limit)
        )
        return [str(name) for name in self._execute(statement).scalars()]

    def count_of(self, organisation: str) -> int:
        """Return how many numbers ``organisation`` has."""
        mine = sa.select(sa.func.count()).where(
            self._mine(), numbers.c.organisation == organisation
        )
        return int(self._execute(mine).scalar_one())

    def list(self, state: NumberState | None = None, limit: int = 50, after: str = "") -> _Found:
        """Return numbers in their order, after the number ``after``; of one state if given."""
        statement = self._select(numbers.c.e164 > after)
        if state is not None:
            statement = statement.where(numbers.c.state == state)
        return self._all(statement.order_by(numbers.c.e164).limit(limit))


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
            found += table.open_in(status, limit, self._awake(until))
        return found

    def is_due(self, statuses: Collection[Status], now: datetime) -> bool:
        """Whether :meth:`watched` finds a request that is due at ``now``."""
        table = Requests(self._context)
        return any(table.open_in(status, 1, self._awake(now)) for status in statuses)

    def _awake(self, until: datetime) -> sa.ColumnElement[bool]:
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


_LINK = Mapper(LinkOrder, link_orders)
_LINKS = link_orders.c
_LINK_KEPT = frozenset({"id", "request_id", "number", "ordered_at"})


def _saving_link() -> sa.Update:
    names = [column.name for column in _LINKS if column.name not in {*_LINK_KEPT, "mailbox_id"}]
    return changing(link_orders, _LINKS.id == param("id"), names=names)


def _links_of(column: sa.Column[Any]) -> Statement:
    return Statement(lambda: _LINK.mine(column == param(column.name)).order_by(_LINKS.id))


def _link_by_id() -> sa.Select[Any]:
    return _LINK.mine(_LINKS.id == param("id"))


_GET_LINK = Statement(_link_by_id)
_LOCK_LINK = Statement(_link_by_id, lock="wait")
_DUE_LINKS = Statement(lambda: due_first(_LINK, _LINKS.next_at))
_LINKS_OF_REQUEST = _links_of(_LINKS.request_id)
_LINKS_OF_NUMBER = _links_of(_LINKS.number)
_SAVE_LINK = Statement(_saving_link)
_Orders = list[LinkOrder]


class ShortLinks(Rows[LinkOrder]):
    """The rows of ``link_orders``."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, link_orders, _LINK)

    def order(self, record: LinkOrder) -> None:
        """Insert an order."""
        self._insert(record)

    def save(self, record: LinkOrder) -> None:
        """Write what became of an order that this transaction has locked."""
        values = self._mapper.values(record)
        self._change(
            _SAVE_LINK, **{name: values[name] for name in values if name not in _LINK_KEPT - {"id"}}
        )

    def due(self, now: datetime, limit: int) -> _Orders:
        """Return orders that are due, longest first."""
        return self._found(_DUE_LINKS, now=now, most=limit)

    def get(self, order_id: str) -> LinkOrder | None:
        """Return the order, or None."""
        return self._one(_GET_LINK, id=order_id)

    def lock(self, order_id: str) -> LinkOrder | None:
        """Return the order as it is now, locked until the transaction ends, or None."""
        return self._one(_LOCK_LINK, id=order_id)

    def of_request(self, request_id: str) -> _Orders:
        """Return the orders of a request, oldest first."""
        return self._found(_LINKS_OF_REQUEST, request_id=request_id)

    def of_number(self, number: str) -> _Orders:
        """Return the orders of a number, oldest first."""
        return self._found(_LINKS_OF_NUMBER, number=number)
