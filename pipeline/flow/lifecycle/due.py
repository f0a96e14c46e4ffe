"""Due work: reminders, alerts, closings, expiry, and what the system has to do by itself."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from pipeline import logs
from pipeline.errors import RefusedError, TryLaterError
from pipeline.flow.context import Notice, NoticeDetails, Trigger
from pipeline.flow.lifecycle.apply import apply_event, wake_up
from pipeline.flow.lifecycle.renew import renew
from pipeline.flow.lifecycle.system_events import what_follows
from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.outgoing.facts import customer_due
from pipeline.flow.outgoing.late import outdated_mail
from pipeline.flow.outgoing.ledger import Heard, ask_waits, heard, naming_mail, reminder_waits
from pipeline.flow.services import Services, Work, waits
from pipeline.model.request import Event, EventName
from pipeline.model.transition import Deadline, DeadlineKind
from pipeline.store.faults import blames_nothing
from pipeline.store.records import RequestRecord
from pipeline.tracks.deadlines import due, event_of, which_reminder

#: When no batch ran for so long, and for twice as long as usual, we were down.
_OUTAGE = timedelta(hours=6)
#: What waits is looked at again in the next batch.
_SOON = timedelta(seconds=1)


def run_due(services: Services) -> int:
    """Do all due work, at most fifty requests a transaction; return how many were looked at."""
    looked_at = 0
    while not services.stopping() and (count := _one_portion(services)):
        looked_at += count
    return looked_at


def catch_up(work: Work, answers: Iterable[Notice]) -> None:
    """Do the due work of requests whose customer's deadline has passed, before they are answered.

    After an outage a message is answered before the due work: its mail would name that deadline.
    """
    for request_id in dict.fromkeys(one.record.id for one in answers if not one.of_transition):
        record = work.tx.requests.get(request_id)
        due_at = customer_due(work, record, work.now) if record and not record.state.ended else None
        if record is None or due_at is None or due_at > work.now:
            continue
        try:
            with work.tx.savepoint(sends=False):
                _look_at(work, record)
        except RefusedError as error:
            # the due work of this batch tells staff
            logs.event("flow.due", "refused", code=error.code, reference=record.reference)


def _one_portion(services: Services) -> int:
    try:
        return services.run(lambda work: _portion(work, RefusedError))
    except TryLaterError:
        raise  # the database is down, no request is to blame
    except Exception as error:
        if blames_nothing(error):
            raise  # the database is damaged: the next request would fare the same
        logs.event("flow.due", "portion_failed", error=type(error).__name__)
        return services.run(lambda work: _portion(work, Exception))


def _portion(work: Work, put_off: type[Exception]) -> int:
    """Look at one portion; a request that raises ``put_off`` is tried again a day later."""
    looked_at = 0
    for record in work.tx.requests.due(work.now, work.services.settings.limits.batch):
        if looked_at and work.keeps_others_waiting:
            break
        looked_at += 1
        try:
            with work.tx.savepoint(sends=put_off is not RefusedError):
                _look_at(work, record)
        except put_off as error:
            if blames_nothing(error):
                raise
            code = error.code if isinstance(error, RefusedError) else type(error).__name__
            logs.event("flow.due", "refused", code=code, reference=record.reference)
            alert(work, "due_work_refused", record.reference, code)
            work.tx.requests.reschedule(record.id, work.now + waits.DUE_WORK.wait_after(1))
    return looked_at


def _look_at(work: Work, record: RequestRecord) -> None:
    follow = what_follows(work, record)
    if follow is not None:
        apply_event(work, record, follow[0], Trigger(), follow[1])
        return
    if (mail := outdated_mail(work, record)) is not None:
        record = renew(work, record, mail)
    ready = due(
        record.state,
        record.done_deadlines,
        work.now,
        work.services.policy,
        customer_zone=record.time_zone,
        team=work.services.team,
    )
    if any(item.kind is DeadlineKind.PROMISE for item in ready):
        now = work.tx.requests.get(record.id)
        if now is None or now.state != record.state:
            return  # a mail that tells of several requests has settled it a moment ago
    if any(_is_not_read(work, record, item) for item in ready):
        record = _renewed(work, record)
        ready = tuple(item for item in ready if item.kind is not DeadlineKind.PROMISE)
    ready = tuple(item for item in ready if not _waits(work, record, item))
    for deadline in ready:
        if deadline.kind is DeadlineKind.PROMISE and record.state.promise_at != deadline.at:
            continue  # what was due before it has settled it
        status = record.status
        details = _details(work, record, deadline)
        record = replace(record, done_deadlines=(*record.done_deadlines, deadline.key))
        event = _event(work, record, deadline)
        record = apply_event(work, record, event, Trigger(), details)
        if record.status is not status:
            return
    if not ready:
        wake = wake_up(work.services, record)
        work.tx.requests.reschedule(record.id, wake and max(wake, work.now + _SOON))


def _event(work: Work, record: RequestRecord, deadline: Deadline) -> Event:
    """Return the event of ``deadline``; a promise that the customer never got is told to staff."""
    event = event_of(deadline, work.now)
    if deadline.kind is DeadlineKind.PROMISE and heard(work, record) is Heard.NO:
        return replace(event, reminder="", error="promise_not_sent")
    return event


def _waits(work: Work, record: RequestRecord, deadline: Deadline) -> bool:
    """Tell whether ``deadline`` has to wait for a mail of ours, or for the next batch.

    Nothing is closed while its reminder is on the way, and nobody is reminded of what they were
    not asked yet. After an outage of ours the first batch lets
    everything go first that was decided meanwhile, before it tells that a promise was not kept.
    """
    if deadline.kind is DeadlineKind.CLOSE:
        return reminder_waits(work, record)
    if deadline.kind is DeadlineKind.REMIND:
        return ask_waits(work, record)
    if deadline.kind is not DeadlineKind.PROMISE:
        return False
    last = work.tx.memory.last_batch()
    return last is not None and last < deadline.at and work.now - last > _outage(work)


def _outage(work: Work) -> timedelta:
    """Return after how long without a batch we were down: a daily cron is no outage."""
    usual = work.tx.memory.usual_gap()
    return _OUTAGE if usual is None else max(_OUTAGE, 2 * usual)


def _is_not_read(work: Work, record: RequestRecord, deadline: Deadline) -> bool:
    """Tell whether a promise has passed while the mail that names it waited to be sent."""
    return deadline.kind is DeadlineKind.PROMISE and heard(work, record) is Heard.NOT_YET


def _renewed(work: Work, record: RequestRecord) -> RequestRecord:
    mail = naming_mail(work, record)
    return record if mail is None else renew(work, record, mail)


def _details(work: Work, record: RequestRecord, deadline: Deadline) -> NoticeDetails:
    """Return what the mail of ``deadline`` says beyond the request."""
    if deadline.event is EventName.CLOSE:
        # what was missed: once the request has ended its state does not tell it
        return NoticeDetails(due_at=customer_due(work, record, record.state.entered_at))
    number, last = which_reminder(record.state, deadline, record.done_deadlines)
    return NoticeDetails(reminder=number, last_reminder=last)
