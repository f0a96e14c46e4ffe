"""When something is due in the present stay of a request; pure: the present instant comes in.

Deadlines are calendar days from the customer's date of entering the status, at the deadline hour in
the customer's zone, moved to the team's next working day. The end of a certificate and its
reminders, agreed hours and the lapses of an approval are exact instants.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.model.request import (
    Actor,
    Event,
    EventName,
    HoldReason,
    Move,
    RequestState,
    Status,
    TrackPolicy,
)
from pipeline.model.transition import Deadline, DeadlineKind, SendNotice
from pipeline.model.working_calendar import WorkingCalendar, at_hour
from pipeline.tracks.catalogue import TRACKS
from pipeline.tracks.declaration import Anchor, Due, Step, Unit

#: Events that end the stay: reminders do not come at or after them.
_ENDING = frozenset(
    {
        EventName.CLOSE,
        EventName.EXPIRE,
        EventName.SLOT_PASSED,
        EventName.OWNERSHIP_LAPSED,
        EventName.APPROVAL_LAPSED,
    }
)
#: Days that the mail of a hold gives the customer; staff decide what happens after them.
_HOLD_DAYS = {
    HoldReason.SENDER: 7,
    HoldReason.NUMBER: 14,
    HoldReason.OWNERSHIP: 14,
    HoldReason.M2M: 14,
    HoldReason.CONFLICT: 14,
    HoldReason.CHANGE: 14,
    HoldReason.CERTIFICATE_LIMIT: 14,
    HoldReason.APPROVAL_LAPSED: 14,
}
#: Fields that say when something happened; deadlines count from them.
_HAPPENED = (
    "entered_at",
    "approved_at",
    "ownership_verified_at",
    "integration_created_at",
    "certificate_wanted_at",
)
_A_DAY = timedelta(days=1)
#: Days in which a person looks at the words "I did not withdraw", and "your decision is wrong".
_WITHDRAWN_DAYS = 7
_REJECTED_DAYS = 14
#: How long before an hour that is almost here its answer is wanted.
_SHORTLY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Stay:
    """A stay in a status, and by whose clocks and calendars it is measured."""

    state: RequestState
    policy: TrackPolicy
    zone: str
    team: WorkingCalendar

    def day(self, instant: datetime) -> date:
        return instant.astimezone(ZoneInfo(self.zone)).date()

    def at(self, day: date) -> datetime:
        """Return the deadline hour on ``day``, or on the team's next working day."""
        moved = self.team.on_or_after(day)
        return at_hour(moved, self.policy.deadline_hour, self.zone).astimezone(UTC)

    def anchor(self, anchor: Anchor) -> datetime | date | None:
        """Return what ``anchor`` means here; None: it has not happened."""
        state = self.state
        entered = self.day(state.entered_at)
        anchors: dict[Anchor, datetime | date | None] = {
            Anchor.ENTERED: state.entered_at,
            Anchor.READY_DATE: max(state.ready_date or entered, entered),
            Anchor.OFFERED_SLOTS: max((slot.start for slot in state.slots), default=None),
            Anchor.SLOT: state.slot.start if state.slot else state.entered_at,
            Anchor.CERTIFICATE_END: state.certificate_expires_at,
            Anchor.CERTIFICATE_WANTED: state.certificate_wanted_at,
            Anchor.INTEGRATION_CREATED: state.integration_since,
            Anchor.OWNERSHIP: state.ownership_verified_at,
            Anchor.APPROVAL: state.approved_at,
        }
        return anchors[anchor]

    def instants(self, due: Due) -> Iterator[datetime]:
        """Yield when ``due`` comes, in order: once, or again and again without end."""
        start = self.anchor(due.anchor)
        if start is None or (due.when is not None and not due.when(self.state, self.policy)):
            return
        if due.exact:
            yield from self._exact(due, start)
            return
        day = self.day(start) if isinstance(start, datetime) else start
        working = due.unit is Unit.WORKING_DAYS
        day = self.team.add(day, due.after) if working else day + timedelta(days=due.after)
        yield self.at(day)
        while due.every:
            day = self.team.add(day, due.every) if working else day + timedelta(days=due.every)
            yield self.at(day)

    def _exact(self, due: Due, start: datetime | date) -> Iterator[datetime]:
        if not isinstance(start, datetime):  # a date has no instant of its own
            return
        distance = due.span if due.span is not None else timedelta(days=due.after)
        if due.from_policy is not None:
            distance = due.from_policy(self.policy)
        for index in count():
            yield start + distance + timedelta(days=due.every * index)
            if not due.every:
                return


def deadlines(
    state: RequestState,
    policy: TrackPolicy,
    *,
    customer_zone: str,
    team: WorkingCalendar,
    until: datetime | None = None,
) -> tuple[Deadline, ...]:
    """Return the deadlines of the present stay, by time; an ended request has none.

    Of a deadline that comes again and again there are its first time and all times up to
    ``until``. ``customer_zone`` is an IANA name; ``team`` tells working days.
    """
    stay = _Stay(state, policy, customer_zone, team)
    return _listed(stay, (), until)


