"""The requests: the tracked cases."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from pipeline.errors import RefusedError
from pipeline.model.message import SenderVerdict
from pipeline.model.request import HoldReason, Move, Status
from pipeline.store.context import Context
from pipeline.store.records import RequestRecord
from pipeline.store.schema.mail_and_requests import requests
from pipeline.store.search.marks import mark
from pipeline.store.statements import OfSeveral, Statement, param
from pipeline.store.tables.rows import (
    Mapper,
    Rows,
    changing,
    constant,
    due_first,
    filled,
    of_mailbox,
)

_AFTER_ALL_REFERENCES = "~"
#: Columns with words that are searched.
_SEARCHED = (
    *("company", "department", "contact", "number", "subject", "address_of_record", "reference"),
    *("status", "track", "form", "language", "country"),
)
#: A form asks several times for the requests of its number; one answer serves until one is written.
OF_NUMBERS = ("of numbers",)
CERTIFICATES_OF = ("certificates of",)
#: Addresses that have no request, and those that have none without a form.
_NO_REQUEST = "requests of none"
_NO_WORDS = "formless requests of none"
#: Numbers that no request is for.
_NO_NUMBER = "requests for none"
#: Under this name a transaction remembers the last line of a request's history.
END_OF_EVENTS = "end of events"
#: What the columns are of a request that nobody else can change before the transaction ends.
MINE = "request"
#: A request that the transaction has made: what hangs on it, it has made as well.
MADE = "made"


def _derived(record: RequestRecord) -> dict[str, object]:
    return {
        "address_key": record.address_of_record.lower(),
        "open_since": None if record.state.ended else record.state.entered_at,
        "erasable_since": (
            record.state.ended_at or record.state.entered_at if record.state.ended else None
        ),
    }


_MAPPER = Mapper(RequestRecord, requests, _derived)
_Found = list[RequestRecord]

_ROW = requests.c
#: The last line of the history, which nobody else continues once the row is locked.
_END = (_ROW.event_seq, _ROW.event_hash)


def _by_id() -> sa.Select[Any]:
    return _MAPPER.mine(_ROW.id == param("id"))


def _of_number() -> sa.Select[Any]:
    newest = _MAPPER.mine(_ROW.number == param("number"), filled(_ROW.number))
    return newest.order_by(_ROW.id.desc())


def _of_sender(*conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    newest = _MAPPER.mine(_ROW.address_key == param("address"), *conditions)
    return newest.order_by(_ROW.id.desc())


def _opened_since() -> sa.ColumnElement[bool]:
    """Tell whether a request was opened at or after ``since``.

    Not by the column itself: SQLite would take the index of all requests of these days for it, and
    not that of the sender.
    """
    return sa.func.coalesce(_ROW.opened_at, _ROW.opened_at) >= param("since")


@cache
def _changing(*names: str) -> Statement:
    return Statement(lambda: changing(requests, _ROW.id == param("id"), names=names))


_GET = Statement(_by_id)
_LOCK = Statement(lambda: _by_id().add_columns(*_END), lock="wait")
_BY_REFERENCE = Statement(lambda: _MAPPER.mine(_ROW.reference == param("reference")))
_IS_REFERENCE = Statement(
    lambda: sa.select(_ROW.id).where(of_mailbox(requests), _ROW.reference == param("reference"))
)
_SAVE = Statement(
    lambda: _MAPPER.change(
        _ROW.id == param("id"),
        _ROW.version == param("expected"),
        but=("event_seq", "event_hash"),
    )
)
_DUE = Statement(lambda: due_first(_MAPPER, _ROW.next_at).add_columns(*_END), lock="skip")
_OF_NUMBER = Statement(_of_number)
_PROVEN_OF_NUMBER = Statement(
    lambda: _of_number().where(constant(_ROW.sender_verdict, SenderVerdict.PASS))
)
_OF_SENDER = Statement(lambda: _of_sender().limit(param("most")))
_OPEN_OF_SENDER = Statement(lambda: _of_sender(_ROW.open_since.is_not(None), _opened_since()))
_FORMLESS_OF_SENDER = Statement(
    lambda: _of_sender(_ROW.open_since.is_not(None), _opened_since(), _ROW.form.is_(None))
)


_WITH_REQUEST = OfSeveral(
    _ROW.address_key,
    lambda these: (
        sa.select(_ROW.address_key).where(of_mailbox(requests), these).limit(param("most"))
    ),
)
_WITH_NUMBER = OfSeveral(
    _ROW.number,
    lambda these: (
        sa.select(_ROW.number)
        .where(of_mailbox(requests), these, filled(_ROW.number))
        .limit(param("most"))
    ),
)


class Requests(Rows[RequestRecord]):
    """The rows of ``requests``."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, requests, _MAPPER)

    def insert(self, record: RequestRecord) -> None:
        """Insert a new request, without events."""
        self._forget(record)
        values = self._insert(record, event_seq=0, event_hash="")
        self._context.seen[MINE, record.id] = values
        self._context.seen[MADE, record.id] = True
        self._context.seen[END_OF_EVENTS, record.id] = (0, "")
        mark(self._context, record.id)

    def get(self, request_id: str) -> RequestRecord | None:
        """Return the request, or None."""
        mine = self._mine_as_it_is(request_id)
        return self._mapper.as_read(mine) if mine else self._one(_GET, id=request_id)

    def lock(self, request_id: str) -> RequestRecord | None:
        """Return the request, locked on PostgreSQL until the transaction ends, or None."""
        if self._mine_as_it_is(request_id):
            return self.get(request_id)
        row = self._context.first(_LOCK, id=request_id)
        return None if row is None else self._locked_here(row)

    def _locked_here(self, row: Sequence[Any]) -> RequestRecord:
        """Return the record of a row that was locked, and remember the row."""
        record = self._mapper.record(row[: -len(_END)])
        if not self._context.read_only:
            # what was read before the lock may be otherwise by now
            self._context.seen.get(CERTIFICATES_OF, {}).pop(record.id, None)
            self._context.seen[MINE, record.id] = self._mapper.values(record)
            self._context.seen[END_OF_EVENTS, record.id] = tuple(row[-len(_END) :])
        return record

    def _mine_as_it_is(self, request_id: str) -> dict[str, Any] | None:
        """Return what the columns are of a request that this transaction has made or locked."""
        found: dict[str, Any] | None = self._context.seen.get((MINE, request_id))
        return found

    def _set(self, request_id: str, **values: object) -> None:
        """Change columns of a request; later, when nobody else can change them meanwhile."""
        self._context.seen.pop(OF_NUMBERS, None)
        mine = self._mine_as_it_is(request_id)
        if mine is None:
            self._change(_changing(*values), id=request_id, **values)
        else:
            self._context.put_off(requests, {"id": request_id, **values}, mine)
            self._context.seen[MINE, request_id] = {**mine, **values}

    def _forget(self, record: RequestRecord) -> None:
        """Forget what was found without ``record``, which is written now."""
        self._context.seen.pop(OF_NUMBERS, None)
        address = record.address_of_record.lower()
        self._context.is_there(_NO_REQUEST, address)
        self._context.is_there(_NO_NUMBER, record.number)
        if record.form is None:
            self._context.is_there(_NO_WORDS, address)

    def by_reference(self, reference: str) -> RequestRecord | None:
        """Return the request with the canonical ``reference``, or None."""
        return self._one(_BY_REFERENCE, reference=reference)

    def by_prefix(self, prefix: str, limit: int = 20) -> _Found:
        """Return the requests whose canonical reference begins with ``prefix``."""
        return self._all(
            self._select(
                requests.c.reference >= prefix,
                requests.c.reference < prefix + _AFTER_ALL_REFERENCES,
            )
            .order_by(requests.c.reference)
            .limit(limit)
        )

    def reference_exists(self, reference: str) -> bool:
        """Whether a request has the canonical ``reference``."""
        return self._context.first(_IS_REFERENCE, reference=reference) is not None

    def save(self, record: RequestRecord, expected_version: int) -> None:
        """Write the request when its stored version is still ``expected_version``.

        ``record`` carries a higher version. Raises RefusedError(``stale_request``) when somebody
        else wrote it in between; ValueError when the version is not higher.
        """
        if record.state.version <= expected_version:
            raise ValueError("a saved request carries a version above the expected one")
        self._forget(record)
        values = self._mapper.values(record)
        mine = self._mine_as_it_is(record.id)
        if mine is None:
            unchanged = self._change(_SAVE, expected=expected_version, **values) == 1
        else:
            unchanged = mine["version"] == expected_version
        if not unchanged:
            raise RefusedError("stale_request", reference=record.reference)
        if mine is None or any(mine[name] != values[name] for name in _SEARCHED):
            mark(self._context, record.id)
        if mine is not None:
            changed = {name: value for name, value in values.items() if mine[name] != value}
            self._context.put_off(requests, {"id": record.id, **changed}, mine)
        self._context.seen[MINE, record.id] = {**(mine or {}), **values}

    def set_thread(self, request_id: str, thread: tuple[str, ...]) -> None:
        """Record the Message-IDs of the request's mail; no decision depends on them."""
        self._set(request_id, thread=thread)

    def set_language(self, request_id: str, language: str) -> None:
        """Write the language that the customer reads."""
        self._set(request_id, language=language)

    def set_dates(self, record: RequestRecord) -> None:
        """Record what mails of ours promised or reminded of, and when to look at it next."""
        values = self._mapper.values(record)
        self._set(
            record.id,
            promise_at=values["promise_at"],
            overdue_since=values["overdue_since"],
            due_at=values["due_at"],
            more=values["more"],
            next_at=record.next_at,
        )

    def set_proposals(self, record: RequestRecord) -> None:
        """Record what the customer told in words, and what it suggests; no decision rests on it."""
        more = self._mapper.values(record)["more"]
        self._set(record.id, more=more, suggestion=record.suggestion)

    def reschedule(self, request_id: str, next_at: datetime | None) -> None:
        """Look at the request again at ``next_at`` (None: not by itself); nothing else changes."""
        self._set(request_id, next_at=next_at)

    def set_move(self, request_id: str, move: Move, due_at: datetime | None = None) -> None:
        """Record whose move it is, where a mail that was to tell it did not go out or does now.

        ``due_at`` is by when staff have to act, where it is theirs.
        """
        self._set(request_id, move=move, due_at=due_at)

    def set_end_of_events(self, request_id: str, seq: int, line_hash: str) -> None:
        """Record the number and the hash of the last line of a request's history."""
        self._set(request_id, event_seq=seq, event_hash=line_hash)

    def due(self, now: datetime, limit: int) -> _Found:
        """Return requests whose wake-up time has come, the longest overdue first.

        On PostgreSQL they are locked, and those that another worker has locked are passed over.
        """
        return [self._locked_here(row) for row in self._context.rows(_DUE, now=now, most=limit)]

    def beyond(self, next_at: datetime, begun: datetime) -> _Found:
        """Return the requests that are looked at after ``next_at``, or whose stay begins later.

        ``begun`` bounds the beginning of the stay in the status. Oldest first.
        """
        due, since = requests.c.next_at, requests.c.open_since
        # one statement each: SQLite gives up its indexes for an OR
        found = self._all(self._select(due.is_not(None), due > next_at))
        found += self._all(self._select(since.is_not(None), since > begun))
        return sorted({record.id: record for record in found}.values(), key=lambda one: one.id)

    def of_number(self, e164: str, *, proven: bool = False) -> _Found:
        """Return all requests for a number, newest first; none for the empty number.

        ``proven``: those of proven senders alone. Forgers can make any number of the others.
        """
        if not e164 or self._context.is_missing(_NO_NUMBER, e164):
            return []
        seen = self._context.seen.setdefault(OF_NUMBERS, {})
        if proven and (e164, False) in seen:
            every = seen[e164, False]
            return [record for record in every if record.sender_verdict is SenderVerdict.PASS]
        if (e164, proven) not in seen:
            statement = _PROVEN_OF_NUMBER if proven else _OF_NUMBER
            seen[e164, proven] = self._found(statement, number=e164)
        return list(seen[e164, proven])

    def foresee(self, addresses: Iterable[str]) -> None:
        """Learn at once which of these addresses have no request; nothing beside other workers."""
        if self._context.on_postgresql:
            return
        keys = (address.lower() for address in addresses)
        self._context.learn_missing((_NO_REQUEST, _NO_WORDS), _WITH_REQUEST, keys)

    def foresee_numbers(self, wanted: Iterable[str]) -> None:
        """Learn at once which of these numbers no request is for; nothing beside other workers."""
        if not self._context.on_postgresql:
            self._context.learn_missing((_NO_NUMBER,), _WITH_NUMBER, wanted)

    def of_sender(self, address: str, limit: int = 50) -> _Found:
        """Return the requests whose address of record is ``address``, newest first."""
        return self._of_address(_OF_SENDER, address=address.lower(), most=limit)

    def open_of_sender(self, address: str, since: datetime) -> _Found:
        """Return the open requests of ``address`` opened at or after ``since``, newest first."""
        return self._of_address(_OPEN_OF_SENDER, address=address.lower(), since=since)

    def formless_of_sender(self, address: str, since: datetime) -> _Found:
        """Return the open requests of ``address`` without a form that were opened since then."""
        if self._context.is_missing(_NO_WORDS, address.lower()):
            return []
        return self._found(_FORMLESS_OF_SENDER, address=address.lower(), since=since)

    def _of_address(self, statement: Statement, address: str, **values: object) -> _Found:
        if self._context.is_missing(_NO_REQUEST, address):
            return []
        return self._found(statement, address=address, **values)

    def held(self, reason: HoldReason) -> _Found:
        """Return the requests that are held for ``reason``, the longest first."""
        return self._all(
            self._select(
                requests.c.status == Status.HELD,
                requests.c.open_since.is_not(None),
                requests.c.hold_reason == reason,
            ).order_by(requests.c.open_since, requests.c.id)
        )

    def open_in(self, status: Status, limit: int, *conditions: sa.ColumnElement[bool]) -> _Found:
        """Return the open requests in ``status``, the longest in it first."""
        open_ones = (requests.c.status == status, requests.c.open_since.is_not(None))
        here = self._select(*open_ones, *conditions)
        return self._all(here.order_by(requests.c.open_since, requests.c.id).limit(limit))

    def waiting_for_number(self, e164: str) -> _Found:
        """Return the open requests for a number that wait for another request."""
        return [
            record for record in self.of_number(e164) if record.waits_for and not record.state.ended
        ]
