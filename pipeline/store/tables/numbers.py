"""The numbers: what we know of each; a decision about a number locks its row."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from pipeline.model.request import NumberState
from pipeline.store.context import Context
from pipeline.store.records import NumberRecord
from pipeline.store.schema.mail_and_requests import numbers
from pipeline.store.schema.types import clean
from pipeline.store.statements import Insert, OfSeveral, Statement, Upsert, param
from pipeline.store.tables.requests import OF_NUMBERS
from pipeline.store.tables.rows import Mapper, Rows, of_mailbox

_MAPPER = Mapper(NumberRecord, numbers)
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
