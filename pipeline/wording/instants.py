"""How an instant is told to people: always with the name of its zone, once for a whole table."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

#: The names of the days, Monday first; none: days are not named.
Days = Sequence[str]


def told(at: datetime | None, zone: str, *, days: Days = ()) -> str:
    """Return ``at`` on the clocks of ``zone`` (IANA) with the zone's name; empty for None."""
    if at is None:
        return ""
    local = at.astimezone(ZoneInfo(zone))
    return f"{_written(local, days)} {zone_name(local)}"


def told_twice(at: datetime | None, zone: str, customer_zone: str, *, days: Days = ()) -> str:
    """Return ``at`` in ``zone``, and in the customer's zone where its clocks show another time."""
    here, there = told(at, zone, days=days), told(at, customer_zone, days=days)
    return here if here == there or at is None else f"{here} ({there})"


def span(start: datetime, end: datetime, zone: str, *, days: Days = ()) -> str:
    """Return two instants of one day as a span with the zone's name."""
    first, last = start.astimezone(ZoneInfo(zone)), end.astimezone(ZoneInfo(zone))
    if first.date() != last.date():
        return f"{told(start, zone, days=days)} - {told(end, zone, days=days)}"
    return f"{_written(first, days)}-{last:%H:%M} {zone_name(last)}"


def clock(at: datetime | None, zone: str) -> str:
    """Return ``at`` without the zone, for a table whose heading names it; empty for None."""
    return _written(at.astimezone(ZoneInfo(zone)), ()) if at is not None else ""


def to_the_second(at: datetime, zone: str) -> str:
    """Return an instant of the near future on the clocks of ``zone``, with its seconds."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%Y-%m-%d %H:%M:%S} {zone_name(local)}"


def zone_of(instants: Iterable[datetime | None], zone: str) -> str:
    """Return how a heading names ``zone``: by its letters, or by its place where those differ.

    They differ when the instants lie on both sides of a change of the clocks.
    """
    names = {zone_name(at.astimezone(ZoneInfo(zone))) for at in instants if at is not None}
    return names.pop() if len(names) == 1 else zone


def weekdays(language: str) -> Days:
    """Return the short names of the days in ``language`` (CLDR), Monday first."""
    from babel.dates import get_day_names  # noqa: PLC0415 - slow to import

    names = get_day_names("abbreviated", locale=language)
    return tuple(str(names[day]).rstrip(".") for day in range(7))


def zone_name(local: datetime) -> str:
    """Return the letters of the zone in force, or the distance from UTC where it has none."""
    name = local.tzname() or ""
    if name.isalpha():
        return name
    offset = local.utcoffset()
    minutes = int(offset.total_seconds()) // 60 if offset else 0
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02d}" if rest else "")


def _written(local: datetime, days: Days) -> str:
    day = f" ({days[local.weekday()]})" if days else ""
    return f"{local:%Y-%m-%d}{day} {local:%H:%M}"
