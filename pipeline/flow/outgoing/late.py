"""Mail that should have left long ago.

A certificate that waits for a day is told to staff. A mail that waited until the date had passed by
which it asks for something is written anew.
"""

from datetime import timedelta

from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.outgoing.facts import customer_due, undo_until
from pipeline.flow.outgoing.notices import references_of
from pipeline.flow.services import Services, Work
from pipeline.model.notice import MailPriority, NoticeName
from pipeline.model.request import Status
from pipeline.store.outbox_records import OutboxRecord, OutboxState
from pipeline.store.records import RequestRecord

_LATE = timedelta(days=1)
_AT_ONCE = 100
#: Mails whose date comes sooner than the outbox gives a mail up, and the status that they tell of.
_SOON_DUE = {
    NoticeName.SLOT_PROPOSAL: Status.SLOT_PROPOSED,
    NoticeName.WITHDRAWN: Status.WITHDRAWN,
    NoticeName.ACTIVATED: Status.ACTIVE,
}


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


def outdated(work: Work, mail: OutboxRecord) -> RequestRecord | None:
    """Return the request of ``mail`` when a date that it gives the customer has passed meanwhile.

    It must not go out as it is: the next batch writes it anew.
    """
    status = _SOON_DUE.get(mail.notice)
    if status is None or mail.request_id is None:
        return None
    record = work.tx.requests.get(mail.request_id)
    if record is None or record.status is not status:
        return None
    if status is Status.SLOT_PROPOSED:
        named = customer_due(work, record, mail.created_at)
    else:
        named = undo_until(work, record.state)
    passed = named is not None and mail.created_at < named <= work.now
    return record if passed else None


def outdated_mail(work: Work, record: RequestRecord) -> OutboxRecord | None:
    """Return the mail about ``record`` that waits with a date that has passed, if there is one."""
    if record.status not in _SOON_DUE.values():
        return None
    waiting = (
        mail
        for mail in work.tx.outbox.of_request(record.id)
        if mail.state is OutboxState.QUEUED and outdated(work, mail) is not None
    )
    return next(waiting, None)
