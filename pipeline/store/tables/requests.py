"""The requests: the tracked cases."""

from datetime import datetime

import sqlalchemy as sa

from pipeline.errors import RefusedError
from pipeline.model.message import SenderVerdict
from pipeline.model.request import HoldReason, Status
from pipeline.store.records import RequestRecord
from pipeline.store.schema.mail_and_requests import requests
from pipeline.store.tables.rows import Context, Mapper, Rows, filled

_AFTER_ALL_REFERENCES = "~"


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


class Requests(Rows[RequestRecord]):
    """The rows of ``requests``."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, requests, _MAPPER)

    def insert(self, record: RequestRecord) -> None:
        """Insert a new request, without events."""
        self._insert([record], event_seq=0, event_hash="")

    def get(self, request_id: str) -> RequestRecord | None:
        """Return the request, or None."""
        return self._first(self._select(requests.c.id == request_id))

    def lock(self, request_id: str) -> RequestRecord | None:
        """Return the request, locked on PostgreSQL until the transaction ends, or None."""
        return self._first(self._locked(self._select(requests.c.id == request_id)))

    def by_reference(self, reference: str) -> RequestRecord | None:
        """Return the request with the canonical ``reference``, or None."""
        return self._first(self._select(requests.c.reference == reference))

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
        statement = sa.select(requests.c.id).where(self._mine(), requests.c.reference == reference)
        return self._execute(statement).first() is not None

    def save(self, record: RequestRecord, expected_version: int) -> None:
        """Write the request when its stored version is still ``expected_version``.

        ``record`` carries a higher version. Raises RefusedError(``stale_request``) when somebody
        else wrote it in between; ValueError when the version is not higher.
        """
        if record.state.version <= expected_version:
            raise ValueError("a saved request carries a version above the expected one")
        changed = self._update(
            requests.c.id == record.id,
            requests.c.version == expected_version,
            **self._mapper.values(record),
        )
        if changed != 1:
            raise RefusedError("stale_request", reference=record.reference)

    def set_thread(self, request_id: str, thread: tuple[str, ...]) -> None:
        """Record the Message-IDs of the request's mail; no decision depends on them."""
        self._update(requests.c.id == request_id, thread=thread)

    def set_dates(self, record: RequestRecord) -> None:
        """Record what mails of ours promised or reminded of, and when to look at it next."""
        state = record.state
        self._update(
            requests.c.id == record.id,
            promise_at=state.promise_at,
            overdue_since=state.overdue_since,
            more=self._mapper.values(record)["more"],
            next_at=record.next_at,
        )

    def set_proposals(self, record: RequestRecord) -> None:
        """Record what the customer told in words, and what it suggests; no decision rests on it."""
        more = self._mapper.values(record)["more"]
        self._update(requests.c.id == record.id, more=more, suggestion=record.suggestion)

    def reschedule(self, request_id: str, next_at: datetime | None) -> None:
        """Look at the request again at ``next_at`` (None: not by itself); nothing else changes."""
        self._update(requests.c.id == request_id, next_at=next_at)

    def due(self, now: datetime, limit: int) -> _Found:
        """Return requests whose wake-up time has come, the longest overdue first.

        On PostgreSQL they are locked, and those that another worker has locked are passed over.
        """
        return self._all(self._due("next_at", now, limit))

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
        if not e164:
            return []
        found = self._select(requests.c.number == e164, filled(requests.c.number))
        if proven:
            found = found.where(requests.c.sender_verdict == SenderVerdict.PASS)
        return self._all(found.order_by(requests.c.id.desc()))

    def of_sender(self, address: str, limit: int = 50) -> _Found:
        """Return the requests whose address of record is ``address``, newest first."""
        return self._all(
            self._select(requests.c.address_key == address.lower())
            .order_by(requests.c.id.desc())
            .limit(limit)
        )

    def open_of_sender(self, address: str, since: datetime) -> _Found:
        """Return the open requests of ``address`` opened at or after ``since``, newest first."""
        return self._all(
            self._select(
                requests.c.address_key == address.lower(),
                requests.c.open_since.is_not(None),
                requests.c.opened_at >= since,
            ).order_by(requests.c.id.desc())
        )

    def held(self, reason: HoldReason) -> _Found:
        """Return the requests that are held for ``reason``, the longest first."""
        return self._all(
            self._select(
                requests.c.status == Status.HELD,
                requests.c.open_since.is_not(None),
                requests.c.hold_reason == reason,
            ).order_by(requests.c.open_since, requests.c.id)
        )

    def waiting_for_number(self, e164: str) -> _Found:
        """Return the open requests for a number that wait for another request."""
        return [
            record for record in self.of_number(e164) if record.waits_for and not record.state.ended
        ]
