"""When something is due in the present stay of a request; pure: the present instant comes in.

Deadlines are calendar days from the customer's date of entering the status, at the deadline hour in
the customer's zone, moved to the team's next working day. The end of a certificate and its
reminders, agreed hours and the lapses of an approval are exact instants.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from pipeline.model.notice import NoticeName
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
from pipeline.tracks.declaration import Due, Step, Unit
from pipeline.tracks.promises import notice_when_late
from pipeline.tracks.shared_deadlines import REMINDERS
from pipeline.tracks.stay import Stay

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
#: Days that the mail of a hold gives the customer, where it asks for something; staff decide what
#: happens after them.
_HOLD_DAYS = {
    HoldReason.SENDER: 7,
    HoldReason.OWNERSHIP: 14,
    HoldReason.M2M: 14,
    HoldReason.CONFLICT: 14,
    HoldReason.FIRST_OF_TWO: 14,
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
#: Two reminders of one thing do not come sooner after each other.
_APART = timedelta(hours=20)
#: Days in which a person looks at the words "I did not withdraw", and "your decision is wrong".
_WITHDRAWN_DAYS = 7
_REJECTED_DAYS = 14
#: How long before an hour that is almost here its answer is wanted.
_SHORTLY = timedelta(hours=1)


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
    stay = Stay(state, policy, customer_zone, team)
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
    it. But nothing is closed before the last reminder: while that is missing, it comes in place of
    the close. Of a group of missed reminders or alerts only the latest is left, and none where the
    next reminder comes within hours.
    """
    stay = Stay(state, policy, customer_zone, team)
    listed = _listed(stay, done, now)
    passed = [item for item in listed if item.at <= now]
    ending = [item for item in passed if item.event in _ENDING]
    if ending and _closes(ending[0]):
        missed = [item for item in passed if item.group == REMINDERS]
        if missed:
            return (missed[-1],)
    if ending:
        return (ending[0],)
    latest = {item.group or item.key: item for item in passed}
    if any(item.group == REMINDERS and now < item.at < now + _APART for item in listed):
        latest.pop(REMINDERS, None)
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
    stay = Stay(state, policy, customer_zone, team)
    return min((item.at for item in _listed(stay, done, None)), default=None)


def as_of(state: RequestState, now: datetime) -> RequestState:
    """Return ``state`` with nothing in it that has happened after ``now``."""
    happened = {name: getattr(state, name) for name in _HAPPENED}
    early: dict[str, Any] = {name: now for name, at in happened.items() if at and at > now}
    return replace(state, **early)


def asked_already(
    state: RequestState, *, customer_zone: str, policy: TrackPolicy, team: WorkingCalendar
) -> tuple[str, ...]:
    """Return the keys of what a mail that begins the stay of ``state`` has asked: its question.

    Nobody is asked twice on one day whether they are ready.
    """
    if state.status is not Status.AWAITING_READINESS:
        return ()
    stay = Stay(state, policy, customer_zone, team)
    begun = stay.day(state.entered_at)
    if state.ready_date is not None and state.ready_date > begun:
        return ()  # its evening may be that of the next working day after a holiday
    evening = stay.at(begun)
    listed = _listed(stay, (), None)
    return tuple(item.key for item in listed if item.group == REMINDERS and item.at <= evening)


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
    stay = Stay(state, policy, customer_zone, team)
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
    stay = Stay(state, policy, customer_zone, team)
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


def closes_when_due(state: RequestState) -> bool:
    """Tell whether the request is closed when the deadline of :func:`customer_due_at` passes."""
    return not state.ended and state.status not in {
        Status.CERTIFICATE_ISSUED,
        Status.SLOT_AGREED,
        Status.SLOT_PROPOSED,
        Status.HELD,
    }


def _closing(stay: Stay) -> datetime | None:
    return next((item.at for item in _listed(stay, (), None) if _closes(item)), None)


