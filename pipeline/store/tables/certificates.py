"""The certificates, in the order of their writes; at most one is live per number."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal

import sqlalchemy as sa

from pipeline.errors import RefusedError
from pipeline.model.certificate import CertificateState
from pipeline.store.context import Context
from pipeline.store.faults import is_duplicate
from pipeline.store.records import CertificateRecord
from pipeline.store.schema.mail_and_requests import certificates
from pipeline.store.schema.upkeep import signings
from pipeline.store.staff_records import SigningRecord
from pipeline.store.statements import Insert, Statement, Upsert, param
from pipeline.store.tables.requests import CERTIFICATES_OF, MADE
from pipeline.store.tables.rows import Mapper, Rows, changing, constant, filled
from pipeline.terms import Issuer

CertificateView = Literal["live", "unfinished", "revoked", "all"]

_REVOKED = (CertificateState.REVOKED, CertificateState.SUPERSEDED)
# what ended longer ago has expired by date; seven days, and room for other issuers
_LONGEST_LIFE = timedelta(days=366)
_TO_FINISH = frozenset({CertificateState.RESERVED, CertificateState.PREPARED})


def _derived(record: CertificateRecord) -> dict[str, object]:
    return {"unfinished_since": record.reserved_at if record.state in _TO_FINISH else None}


_MAPPER = Mapper(CertificateRecord, certificates, _derived)
_SIGNING = Mapper(SigningRecord, signings)
_Found = list[CertificateRecord]
_ROW = certificates.c


def _by_id() -> sa.Select[Any]:
    return _MAPPER.mine(_ROW.id == param("id"))


def _of_request(*conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return _MAPPER.mine(_ROW.request_id == param("request_id"), *conditions)


def _unfinished() -> sa.Select[Any]:
    since = _ROW.unfinished_since
    return _MAPPER.mine(since.is_not(None)).order_by(since, _ROW.id).limit(param("most"))


def _reserving(own: Insert) -> Any:
    values = {column.name: param(column.name) for column in certificates.c}
    return own(certificates).values(values).on_conflict_do_nothing()


@cache
def _saving(names: tuple[str, ...]) -> Statement:
    """Return the update of the columns ``names``; the indexes of all others stay as they are."""
    return Statement(lambda: changing(certificates, _ROW.id == param("id"), names=names))


_LOCK = Statement(_by_id, lock="wait")
_UNFINISHED = Statement(_unfinished)
_UNFINISHED_OF_REQUEST = Statement(lambda: _of_request(_ROW.unfinished_since.is_not(None)).limit(1))
_OF_REQUEST = Statement(lambda: _of_request().order_by(_ROW.id))
_RESERVE = Upsert(_reserving)


class Certificates(Rows[CertificateRecord]):
    """The rows of ``certificates``."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, certificates, _MAPPER)

    def reserve(self, record: CertificateRecord) -> CertificateRecord:
        """Insert a certificate that is about to be made, and return the row that counts.

        A request has one unfinished certificate at most: when there is one (a crash, another
        worker), that one is returned and nothing is inserted. Raises
        RefusedError(``certificate_serial_taken``) when the serial is in use.
        """
        self._context.seen.pop((MADE, record.request_id), None)
        self._forget(record.request_id)
        if self._change(_RESERVE, **self._mapper.values(record)) == 1:
            return record
        unfinished = self._one(_UNFINISHED_OF_REQUEST, request_id=record.request_id)
        if unfinished is None:
            raise RefusedError("certificate_serial_taken", serial=record.serial)
        return unfinished

    def latest_issued(self, request_id: str) -> CertificateRecord | None:
        """Return the certificate of the request that was issued last, or None."""
        issued = [row for row in self.of_request(request_id) if row.issued_at is not None]
        return max(issued, key=lambda row: row.reserved_at, default=None)

    def any_of(self, issuer: Issuer) -> bool:
        """Whether there is a certificate of ``issuer``, whatever became of it."""
        return self._first(self._select(certificates.c.issuer == issuer)) is not None

    def save(self, record: CertificateRecord, before: CertificateRecord | None = None) -> None:
        """Write what differs from ``before``, the row as it is now; without it, all fields.

        Raises RefusedError(``certificate_live``) when it would be the number's second live one:
        end the old one first, in the same transaction. The transaction ends with that.
        """
        values = self._mapper.values(record)
        old = self._mapper.values(before) if before is not None else {}
        names = tuple(name for name in values if name not in old or old[name] != values[name])
        if not names:
            return
        try:
            self._change(_saving(names), **{**values, "id": record.id})
        except sa.exc.IntegrityError as error:
            if record.state is not CertificateState.LIVE or not is_duplicate(error):
                raise
            raise RefusedError("certificate_live", number=record.number) from error
        seen = self._context.seen.get(CERTIFICATES_OF, {})
        if record.request_id in seen:
            found = seen[record.request_id]
            seen[record.request_id] = [record if row.id == record.id else row for row in found]

    def lock(self, certificate_id: str) -> CertificateRecord | None:
        """Return the certificate as it is now, locked until the transaction ends, or None.

        On SQLite the write transaction itself is the lock.
        """
        return self._one(_LOCK, id=certificate_id)

    def live_of_request(self, request_id: str) -> CertificateRecord | None:
        """Return the live certificate of a request, or None."""
        found = self._of_request(request_id)
        return next((row for row in found if row.state is CertificateState.LIVE), None)

    def of_request(self, request_id: str) -> _Found:
        """Return all certificates of a request, oldest first."""
        return list(self._of_request(request_id))

    def _of_request(self, request_id: str) -> _Found:
        seen = self._context.seen.setdefault(CERTIFICATES_OF, {})
        if request_id not in seen:
            made = (MADE, request_id) in self._context.seen
            seen[request_id] = [] if made else self._found(_OF_REQUEST, request_id=request_id)
        found: _Found = seen[request_id]
        return found

    def _forget(self, request_id: str) -> None:
        self._context.seen.get(CERTIFICATES_OF, {}).pop(request_id, None)

    def unfinished(self, limit: int) -> _Found:
        """Return the reserved and prepared ones, oldest first: what a crash left behind."""
        return self._found(_UNFINISHED, most=limit)

    def by_fingerprint(self, fingerprint: str) -> CertificateRecord | None:
        """Return the first certificate with the fingerprint (hexadecimal), or None."""
        if not fingerprint:
            return None
        return self._first(
            self._select(
                certificates.c.fingerprint == fingerprint, filled(certificates.c.fingerprint)
            ).order_by(certificates.c.id)
        )

    def live_until(self, until: datetime, limit: int) -> _Found:
        """Return the live certificates that expire before ``until``, soonest first."""
        expires = certificates.c.expires_at
        return self._all(
            self._select(_live(), expires < until).order_by(expires, certificates.c.id).limit(limit)
        )

    def revoked(self, now: datetime) -> _Found:
        """Return the revoked and superseded ones that would still be valid at ``now`` (CRL)."""
        longest = now - _LONGEST_LIFE
        ended = certificates.c.ended_at
        return self._all(
            self._select(
                certificates.c.state.in_(_REVOKED),
                ended.is_not(None),
                ended > longest,
                certificates.c.expires_at > now,
            ).order_by(ended, certificates.c.id)
        )

    def revoked_since(self, since: datetime) -> _Found:
        """Return the issued ones that were revoked or superseded at ``since`` or later."""
        ended = certificates.c.ended_at
        return self._all(
            self._select(
                certificates.c.state.in_(_REVOKED),
                ended.is_not(None),
                ended >= since,
                certificates.c.issued_at.is_not(None),
            ).order_by(ended, certificates.c.id)
        )

    def list(
        self, view: CertificateView = "live", limit: int | None = None, after: str = ""
    ) -> _Found:
        """Return certificates: live by expiry, unfinished by age, revoked and all newest first.

        ``revoked`` are the revoked and superseded ones, expired or not. Without ``limit`` the view
        comes whole; ``after`` (an id) pages the view ``all``.
        """
        if view == "unfinished":
            since = certificates.c.unfinished_since
            statement = self._select(since.is_not(None)).order_by(since, certificates.c.id)
        elif view == "live":
            expires = certificates.c.expires_at
            statement = self._select(_live()).order_by(expires, certificates.c.id)
        elif view == "revoked":
            ended = certificates.c.ended_at
            statement = self._select(certificates.c.state.in_(_REVOKED), ended.is_not(None))
            statement = statement.order_by(ended.desc(), certificates.c.id.desc())
        else:
            statement = self._select().order_by(certificates.c.id.desc())
            if after:
                statement = statement.where(certificates.c.id < after)
        return self._all(statement.limit(limit))


class Signings(Rows[SigningRecord]):
    """The rows of ``signings``; none is ever changed or removed."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, signings, _SIGNING)

    def append(self, record: SigningRecord) -> None:
        """Add a line."""
        self._insert(record)

    def list(self, limit: int) -> "list[SigningRecord]":
        """Return the latest lines, newest first."""
        return self._all(self._select().order_by(signings.c.id.desc()).limit(limit))


def _live() -> sa.ColumnElement[bool]:
    return constant(certificates.c.state, CertificateState.LIVE)
