"""Rows that wait longer than any rule lets them: a clock that ran ahead wrote them.

Each table has the bound of its own longest rule. A request is looked at one by one, because the
dates of customers are part of its rule.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta

from pipeline.flow.services import Work, waits
from pipeline.model.working_calendar import WorkingCalendar
from pipeline.store.records import RequestRecord
from pipeline.tracks.deadlines import as_of, done_by, next_at
from pipeline.tracks.horizon import horizon


@dataclass(frozen=True, slots=True)
class Asleep:
    """How many rows of each table wait too long."""

    messages: int = 0
    mails: int = 0
    leases: int = 0
    requests: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return sum(getattr(self, item.name) for item in fields(self))


@dataclass(frozen=True, slots=True)
class Bounds:
    """The latest instants that the rules allow.

    ``begun`` is for the beginning of a stay in a status, which lies in the past; hosts whose clocks
    differ by more than a lease share no leases either.
    """

    messages: datetime
    mails: datetime
    leases: datetime
    requests: datetime
    begun: datetime


def bounds(work: Work, team: WorkingCalendar | None = None) -> Bounds:
    """Return how long rows may wait, by the longest rule of each table.

    ``team`` is another calendar than the team's own.
    """
    settings, now = work.services.settings, work.now
    lease = timedelta(seconds=settings.limits.lease_seconds)
    undo = timedelta(seconds=settings.courier.undo_seconds)
    due = max(waits.DUE_WORK.waits)
    return Bounds(
        messages=now + max(*waits.MESSAGE.waits, *waits.MACHINE.waits),
        mails=now + max(*waits.SENDING.waits, lease, undo),
        leases=now + 2 * lease,
        requests=max(horizon(now, work.services.policy, team or work.services.team), now + due),
        begun=now + lease,
    )


def asleep(work: Work) -> Asleep:
    """Count the rows that wait too long."""
    # Holidays only make the bound later. They are slow to load, and needed for what is beyond it.
    latest = bounds(work, replace(work.services.team, country=""))
    if work.tx.requests.beyond(latest.requests, latest.begun):
        latest = bounds(work)
    return Asleep(
        messages=work.tx.messages.waiting_beyond(latest.messages),
        mails=len(work.tx.outbox.waiting_beyond(latest.mails)),
        leases=work.tx.leases.beyond(latest.leases),
        requests=sum(1 for _ in sleeping_requests(work, latest)),
    )


def sleeping_requests(work: Work, latest: Bounds) -> Iterator[RequestRecord]:
    """Yield the requests that no rule of theirs would let wait so long."""
    for record in work.tx.requests.beyond(latest.requests, latest.begun):
        if woken(work, record) is not None:
            yield record


def woken(work: Work, record: RequestRecord) -> RequestRecord | None:
    """Return ``record`` as its rules have it now; None when it does not wait too long."""
    state = as_of(record.state, work.now)
    policy, team, zone = work.services.policy, work.services.team, record.time_zone
    done = done_by(state, record.done_deadlines, work.now, policy, customer_zone=zone, team=team)
    by_rule = next_at(state, done, policy, customer_zone=zone, team=team)
    raised = replace(state, version=state.version + 1)
    right = replace(record, state=raised, done_deadlines=done, next_at=by_rule)
    if state.entered_at != record.state.entered_at:
        return right
    if record.next_at is None or by_rule is None:
        return None
    latest = max(by_rule, work.now + max(waits.DUE_WORK.waits))
    return right if record.next_at > latest else None
