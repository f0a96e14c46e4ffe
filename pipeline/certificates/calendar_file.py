"""Calendar files (RFC 5545) with the last moments of certificates; they hold no text of any.

A file that publishes an entry, or takes it back, follows RFC 5546, sections 3.2.1 and 3.2.5.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from pipeline import __version__

CONTENT_TYPE = "text/calendar"

#: A program shows a notification so long before the end.
_NOTIFIED_BEFORE = timedelta(days=1)
#: A line that is neither escaped (RFC 5545, 3.3.11) nor folded (3.1).
_AS_IT_IS = re.compile(r"[ -+\--:<-\[\]-~]{1,74}")


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

    ``cancelled``: a program that has the entries takes them out. Its parts stand in the order in
    which `icalendar` writes them, which folds and escapes.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        _text("PRODID", f"-//whatsapp-request-pipeline//{__version__}//EN"),
        f"METHOD:{'CANCEL' if cancelled else 'PUBLISH'}",
    ]
    if name:
        lines.append(_text("X-WR-CALNAME", name))
    for entry in entries:
        lines += _event(entry, _instant(made_at), cancelled=cancelled)
    lines.append("END:VCALENDAR\r\n")
    return "\r\n".join(lines).encode()


def _event(entry: CalendarEntry, made_at: str, *, cancelled: bool) -> tuple[str, ...]:
    return (
        "BEGIN:VEVENT",
        _text("SUMMARY", entry.summary),
        f"DTSTART:{_instant(entry.at)}",
        f"DTSTAMP:{made_at}",
        _text("UID", entry.uid),
        f"SEQUENCE:{entry.sequence}",
        _text("DESCRIPTION", entry.description),
        *((_text("ORGANIZER", f"mailto:{entry.organizer}"),) if entry.organizer else ()),
        *(("STATUS:CANCELLED",) if cancelled else ()),
        "TRANSP:TRANSPARENT",
        *(() if cancelled else _notification(entry.summary)),
        "END:VEVENT",
    )


def _notification(text: str) -> tuple[str, ...]:
    return (
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        _text("DESCRIPTION", text),
        f"TRIGGER:-P{_NOTIFIED_BEFORE.days}D",
        "END:VALARM",
    )


def _instant(at: datetime) -> str:
    """Return ``at`` as a date and time in UTC (RFC 5545, 3.3.5), in whole seconds."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(name: str, value: str) -> str:
    """Return a line of text; a plain one of one line is written as it is."""
    line = f"{name}:{value}"
    return line if _AS_IT_IS.fullmatch(line) else _folded(name, value)


@lru_cache(maxsize=64)
def _folded(name: str, value: str) -> str:
    from icalendar import Event  # noqa: PLC0415 - slow to import

    written = Event()
    written.add(name, value)
    _begin, line, *_end = written.content_lines()
    return str(line.to_ical().decode())