def due(
    state: RequestState,
    done: Collection[str],
    now: datetime,
    policy: TrackPolicy,
    *,
    customer_zone: str,
    team: WorkingCalendar,
) -> tuple[Deadline, ...]:
    """Return what is to be done now; ``done`` are the keys already done in this stay.

    What ends the stay (a close, an expiry, a lapse) comes alone: no reminder is sent at or after
    it. Of a group of missed reminders or alerts only the latest is left.
    """
    stay = _Stay(state, policy, customer_zone, team)
    passed = [item for item in _listed(stay, done, now) if item.at <= now]
    ending = [item for item in passed if item.event in _ENDING]
    if ending:
        return (ending[0],)
    latest = {item.group or item.key: item for item in passed}
    return tuple(sorted(latest.values(), key=_order))


def next_at(
    state: RequestState,
    done: Collection[str],
    policy: TrackPolicy,
    *,
    customer_zone: str,
    team: WorkingCalendar,
) -> datetime | None:
    """Return when the request has to be looked at next; None: never by the clock."""
    stay = _Stay(state, policy, customer_zone, team)
    return min((item.at for item in _listed(stay, done, None)), default=None)


def horizon(now: datetime, policy: TrackPolicy, team: WorkingCalendar) -> datetime:
    """Return the latest deadline that any status of any track can have, were it entered ``now``.

    Only the dates that customers name (a day to be ready, an hour, the end of a certificate) can
    bring a later one.
    """
    steps = (track.step(status) for track in TRACKS.values() for status in Status)
    entries = [entry for step in steps if step is not None for entry in step.deadlines]
    return max(_farthest(entry, now, policy, team) for entry in entries)


def _farthest(entry: Due, now: datetime, policy: TrackPolicy, team: WorkingCalendar) -> datetime:
    """Return by when ``entry`` comes, or comes again, whatever the customer's zone."""
    units = max(entry.after, entry.every)
    if entry.exact:
        distance = entry.span if entry.span is not None else timedelta(days=units)
        if entry.from_policy is not None:
            distance = entry.from_policy(policy)
        return now + distance + timedelta(days=entry.every)
    tomorrow = now.date() + _A_DAY  # it is tomorrow already in some zone
    working = entry.unit is Unit.WORKING_DAYS
    day = team.add(tomorrow, units) if working else team.on_or_after(tomorrow + units * _A_DAY)
    return datetime.combine(day + 2 * _A_DAY, time(), UTC)


def as_of(state: RequestState, now: datetime) -> RequestState:
    """Return ``state`` with nothing in it that has happened after ``now``."""
    happened = {name: getattr(state, name) for name in _HAPPENED}
    early: dict[str, Any] = {name: now for name, at in happened.items() if at and at > now}
    return replace(state, **early)


def done_by(
    state: RequestState,
    done: Collection[str],
    now: datetime,
    policy: TrackPolicy,
    *,
    customer_zone: str,
    team: WorkingCalendar,
) -> tuple[str, ...]:
    """Return the keys of ``done`` without those of deadlines that only come after ``now``."""
    stay = _Stay(state, policy, customer_zone, team)
    step = _step(state)
    entries = step.deadlines if step is not None else ()
    passed = {
        item.key for entry in entries for item in _times(stay, entry, (), now) if item.at <= now
    }
    to_come = {
        key
        for key in done
        for entry in entries
        if (key == entry.key or _index(entry, key)) and key not in passed
    }
    return tuple(key for key in done if key not in to_come)


def event_of(deadline: Deadline, at: datetime) -> Event:
    """Return the system's event that carries out ``deadline`` at the instant ``at``."""
    notice = deadline.notice
    return Event(
        deadline.event,
        Actor.SYSTEM,
        at,
        reminder=notice.notice.value if notice else "",
        variant=notice.variant if notice else "",
    )


def which_reminder(
    state: RequestState, deadline: Deadline, done: Collection[str]
) -> tuple[int, bool]:
    """Return which reminder of its question ``deadline`` is, and whether it is the last one.

    ``done`` are the keys done in this stay. 0: it asks first, as on the day that the customer
    named. What was missed while we were down reminds of nothing and is not counted.
    """
    step = _step(state)
    wanted = deadline.notice.notice if deadline.notice else None
    series = [due for due in step.deadlines if due.notice is wanted] if step and wanted else []
    if not series:
        return 0, False
    sent = sum(1 for entry in series if entry.key in done)
    asked_before = series[0].after > 0 or series[0].exact
    return sent + asked_before, deadline.key == series[-1].key


