"""Mail that should have left long ago: a certificate that waits for a day is told to staff."""

from datetime import timedelta

from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.outgoing.notices import references_of
from pipeline.flow.services import Services, Work
from pipeline.model.notice import MailPriority

_LATE = timedelta(days=1)
_AT_ONCE = 100


def tell_late_certificates(services: Services) -> int:
    """Alert staff of certificates whose mail has not left after a day; return how many.

    Each is told once a day.
    """
    return services.run(_tell)


def _tell(work: Work) -> int:
    today = work.now.replace(hour=0, minute=0, second=0, microsecond=0)
    waiting = work.tx.outbox.waiting_since(work.now - _LATE, MailPriority.CERTIFICATE, _AT_ONCE)
    told = 0
    for mail in waiting:
        if work.tx.counters.add(f"alert:late:{mail.id}", today) > 1:
            continue
        told += 1
        for reference in references_of(work.tx, mail) or ("",):
            alert(work, "certificate_not_sent", reference, mail.id)
    return told
