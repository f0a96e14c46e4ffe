"""The log of what staff do beside requests: lines that are chained by hashes."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC

import sqlalchemy as sa

from pipeline.store.context import Context
from pipeline.store.schema.plain import to_plain
from pipeline.store.schema.types import canonical, clean
from pipeline.store.schema.upkeep import chain_ends, staff_log
from pipeline.store.staff_records import StaffAct, StaffLogRecord
from pipeline.store.tables.rows import Mapper, Rows

_MAPPER = Mapper(StaffLogRecord, staff_log)
_NAME = "staff_log"
_SALT_BYTES = 16
#: What the hash of a line is made of: not what an erasure takes out.
_CHAINED = ("id", "at", "who", "what", "seq", "sealed", "previous_hash")
_Found = list[StaffLogRecord]


def seal(record: StaffLogRecord) -> str:
    """Return the digest of the subject and the detail of a line."""
    return _digest([record.salt, record.subject, record.detail])


def line_hash(record: StaffLogRecord) -> str:
    """Return the SHA-256 of a line: canonical JSON of what no erasure takes out of it."""
    plain = to_plain(record)
    return _digest({name: plain[name] for name in _CHAINED})


def is_as_written(record: StaffLogRecord) -> bool:
    """Tell whether a line is as it was written, or was emptied by an erasure."""
    if record.erased:
        return not (record.subject or record.detail) and record.hash == line_hash(record)
    return record.sealed == seal(record) and record.hash == line_hash(record)


class StaffLog(Rows[StaffLogRecord]):
    """The rows of ``staff_log``; lines are only ever added."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, staff_log, _MAPPER)

    def append(self, record: StaffLogRecord) -> StaffLogRecord:
        """Add a line; its number, its seal and the hashes are made here."""
        seq, previous = self._end(to_continue=True)
        line = replace(
            record,
            at=record.at.astimezone(UTC),
            who=clean(record.who),
            subject=clean(record.subject),
            detail=clean(record.detail),
            seq=seq + 1,
            salt=secrets.token_hex(_SALT_BYTES),
            previous_hash=previous,
        )
        line = replace(line, sealed=seal(line))
        line = replace(line, hash=line_hash(line))
        self._insert(line)
        self._context.connection.execute(
            sa.update(chain_ends).where(*self._my_end()).values(seq=line.seq, hash=line.hash)
        )
        return line

    def list(
        self, limit: int, *, name: str = "", what: StaffAct | None = None, before: str = ""
    ) -> _Found:
        """Return the latest lines, newest first.

        ``name`` selects those by somebody or about it, ``what`` those of one act, and ``before``
        those older than the line of that id.
        """
        wanted = []
        if name:
            wanted.append(sa.or_(staff_log.c.who == name, staff_log.c.subject == name))
        if what is not None:
            wanted.append(staff_log.c.what == what)
        if before:
            wanted.append(staff_log.c.id < before)
        return self._all(self._select(*wanted).order_by(staff_log.c.id.desc()).limit(limit))

    def following(self, seq: int, limit: int) -> _Found:
        """Return the lines behind the number ``seq``, oldest first."""
        behind = self._select(staff_log.c.seq > seq).order_by(staff_log.c.seq)
        return self._all(behind.limit(limit))

    def end(self) -> tuple[int, str]:
        """Return number and hash of the line that was added last; 0 and empty before the first."""
        return self._end(to_continue=False)

    def about(self, subjects: Collection[str]) -> _Found:
        """Return the lines about one of ``subjects``: numbers, addresses."""
        return self._all(self._select(_is_about(subjects)).order_by(staff_log.c.seq))

    def empty(self, subjects: Collection[str]) -> int:
        """Take subject and detail out of the lines about ``subjects``; return how many."""
        return self._update(_is_about(subjects), subject="", detail="", salt="")

    def _end(self, *, to_continue: bool) -> tuple[int, str]:
        if to_continue:  # a row that nobody else changes meanwhile
            first = self._context.upsert(chain_ends).values(
                mailbox_id=self._context.mailbox_id, name=_NAME, seq=0, hash=""
            )
            self._context.connection.execute(first.on_conflict_do_nothing())
        found = sa.select(chain_ends.c.seq, chain_ends.c.hash).where(*self._my_end())
        if to_continue:
            found = found.with_for_update()
        row = self._context.connection.execute(found).first()
        return (0, "") if row is None else (row[0], row[1])

    def _my_end(self) -> tuple[sa.ColumnElement[bool], ...]:
        mine = chain_ends.c.mailbox_id == self._context.mailbox_id
        return mine, chain_ends.c.name == _NAME


def _is_about(subjects: Collection[str]) -> sa.ColumnElement[bool]:
    """Tell whether a line is about one of ``subjects``; an address may stand within its detail."""
    names = sorted(set(subjects) - {""})
    addresses = [name.lower() for name in names if "@" in name]
    within = sa.func.lower(staff_log.c.detail)
    return sa.or_(
        staff_log.c.subject.in_(names),
        sa.func.lower(staff_log.c.subject).in_(addresses),
        *(within.contains(address, autoescape=True) for address in addresses),
    )


def _digest(value: object) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()
