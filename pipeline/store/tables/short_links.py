"""What was asked of Meta for short links: ordered with a decision, done after its commit."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.store.context import Context
from pipeline.store.schema.short_links import link_orders
from pipeline.store.short_link_records import LinkOrder
from pipeline.store.statements import Statement, param
from pipeline.store.tables.rows import Mapper, Rows, changing, due_first

_MAPPER = Mapper(LinkOrder, link_orders)
_ROW = link_orders.c
_KEPT = frozenset({"id", "request_id", "number", "ordered_at"})


def _saving() -> sa.Update:
    names = [column.name for column in _ROW if column.name not in {*_KEPT, "mailbox_id"}]
    return changing(link_orders, _ROW.id == param("id"), names=names)


def _of(column: sa.Column[Any]) -> Statement:
    return Statement(lambda: _MAPPER.mine(column == param(column.name)).order_by(_ROW.id))


def _by_id() -> sa.Select[Any]:
    return _MAPPER.mine(_ROW.id == param("id"))


_GET = Statement(_by_id)
_LOCK = Statement(_by_id, lock="wait")
_DUE = Statement(lambda: due_first(_MAPPER, _ROW.next_at))
_OF_REQUEST = _of(_ROW.request_id)
_OF_NUMBER = _of(_ROW.number)
_SAVE = Statement(_saving)


class ShortLinks(Rows[LinkOrder]):
    """The rows of ``link_orders``."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, link_orders, _MAPPER)

    def order(self, record: LinkOrder) -> None:
        """Insert an order."""
        self._insert(record)

    def save(self, record: LinkOrder) -> None:
        """Write what became of an order that this transaction has locked."""
        values = self._mapper.values(record)
        self._change(_SAVE, **{name: values[name] for name in values if name not in _KEPT - {"id"}})

    def due(self, now: datetime, limit: int) -> list[LinkOrder]:
        """Return orders that are due, longest first."""
        return self._found(_DUE, now=now, most=limit)

    def get(self, order_id: str) -> LinkOrder | None:
        """Return the order, or None."""
        return self._one(_GET, id=order_id)

    def lock(self, order_id: str) -> LinkOrder | None:
        """Return the order as it is now, locked until the transaction ends, or None."""
        return self._one(_LOCK, id=order_id)

    def of_request(self, request_id: str) -> list[LinkOrder]:
        """Return the orders of a request, oldest first."""
        return self._found(_OF_REQUEST, request_id=request_id)

    def of_number(self, number: str) -> list[LinkOrder]:
        """Return the orders of a number, oldest first."""
        return self._found(_OF_NUMBER, number=number)
