"""How far ahead the programme itself ever waits: a wake-up beyond it comes from a wrong clock."""

from datetime import UTC, datetime, time, timedelta

from pipeline.model.request import Status, TrackPolicy
from pipeline.model.working_calendar import WorkingCalendar
from pipeline.tracks.catalogue import TRACKS
from pipeline.tracks.declaration import Due, Unit

_A_DAY = timedelta(days=1)


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