def _chosen_by(stay: Stay, now: datetime) -> datetime | None:
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
    state: RequestState,
    policy: TrackPolicy,
    now: datetime,
    *,
    customer_zone: str,
    team: WorkingCalendar,
) -> datetime | None:
    """Return by when a mail of ``now`` promises that we write; None: it promises nothing.

    It is the first alert of the stay, or as long after ``now`` once that has passed. Where it is
    the customer's move there is none.
    """
    step = _step(state)
    if step is None or step.move is Move.CUSTOMER:
        return None
    alerts = [entry for entry in step.deadlines if entry.kind is DeadlineKind.ALERT]
    stay = Stay(state, policy, customer_zone, team)
    first = min((at for entry in alerts for at in islice(stay.instants(entry), 1)), default=None)
    if first is None or first > now:
        return first
    today = stay.day(now)
    alert = alerts[0]
    working = alert.unit is Unit.WORKING_DAYS
    day = team.add(today, alert.after) if working else today + timedelta(days=alert.after)
    return stay.at(day)


def all_reminders() -> frozenset[NoticeName]:
    """Return the mails that remind the customer in some status."""
    steps = (step for track in TRACKS.values() for step in track.steps)
    return frozenset(notice for step in steps for notice in _reminders(step))


def reminders_of(state: RequestState) -> frozenset[NoticeName]:
    """Return the mails that remind the customer in the present status."""
    step = _step(state)
    return frozenset(_reminders(step) if step is not None else ())


def _reminders(step: Step) -> Iterator[NoticeName]:
    return (entry.notice for entry in step.deadlines if entry.notice and entry.group == REMINDERS)


def _step(state: RequestState) -> Step | None:
    return None if state.ended else TRACKS[state.track].step(state.status)


def _closes(item: Deadline) -> bool:
    return item.kind is DeadlineKind.CLOSE


def _order(item: Deadline) -> tuple[datetime, str]:
    return (item.at, item.key)


def _listed(stay: Stay, done: Collection[str], until: datetime | None) -> tuple[Deadline, ...]:
    """Return the open deadlines in order, each repeating one up to ``until`` or its next time."""
    step = _step(stay.state)
    if step is None:
        return ()
    found = [item for entry in step.deadlines for item in _times(stay, entry, done, until)]
    found += _promised(stay.state, step)
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


def _promised(state: RequestState, step: Step) -> list[Deadline]:
    """Return the deadline that our last mail set by naming a date, if it did."""
    if state.promise_at is None:
        return []
    key = f"promise-{state.promise_at:%Y%m%d%H%M%S}"
    notice = notice_when_late(step.move, state.delays)
    kind, event = DeadlineKind.PROMISE, EventName.PROMISE_PASSED
    return [Deadline(key, kind, state.promise_at, event, notice)]


def _times(
    stay: Stay, entry: Due, done: Collection[str], until: datetime | None
) -> Iterator[Deadline]:
    """Yield the times of ``entry`` from the last one done (included) to the next one open."""
    last_done = max((_index(entry, key) for key in done), default=0) if entry.every else 0
    for index, first_at in enumerate(stay.instants(entry), 1):
        if index < last_done:
            continue
        at = max(first_at, stay.grace()) if entry.kind is DeadlineKind.CLOSE else first_at
        key = f"{entry.key}-{index}" if entry.every else entry.key
        yield Deadline(key, entry.kind, at, entry.event, _notice(entry), entry.group)
        if index > last_done and (until is None or at > until):
            return


def _notice(entry: Due) -> SendNotice | None:
    return SendNotice(entry.notice, entry.variant) if entry.notice else None


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


def _too_early(stay: Stay, item: Deadline) -> bool:
    """Tell a reminder that would come before what it reminds of (a certificate made long ago)."""
    certificate = stay.state.status is Status.CERTIFICATE_ISSUED and item.group == REMINDERS
    early = certificate or item.group == "integration"
    return early and item.at <= stay.state.entered_at
