"""The certificates: how many of each kind, all by expiry, a calendar of what ends, and the text.

A text is shown after a click of its own, and it is written down who saw it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from starlette.responses import Response

from pipeline import terms
from pipeline.errors import NotFoundError
from pipeline.flow.staff.certificates import reveal_text
from pipeline.flow.staff.people.roles import Permission
from pipeline.flow.views.expiring import expiring_calendar
from pipeline.flow.views.lists.tables import certificate_table
from pipeline.model.request import Status
from pipeline.store.lists.certificates import (
    CertificateKind,
    CertificateRow,
    all_certificates,
    certificate_of_serial,
    count_certificates,
    list_certificates,
)
from pipeline.store.records import CertificateRecord
from pipeline.web.files import MOST_ROWS, download, list_file, wanted_kind
from pipeline.web.visit import Visit

_PAGE = 50
#: The view of all that were ever ordered; they are not counted.
_ALL = "all"
_CALENDAR = "text/calendar; charset=utf-8"
#: The bar is so wide; a part that is there at all can be seen.
_BAR, _NARROWEST = 1000, 12


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the bar, where it begins and how wide it is."""

    kind: CertificateKind
    count: int
    x: int
    width: int


def show(visit: Visit) -> Response:
    """Show the certificates, or one kind of them."""
    now, state = visit.console.clock.now(), visit.word("state")
    kind = next((one for one in CertificateKind if one.value == state), None)
    everything = state == _ALL
    as_file = bool(wanted_kind(visit))
    most = MOST_ROWS if as_file else _PAGE + 1
    offset = 0 if as_file else visit.number("from")
    with visit.services.store.read() as tx:
        counts = count_certificates(tx, now)
        rows = (
            all_certificates(tx, now, limit=most, before=visit.word("before"))
            if everything
            else list_certificates(tx, now, kind, limit=most, offset=offset)
        )
    if as_file:
        return list_file(visit, "certificates", certificate_table(rows, visit.zone))
    more = len(rows) > _PAGE
    rows = rows[:_PAGE]
    return visit.page(
        "certificates/page",
        counts=counts,
        bar=list(_bar(counts)),
        expiring_days=terms.CERTIFICATE_EXPIRING_DAYS,
        state=_ALL if everything else kind.value if kind else "",
        rows=rows,
        acts=_acts(visit, rows),
        may_reveal=visit.may(Permission.CERTIFICATE_REVEAL),
        before=max(offset - _PAGE, 0) if offset and not everything else None,
        after=offset + _PAGE if more and not everything else None,
        older=rows[-1].id if more and everything else "",
    )


def _bar(counts: Mapping[CertificateKind, int]) -> Iterator[Part]:
    total, x = sum(counts.values()), 0
    shown = [kind for kind, count in counts.items() if count]
    room = _BAR - _NARROWEST * len(shown)
    for kind in shown:
        width = _NARROWEST + room * counts[kind] // total
        yield Part(kind, counts[kind], x, _BAR - x if kind is shown[-1] else width)
        x += width


def _acts(visit: Visit, rows: list[CertificateRow]) -> dict[str, list[str]]:
    """Return which decisions each certificate leads to; the page of a decision says the rest."""
    found: dict[str, list[str]] = {}
    for row in rows:
        names = []
        if visit.may(Permission.CERTIFICATE_ISSUE) and _can_be_replaced(row):
            names.append("reissue")
        if visit.may(Permission.CERTIFICATE_REVOKE) and _is_in_force(row):
            names.append("revoke")
        found[row.id] = names
    return found


def _is_in_force(row: CertificateRow) -> bool:
    kinds = {CertificateKind.VALID, CertificateKind.EXPIRING}
    return row.status is Status.CERTIFICATE_ISSUED and row.kind in kinds


def _can_be_replaced(row: CertificateRow) -> bool:
    expired = row.status is Status.CERTIFICATE_EXPIRED and row.kind is CertificateKind.EXPIRED
    return expired or _is_in_force(row)


def calendar(visit: Visit) -> Response:
    """Return what ends of open requests, for a calendar program."""
    content = expiring_calendar(visit.services)
    return download(content, "certificates.ics", _CALENDAR)


def of_request(visit: Visit) -> Response:
    """Lead to the text of the latest certificate of a request."""
    record = visit.record()
    with visit.services.store.read() as tx:
        row = tx.certificates.latest_issued(record.id)
    if row is None:
        raise NotFoundError("certificate_none", reference=record.reference)
    return visit.go("/certificates", row.serial, "text")


def ask(visit: Visit) -> Response:
    """Show which certificate it is, and what a look at its text leaves behind."""
    row, found = _with_text(visit)
    return _page(visit, row, found, "")


def text(visit: Visit) -> Response:
    """Show the text of a certificate; that somebody looked is written down first."""
    row, found = _with_text(visit)
    with visit.services.store.read() as tx:
        request = tx.requests.get(row.request_id)
    if request is None:
        raise NotFoundError("certificate_none", reference=row.reference)
    return _page(visit, row, found, reveal_text(visit.services, request, found, visit.who))


def _page(visit: Visit, row: CertificateRow, found: CertificateRecord, shown: str) -> Response:
    days = terms.CERTIFICATE_EXPIRING_DAYS
    return visit.page("certificates/text", row=row, found=found, text=shown, expiring_days=days)


def _with_text(visit: Visit) -> tuple[CertificateRow, CertificateRecord]:
    serial = visit.path("serial")
    with visit.services.store.read() as tx:
        row = certificate_of_serial(tx, visit.console.clock.now(), serial)
        found = tx.certificates.of_request(row.request_id) if row else []
    record = next((one for one in found if row and one.id == row.id and one.text), None)
    if row is None or record is None:
        raise NotFoundError("certificate_none", reference=row.reference if row else serial)
    return row, record
