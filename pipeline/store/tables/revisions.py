"""The revisions: the answers of a request, each time they came."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.store.context import Context
from pipeline.store.records import RevisionRecord, StoredReading
from pipeline.store.schema.mail_and_requests import revisions
from pipeline.store.schema.types import as_read
from pipeline.store.search.marks import mark
from pipeline.store.statements import Statement, param
from pipeline.store.tables.requests import MADE, MINE
from pipeline.store.tables.rows import Mapper, Rows, of_mailbox

_MAPPER = Mapper(RevisionRecord, revisions)
_Found = list[RevisionRecord]
_ROW = revisions.c
_ANSWERS = (_ROW.received_at, _ROW.file_name, _ROW.readings)
#: Under this name a transaction remembers the last revision of a request that is its own.
_NEWEST = "newest revision"


def _of_request(selected: sa.Select[Any]) -> sa.Select[Any]:
    return selected.where(of_mailbox(revisions), _ROW.request_id == param("request_id"))


_LAST_SEQ = Statement(lambda: _of_request(sa.select(sa.func.max(_ROW.seq))))
_LATEST = Statement(lambda: _of_request(_MAPPER.select).order_by(_ROW.seq.desc()).limit(1))
_LATEST_ANSWERS = Statement(
    lambda: _of_request(sa.select(*_ANSWERS)).order_by(_ROW.seq.desc()).limit(1)
)
_ALL = Statement(lambda: _of_request(_MAPPER.select).order_by(_ROW.seq))


@dataclass(frozen=True, slots=True)
class LatestAnswers:
    """What a notice says of the revision that counts: when and how it came, and its answers."""

    received_at: datetime
    file_name: str
    readings: tuple[StoredReading, ...]


class Revisions(Rows[RevisionRecord]):
    """The rows of ``revisions``."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, revisions, _MAPPER)

    def insert(self, record: RevisionRecord) -> None:
        """Insert a revision; its ``seq`` is new for the request."""
        values = self._insert(record)
        self._context.seen[_NEWEST, record.request_id] = values
        mark(self._context, record.request_id)

    def next_seq(self, request_id: str) -> int:
        """Return the number of the request's next revision, from 1."""
        newest = self._newest(request_id)
        if newest is not None:
            return int(newest["seq"]) + 1
        if (MADE, request_id) in self._context.seen:
            return 1
        row = self._context.first(_LAST_SEQ, request_id=request_id)
        last: int = (row and row[0]) or 0
        return last + 1

    def latest(self, request_id: str) -> RevisionRecord | None:
        """Return the revision that counts, or None."""
        newest = self._newest(request_id)
        if newest is not None:
            return self._mapper.as_read(newest)
        record = self._one(_LATEST, request_id=request_id)
        if record is not None and (MINE, request_id) in self._context.seen:
            self._context.seen[_NEWEST, request_id] = self._mapper.values(record)
        return record

    def latest_answers(self, request_id: str) -> LatestAnswers | None:
        """Return the part of :meth:`latest` that notices need, without the whole submission."""
        newest = self._newest(request_id)
        if newest is not None:
            row: Any = [as_read(column.type, newest[column.name]) for column in _ANSWERS]
        else:
            row = self._context.first(_LATEST_ANSWERS, request_id=request_id)
        return None if row is None else LatestAnswers(*row)

    def _newest(self, request_id: str) -> dict[str, Any] | None:
        """Return the columns of the last revision of a request of this transaction, if known."""
        found: dict[str, Any] | None = self._context.seen.get((_NEWEST, request_id))
        return found

    def all(self, request_id: str) -> _Found:
        """Return the revisions of a request, oldest first."""
        return self._found(_ALL, request_id=request_id)
