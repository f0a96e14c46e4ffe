"""How an instant is told to people: always with the name of its zone."""

from datetime import datetime
from zoneinfo import ZoneInfo


def told(at: datetime | None, zone: str) -> str:
    """Return ``at`` on the clocks of ``zone`` (IANA) with the zone's name; empty for None."""
    if at is None:
        return ""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%Y-%m-%d %H:%M} {zone_name(local)}"


def told_twice(at: datetime | None, zone: str, customer_zone: str) -> str:
    """Return ``at`` in ``zone``, and in the customer's zone where its clocks show another time."""
    here, there = told(at, zone), told(at, customer_zone)
    return here if here == there or at is None else f"{here} ({there})"


def span(start: datetime, end: datetime, zone: str) -> str:
    """Return two instants of one day as a span with the zone's name."""
    first, last = start.astimezone(ZoneInfo(zone)), end.astimezone(ZoneInfo(zone))
    if first.date() != last.date():
        return f"{told(start, zone)} - {told(end, zone)}"
    return f"{first:%Y-%m-%d %H:%M}-{last:%H:%M} {zone_name(last)}"


def zone_name(local: datetime) -> str:
    """Return the letters of the zone in force, or the distance from UTC where it has none."""
    name = local.tzname() or ""
    if name.isalpha():
        return name
    offset = local.utcoffset()
    minutes = int(offset.total_seconds()) // 60 if offset else 0
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02d}" if rest else "")
