"""The events: history and audit of a request, chained by hashes.

The request's row keeps the number and hash of the last line, so that a line cut off at the end is
seen as well as one that was changed.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC
from typing import Any

import sqlalchemy as sa

from pipeline.errors import NotFoundError
from pipeline.model.request import EventName
from pipeline.store.context import Context
from pipeline.store.records import EventRecord
from pipeline.store.schema.mail_and_requests import events, requests
from pipeline.store.schema.plain import to_plain
from pipeline.store.schema.types import canonical, clean
from pipeline.store.statements import Statement, param
from pipeline.store.tables.requests import END_OF_EVENTS, Requests
from pipeline.store.tables.rows import Mapper, Rows, of_mailbox

#: Under this name the line of an undo tells which lines it undid.
UNDONE_LINES = "lines"
_MAPPER = Mapper(EventRecord, events)
_Found = list[EventRecord]


def _end_of_chain() -> sa.Select[Any]:
    end = sa.select(requests.c.event_seq, requests.c.event_hash)
    return end.where(of_mailbox(requests), requests.c.id == param("id"))


_END = Statement(_end_of_chain)
_END_LOCKED = Statement(_end_of_chain, lock="wait")
_OF_REQUEST = Statement(
    lambda: _MAPPER.mine(events.c.request_id == param("request_id")).order_by(events.c.seq)
)
_LINES = Statement(
    lambda: _MAPPER.mine(
        events.c.request_id == param("request_id"),
        events.c.seq.between(param("first"), param("last")),
    ).order_by(events.c.seq)
)
_DETAILS = Statement(
    lambda: sa.select(events.c.detail).where(
        of_mailbox(events),
        events.c.request_id == param("request_id"),
        events.c.event == param("event"),
    )
)


def line_hash(record: EventRecord) -> str:
    """Return the SHA-256 of a line: canonical JSON of all fields but ``hash`` itself."""
    line = to_plain(record)
    del line["hash"]
    return hashlib.sha256(canonical(line).encode()).hexdigest()


def first_broken(lines: Iterable[EventRecord], end: tuple[int, str]) -> int:
    """Return the number of the first line that is not as it was written; 0: all are.

    ``end`` is number and hash of the last line as the request's row keeps them. A line that was
    taken out is told by its own number.
    """
    seq, previous = 0, ""
    for line in lines:
        seq += 1
        if line.seq != seq:
            return seq
        if line.previous_hash != previous or line.hash != line_hash(line):
            return seq
        previous = line.hash
    if end == (seq, previous):
        return 0
    return seq + 1 if end[0] > seq else max(seq, 1)


class Events(Rows[EventRecord]):
    """The rows of ``events``; lines are only ever added."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, events, _MAPPER)

    def append(self, record: EventRecord) -> EventRecord:
        """Add a line to its request's history; ``seq`` and the hashes are made here.

        Raises NotFoundError(``request_not_found``) when the request is not there.
        """
        mine = (END_OF_EVENTS, record.request_id)
        end: tuple[int, str] | None = self._context.seen.get(mine)
        end = end or self._end(record.request_id, lock=True)
        if end is None:
            raise NotFoundError("request_not_found", reference=record.request_id)
        seq, previous = end
        line = replace(
            record,
            seq=seq + 1,
            at=record.at.astimezone(UTC),
            actor_name=clean(record.actor_name),
            previous_hash=previous,
            hash="",
        )
        line = replace(line, hash=line_hash(line))
        self._insert(line)
        Requests(self._context).set_end_of_events(line.request_id, line.seq, line.hash)
        self._context.seen[mine] = (line.seq, line.hash)
        return line

    def list(self, request_id: str) -> _Found:
        """Return the history of a request, oldest line first."""
        return self._found(_OF_REQUEST, request_id=request_id)

    def between(self, request_id: str, first: int, last: int) -> _Found:
        """Return the lines ``first`` to ``last`` of the history of a request."""
        return self._found(_LINES, request_id=request_id, first=first, last=last)

    def standing(self, request_id: str) -> _Found:
        """Return the history of a request without what was undone, oldest line first."""
        lines = self.list(request_id)
        gone: set[int] = set()
        for line in lines:
            undone = dict(line.detail).get(UNDONE_LINES)
            if undone is not None:
                first, _, last = undone.partition("-")
                gone |= {line.seq, *range(int(first), int(last) + 1)}
        return [line for line in lines if line.seq not in gone]

    def has_detail(self, request_id: str, event: EventName, detail: tuple[str, str]) -> bool:
        """Whether an ``event`` in the history of a request was written with ``detail``."""
        rows = self._context.rows(_DETAILS, request_id=request_id, event=event)
        return any(detail in details for (details,) in rows)

    def verify(self, request_id: str) -> bool:
        """Whether no line was changed, taken out or cut off since it was written."""
        end = self._end(request_id, lock=False)
        return end is not None and first_broken(self.list(request_id), end) == 0

    def _end(self, request_id: str, *, lock: bool) -> tuple[int, str] | None:
        row = self._context.first(_END_LOCKED if lock else _END, id=request_id)
        return None if row is None else (row[0], row[1])