def customer_due_at(
    state: RequestState,
    policy: TrackPolicy,
    *,
    customer_zone: str,
    team: WorkingCalendar,
    now: datetime | None = None,
) -> datetime | None:
    """Return by when the customer has to act, as mails say it; None: there is no such date.

    ``now`` (None: when the stay began) leaves out offered hours that have begun.
    """
    stay = _Stay(state, policy, customer_zone, team)
    match state.status:
        case Status.CERTIFICATE_ISSUED:
            return state.certificate_expires_at
        case Status.SLOT_AGREED:
            return state.slot.start if state.slot else None
        case Status.HELD:
            days = _HOLD_DAYS.get(state.hold_reason) if state.hold_reason else None
        case Status.WITHDRAWN:
            days = _WITHDRAWN_DAYS
        case Status.REJECTED:
            days = _REJECTED_DAYS
        case Status.SLOT_PROPOSED:
            chosen_by = _chosen_by(stay, now or state.entered_at)
            return min(filter(None, (chosen_by, _closing(stay))), default=None)
        case _:
            return _closing(stay)
    return None if days is None else stay.at(stay.day(state.entered_at) + timedelta(days=days))


def _closing(stay: _Stay) -> datetime | None:
    return next((item.at for item in _listed(stay, (), None) if _closes(item)), None)


def _chosen_by(stay: _Stay, now: datetime) -> datetime | None:
    """Return by when an offered hour has to be chosen: one working day before the first one.

    When that has passed already, shortly before the hour itself.
    """
    first = min((slot.start for slot in stay.state.slots if slot.start > now), default=None)
    if first is None:
        return None
    eve = stay.team.before(stay.day(first))
    wanted = at_hour(eve, stay.policy.deadline_hour, stay.zone).astimezone(UTC)
    return next((at for at in (wanted, first - _SHORTLY) if at > now), first)


def our_promise_at(
    state: RequestState, policy: TrackPolicy, *, customer_zone: str, team: WorkingCalendar
) -> datetime | None:
    """Return by when we said that we act: the first alert where it is not the customer's move.

    Of ``awaiting_readiness`` it is when we ask; elsewhere on the customer's move it is None.
    """
    step = _step(state)
    if step is None or (step.move is Move.CUSTOMER) != (state.status is Status.AWAITING_READINESS):
        return None
    kind = DeadlineKind.REMIND if step.move is Move.CUSTOMER else DeadlineKind.ALERT
    stay = _Stay(state, policy, customer_zone, team)
    return next((item.at for item in _listed(stay, (), None) if item.kind is kind), None)


def _step(state: RequestState) -> Step | None:
    return None if state.ended else TRACKS[state.track].step(state.status)


def _closes(item: Deadline) -> bool:
    return item.kind is DeadlineKind.CLOSE


def _order(item: Deadline) -> tuple[datetime, str]:
    return (item.at, item.key)


def _listed(stay: _Stay, done: Collection[str], until: datetime | None) -> tuple[Deadline, ...]:
    """Return the open deadlines in order, each repeating one up to ``until`` or its next time."""
    step = _step(stay.state)
    if step is None:
        return ()
    found = [item for entry in step.deadlines for item in _times(stay, entry, done, until)]
    ends = min((item.at for item in found if item.event in _ENDING), default=None)
    open_items = [
        item
        for item in found
        if item.key not in done
        and not _overtaken(item, found, done)
        and not _too_late(item, ends)
        and not _too_early(stay, item)
    ]
    return tuple(sorted(open_items, key=_order))


def _times(
    stay: _Stay, entry: Due, done: Collection[str], until: datetime | None
) -> Iterator[Deadline]:
    """Yield the times of ``entry`` from the last one done (included) to the next one open."""
    notice = SendNotice(entry.notice, entry.variant) if entry.notice else None
    last_done = max((_index(entry, key) for key in done), default=0)
    for index, at in enumerate(stay.instants(entry), 1):
        if index < last_done:
            continue
        key = f"{entry.key}-{index}" if entry.every else entry.key
        yield Deadline(key, entry.kind, at, entry.event, notice, entry.group)
        if index > last_done and (until is None or at > until):
            return


def _index(entry: Due, key: str) -> int:
    """Return which time of the repeating ``entry`` the done ``key`` was; 0: none of its."""
    number = key.removeprefix(f"{entry.key}-")
    return int(number) if entry.every and number != key and number.isdecimal() else 0


def _overtaken(item: Deadline, found: list[Deadline], done: Collection[str]) -> bool:
    """Tell a missed one of a group of which a later one was done instead."""
    return item.group != "" and any(
        other.group == item.group and other.key in done and other.at >= item.at for other in found
    )


def _too_late(item: Deadline, ends: datetime | None) -> bool:
    return item.kind is DeadlineKind.REMIND and ends is not None and item.at >= ends


def _too_early(stay: _Stay, item: Deadline) -> bool:
    """Tell a reminder that would come before what it reminds of (a certificate made long ago)."""
    certificate = stay.state.status is Status.CERTIFICATE_ISSUED and item.group == "remind"
    early = certificate or item.group == "integration"
    return early and item.at <= stay.state.entered_at
