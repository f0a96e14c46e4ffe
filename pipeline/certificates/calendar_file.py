"""Calendar files (RFC 5545) with the last moments of certificates; they hold no text of any."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pipeline import __version__

CONTENT_TYPE = "text/calendar"

#: A program shows a notification so long before the end.
_NOTIFIED_BEFORE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """Something that ends at the instant ``at`` (aware).

    A later file with the same ``uid`` and a higher ``sequence`` takes its place in the calendar.
    """

    uid: str
    at: datetime
    summary: str
    description: str
    sequence: int = 0


def calendar_file(entries: Sequence[CalendarEntry], made_at: datetime, name: str = "") -> bytes:
    """Return the calendar of ``entries``, in UTC; ``name`` is what a feed is called."""
    from icalendar import Alarm, Calendar, Event  # noqa: PLC0415 - slow to import

    calendar = Calendar()
    calendar.add("prodid", f"-//whatsapp-request-pipeline//{__version__}//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    if name:
        calendar.add("x-wr-calname", name)
    for entry in entries:
        event = Event()
        event.add("uid", entry.uid)
        event.add("dtstamp", made_at.astimezone(UTC).replace(microsecond=0))
        event.add("dtstart", entry.at.astimezone(UTC))
        event.add("sequence", entry.sequence)
        event.add("summary", entry.summary)
        event.add("description", entry.description)
        event.add("transp", "TRANSPARENT")
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", entry.summary)
        alarm.add("trigger", -_NOTIFIED_BEFORE)
        event.add_component(alarm)
        calendar.add_component(event)
    return bytes(calendar.to_ical())
