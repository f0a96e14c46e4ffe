"""The revisions: the answers of a request, each time they came."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.store.records import RevisionRecord, StoredReading
from pipeline.store.schema.mail_and_requests import revisions
from pipeline.store.tables.rows import Context, Mapper, Rows

_MAPPER = Mapper(RevisionRecord, revisions)
_Found = list[RevisionRecord]


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
        self._insert([record])

    def next_seq(self, request_id: str) -> int:
        """Return the number of the request's next revision, from 1."""
        statement = sa.select(sa.func.max(revisions.c.seq)).where(
            self._mine(), revisions.c.request_id == request_id
        )
        return (self._execute(statement).scalar() or 0) + 1

    def latest(self, request_id: str) -> RevisionRecord | None:
        """Return the revision that counts, or None."""
        return self._first(
            self._select(revisions.c.request_id == request_id).order_by(revisions.c.seq.desc())
        )

    def latest_answers(self, request_id: str) -> LatestAnswers | None:
        """Return the part of :meth:`latest` that notices need, without the whole submission."""
        statement = (
            sa.select(revisions.c.received_at, revisions.c.file_name, revisions.c.readings)
            .where(self._mine(), revisions.c.request_id == request_id)
            .order_by(revisions.c.seq.desc())
            .limit(1)
        )
        row: Sequence[Any] | None = self._execute(statement).first()
        return None if row is None else LatestAnswers(*row)

    def all(self, request_id: str) -> _Found:
        """Return the revisions of a request, oldest first."""
        return self._all(
            self._select(revisions.c.request_id == request_id).order_by(revisions.c.seq)
        )
