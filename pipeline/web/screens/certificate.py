"""The text of a certificate: shown after a click, and it is written down who saw it."""

from starlette.responses import Response

from pipeline.errors import NotFoundError
from pipeline.flow.staff.certificates import reveal_text
from pipeline.store.records import CertificateRecord, RequestRecord
from pipeline.web.visit import Visit


def show(visit: Visit) -> Response:
    """Show which certificate it is, and what a look at its text leaves behind."""
    record = visit.record()
    return visit.page("request/certificate", record=record, row=_latest(visit, record), text="")


def reveal(visit: Visit) -> Response:
    """Show the text; the history and the log of staff name who looked."""
    record = visit.record()
    row = _latest(visit, record)
    text = reveal_text(visit.services, record, row, visit.who)
    return visit.page("request/certificate", record=record, row=row, text=text)


def _latest(visit: Visit, record: RequestRecord) -> CertificateRecord:
    """Return the latest certificate. Raises NotFoundError ``certificate_none``."""
    with visit.services.store.read() as tx:
        row = tx.certificates.latest_issued(record.id)
    if row is None:
        raise NotFoundError("certificate_none", reference=record.reference)
    return row
