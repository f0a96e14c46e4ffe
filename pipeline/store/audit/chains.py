"""Every line that was written down for the audit, portion by portion, and the first broken one."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import sqlalchemy as sa

from pipeline.store.audit.staff_log import is_as_written
from pipeline.store.context import Context
from pipeline.store.records import EventRecord
from pipeline.store.schema.mail_and_requests import events, requests
from pipeline.store.staff_records import StaffLogRecord
from pipeline.store.tables.events import first_broken
from pipeline.store.tables.rows import Mapper
from pipeline.store.unit_of_work import Store

_MAPPER = Mapper(EventRecord, events)
_REQUESTS_AT_ONCE = 200
_LINES_AT_ONCE = 1000
#: What a line raises that was not written by us.
_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True)
class History:
    """The lines of one request; ``end`` is number and hash of the last, as the request keeps them.

    ``unreadable`` is the number of the first line that cannot even be read (0: none); no line
    behind it is among ``lines``.
    """

    reference: str
    end: tuple[int, str]
    lines: Sequence[EventRecord]
    unreadable: int = 0

    @property
    def broken(self) -> int:
        """The number of the first line that is not as it was written; 0: all are."""
        if not self.unreadable:
            return first_broken(self.lines, self.end)
        readable = (self.lines[-1].seq, self.lines[-1].hash) if self.lines else (0, "")
        return first_broken(self.lines, readable) or self.unreadable


def histories(store: Store) -> Iterator[History]:
    """Yield the history of every request, the oldest first; memory holds a portion of them."""
    after = ""
    while True:
        with store.read() as tx:
            ends = _ends(tx.context, after)
            found = list(_portion(tx.context, ends))
        if not ends:
            return
        yield from found
        after = ends[-1][0]


def staff_lines(store: Store) -> Iterator[StaffLogRecord]:
    """Yield every line of the log of staff, the oldest first."""
    seq = 0
    while True:
        lines = _following(store, seq)
        if not lines:
            return
        yield from lines
        seq = lines[-1].seq


def _following(store: Store, seq: int) -> list[StaffLogRecord]:
    """Return the next lines of the log of staff; before one that cannot be read, the next one.

    Raises ValueError when the next one cannot be read.
    """
    with store.read() as tx:
        for most in (_LINES_AT_ONCE, 1):
            with suppress(*_UNREADABLE):
                return tx.staff_log.following(seq, most)
    raise ValueError(seq)  # not inside the transaction, which tells it as damage


@dataclass(slots=True)
class StaffChain:
    """What the log of staff was found to be: ``broken`` is the first line that is not intact."""

    lines: int = 0
    emptied: int = 0
    broken: int = 0


def staff_chain(store: Store) -> StaffChain:
    """Check the log of staff whole, but for lines that were added meanwhile."""
    with store.read() as tx:
        end_seq, end_hash = tx.staff_log.end()
    found = StaffChain()
    previous = ""
    try:
        for line in staff_lines(store):
            if found.lines == end_seq:
                break
            found.lines += 1
            found.emptied += line.erased
            linked = line.seq == found.lines and line.previous_hash == previous
            if not linked or not is_as_written(line):
                found.broken = found.lines
                return found
            previous = line.hash
    except _UNREADABLE:
        found.broken = found.lines + 1
        return found
    if (found.lines, previous) != (end_seq, end_hash):
        found.broken = max(found.lines + (found.lines < end_seq), 1)
    return found


_End = tuple[str, str, int, str]


def _ends(context: Context, after: str) -> list[_End]:
    """Return id, reference and end of the chain of the next requests."""
    columns = (requests.c.id, requests.c.reference, requests.c.event_seq, requests.c.event_hash)
    statement = (
        sa.select(*columns)
        .where(requests.c.mailbox_id == context.mailbox_id, requests.c.id > after)
        .order_by(requests.c.id)
        .limit(_REQUESTS_AT_ONCE)
    )
    return [tuple(row) for row in context.connection.execute(statement)]


def _portion(context: Context, ends: Sequence[_End]) -> Iterator[History]:
    lines: dict[str, list[EventRecord]] = defaultdict(list)
    if not ends:
        return
    first, last = ends[0][0], ends[-1][0]
    try:
        between = (events.c.request_id >= first, events.c.request_id <= last)
        for line in _lines(context, *between):
            lines[line.request_id].append(line)
    except _UNREADABLE:
        yield from (_one_by_one(context, end) for end in ends)
        return
    for request_id, reference, seq, end in ends:
        yield History(reference, (seq, end), lines[request_id])


def _one_by_one(context: Context, end: _End) -> History:
    """Return a history of which some line may not be readable."""
    request_id, reference, last, last_hash = end
    mine = (events.c.mailbox_id == context.mailbox_id, events.c.request_id == request_id)
    numbers = sa.select(events.c.seq).where(*mine).order_by(events.c.seq)
    lines: list[EventRecord] = []
    for seq in list(context.connection.execute(numbers).scalars()):
        try:
            lines += _lines(context, events.c.request_id == request_id, events.c.seq == seq)
        except _UNREADABLE:
            return History(reference, (last, last_hash), lines, unreadable=seq)
    return History(reference, (last, last_hash), lines)


def _lines(context: Context, *which: sa.ColumnElement[bool]) -> list[EventRecord]:
    statement = _MAPPER.select.where(events.c.mailbox_id == context.mailbox_id, *which).order_by(
        events.c.request_id, events.c.seq
    )
    return [_MAPPER.record(row) for row in context.connection.execute(statement)]
