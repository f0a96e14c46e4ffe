"""Messages that one worker alone reads and decides, until it lets go of them or is gone."""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.store.context import Context
from pipeline.store.records import MessageRecord
from pipeline.store.statements import MAILBOX, Statement, param
from pipeline.store.tables.messages import Messages

#: So many messages that wait are looked at: more than all workers hold.
_LOOKED_AT = 500


def _free() -> sa.Select[Any]:
    due = sa.func.unnest(sa.bindparam("ids", type_=sa.ARRAY(sa.Text))).column_valued("due")
    name = sa.func.concat(sa.bindparam(MAILBOX, type_=sa.Text), " ", due)
    locked = sa.func.pg_try_advisory_xact_lock(sa.func.hashtextextended(name, 0))
    return sa.select(due).where(locked).limit(param("most"))


_FREE = Statement(_free)


class Hold:
    """What a worker took to read and decide.

    On PostgreSQL each message is an advisory lock of a transaction that stays open meanwhile and
    holds nothing else: other workers take other messages, nobody waits, and with the connection of
    a worker that was killed its locks are gone. The row itself is locked by the transaction that
    decides. On SQLite, whose writers wait for each other, nothing is held.
    """

    def __init__(self, looking: Callable[[], AbstractContextManager[Context]]) -> None:
        self._looking = looking

    def take(
        self, now: datetime, limit: int, workers: int, but: Collection[str]
    ) -> list[MessageRecord]:
        """Return up to ``limit`` messages that wait and that nobody else holds, oldest first.

        None of ``but``, which the worker has already. Where ``workers`` share few messages, each
        takes its part. Raises as :meth:`Store.read` does.
        """
        with self._looking() as context:
            messages = Messages(context)
            due = [row for row in messages.due_ids(now, _LOOKED_AT) if row not in but]
            most = min(limit, -(-len(due) // max(workers, 1)))
            if not due:
                return []
            if context.on_postgresql:
                due = [row[0] for row in context.rows(_FREE, ids=due, most=most)]
            return messages.waiting(due[:most], now)
