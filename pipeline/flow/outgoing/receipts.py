"""Receipts to senders that nothing proves: how many may go out, and to whom none goes.

A forger writes under any address, so receipts go to people who never wrote. They have budgets of
their own, go out after all other mail, and are dropped when there was no room for a day. Senders
with an aligned SPF result have a budget apart, which forgers seldom reach.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.flow.outgoing.alerts import alert
from pipeline.flow.outgoing.budgets import mailbox_of
from pipeline.flow.services import Work
from pipeline.model.notice import MailPriority
from pipeline.model.request import HoldReason
from pipeline.store.outbox_records import OutboxRecord
from pipeline.store.tables.counters import Window

#: Priorities with a budget, in the order in which their mails go out.
PRIORITIES = (MailPriority.RECEIPT_SPF, MailPriority.RECEIPT)
#: How long a receipt waits for room.
_WAITS = timedelta(days=1)
#: How long an address gets no receipt after its owner said that they wrote nothing.
_DISOWNED_FOR = timedelta(days=30)


def room(work: Work, priority: MailPriority) -> int:
    """Return how many receipts of ``priority`` may still go out, in this hour and on this day."""
    limits = work.services.settings.courier
    of_hour, of_day = (work.tx.counters.value(*window) for window in _windows(work.now, priority))
    return max(min(limits.receipts_hourly - of_hour, limits.receipts_daily - of_day), 0)


def over_budget(work: Work, mail: OutboxRecord) -> bool:
    """Tell whether ``mail`` is a receipt that there is no room for now."""
    return mail.priority in PRIORITIES and room(work, mail.priority) <= 0


def amounts(work: Work, mail: OutboxRecord) -> Iterable[Window]:
    """Return the counters of a mail that went out: none, when it is no receipt."""
    return _windows(work.now, mail.priority) if mail.priority in PRIORITIES else ()


def put_off(work: Work, priority: MailPriority) -> None:
    """Let the due receipts of ``priority`` wait for the next hour, when there is room again.

    Those that have waited for a day are dropped: their requests wait for staff, who are told once a
    day.
    """
    dropped = work.tx.outbox.drop_waiting(priority, work.now - _WAITS, work.now)
    for request_id in dropped:
        not_asked(work, request_id)
    if dropped and work.tx.counters.add("alert:receipts_dropped", _day(work.now)) == 1:
        alert(work, "receipts_dropped", "")
    work.tx.outbox.postpone(priority, work.now, _hour(work.now) + timedelta(hours=1))


def not_asked(work: Work, request_id: str) -> None:
    """Note with a request that its sender got no receipt: staff have longer to look at it."""
    record = work.tx.requests.lock(request_id)
    if record is None or not record.held_for(HoldReason.SENDER):
        return
    version = record.state.version
    state = replace(record.state, unasked=True, version=version + 1)
    work.tx.requests.save(replace(record, state=state), expected_version=version)


def disown(work: Work, address: str) -> None:
    """Remember that the owner of ``address`` did not write what carried it as its sender."""
    work.tx.memory.put(_disowned_key(address), work.now.isoformat())


def disowned(work: Work, address: str) -> bool:
    """Tell whether ``address`` gets no receipt now, because its owner said that lately."""
    since = work.tx.memory.get(_disowned_key(address))
    if not isinstance(since, str):
        return False
    if work.now < datetime.fromisoformat(since) + _DISOWNED_FOR:
        return True
    work.tx.memory.forget(_disowned_key(address))
    return False


def forget_disowned(work: Work, address: str) -> None:
    """Forget that the owner of ``address`` ever said so."""
    work.tx.memory.forget(_disowned_key(address))


def _disowned_key(address: str) -> str:
    """Return the key of the mailbox of an address; the address itself is nowhere kept with it."""
    return f"disowned:{hashlib.sha256(mailbox_of(address).encode()).hexdigest()}"


def _windows(now: datetime, priority: MailPriority) -> Iterable[Window]:
    name = f"mail:{priority.name.lower()}"
    return ((f"{name}:hour", _hour(now)), (f"{name}:day", _day(now)))


def _hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)


def _day(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)
