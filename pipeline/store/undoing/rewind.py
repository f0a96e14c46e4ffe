"""Puts the rows that a decision changed back to what they were.

What was told stays told: lines of the history are only ever added, a version only grows, and a mail
that was queued stays as one that was taken back.
"""

from collections.abc import Iterable

import sqlalchemy as sa

from pipeline.store.context import Context
from pipeline.store.outbox_records import OutboxState
from pipeline.store.schema.columns import metadata
from pipeline.store.schema.mail_and_requests import events, outbox, outbox_requests, requests
from pipeline.store.staff_records import KeptRow, UndoRecord
from pipeline.store.tables.outbox import UNDONE
from pipeline.store.undoing.images import Image, Key, digest_of, is_row, read, value_of
from pipeline.store.undoing.watch import Change

#: New rows of these stay.
_STAY = frozenset({events.name, outbox.name, outbox_requests.name})
#: What goes on in a request whatever is undone.
_GOES_ON = frozenset({"version", "event_seq", "event_hash"})


def kept_rows(changes: Iterable[Change]) -> tuple[KeptRow, ...]:
    """Return what an undo needs of the rows that a decision changed."""
    return tuple(
        KeptRow(
            table=change.table.name,
            key=change.key,
            before=tuple(sorted(_to_restore(change).items())),
            new=change.before is None,
            after=digest_of(change.after),
        )
        for change in changes
        if change.table is not events
    )


def _to_restore(change: Change) -> dict[str, object]:
    before, after = change.before, change.after
    if before is None or after is None:
        return dict(before or {})
    return {name: value for name, value in before.items() if after[name] != value}


class Rewind:
    """One decision that is undone, in the transaction of ``context``."""

    def __init__(self, context: Context, record: UndoRecord) -> None:
        self._context = context
        self._record = record

    def mails_wait(self, *, lock: bool = False) -> bool:
        """Whether no mail of the decision has been sent, is being sent, or was ever taken up."""
        rows = [row for row in self._record.rows if row.new and row.table == outbox.name]
        return all(self._is_as_left(row, lock=lock) for row in rows)

    def is_as_left(self, *, lock: bool = False) -> bool:
        """Whether all rows are what the decision made of them."""
        rows = sorted(self._record.rows, key=lambda row: (row.table, row.key))
        return all(self._is_as_left(row, lock=lock) for row in rows)

    def requests(self) -> list[str]:
        """Return the ids of the requests that the decision changed, in one order."""
        rows = [row for row in self._record.rows if row.table == requests.name and not row.new]
        return sorted(self._key_of(row, "id") for row in rows)

    def put_back(self) -> bool:
        """Put all rows back; False when a mail was taken up meanwhile: take everything back then.

        The rows are what the decision left, and locked.
        """
        if not all(self._take_back(row) for row in self._record.rows):
            return False
        place = {table.name: at for at, table in enumerate(metadata.sorted_tables)}
        rows = sorted(self._record.rows, key=lambda row: place[row.table])
        for row in reversed(rows):
            if row.new and row.table not in _STAY:
                table = metadata.tables[row.table]
                self._execute(sa.delete(table).where(*is_row(table, row.key)))
        for row in rows:
            if not row.new:
                self._restore(row)
        return True

    def _restore(self, row: KeptRow) -> None:
        table = metadata.tables[row.table]
        values = {name: value_of(table.c[name], plain) for name, plain in row.before}
        if not row.after:
            self._execute(sa.insert(table).values(values))
            return
        if table is requests:
            values = {name: value for name, value in values.items() if name not in _GOES_ON}
            values["version"] = requests.c.version + 1
        self._execute(sa.update(table).where(*is_row(table, row.key)).values(values))

    def _take_back(self, row: KeptRow) -> bool:
        """Take a mail back that the decision queued; its claim is what decides."""
        if not row.new or row.table != outbox.name:
            return True
        queued = (*is_row(outbox, row.key), outbox.c.state == OutboxState.QUEUED)
        cancelled = sa.update(outbox).where(*queued, outbox.c.attempt == 0)
        values = {"state": OutboxState.CANCELLED, "next_at": None, "last_error": UNDONE}
        return self._execute(cancelled.values(**values, kept_since=outbox.c.created_at)) == 1

    def _is_as_left(self, row: KeptRow, *, lock: bool) -> bool:
        return digest_of(self._read(row, lock=lock)) == row.after

    def _read(self, row: KeptRow, *, lock: bool) -> Image | None:
        lock = lock and not self._context.read_only
        self._context.send()
        key: Key = tuple(row.key)
        return read(self._context.raw, metadata.tables[row.table], key, lock=lock)

    def _key_of(self, row: KeptRow, name: str) -> str:
        names = [column.name for column in metadata.tables[row.table].primary_key]
        return str(row.key[names.index(name)])

    def _execute(self, statement: sa.Executable) -> int:
        return self._context.connection.execute(statement).rowcount
