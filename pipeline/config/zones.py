"""Time zones: which names are taken, and which one a wrong name probably means."""

from collections.abc import Iterator
from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.config.countries import nearest_code

# Files of the zone database that are no place: the machine's own zone, and other ways of counting.
_NO_PLACES = frozenset({"factory", "localtime", "posixrules"})
_OTHER_COUNTS = ("posix/", "right/")
# Old names by country: what follows the slash is no city.
_NO_CITIES = ("Brazil/", "Canada/", "Chile/", "Etc/", "Mexico/", "US/")
_LANGUAGES = ("en", "ja", "de", "fr", "es")
#: Abbreviations with one meaning that are no names of the list; IST and CST have several.
_ABBREVIATIONS = {
    "jst": "Asia/Tokyo",
    "日本標準時": "Asia/Tokyo",
    "大阪": "Asia/Tokyo",
    "osaka": "Asia/Tokyo",
    "kst": "Asia/Seoul",
    "hkt": "Asia/Hong_Kong",
    "sgt": "Asia/Singapore",
    "aest": "Australia/Sydney",
    "cest": "Europe/Berlin",
    "mez": "Europe/Berlin",
    "mesz": "Europe/Berlin",
    "bst": "Europe/London",
    "edt": "America/New_York",
    "cdt": "America/Chicago",
    "mdt": "America/Denver",
    "pst": "America/Los_Angeles",
    "pdt": "America/Los_Angeles",
}
#: How alike a misspelt city has to be, with its area before it and alone.
_NEAR_IN_AREA, _NEAR_ALONE = 0.75, 0.85


def is_zone(name: str) -> bool:
    """Return whether ``name`` is a zone of the IANA list that means the same on every machine."""
    if not name or name.casefold() in _NO_PLACES or name.casefold().startswith(_OTHER_COUNTS):
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def near_zone(name: str) -> str:
    """Return the zone that ``name`` means (a city, an abbreviation, a country), or nothing.

    The city decides. A name that only looks like that of a far place is no suggestion.
    """
    from zoneinfo import available_timezones  # noqa: PLC0415 - walks a folder, for a mistake only

    zones = [
        zone
        for zone in sorted(available_timezones())
        if "/" in zone and not zone.startswith(_NO_CITIES)
    ]
    parts = [part for part in name.casefold().replace(" ", "_").split("/") if part]
    for part in reversed(parts):
        if part in _ABBREVIATIONS:
            return _ABBREVIATIONS[part]
        if found := _by_city(part, zones):
            return found
    return _by_country(name) or (_misspelt(parts, zones) if parts else "")


def _by_city(wanted: str, zones: list[str]) -> str:
    cities = {_city(zone): zone for zone in reversed(zones)}
    return cities.get(wanted, "") or dict(_translated(zones)).get(wanted, "")


def _misspelt(parts: list[str], zones: list[str]) -> str:
    area = f"{parts[0]}/" if len(parts) > 1 else ""
    cities = {_city(zone): zone for zone in zones if zone.casefold().startswith(area)}
    found = get_close_matches(parts[-1], cities, n=1, cutoff=_NEAR_IN_AREA if area else _NEAR_ALONE)
    return cities[found[0]] if found else ""


def _by_country(name: str) -> str:
    from babel.core import get_global  # noqa: PLC0415 - slow to import, needed for a mistake only

    code = nearest_code(name)
    found = [zone for zone, place in get_global("zone_territories").items() if place == code]
    return str(found[0]) if code and len(found) == 1 else ""


def _city(zone: str) -> str:
    return zone.casefold().rpartition("/")[2]


def _translated(zones: list[str]) -> Iterator[tuple[str, str]]:
    from babel import Locale  # noqa: PLC0415 - slow to import, needed for a mistake only

    known = set(zones)
    for language in _LANGUAGES:
        for zone, names in Locale.parse(language).time_zones.items():
            if zone in known and (city := names.get("city")):
                yield str(city).casefold().replace(" ", "_"), zone
