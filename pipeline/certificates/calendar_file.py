"""Calendar files (RFC 5545) with the last moments of certificates; they hold no text of any.

A file that publishes an entry, or takes it back, follows RFC 5546, sections 3.2.1 and 3.2.5.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pipeline import __version__

if TYPE_CHECKING:
    from icalendar import Alarm, Event

CONTENT_TYPE = "text/calendar"

#: A program shows a notification so long before the end.
_NOTIFIED_BEFORE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """Something that ends at the instant ``at`` (aware).

    A later file with the same ``uid`` and a higher ``sequence`` takes its place in the calendar.
    ``organizer`` is the address that the entry comes from.
    """

    uid: str
    at: datetime
    summary: str
    description: str
    sequence: int = 0
    organizer: str = ""


def calendar_file(
    entries: Sequence[CalendarEntry], made_at: datetime, name: str = "", *, cancelled: bool = False
) -> bytes:
    """Return the calendar of ``entries``, in UTC; ``name`` is what a feed is called.

    ``cancelled``: a program that has the entries takes them out.
    """
    from icalendar import Calendar  # noqa: PLC0415 - slow to import

    calendar = Calendar()
    calendar.add("prodid", f"-//whatsapp-request-pipeline//{__version__}//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if cancelled else "PUBLISH")
    if name:
        calendar.add("x-wr-calname", name)
    for entry in entries:
        event = _event(entry, made_at)
        if cancelled:
            event.add("status", "CANCELLED")
        else:
            event.add_component(_notification(entry.summary))
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _event(entry: CalendarEntry, made_at: datetime) -> "Event":
    from icalendar import Event  # noqa: PLC0415 - slow to import

    event = Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", made_at.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", entry.at.astimezone(UTC))
    event.add("sequence", entry.sequence)
    event.add("summary", entry.summary)
    event.add("description", entry.description)
    event.add("transp", "TRANSPARENT")
    if entry.organizer:
        event.add("organizer", f"mailto:{entry.organizer}")
    return event


def _notification(text: str) -> "Alarm":
    from icalendar import Alarm  # noqa: PLC0415 - slow to import

    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", text)
    alarm.add("trigger", -_NOTIFIED_BEFORE)
    return alarm
