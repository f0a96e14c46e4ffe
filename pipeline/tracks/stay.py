"""A stay of a request in a status: by whose clocks and calendars its deadlines are measured."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from pipeline.model.request import RequestState, TrackPolicy
from pipeline.model.working_calendar import WorkingCalendar, at_hour
from pipeline.tracks.declaration import Anchor, Due, Unit

_A_DAY = timedelta(days=1)
#: A request is closed so long after the last reminder at the earliest.
_GRACE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay in a status; instants are aware UTC, days those of the customer."""

    state: RequestState
    policy: TrackPolicy
    zone: str
    team: WorkingCalendar

    def day(self, instant: datetime) -> date:
        """Return the customer's day of ``instant`` (aware)."""
        return instant.astimezone(ZoneInfo(self.zone)).date()

    def at(self, day: date) -> datetime:
        """Return the deadline hour on ``day``, or on the team's next working day."""
        moved = self.team.on_or_after(day)
        return at_hour(moved, self.policy.deadline_hour, self.zone).astimezone(UTC)

    def grace(self) -> datetime:
        """Return until when nothing is closed, because the customer was reminded of late."""
        reminded = self.state.reminded_at
        if reminded is None:
            return self.state.entered_at
        end = reminded + _GRACE
        at = self.at(self.day(end))
        return at if at >= end else self.at(self.day(end) + _A_DAY)

    def anchor(self, anchor: Anchor) -> datetime | date | None:
        """Return what ``anchor`` means here; None: it has not happened."""
        return _ANCHORS[anchor](self)

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


def _ready_date(stay: Stay) -> date:
    entered = stay.day(stay.state.entered_at)
    return max(stay.state.ready_date or entered, entered)


_ANCHORS: dict[Anchor, Callable[[Stay], datetime | date | None]] = {
    Anchor.ENTERED: lambda stay: stay.state.entered_at,
    Anchor.READY_DATE: _ready_date,
    Anchor.OFFERED_SLOTS: lambda stay: max((slot.start for slot in stay.state.slots), default=None),
    Anchor.SLOT: lambda stay: stay.state.slot.start if stay.state.slot else stay.state.entered_at,
    Anchor.CERTIFICATE_END: lambda stay: stay.state.certificate_expires_at,
    Anchor.CERTIFICATE_WANTED: lambda stay: stay.state.certificate_wanted_at,
    Anchor.INTEGRATION_CREATED: lambda stay: stay.state.integration_since,
    Anchor.OWNERSHIP: lambda stay: stay.state.ownership_verified_at,
    Anchor.APPROVAL: lambda stay: stay.state.approved_at,
}
