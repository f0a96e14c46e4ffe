"""``doctor --mend``: wake the rows that a clock which ran ahead has put to sleep."""

from pipeline.flow.services import Services, Work
from pipeline.flow.staff.command import note_in_history
from pipeline.flow.staff.outbox import note_mail
from pipeline.flow.views.asleep import Asleep, bounds, sleeping_requests, woken


def wake(services: Services, who: str) -> Asleep:
    """Let mails be due now and requests when their rules say; remove leases that never end.

    What concerns a request stands in its history with the name ``who``. Returns how many rows of
    each table were changed.
    """
    with services.store.read() as tx:
        work = services.work(tx)
        sleeping = [record.id for record in sleeping_requests(work, bounds(work))]
    done = services.run(lambda work: _wake_rows(work, who))
    requests = sum(services.run(lambda work, one=one: _wake(work, one, who)) for one in sleeping)  # type: ignore[misc]
    return Asleep(done.messages, done.mails, done.leases, requests)


def _wake_rows(work: Work, who: str) -> Asleep:
    latest = bounds(work)
    mails = work.tx.outbox.waiting_beyond(latest.mails)
    for mail in mails:
        work.tx.outbox.wake(mail.id, work.now)
        note_mail(work, mail, who, "mail_woken")
    return Asleep(
        messages=work.tx.messages.wake_beyond(latest.messages, work.now),
        mails=len(mails),
        leases=work.tx.leases.remove_beyond(latest.leases),
    )


def _wake(work: Work, request_id: str, who: str) -> bool:
    record = work.tx.requests.lock(request_id)
    right = woken(work, record) if record is not None else None
    if record is None or right is None:
        return False  # somebody else changed it meanwhile
    work.tx.requests.save(right, expected_version=record.state.version)
    was = record.next_at.isoformat() if record.next_at else ""
    note_in_history(work, right, who, ("request_woken", was))
    return True
