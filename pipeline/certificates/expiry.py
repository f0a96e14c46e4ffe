"""When a certificate is valid: the rule of ``terms.CERTIFICATE_DAYS`` calendar days."""

import math
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline import terms
from pipeline.errors import ConfigurationError


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigurationError("time_zone_unknown", zone=name) from error


def expires_at(created_at: datetime, zone: str = "UTC") -> datetime:
    """Return the first instant (UTC) at which a certificate of ``created_at`` is no longer valid.

    It is the same wall-clock time ``terms.CERTIFICATE_DAYS`` later in ``zone`` (IANA).
    A wall-clock time that the zone skips counts with the offset before the gap, one that it has
    twice is the first of the two (as RFC 5545, section 3.3.5 reads local times).
    """
    place = _zone(zone)
    local = created_at.astimezone(place)
    return (local + timedelta(days=terms.CERTIFICATE_DAYS)).replace(fold=0).astimezone(UTC)


def created_at_of_day(day: date, zone: str = "UTC") -> datetime:
    """Return the first instant (UTC) of ``day`` in ``zone``: the creation when only it is known."""
    return datetime.combine(day, time(), _zone(zone)).astimezone(UTC)


def end_of(last: datetime) -> datetime:
    """Return the first instant (UTC) after ``last``, the last second of a certificate.

    A certificate of a machine may have no end (RFC 5280, section 4.1.2.5: the last second of 9999).
    """
    return last + min(timedelta(seconds=1), datetime.max.replace(tzinfo=UTC) - last)


def is_valid(expires: datetime, now: datetime) -> bool:
    """Return whether a certificate that expires at ``expires`` may still be used at ``now``."""
    return now < expires


def days_left(expires: datetime, now: datetime) -> int:
    """Return the days until ``expires``, a started day counting as one; 0 when it has expired."""
    return max(0, math.ceil((expires - now) / timedelta(days=1)))
