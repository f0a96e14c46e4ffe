"""Compares the abbreviations of time zones, JST or MEZ, with a zone."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from pipeline.validation.characters import fold
from pipeline.validation.geography.zone_names import YEAR, by_abbreviation

#: What Germans write, and what Japanese write, for names of the tz database.
_ALSO: Mapping[str, str] = MappingProxyType(
    {"mez": "cet", "mesz": "cest", "wez": "wet", "oez": "eet", "日本時間": "jst"}
)
_OFFSET = re.compile(r"\b(?:utc|gmt)\s*([+-−])\s*(\d{1,2})(?::?(\d{2}))?")
_WORD = re.compile(r"日本時間|[a-z]+")
_GREENWICH = frozenset({"utc", "gmt"})


def is_abbreviation(word: str) -> bool:
    """Return whether ``word``, folded, is an abbreviation of a zone, summer time included."""
    return word in _GREENWICH or _ALSO.get(word, word) in by_abbreviation()


def bears(zone: str, word: str) -> bool:
    """Return whether the abbreviation ``word``, folded, is one of the IANA ``zone``."""
    return _ALSO.get(word, word) in _names(zone)


def zones_bearing(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the main zones that have all abbreviations of ``words``, folded."""
    known = by_abbreviation()
    found = [set(known.get(_ALSO.get(word, word), ())) for word in words]
    return tuple(sorted(set.intersection(*found))) if found else ()


def names_another_zone(text: str, zone: str, moment: datetime) -> bool:
    """Return whether ``text`` names a zone with other clocks than those of ``zone`` at ``moment``.

    ``moment`` is the time on the clocks of ``zone``, without a zone of its own.
    """
    plain = fold(text)
    here = ZoneInfo(zone).utcoffset(moment)
    offsets = [_minutes(*match.groups()) for match in _OFFSET.finditer(plain)]
    words = [word for word in _WORD.findall(_OFFSET.sub(" ", plain)) if is_abbreviation(word)]
    return any(offset != here for offset in offsets) or any(
        here != timedelta(0) if word in _GREENWICH else not bears(zone, word) for word in words
    )


def _minutes(sign: str, hours: str, minutes: str | None) -> timedelta:
    found = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return found if sign == "+" else -found


@cache
def _names(zone: str) -> frozenset[str]:
    times = (datetime(YEAR, month, 15, tzinfo=ZoneInfo(zone)) for month in (1, 7))
    return frozenset((time.tzname() or "").casefold() for time in times)
