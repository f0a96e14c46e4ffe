"""Dates and times as a customer reads them: in full, on 24 hours, in the customer's zone.

The writing is in ``words.<lang>.toml``; the names of zones that it does not list come from Babel
(Unicode CLDR).
"""

import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.notifications.words import Words

# CLDR adds the city where a country has several zones; the offset says it better.
_BRACKET = re.compile(r" ?[(（][^)）]*[)）]")


@cache
def zone_info(zone: str) -> ZoneInfo:
    """Return the IANA zone ``zone``, or UTC when there is no such zone."""
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def in_zone(instant: datetime, zone: str) -> datetime:
    """Return ``instant`` (aware) in the zone ``zone``."""
    return instant.astimezone(zone_info(zone))


def before_midnight(instant: datetime, zone: str) -> datetime:
    """Return ``instant`` (aware); one that is 00:00 in ``zone`` as the minute before.

    A deadline at midnight is read as the wrong day by half of its readers: 23:59 is not.
    """
    local = in_zone(instant, zone)
    return instant - timedelta(minutes=1) if (local.hour, local.minute) == (0, 0) else instant


def _offset(local: datetime) -> str:
    offset = local.utcoffset() or timedelta()
    minutes = int(offset.total_seconds()) // 60
    sign, minutes = ("-" if minutes < 0 else "+"), abs(minutes)
    rest = f":{minutes % 60:02}" if minutes % 60 else ""
    return f"UTC{sign}{minutes // 60}{rest}"


@cache
def _place(zone: str, language: str) -> str:
    from babel.core import Locale, UnknownLocaleError  # noqa: PLC0415 - slow to import
    from babel.dates import get_timezone_name  # noqa: PLC0415 - slow to import

    try:
        name = get_timezone_name(
            zone_info(zone), "long", locale=Locale.parse(language), zone_variant="generic"
        )
    except (UnknownLocaleError, ValueError, LookupError):
        return zone
    return _BRACKET.sub("", str(name))


def zone_words(instant: datetime, zone: str, words: Words) -> str:
    """Return the words for ``zone`` at ``instant``: ``Japan time, UTC+9``."""
    local = in_zone(instant, zone)
    known = words.section("zones").get("names", {})
    key = str(local.tzinfo)
    if key in known:
        return str(known[key])
    offset = _offset(local)
    if "/" not in key or key.startswith("Etc/"):
        return offset
    name = _place(key, words.language)
    for old, new in words.section("zones").get("spelling", {}).items():
        name = name.replace(old, new)
    return words.text("zones", "form").format(name=name, offset=offset)


def _parts(day: date, words: Words) -> dict[str, object]:
    return {
        "day": day.day,
        "number": day.month,
        "year": day.year,
        "month": words.lines("dates", "months")[day.month - 1],
        "weekday": words.lines("dates", "weekdays")[day.weekday()],
    }


def full_date(day: date, words: Words) -> str:
    """Return ``Tuesday 1 December 2026``."""
    return words.text("dates", "date").format(**_parts(day, words))


def short_date(day: date, words: Words) -> str:
    """Return ``1 December``, for a subject."""
    return words.text("dates", "short").format(**_parts(day, words))


def full_instant(instant: datetime, zone: str, words: Words) -> str:
    """Return ``Tuesday 1 December 2026, 14:30 (Japan time, UTC+9)`` for an aware ``instant``."""
    local = in_zone(instant, zone)
    return words.text("dates", "instant").format(
        date=full_date(local.date(), words),
        time=f"{local:%H:%M}",
        zone=zone_words(instant, zone, words),
    )


def short_instant(instant: datetime, zone: str, words: Words) -> str:
    """Return ``1 December, 14:30``, for a subject (the body has the zone)."""
    local = in_zone(instant, zone)
    parts = _parts(local.date(), words)
    return words.text("dates", "short_instant").format(**parts, time=f"{local:%H:%M}")


def span(start: datetime, end: datetime, zone: str, words: Words) -> str:
    """Return ``Tuesday 8 December 2026, 10:00–11:00 (Japan time, UTC+9)`` for two instants."""
    first, last = in_zone(start, zone), in_zone(end, zone)
    form = "span" if first.date() == last.date() else "span_days"
    return words.text("dates", form).format(
        date=full_date(first.date(), words),
        start=f"{first:%H:%M}",
        last_date=full_date(last.date(), words),
        end=f"{last:%H:%M}",
        zone=zone_words(start, zone, words),
    )


def as_utc(instant: datetime) -> datetime:
    """Return ``instant`` (aware) in UTC."""
    return instant.astimezone(UTC)
